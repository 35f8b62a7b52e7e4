"""Whether a facility takes people now, what is left there, how near it is, and whether a hold lives. Pure Python."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from app.capacity.vocabulary import TAKING, Distance, HoldState, Obstacle, Openness, Terms
from app.directory.records import Report
from app.directory.rules import DAY_MINUTES, PARIS, Hours, Tree
from app.directory.vocabulary import ReportReason, TerritoryLevel
from app.referrals.vocabulary import State

_LASTING: Final = frozenset({ReportReason.staff_shortage, ReportReason.service_suspended})
"""Closures that the next planned opening does not end."""
_ONE_MINUTE: Final = timedelta(minutes=1)
_ONE_DAY: Final = timedelta(days=1)
_BLOCKS: Final = frozenset({TerritoryLevel.arrondissement, TerritoryLevel.commune})


def hold_state(
    expires_at: datetime, released_at: datetime | None, referral: State, due_at: datetime | None, now: datetime
) -> HoldState:
    """Return what has become of a hold, from the referral it is for as it is now.

    Nothing has to happen for a place to come free: a referral that has moved on, or whose silence has lasted until
    `due_at` even if nobody has swept since, holds nothing.
    """
    if released_at is not None:
        return HoldState.released
    if referral not in TAKING or (due_at is not None and due_at <= now):
        return HoldState.referral_over
    return HoldState.live if now < expires_at else HoldState.expired


def is_stale(report: Report, hours: Sequence[Hours], now: datetime, after: timedelta) -> bool:
    """Say whether a report is no longer believed: too old, or made before the planned hours last opened or closed it.

    A closure for lack of staff, or of the whole service, is believed through planned openings until it is too old.
    """
    if now - report.observed_at > after:
        return True
    lasting = not report.open and report.reason in _LASTING
    return not lasting and has_turned(hours, report.observed_at, now)


def has_turned(hours: Sequence[Hours], since: datetime, until: datetime) -> bool:
    """Say whether the planned hours opened or closed a facility in (since, until], by the clock on the wall."""
    begin, end = (instant.astimezone(PARIS).replace(tzinfo=None) for instant in (since, until))
    minutes = {minute for one in hours for minute in (one.opens, one.closes)}
    first = begin.date() - _ONE_DAY  # an opening may last into the next day
    days = [first + timedelta(days=number) for number in range((end.date() - first).days + 1)]
    for moment in (datetime.combine(day, time.min) + minute * _ONE_MINUTE for day in days for minute in minutes):
        if begin < moment <= end and _planned(hours, moment) != _planned(hours, moment - _ONE_MINUTE):
            return True
    return False


def _planned(hours: Sequence[Hours], wall: datetime) -> bool:
    """Say whether the planned hours have it open when the clock on the wall says `wall`."""
    minute = wall.hour * 60 + wall.minute
    day: date = wall.date()
    return any(one.covers(day, minute) or one.covers(day - _ONE_DAY, minute + DAY_MINUTES) for one in hours)


@dataclass(frozen=True, slots=True)
class Capacity:
    """What a facility has to offer now. `left` is null when nobody can know, and `obstacle` then says why."""

    openness: Openness
    stale: bool
    left: int | None
    obstacle: Obstacle | None


def capacity(
    by_hours: bool | None,  # noqa: FBT001 - three answers
    hours: Sequence[Hours],
    report: Report | None,
    live: int,
    now: datetime,
    terms: Terms,
) -> Capacity:
    """Return what a facility has to offer: the places it last reported, less every live hold.

    `by_hours` says whether the planned hours have it open at `now`, None without any. A live hold counts whether the
    report was made before or after it: a desk may have seen it or not, and a place too few is found out by a call where
    a place too many is found out by a walk through the night for nothing.
    """
    stale = report is not None and is_stale(report, hours, now, terms.stale_after)
    openness = _openness(by_hours, None if stale else report)
    obstacle = _obstacle(openness, report, live, stale=stale)
    known = obstacle is None or obstacle is Obstacle.no_place
    left = max(0, report.places_free - live) if known and report and report.places_free is not None else None
    return Capacity(openness, stale, left, obstacle)


def _openness(by_hours: bool | None, believed: Report | None) -> Openness:  # noqa: FBT001 - three answers
    says = believed.open if believed is not None else by_hours
    if says is None:
        return Openness.unknown
    return Openness.open if says else Openness.closed


def _obstacle(openness: Openness, report: Report | None, live: int, *, stale: bool) -> Obstacle | None:
    """Return the first reason for which no place can be held, None when one can."""
    if openness is Openness.closed:
        return Obstacle.closed
    if report is None:
        return Obstacle.no_report
    if stale:
        return Obstacle.report_too_old
    if report.places_free is None:
        return Obstacle.places_not_said
    return None if report.places_free > live else Obstacle.no_place


def distance(tree: Tree, neighbours: Collection[str], here: str, there: str) -> Distance:
    """Return how near `there` is to `here`; `neighbours` are the territories that touch `here` or a part of it."""
    inside, parts = tree.descendants(here), tree.descendants(there)
    if there in inside or here in parts:
        return Distance.same_territory
    if not parts.isdisjoint(neighbours):
        return Distance.adjacent
    return Distance.same_arrondissement if _block(tree, here) & _block(tree, there) else Distance.elsewhere


def _block(tree: Tree, code: str) -> set[str]:
    """Return the arrondissement or commune a territory lies in or is."""
    line = (tree.places[one] for one in (code, *tree.ancestors(code)) if one in tree.places)
    return {place.code for place in line if place.level in _BLOCKS}


def usefulness(offer: Capacity) -> int:
    """Return how useful an offer is, from 0: a place known free, perhaps one, full, nobody knows, closed."""
    if offer.openness is Openness.open:
        return {None: 0, Obstacle.no_place: 2}.get(offer.obstacle, 1)
    return 3 if offer.openness is Openness.unknown else 4
