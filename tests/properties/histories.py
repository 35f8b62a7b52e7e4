"""Random histories of referrals: what happened, what devices say of it, and in which batches it reaches the service."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from app import codes
from tests.oracle import PARIS, Json, Question

NIGHT_PHONE, DAY_PHONE = "night", "day"
REST_DESK, HOTEL_DESK, STRANGER = "rest desk", "hotel desk", "stranger"
REST_ROOM, HOTEL, OTHER_REST_ROOM = (UUID(int=0x4A11 << 64 | number) for number in (1, 2, 3))
"""The facilities of every history; REST_DESK and HOTEL_DESK stand at the first two."""
FACILITIES = {"rest_room": (REST_ROOM, OTHER_REST_ROOM), "emergency_housing": (HOTEL,)}

_EVENINGS = (date(2026, 3, 2), date(2026, 3, 28), date(2026, 10, 24), date(2025, 12, 30), date(2026, 2, 27))
"""A plain one, the two nights on which clocks change, a new year, the end of a February."""
_WALL = (time(18), time(23, 59), time(0), time(2, 30), time(11, 59), time(12), time(14, 15))
_TERRITORIES = ("7511803", "7511804", "7512001", "7511904", "93001", "93066") * 3 + ("7519999",)
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_AFTER = (
    -5 * _MINUTE, timedelta(), 20 * _MINUTE, 3 * _HOUR, _DAY, _DAY, 2 * _DAY, 2 * _DAY, 2 * _DAY + _MINUTE, 3 * _DAY,
    3 * _DAY, 7 * _DAY, 30 * _DAY, 30 * _DAY + _MINUTE,
)  # fmt: skip
_DELAYS = (timedelta(),) * 3 + (5 * _MINUTE, 90 * _MINUTE, 24 * _HOUR, 25 * _HOUR, 70 * _HOUR, 73 * _HOUR, 20 * _DAY)
_CLOCKS = (timedelta(),) * 4 + (90 * timedelta(seconds=1), 37 * _MINUTE, -5 * _HOUR, -3 * _DAY)
_REASONS = {
    "declined": "person_declined_service",
    "refused": "no_place",
    "waitlisted": "no_place",
    "no_show": "person_not_found",
    "cancelled": "no_transport",
}
_KINDS = ("rest_room", "emergency_housing", "reintegration_housing", "longer_stay_housing") * 5 + ("unheard_of",)
_FIRST_STATES = ("requested",) * 4 + ("offered",) * 2 + ("declined",)
_WAYS = (
    (), ("waitlisted",), ("accepted",), ("arrived",), ("admitted",), ("refused",), ("accepted", "arrived"),
    ("accepted", "admitted"), ("accepted", "refused"), ("arrived", "refused"), ("accepted", "arrived", "admitted"),
    ("waitlisted", "accepted", "admitted"), ("waitlisted", "cancelled"), ("accepted", "no_show"), ("declined",),
    ("requested", "accepted"), ("requested", "arrived"), ("requested", "waitlisted"), ("accepted", "entered_in_error"),
)  # fmt: skip
"""What usually comes of a referral."""
_STATES = (
    "requested", "accepted", "waitlisted", "arrived", "admitted", "refused", "declined", "no_show", "cancelled",
    "entered_in_error",
)  # fmt: skip
_nonces = itertools.count(1)


@dataclass(frozen=True)
class Batch:
    """What one device sends at one moment."""

    actor: str
    what: str
    at: datetime
    items: tuple[Json, ...]


@dataclass(frozen=True)
class History:
    """Batches in the order they arrive; after those numbered in `sweeps` the service sweeps."""

    batches: tuple[Batch, ...]
    sweeps: frozenset[int]
    clocks: dict[str, timedelta]
    first_day: date
    as_of: datetime


@dataclass(frozen=True)
class Sending:
    """One item on its way: when it leaves the device, and in what order when several leave at once."""

    at: datetime
    actor: str
    what: str
    item: Json


class _Telling:
    """Draws one history."""

    def __init__(self, draw: st.DrawFn, *, contradicted: bool) -> None:
        self.draw = draw
        self.contradicted = contradicted
        self.evening: date = draw(st.sampled_from(_EVENINGS))
        self.clocks: dict[str, timedelta] = {
            actor: draw(st.sampled_from(_CLOCKS)) for actor in (NIGHT_PHONE, DAY_PHONE, REST_DESK, HOTEL_DESK, STRANGER)
        }
        self.sendings: list[Sending] = []
        self._numbers, self._nonce = itertools.count(1), next(_nonces)

    def one_of(self, choices: Sequence[Any]) -> Any:
        return self.draw(st.sampled_from(choices))

    def rarely(self) -> bool:
        return bool(self.draw(st.integers(0, 4)) == 4)

    def new_id(self) -> str:
        """Return an id that no other history has, anywhere in the order of ids."""
        drawn, number = self.draw(st.integers(0, 0xFFFF)), next(self._numbers)
        return str(UUID(int=drawn << 112 | number << 96 | 0x4 << 76 | 0b10 << 62 | self._nonce))

    def said(self, actor: str, at: datetime) -> str:
        """Return how the actor's clock puts an instant."""
        return (at + self.clocks[actor]).astimezone(PARIS).isoformat()

    def send(self, actor: str, what: str, item: Json, happened: datetime) -> datetime:
        """Send an item some time after it happened, sometimes again later; return when it first leaves."""
        at: datetime = happened + self.one_of(_DELAYS)
        self.sendings.append(Sending(at, actor, what, item))
        if self.rarely():
            same = not self.contradicted or self.draw(st.booleans())
            again = item if same else _contradiction(what, item)
            self.sendings.append(Sending(at + self.one_of(_DELAYS), actor, what, again))
        return at

    def some_instant(self) -> datetime:
        day = self.evening + self.draw(st.integers(0, 3)) * _DAY
        fold = self.draw(st.integers(0, 1))
        return datetime.combine(day, self.one_of(_WALL), PARIS).replace(fold=fold).astimezone(UTC)

    def encounter(self) -> None:
        actor = self.one_of((NIGHT_PHONE, DAY_PHONE))
        at = self.some_instant()
        item: Json = {
            "id": self.new_id(),
            "occurred_at": self.said(actor, at),
            "territory": self.one_of(_TERRITORIES),
            "people_count": self.one_of((1, 1, 4)),
            "referrals": [self.referral() for _ in range(self.one_of((0, 1, 1, 2, 3)))],
        }
        left = self.send(actor, "encounter", item, at)
        for revision in range(2, 2 + self.one_of((0, 0, 1, 2))):
            item = item | {"revision": revision}
            if self.draw(st.booleans()):
                item["territory"] = self.one_of(_TERRITORIES)
            if self.draw(st.booleans()):
                at += self.one_of((-2 * _HOUR, -_MINUTE, 25 * _MINUTE, -_DAY))
                item["occurred_at"] = self.said(actor, at)
            if self.rarely():
                item["referrals"] = [{**one, "accompanied": True} for one in item["referrals"]]
            elif self.rarely():
                item["referrals"] = [*item["referrals"], self.referral()][:5]
            if self.draw(st.integers(0, 2)) == 2:
                item["status"] = "entered_in_error"
            left = self.send(actor if not self.rarely() else NIGHT_PHONE, "encounter", item, left)
        for one in item["referrals"]:
            self.answers(one, actor, at)

    def referral(self) -> Json:
        kind, state = self.one_of(_KINDS), self.one_of(_FIRST_STATES)
        made: Json = {"id": self.new_id(), "kind": kind, "state": state}
        if state in _REASONS:
            made["reason"] = _REASONS[state]
        if self.draw(st.booleans()):
            made["accompanied"] = True
        if self.draw(st.booleans()):
            made["slip"] = codes.new_code()
        if kind in FACILITIES and self.draw(st.booleans()):
            made["facility_id"] = str(self.one_of(FACILITIES[kind]))
        return made

    def lone_referral(self) -> None:
        actor, at = self.one_of((NIGHT_PHONE, DAY_PHONE)), self.some_instant()
        item = {**self.referral(), "occurred_at": self.said(actor, at), "territory": self.one_of(_TERRITORIES)}
        self.send(actor, "referral", item, at)
        self.answers(item, actor, at)

    def answers(self, referral: Json, team: str, made_at: datetime) -> None:
        way = self.one_of(_WAYS)
        instants = sorted(made_at + self.one_of(_AFTER) for _ in way)
        for state, at in zip(way, instants, strict=True):
            self.answer(referral, team, at, state)
        if self.draw(st.booleans()):  # somebody says something else, perhaps of the very same instant
            self.answer(referral, team, self.one_of((*instants, made_at + self.one_of(_AFTER))), self.one_of(_STATES))
        if self.rarely():
            at = made_at + self.one_of(_AFTER)
            exit_of_stay = {"referral_id": referral["id"], "destination": "street", "occurred_at": self.said(team, at)}
            self.send(team, "exit", {"id": self.new_id(), **exit_of_stay}, at)

    def answer(self, referral: Json, team: str, at: datetime, state: str) -> None:
        desks = (REST_DESK, HOTEL_DESK) * (3 if "facility_id" in referral else 1)
        actor = self.one_of((team, team, team, NIGHT_PHONE, STRANGER, *desks))
        event: Json = {"id": self.new_id(), "state": state, "occurred_at": self.said(actor, at)}
        if "slip" in referral and self.draw(st.booleans()):
            event["slip"] = referral["slip"]
        else:
            event["referral_id"] = referral["id"]
        if state in _REASONS:
            event["reason"] = _REASONS[state]
        if self.draw(st.booleans()):
            event["channel"] = self.one_of(("app", "desk", "phone"))
        if self.draw(st.booleans()):
            event["recorded_at"] = self.said(actor, at + self.one_of((-_HOUR, _MINUTE, _HOUR, _DAY)))
        self.send(actor, "event", event, at)


def _contradiction(what: str, item: Json) -> Json:
    """Return the same id with other content: a conflict, which changes nothing."""
    if what == "event":
        return item | {"state": "accepted", "reason": None}
    if what == "exit":
        return item | {"destination": "other"}
    return item | {"territory": "7512002"}


def _in_batches(draw: st.DrawFn, sendings: Sequence[Sending]) -> tuple[Batch, ...]:
    """Put together what one device has to send, now and then: a batch leaves with its last item."""
    batches: list[Batch] = []
    for sending in sorted(sendings, key=lambda one: one.at):
        last = batches[-1] if batches else None
        if last and (last.actor, last.what) == (sending.actor, sending.what) and draw(st.booleans()):
            batches[-1] = Batch(last.actor, last.what, sending.at, (*last.items, sending.item))
        else:
            batches.append(Batch(sending.actor, sending.what, sending.at, (sending.item,)))
    return tuple(batches)


@st.composite
def histories(draw: st.DrawFn, *, most: int, contradicted: bool = True) -> History:
    """Some days of two teams: encounters, referrals, answers from all sides, on time, late, twice, contradicted."""
    telling = _Telling(draw, contradicted=contradicted)
    for _ in range(draw(st.integers(1, most))):
        tell: Callable[[], None] = draw(st.sampled_from((telling.encounter, telling.encounter, telling.lone_referral)))
        tell()
    batches = _in_batches(draw, telling.sendings)
    as_of = batches[-1].at + draw(st.sampled_from((timedelta(), 11 * _MINUTE, 2 * _DAY, 35 * _DAY, 100 * _DAY)))
    sweeps = draw(st.frozensets(st.integers(0, len(batches) - 1), max_size=3))
    return History(batches, sweeps, telling.clocks, telling.evening, as_of)


def told_at_once(history: History) -> History:
    """Return the same facts, each told once, one by one, all at the end."""
    batches = {
        (item["id"], item.get("revision")): Batch(batch.actor, batch.what, history.as_of, (item,))
        for batch in history.batches
        for item in batch.items
    }
    return replace(history, batches=tuple(batches.values()), sweeps=frozenset())


@st.composite
def retold(draw: st.DrawFn, history: History) -> History:
    """The same facts under other ids, in another order, twice, in batches; revisions of a record keep their order."""
    facts = [(batch.actor, batch.what, item) for batch in history.batches for item in batch.items]
    facts += facts
    order = draw(st.permutations(range(len(facts))))
    taken: dict[str, Iterator[tuple[str, str, Json]]] = {}
    for fact in facts:
        of_one = [other for other in facts if other[2]["id"] == fact[2]["id"]]
        taken.setdefault(fact[2]["id"], iter(of_one))
    renamed = _Renaming()
    shuffled = [next(taken[facts[index][2]["id"]]) for index in order]
    sendings = [Sending(history.as_of, actor, what, renamed(item)) for actor, what, item in shuffled]
    batches = _in_batches(draw, sendings)
    sweeps = draw(st.frozensets(st.integers(0, len(batches) - 1), max_size=3))
    return replace(history, batches=batches, sweeps=sweeps)


class _Renaming:
    """Gives every id and every slip another name; the new ids stand in the same order."""

    def __init__(self) -> None:
        self._nonce = next(_nonces)
        self._slips: dict[str, str] = {}

    def __call__(self, value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {key: self(held, key) for key, held in value.items()}
        if isinstance(value, list):
            return [self(held) for held in value]
        if name in {"id", "referral_id"}:
            return str(UUID(int=UUID(value).int >> 62 << 62 | self._nonce))
        return self._slips.setdefault(value, codes.new_code()) if name == "slip" else value


@st.composite
def questions(draw: st.DrawFn, history: History, org: str) -> Question:
    """Any question about a history: some see all of it, some cut it between two days."""
    since, days = draw(st.sampled_from(((-30, 90), (-30, 90), (-30, 31), (0, 1), (1, 1), (2, 30), (-2, 4))))
    return Question(
        since=history.first_day + since * _DAY,
        until=history.first_day + (since + days) * _DAY,
        horizon_days=draw(st.sampled_from((1, 2, 3, 7, 30, 60))),
        as_of=history.as_of,
        territory=draw(st.sampled_from((None, None, None, "75118", "75", "11", "7511803", "93"))),
        kind=draw(st.sampled_from((None, None, None, "rest_room", "emergency_housing"))),
        group_by=draw(st.sampled_from((None, "kind", "territory", "week", "month"))),
        org=org,
        in_perimeter=draw(st.sampled_from((False, False, True))),
    )
