"""The answer about one kind of housing, made of counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.directory.schemas import LabelSent
from app.directory.vocabulary import Label, Rung
from app.metrics.figures import CountSent, RateSent
from app.metrics.housing import definitions as words
from app.metrics.housing.definitions import RETENTION_DAYS
from app.metrics.housing.records import Blocked, Durations, Exits
from app.metrics.housing.rules import Occupancy
from app.metrics.housing.schemas import (
    BlockedSent,
    CurveSent,
    DestinationSent,
    ExitsSent,
    HousingKindSent,
    OccupancySent,
    RetentionSent,
    ReturnSent,
    StepSent,
)
from app.metrics.housing.statistics import Survival, kaplan_meier
from app.metrics.indicator import Period, any_small
from app.referrals.vocabulary import DESTINATION_LABELS, Destination

NO_REPORT = "no report of free places holds for any night of the period"
NONE_OPEN = "no facility of this kind in view had a night in the period"
NO_PLACE = "no place was offered or taken"
NONE_OLD = "no stay was opened so long ago"
NO_EXIT = "no stay ended in the period"
NONE_LONG = "no stay was open for so long"
NONE_FOLLOWED = "no exit could be followed by card"


@dataclass(frozen=True, slots=True)
class Counts:
    """Everything counted of one kind."""

    kind: str
    label: LabelSent | None
    rung: Rung
    facilities: int
    whole: tuple[Period, Occupancy]
    series: Sequence[tuple[Period, Occupancy]]
    unplaced: int
    durations: Sequence[Durations]
    exits: Sequence[Exits]
    blocked: Blocked | None
    blocked_after_days: int
    no_blocked: str | None = None
    """Why blocked stays cannot be counted by card any more, where that is so."""
    not_kept: str | None = None
    """Why nothing is known of blocked stays so long ago, where that is so."""
    no_returns: str | None = None
    """The same of returns to the street."""


def answer(counts: Counts) -> HousingKindSent:
    """Return the answer about one kind."""
    stays = sum(row.stays for row in counts.durations)
    curve = survival(counts.durations)
    return HousingKindSent(
        kind=counts.kind,
        label=counts.label,
        rung=counts.rung,
        facilities=counts.facilities,
        occupancy=_occupancy(*counts.whole),
        series=[_occupancy(*one) for one in counts.series],
        nights_without_facility=CountSent.of(counts.unplaced),
        stays=CountSent.of(stays),
        still_open=CountSent.of(stays - curve.events),
        transfers=CountSent.of(sum(row.transfers for row in counts.durations)),
        retention=[_retention(counts.durations, place, curve) for place in range(len(RETENTION_DAYS))],
        curve=_curve(curve),
        exits=_exits(counts.exits),
        blocked=_blocked(counts) if counts.rung in words.LATER and counts.not_kept is None else None,
        blocked_reason=counts.not_kept if counts.rung in words.LATER else None,
        return_to_street=_returns(counts.exits, counts.no_returns),
    )


def _rate(code: str, rule: Label, numerator: int, denominator: int, empty: str, missing: str | None = None) -> RateSent:
    """Return a ratio that says why when it has no value; it has none when what it counts is `missing`."""
    made = RateSent.of(code, rule, numerator, denominator)
    if missing is not None:
        return made.model_copy(update={"value": None, "reason": missing})
    return made if denominator else made.model_copy(update={"reason": empty})


def why_no_occupancy(counted: Occupancy) -> str:
    """Return why nights give no occupancy."""
    if not counted.facility_nights:
        return NONE_OPEN
    return NO_PLACE if counted.reported else NO_REPORT


def _occupancy(period: Period, counted: Occupancy) -> OccupancySent:
    why = why_no_occupancy(counted)
    return OccupancySent(
        since=period.since,
        until=period.until,
        facility_nights=counted.facility_nights,
        nights_without_report=counted.facility_nights - counted.reported,
        nights_over_capacity=counted.over,
        place_nights=CountSent.of(counted.occupied),
        over_capacity=counted.occupied_reported > counted.offered,
        rates=[
            _rate("occupancy", words.OCCUPANCY_RULE, counted.occupied_reported, counted.offered, why),
            _rate("saturated_nights", words.SATURATED_RULE, counted.full, counted.reported, why),
        ],
    )


def survival(rows: Sequence[Durations]) -> Survival:
    """Return the survival curve of stays."""
    seen: dict[int, tuple[int, int]] = {}
    for row in rows:
        ended, censored = seen.get(row.days, (0, 0))
        seen[row.days] = (ended + row.stays, censored) if row.ended else (ended, censored + row.stays)
    return kaplan_meier(seen)


def _retention(rows: Sequence[Durations], place: int, curve: Survival) -> RetentionSent:
    old, retained, positive = (
        sum(getattr(row, name)[place] for row in rows) for name in ("old", "retained", "positive")
    )
    days = RETENTION_DAYS[place]
    step = curve.before(days)
    missing = "no stay was opened" if not curve.n else "no stay has been followed so long"
    return RetentionSent(
        days=days,
        not_old_enough=CountSent.of(curve.n - old),
        rates=[
            _rate("retention", words.RETENTION_RULE, retained, old, NONE_OLD),
            _rate("retained_or_positive", words.POSITIVE_RULE, positive, old, NONE_OLD),
        ],
        survival=step.survival if step else None,
        low=step.low if step else None,
        high=step.high if step else None,
        reason=None if step else missing,
    )


def _curve(curve: Survival) -> CurveSent:
    return CurveSent(
        rule=LabelSent.of(words.CURVE_RULE),
        n=CountSent.of(curve.n),
        exits=CountSent.of(curve.events),
        unit="days",
        median_days=curve.median,
        median_reason=None if curve.median is not None else "not reached: more than half of the stays go on",
        steps=[
            StepSent(
                days=step.time,
                at_risk=step.at_risk,
                exits=step.events,
                censored=step.censored,
                small=any_small(step.at_risk, step.events, step.censored),
                survival=step.survival,
                low=step.low,
                high=step.high,
            )
            for step in curve.steps
        ],
    )


def by_destination(rows: Sequence[Exits]) -> Mapping[Destination, int]:
    """Return how many exits there were to each destination; one that is not said is unknown."""
    counted = dict.fromkeys(Destination, 0)
    for row in rows:
        counted[Destination(row.destination or Destination.unknown)] += row.exits
    return counted


def _exits(rows: Sequence[Exits]) -> ExitsSent:
    counted = by_destination(rows)
    total = sum(counted.values())
    onwards, unknown = counted[Destination.longer_stay_housing], counted[Destination.unknown]
    return ExitsSent(
        total=CountSent.of(total),
        destinations=[
            DestinationSent(destination=to, label=LabelSent.of(DESTINATION_LABELS[to]), count=CountSent.of(n))
            for to, n in counted.items()
        ],
        rates=[
            _rate("exits_longer_stay", words.EXITS_RULE, onwards, total, NO_EXIT),
            _rate("exits_unknown", words.UNKNOWN_RULE, unknown, total, NO_EXIT),
        ],
    )


def _blocked(counts: Counts) -> BlockedSent:
    found = counts.blocked or Blocked(counts.kind, 0, 0, 0, 0, 0, 0)
    return BlockedSent(
        more_than_days=counts.blocked_after_days,
        open_long=CountSent.of(found.open_long),
        with_card=CountSent.of(found.carded),
        blocked=CountSent.of(found.blocked),
        by_reintegration=CountSent.of(found.by_reintegration),
        by_longer_stay=CountSent.of(found.by_longer_stay),
        by_treatment=CountSent.of(found.by_treatment),
        rate=_rate("blocked", words.BLOCKED_RULE, found.blocked, found.open_long, NONE_LONG, counts.no_blocked),
    )


def _returns(rows: Sequence[Exits], missing: str | None) -> ReturnSent:
    exits, carded = sum(row.exits for row in rows), sum(row.carded for row in rows)
    followed, returned = sum(row.followed for row in rows), sum(row.returned for row in rows)
    return ReturnSent(
        exits=CountSent.of(exits),
        with_card=CountSent.of(carded),
        followed=CountSent.of(followed),
        returned=CountSent.of(returned),
        rates=[
            _rate("returned", words.RETURN_RULE, returned, followed, NONE_FOLLOWED, missing),
            _rate("followed", words.FOLLOWED_RULE, followed, exits, NO_EXIT, missing),
        ],
    )
