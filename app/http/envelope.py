"""The batch envelope: what a phone posts, and one verdict for each item, in order.

The envelope is strict, the items are judged one by one: a bad item is rejected with a pointer and never blocks the
queue behind it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final, Generic, TypeVar, get_args
from uuid import UUID

import orjson
from fastapi import Query, Request, Response
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from app import errors
from app.errors import Fault, Problem
from app.http.body import read_body, strict_json
from app.http.faults import MOST_FAULTS, errors_of, fault_of, faults_of
from app.http.wire import Moment, Received, Sent

MOST_ITEMS: Final = 500
_SMALL_SKEW: Final = timedelta(minutes=2)
_LARGE_SKEW: Final = timedelta(hours=48)
_MOST_SECONDS: Final = 2**31 - 1
"""What its column holds: 68 years, less than lie between the first and the last instant a device may claim."""
Item = TypeVar("Item", bound=Received)

DryRun = Annotated[bool, Query(description="Judge the items without storing anything.")]


def _describe(schema: dict[str, Any], model: type["Envelope[Any]"]) -> None:
    """Give the envelope of one kind of item the description and the example that a generic class does not hand down."""
    schema["description"] = Envelope.__doc__
    item: type[Received] = get_args(model.model_fields["items"].annotation)[0]
    extra = item.model_config.get("json_schema_extra")
    if isinstance(extra, dict):
        schema["examples"] = [{"device_now": "2026-03-03T01:45:00+01:00", "items": extra["examples"]}]


class Envelope(Received, Generic[Item]):
    """Some items from one device, with the device's own time as it sends them."""

    model_config = Received.model_config | ConfigDict(json_schema_extra=_describe)

    device_now: Moment = Field(description="The device's clock when the request was sent.")
    items: list[Item] = Field(min_length=1, max_length=MOST_ITEMS)


class Outcome(StrEnum):
    """What became of one item: a closed set."""

    created = "created"
    unchanged = "unchanged"
    conflict = "conflict"
    rejected = "rejected"


class FaultSent(Sent):
    """One fault and where it is."""

    pointer: str = Field(description="JSON pointer into the body, or ?name of a parameter.")
    code: str
    detail: str


class ProblemSent(Sent):
    """A failure, as RFC 9457 describes it."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "type": "/problems/not-found",
                    "title": "There is no such thing here",
                    "status": 404,
                    "detail": "There is no such thing here.",
                }
            ]
        },
    )

    type: str = Field(description="Where the kind of problem is described.")
    title: str
    status: int
    detail: str
    errors: list[FaultSent] = Field(description="Where, when there is a where.", exclude_if=lambda found: not found)


class VerdictSent(Sent):
    """What became of one item."""

    id: UUID | None = Field(description="The item's id; null when it could not be read.")
    outcome: Outcome
    problem: ProblemSent | None = Field(description="Why, when something kept the item from its full effect.")


class BatchResult(Sent):
    """One verdict for each item, in the order sent."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "results": [
                        {"id": "0195f1c2-5b7a-7c3e-9a41-2f60d1a4b7c8", "outcome": "created", "problem": None},
                    ]
                }
            ]
        }
    )

    results: list[VerdictSent]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one item, before it is written down for the wire."""

    id: UUID | None
    outcome: Outcome
    problem: Problem | None = None
    note: Mapping[str, Any] | None = None
    """What the audit log should remember of it."""

    def document(self) -> dict[str, Any]:
        """Return the wire form."""
        problem = self.problem.document() if self.problem else None
        return {"id": self.id, "outcome": self.outcome.value, "problem": problem}


def rejected(item_id: UUID | None, problem: Problem) -> Verdict:
    """Return the verdict on an item that was not stored."""
    return Verdict(item_id, Outcome.rejected, problem)


@dataclass(frozen=True, slots=True)
class Skew:
    """How far a device's clock is from ours, and what is done about it (design: trust, section 4)."""

    seconds: int
    corrected: bool

    def true(self, instant: datetime) -> datetime:
        """Return when it happened by our clock, as far as that can be known."""
        return instant + timedelta(seconds=self.seconds) if self.corrected else instant


def skew_of(device_now: datetime, now: datetime) -> Skew:
    """Return the skew of a device: under 2 minutes is the network and left alone, from 48 hours on nobody can tell."""
    skew = now - device_now
    seconds = max(-_MOST_SECONDS, min(_MOST_SECONDS, round(skew.total_seconds())))
    return Skew(seconds, _SMALL_SKEW < abs(skew) < _LARGE_SKEW)


@dataclass(frozen=True, slots=True)
class Batch(Generic[Item]):
    """A batch as read: `items[i]` is None where `refused[i]` says why."""

    skew: Skew
    items: Sequence[Item | None]
    refused: dict[int, Verdict]


class EnvelopeReader(Generic[Item]):
    """Reads envelopes of one kind of item, in one pass when nothing is wrong with them."""

    def __init__(self, item: type[Item]) -> None:
        """Prepare the validators once."""
        self.model = Envelope[item]  # type: ignore[valid-type]  # a class made at run time
        self._whole: TypeAdapter[Envelope[Item]] = TypeAdapter(self.model)

    async def read(self, request: Request, limit: int, now: datetime) -> Batch[Item]:
        """Return the batch, or raise the problem of an envelope that cannot be read at all."""
        raw = await read_body(request, limit)
        parsed = strict_json(raw)
        try:
            envelope = self._whole.validate_json(raw)
        except ValidationError as error:
            return self._item_by_item(parsed, error, now)
        return Batch(skew_of(envelope.device_now, now), envelope.items, {})

    def _item_by_item(self, parsed: Any, error: ValidationError, now: datetime) -> Batch[Item]:  # noqa: ANN401 - JSON
        """Keep the good items of a batch that has bad ones."""
        faults: dict[int, list[Fault]] = {}
        for found in errors_of(error):
            location = found["loc"]
            if len(location) < 2 or location[0] != "items" or not isinstance(location[1], int):  # noqa: PLR2004 - /items/i
                raise errors.invalid("The envelope is malformed.", faults_of(error)) from error
            listed = faults.setdefault(location[1], [])
            if len(listed) < MOST_FAULTS:
                listed.append(fault_of(found, skip=2))
        sent = parsed["items"]
        good = [index for index in range(len(sent)) if index not in faults]
        refused = {
            index: rejected(_id_of(sent[index]), errors.invalid(faults=listed)) for index, listed in faults.items()
        }
        device_now, items = self._good_items(parsed, good)
        by_index = dict(zip(good, items, strict=True))
        return Batch(skew_of(device_now, now), [by_index.get(index) for index in range(len(sent))], refused)

    def _good_items(self, parsed: Any, good: Sequence[int]) -> tuple[datetime, Sequence[Item]]:  # noqa: ANN401 - JSON
        if not good:
            return _DEVICE_NOW.validate_json(orjson.dumps({"device_now": parsed["device_now"]})).device_now, []
        kept = {"device_now": parsed["device_now"], "items": [parsed["items"][index] for index in good]}
        envelope = self._whole.validate_json(orjson.dumps(kept))
        return envelope.device_now, envelope.items


class _DeviceNow(Received):
    device_now: Moment


_DEVICE_NOW: Final = TypeAdapter(_DeviceNow)
_UUID: Final = TypeAdapter(UUID)


def _id_of(item: Any) -> UUID | None:  # noqa: ANN401 - JSON
    try:
        return _UUID.validate_python(item["id"])
    except (ValidationError, TypeError, KeyError):
        return None


def batch_response(verdicts: Sequence[Verdict]) -> Response:
    """Return the verdicts as they go over the wire: bytes, once."""
    body = orjson.dumps({"results": [verdict.document() for verdict in verdicts]})
    return Response(body, media_type="application/json")
