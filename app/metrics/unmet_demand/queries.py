"""The statements behind unmet demand."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    String,
    Subquery,
    case,
    func,
    join,
    literal,
    or_,
    select,
    true,
    union_all,
)
from sqlmodel import col

from app.clock import DAY_MS, HOUR_MS, SLOT_HOURS, SLOT_MS
from app.db.engine import ReadSession
from app.db.portability import elements_of, month_of, week_of
from app.db.table import table_of
from app.directory.models import FacilityReport
from app.directory.records import FacilityRef
from app.encounters.models import Encounter
from app.encounters.vocabulary import Need
from app.metrics.asking import View
from app.metrics.cohorts import Span
from app.metrics.counting import came_late, count, ms, seen_during
from app.metrics.indicator import Granularity, Period
from app.metrics.unmet_demand.definitions import ANSWERS, CLOSED, REPORT_HOURS, UnmetBy
from app.metrics.unmet_demand.records import Cell, Demand, Needs, Reported
from app.metrics.walltime import EPOCH, Wall
from app.referrals.models import Referral, ReferralEvent
from app.referrals.vocabulary import Reason, State, Step

REFERRAL: Final = table_of(Referral)
ENCOUNTER: Final = table_of(Encounter)
_REPORT: Final = table_of(FacilityReport)
Dimensions = Sequence[UnmetBy | Granularity]
"""What to group by; of the granularities only the day is used, for series."""


def _requested() -> ColumnElement[bool]:
    """Return the condition: it was requested, or went further without that being recorded."""
    steps = (
        Referral.requested_at,
        Referral.waitlisted_at,
        Referral.accepted_at,
        Referral.arrived_at,
        Referral.admitted_at,
    )
    return or_(*(col(step).is_not(None) for step in steps))


def _waited_for_place() -> ColumnElement[bool]:
    """Return the condition: it was put on a waiting list for want of a place; the referral itself forgets why."""
    why = (
        select(col(ReferralEvent.id))
        .where(
            col(ReferralEvent.org_id) == col(Referral.org_id),
            col(ReferralEvent.referral_id) == col(Referral.id),
            col(ReferralEvent.step) == Step.waitlisted.value,
            col(ReferralEvent.reason) == Reason.no_place.value,
            col(ReferralEvent.not_applied).is_(None),
        )
        .exists()
    )
    return col(Referral.waitlisted_at).is_not(None) & why


def _refused(*reasons: Reason) -> ColumnElement[bool]:
    named = [reason.value for reason in reasons]
    return (col(Referral.state) == State.refused.value) & col(Referral.reason).in_(named)


def _demand() -> list[ColumnElement[int]]:
    """Return the columns of Demand."""
    state = col(Referral.state)
    named = {Reason.no_place, Reason.not_eligible, *CLOSED}
    conditions = (
        came_late(Referral),
        _requested(),
        state.in_([State.requested.value, State.expired.value]),
        _refused(Reason.no_place) | _waited_for_place(),
        _refused(Reason.no_place),
        _refused(*CLOSED),
        _refused(Reason.not_eligible),
        _refused(*(reason for reason in Reason if reason not in named)),
        col(Referral.waitlisted_at).is_not(None),
        _waited_for_place(),
        state == State.waitlisted.value,
        ~_requested() & state.in_([State.offered.value, State.cancelled.value]),
    )
    return [func.count(), *map(count, conditions)]


async def demand(
    session: ReadSession, view: View, period: Period, kind: str | None, by: Dimensions
) -> dict[Cell, Demand]:
    """Return the counts of referrals by cell.

    Cohort: referrals whose service day lies in the period, not entered in error, in their present state.
    """
    keys: dict[UnmetBy | Granularity, Any] = {
        UnmetBy.kind: col(Referral.kind),
        UnmetBy.territory: col(Referral.territory),
        UnmetBy.week: week_of(col(Referral.cohort_day)),
        UnmetBy.month: month_of(col(Referral.cohort_day)),
        UnmetBy.hour: _hour(Wall.around(period).local(ms(Referral.created_at))),
        Granularity.day: col(Referral.cohort_day),
    }
    chosen = [keys[dimension] for dimension in by]
    statement = select(*chosen, *_demand()).where(*_cohort(view, period))
    if kind is not None:
        statement = statement.where(col(Referral.kind) == kind)
    found = await session.execute(statement.group_by(*chosen))
    return {cell(by, row[: len(by)]): Demand(*row[len(by) :]) for row in found if row[len(by)]}


def demand_by_day() -> Select[Any]:
    """Return the statement that counts referrals by organisation, day, territory and kind; not limited to any."""
    cohort = (REFERRAL.c.cohort_day, REFERRAL.c.territory, REFERRAL.c.kind)
    return (
        select(REFERRAL.c.org_id, literal(Span.day.value, String), *cohort, *_demand())
        .where(REFERRAL.c.state != State.entered_in_error.value)
        .group_by(REFERRAL.c.org_id, *cohort)
    )


def _cohort(view: View, period: Period) -> list[ColumnElement[bool]]:
    return [col(Referral.state) != State.entered_in_error.value, *seen_during(view, REFERRAL, "cohort_day", [period])]


async def needs(
    session: ReadSession, view: View, period: Period, kind: str | None, by: Dimensions
) -> dict[Cell, Needs]:
    """Return the counts of needs by cell; a need is counted under the first kind that answers it.

    Cohort: encounters whose service day lies in the period, not withdrawn. A referral made in an encounter has its
    service day, so those of the period are enough to look among.
    """
    asked = [need for need, kinds in ANSWERS.items() if kind is None or kinds[0] == kind]
    if not asked:
        return {}
    needing = _Needing(view, period, asked)
    labelled = [needing.keys[dimension].label(f"key_{number}") for number, dimension in enumerate(by)]
    statement = needing.limited(select(*labelled, *needing.counts)).group_by(*labelled)
    found = await session.execute(statement)
    return {cell(by, row[: len(by)]): Needs(*row[len(by) :]) for row in found if row[len(by)]}


def needs_by_day(period: Period) -> Select[Any]:
    """Return the statement that counts needs by organisation, day, territory and kind; not limited to any."""
    needing = _Needing(View(None, None), period, list(ANSWERS))
    kind = needing.keys[UnmetBy.kind].label("kind")
    cohort = (ENCOUNTER.c.org_id, literal(Span.day.value, String), ENCOUNTER.c.service_day, ENCOUNTER.c.territory, kind)
    statement = needing.limited(select(*cohort, *needing.counts))
    return statement.group_by(ENCOUNTER.c.org_id, ENCOUNTER.c.service_day, ENCOUNTER.c.territory, kind)


class _Needing:
    """The needs of a view's encounters: where they come from, what they are counted by, and the columns of Needs."""

    def __init__(self, view: View, period: Period, asked: Sequence[Need]) -> None:
        offers = [
            func.max(case((col(Referral.kind).in_(ANSWERS[need]), 1), else_=0)).label(need.value) for need in asked
        ]
        made = (
            select(col(Referral.org_id), col(Referral.encounter_id), *offers)
            .where(*_cohort(view, period), col(Referral.encounter_id).is_not(None))
            .group_by(col(Referral.org_id), col(Referral.encounter_id))
            .subquery("made")
        )
        own = (made.c.org_id == ENCOUNTER.c.org_id) & (made.c.encounter_id == ENCOUNTER.c.id)
        need = elements_of(ENCOUNTER.c.needs).table_valued("value")
        answered = case(*((need.c.value == one.value, made.c[one.value]) for one in asked))
        self.keys: dict[UnmetBy | Granularity, Any] = {
            UnmetBy.kind: case(*((need.c.value == one.value, literal(ANSWERS[one][0], String)) for one in asked)),
            UnmetBy.territory: ENCOUNTER.c.territory,
            UnmetBy.week: week_of(ENCOUNTER.c.service_day),
            UnmetBy.month: month_of(ENCOUNTER.c.service_day),
            UnmetBy.hour: ENCOUNTER.c.slot * SLOT_HOURS,
            Granularity.day: ENCOUNTER.c.service_day,
        }
        self.counts = (func.count(), count(func.coalesce(answered, 0) == 0))
        self._source = join(ENCOUNTER, need, true()).outerjoin(made, own)
        self._conditions = (
            ~ENCOUNTER.c.withdrawn,
            need.c.value.in_([one.value for one in asked]),
            *seen_during(view, ENCOUNTER, "service_day", [period]),
        )

    def limited(self, statement: Select[Any]) -> Select[Any]:
        """Return the statement over these needs."""
        return statement.select_from(self._source).where(*self._conditions)


async def reported(
    session: ReadSession, facilities: Sequence[FacilityRef], period: Period, by: Dimensions
) -> list[Reported]:
    """Return what each facility reported of its free places over the time of each cell; by week, month and hour only.

    A report lasts until the facility's next one, REPORT_HOURS at most; it belongs to the civil day in Paris on which it
    was made, and its time is divided among the slots of the clock. A closed facility has 0 places; a report that does
    not say how many is left out.
    """
    if not facilities:
        return []
    wall, listed = Wall.around(period), _reports(facilities, period)
    day = wall.local(listed.c.since) // DAY_MS
    source, spent, slot = _by_the_hour(listed, wall) if UnmetBy.hour in by else (listed, _whole(listed), literal(0))
    keys = {UnmetBy.week: (day + 3) // 7 * 7 - 3, UnmetBy.month: _month(day, period), UnmetBy.hour: slot}
    labelled = [keys[UnmetBy(dimension.value)].label(f"key_{number}") for number, dimension in enumerate(by)]
    first, end = _days(period)
    statement = (
        select(listed.c.facility_id, func.sum(listed.c.free * spent), func.sum(spent), *labelled)
        .select_from(source)
        .where(listed.c.free.is_not(None), day >= first, day < end, spent > 0)
        .group_by(listed.c.facility_id, *labelled)
    )
    found = await session.execute(statement)
    return [Reported(row[0], _reported_cell(by, row[3:]), int(row[1]), int(row[2])) for row in found]


def _reports(facilities: Sequence[FacilityRef], period: Period) -> Subquery:
    """Return the reports around a period as (facility_id, since, until, free), instants in ms."""
    lasting, (first, end) = REPORT_HOURS * HOUR_MS, _days(period)
    seen = ms(FacilityReport.observed_at)
    following = func.lead(seen).over(partition_by=_REPORT.c.facility_id, order_by=(seen, _REPORT.c.id))
    return (
        select(
            _REPORT.c.facility_id,
            seen.label("since"),
            case((following < seen + lasting, following), else_=seen + lasting).label("until"),
            case((_REPORT.c.open, _REPORT.c.places_free), else_=0).label("free"),
        )
        .where(
            _REPORT.c.org_id.in_(sorted({facility.org_id for facility in facilities})),
            _REPORT.c.facility_id.in_(sorted(facility.id for facility in facilities)),
            seen >= (first - 1) * DAY_MS,
            seen < (end + 2) * DAY_MS,
        )
        .subquery("listed")
    )


def _whole(listed: Subquery) -> ColumnElement[int]:
    return listed.c.until - listed.c.since


def _by_the_hour(listed: Subquery, wall: Wall) -> tuple[FromClause, ColumnElement[int], ColumnElement[int]]:
    """Return each report once for every hour it touches, how long it lasts in that hour, and the slot of the clock.

    The clock in Paris is whole hours from UTC, so hours begin together on both.
    """
    numbers = union_all(*(select(literal(n, BigInteger).label("n")) for n in range(REPORT_HOURS + 1))).subquery("hours")
    begins = (listed.c.since // HOUR_MS + numbers.c.n) * HOUR_MS
    ends = begins + HOUR_MS
    since = case((begins > listed.c.since, begins), else_=listed.c.since)
    until = case((ends < listed.c.until, ends), else_=listed.c.until)
    return listed.join(numbers, true()), until - since, _hour(wall.local(begins))


def _hour(local: ColumnElement[int]) -> ColumnElement[int]:
    """Return the hour of the clock at which the slot of a local time (ms) begins."""
    return local % DAY_MS // SLOT_MS * SLOT_HOURS


def _days(period: Period) -> tuple[int, int]:
    return (period.since - EPOCH).days, (period.until - EPOCH).days


def _month(day: ColumnElement[int], period: Period) -> ColumnElement[int]:
    """Return the first day of the month of a day of the period, both in days since 1970."""
    months = period.split(Granularity.month)
    firsts = [(month.since.replace(day=1) - EPOCH).days for month in months]
    *early, last = firsts
    branches = [(day < following, first) for first, following in zip(early, firsts[1:], strict=True)]
    return case(*branches, else_=last) if branches else literal(last)


def cell(by: Dimensions, values: Sequence[Any]) -> Cell:
    """Return the values of a cell as codes: kinds, territories, Mondays, months, slots and days."""
    return tuple(f"{value:02}" if isinstance(value, int) else str(value) for value, _ in zip(values, by, strict=True))


def _reported_cell(by: Dimensions, values: Sequence[int]) -> Cell:
    """Return the same for keys that are days since 1970."""
    return tuple(map(_reported_code, by, values))


def _reported_code(dimension: UnmetBy | Granularity, value: int) -> str:
    if dimension is UnmetBy.hour:
        return f"{value:02}"
    day = EPOCH + timedelta(days=int(value))
    return f"{day:%Y-%m}" if dimension is UnmetBy.month else day.isoformat()
