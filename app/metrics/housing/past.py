"""What stays leave behind once their records are coarse: counts by day, with nobody in them. Pure Python.

Rows are those of referrals, with all their columns.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from app.directory.rules import PARIS, local_day
from app.directory.vocabulary import SuccessState
from app.metrics.housing.definitions import POSITIVE, RETURN_FROM_DAYS, RETURN_TO_DAYS, STREET
from app.metrics.housing.rules import NIGHT_HOUR
from app.referrals.vocabulary import Destination, State

Row = Mapping[str, Any]
_DAY: Final = timedelta(days=1)
_TICK: Final = timedelta(milliseconds=1)
Counts = defaultdict[tuple[Any, ...], list[int]]
"""Counters by the key of a table's row, the organisation left out."""


class Followed(NamedTuple):
    """An exit whose person is looked for by card."""

    link_id: bytes
    left_on: date
    territory: str
    kind: str


def _counts(counters: int) -> Counts:
    return defaultdict(lambda: [0] * counters)


@dataclass(slots=True)
class Past:
    """What some stays of an organisation leave behind, by table."""

    opened: Counts = field(default_factory=lambda: _counts(2))
    """(opened on, territory, kind, days, positive): stays, moves."""
    left: Counts = field(default_factory=lambda: _counts(2))
    """(left on, territory, kind, destination): exits, with a card."""
    placed: Counts = field(default_factory=lambda: _counts(2))
    """(facility, night): change, and that until the night's latest report."""
    unplaced: Counts = field(default_factory=lambda: _counts(1))
    """(night, territory, kind): change."""
    followed: list[Followed] = field(default_factory=list)


def stays_of(rows: Iterable[Row]) -> list[Row]:
    """Return the referrals that opened a stay, which has ended."""
    return [
        row
        for row in rows
        if row["success"] == SuccessState.admitted.value
        and row["admitted_at"] is not None
        and row["exited_at"] is not None
        and row["state"] != State.entered_in_error.value
    ]


def night_of(instant: datetime) -> date:
    """Return the service day of the first night that is counted at an instant or after it."""
    wall = instant.astimezone(PARIS).replace(tzinfo=None)
    return (wall - timedelta(hours=NIGHT_HOUR) - _TICK).date()


def nights_touched(stays: Iterable[Row]) -> set[tuple[UUID, date]]:
    """Return the facilities and nights on which somebody came or left."""
    placed = [stay for stay in stays if stay["facility_id"] is not None]
    return {(stay["facility_id"], night_of(stay[end])) for stay in placed for end in ("admitted_at", "exited_at")}


def past_of(stays: Sequence[Row], transfers: Collection[str], reported: Mapping[tuple[UUID, date], datetime]) -> Past:
    """Return what these stays leave behind; every part of a stay is among them.

    `transfers` are kinds between which a move is no exit; `reported` says when the latest report of free places of a
    facility's night was made.
    """
    past = Past()
    for parts in _whole(stays, transfers):
        _count_whole(past, parts)
    for stay in stays:
        _count_nights(past, stay, reported)
    return past


def _whole(stays: Sequence[Row], transfers: Collection[str]) -> list[list[Row]]:
    """Return whole stays as the referrals they are made of, in order: see `queries.opened.continues`."""
    taken_up: defaultdict[UUID, list[Row]] = defaultdict(list)
    for stay in stays:
        if stay["previous_referral_id"] is not None and stay["kind"] in transfers:
            taken_up[stay["previous_referral_id"]].append(stay)
    after = {stay["id"]: _next(stay, taken_up[stay["id"]]) for stay in stays if stay["kind"] in transfers}
    continued = {one["id"] for one in after.values() if one is not None}
    found = []
    for stay in stays:
        if stay["id"] not in continued:
            parts = [stay]
            while (following := after.get(parts[-1]["id"])) is not None:
                parts.append(following)
            found.append(parts)
    return found


def _next(stay: Row, takers: Iterable[Row]) -> Row | None:
    """Return the referral that continues a stay: the first admitted within a day of its exit, and after it began."""
    nexts = [
        one
        for one in takers
        if one["admitted_at"] > stay["admitted_at"] and abs(one["admitted_at"] - stay["exited_at"]) <= _DAY
    ]
    return min(nexts, key=lambda one: (one["admitted_at"], one["id"].bytes), default=None)


def _count_whole(past: Past, parts: Sequence[Row]) -> None:
    first, last = parts[0], parts[-1]
    days, left_on = (last["exited_at"] - first["admitted_at"]) // _DAY, local_day(last["exited_at"])
    to = Destination(last["exit_destination"] or Destination.unknown)
    opened = past.opened[local_day(first["admitted_at"]), first["territory"], first["kind"], days, to in POSITIVE]
    opened[0] += 1
    opened[1] += len(parts) - 1
    left = past.left[left_on, last["territory"], last["kind"], to.value]
    left[0] += 1
    left[1] += last["link_id"] is not None
    within_year = (left_on + RETURN_TO_DAYS * _DAY).year <= local_day(last["created_at"]).year
    if last["link_id"] is not None and within_year:
        past.followed.append(Followed(last["link_id"], left_on, last["territory"], last["kind"]))


def _count_nights(past: Past, stay: Row, reported: Mapping[tuple[UUID, date], datetime]) -> None:
    for instant, change in ((stay["admitted_at"], 1), (stay["exited_at"], -1)):
        night, facility = night_of(instant), stay["facility_id"]
        if facility is None:
            past.unplaced[night, stay["territory"], stay["kind"]][0] += change
            continue
        seen, at = past.placed[facility, night], reported.get((facility, night))
        seen[0] += change
        seen[1] += change if at is not None and instant <= at else 0


def slept_outside(encounters: Iterable[Row]) -> list[Row]:
    """Return the encounters that may be a return to the street."""
    return [
        met for met in encounters
        if met["link_id"] is not None and met["sleeping"] in STREET and not met["withdrawn"]
    ]  # fmt: skip


def is_return(left_on: date, met_on: date) -> bool:
    """Say whether a day lies 30 to 180 days after an exit."""
    return RETURN_FROM_DAYS <= (met_on - left_on).days <= RETURN_TO_DAYS
