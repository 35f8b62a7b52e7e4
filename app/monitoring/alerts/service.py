"""Gathering the alerts of a plan, and writing down who took note of one."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from app import errors
from app.audit.service import Act, append
from app.capacity.vocabulary import terms_of
from app.db.engine import ReadSession
from app.db.portability import PLANNING, hold
from app.db.types import to_instant, to_milliseconds
from app.directory import states
from app.directory.rules import is_valid, local_day
from app.directory.schemas import FacilitySent, ReportSent
from app.directory.service import Directory, current_directory
from app.errors import Fault
from app.http.context import Context
from app.identity.rules import Principal
from app.identity.service import organisations_of_teams
from app.identity.vocabulary import Role
from app.metrics.asking import Question, view_of
from app.metrics.indicator import Period
from app.metrics.reporting.service import TeamDays, team_days
from app.monitoring import live
from app.monitoring.alerts import judging, reporting
from app.monitoring.alerts.definitions import thresholds_of
from app.monitoring.alerts.records import Noted, Quiet, Reported, Shown, Unheard
from app.monitoring.alerts.schemas import AcknowledgementIn
from app.monitoring.alerts.targets import off_target
from app.monitoring.kpis.seen import Seen, see
from app.monitoring.kpis.service import sheet
from app.plan.records import Acknowledgement, Plan, Recorded
from app.plan.records.entry import Source
from app.plan.register import queries
from app.plan.standing import of_type, standing
from app.plan.vocabulary import EntryType

_PAGE: Final = 500
_DAY: Final = timedelta(days=1)
_LOOKED_BACK: Final = timedelta(days=1000)
_SOURCE: Final = Source(title="Maraude")
_ONE_REGISTER: Final = UUID(int=0)


async def alerts(
    context: Context, session: ReadSession, principal: Principal, plan: Plan, now: datetime
) -> list[Shown]:
    """Return what is to be looked at now, the gravest first.

    Everybody who reads the plan sees the same, but silent teams: a coordinator sees those of its own reach.
    """
    today = local_day(now)
    seen = await see(context, session, plan, now, judging.looked_at(plan, today))
    thresholds = thresholds_of(seen.targets, seen.at)
    then, every = standing(seen.recorded, seen.at), standing(seen.recorded)
    found = [
        *await off_target(seen, (await sheet(seen)).rows),
        *judging.of_register(then, every, seen.at, thresholds),
    ]
    if plan.valid_from <= today < plan.valid_to:
        found += reporting.silent(await _teams(seen, principal), thresholds["team_silence_days"])
        heard, unheard = await _facilities(seen)
        found += reporting.stale(heard, now, thresholds["report_age_times"])
        found += reporting.unheard(unheard, today)
    return judging.shown(found, await _noted(session, plan.plan), today)


async def _teams(seen: Seen, principal: Principal) -> list[Quiet]:
    """Return the teams that are expected, with the first day nothing came of."""
    today = local_day(seen.now)
    period = Period(max(seen.plan.valid_from, today - _LOOKED_BACK), today + _DAY)
    question = await live.whole_view(seen.context, seen.session, seen.perimeter, period, seen.now)
    if principal.role is Role.coordinator:
        question = _narrowed(question, principal)
    [teams] = await team_days(question, [period])
    expected = [one for one in teams if one.team.closed_at is None and one.expected]
    homes = await organisations_of_teams(seen.session, [one.team.id for one in expected])
    return [_quiet(one, homes[one.team.id].name) for one in expected]


def _narrowed(question: Question, principal: Principal) -> Question:
    view = view_of(principal, question.directory, None)
    return Question(
        question.context,
        question.session,
        principal,
        question.directory,
        view,
        question.period,
        None,
        None,
        question.as_of,
    )


def _quiet(one: TeamDays, organisation: str) -> Quiet:
    heard = max(one.reported, default=None)
    since = heard + _DAY if heard is not None else one.until - timedelta(days=one.expected)
    return Quiet(str(one.team.id), organisation, one.team.name, since, one.until)


async def _facilities(seen: Seen) -> tuple[list[Reported], list[Unheard]]:
    """Return when each facility of the perimeter that is in use last reported, and those that never did."""
    directory = await current_directory(seen.context.database, seen.session, seen.now, fresh=True)
    heard, unheard = [], []
    for one in await _in_use(seen):
        if one.report is not None:
            heard.append(_reported(one, one.report, directory))
        else:
            unheard.append(_unheard(one, directory))
    return heard, unheard


async def _in_use(seen: Seen) -> list[FacilitySent]:
    today = local_day(seen.now)
    inside = (await live.whole_view(seen.context, seen.session, seen.perimeter, _day(today), seen.now)).view.territories
    found: list[FacilitySent] = []
    after: UUID | None = None
    more = True
    while more:
        page, more = await states.page(seen.context.database, seen.session, seen.now, after, _PAGE)
        after = page[-1].id if page else None
        found += [
            one
            for one in page
            if is_valid(one.opened_on, one.closed_on, today) and (inside is None or one.territory in inside)
        ]
    return found


def _day(day: date) -> Period:
    return Period(day, day + _DAY)


def _reported(one: FacilitySent, report: ReportSent, directory: Directory) -> Reported:
    believed = terms_of(one.kind).stale_after.total_seconds()
    hours = directory.facilities[one.id].hours
    return Reported(str(one.id), one.operator, one.name, report.observed_at, believed, hours)


def _unheard(one: FacilitySent, directory: Directory) -> Unheard:
    return Unheard(str(one.id), one.operator, one.name, one.opened_on, directory.facilities[one.id].hours)


async def _noted(session: ReadSession, plan: str) -> Sequence[Noted]:
    recorded = {one.entry.id: one for one in await queries.load(session, plan, [EntryType.acknowledgement])}
    standing_now = of_type(standing(recorded.values()), Acknowledgement)
    return [
        Noted(one.alert, one.on, one.until, recorded[one.id].role, recorded[one.id].recorded_at) for one in standing_now
    ]


async def acknowledge(
    context: Context,
    session: ReadSession,
    principal: Principal,
    plan: Plan,
    alert: str,
    sent: AcknowledgementIn,
    now: datetime,
) -> Noted:
    """Write down that somebody took note of an alert they are shown now.

    Sending the same again returns what was written. Raises `not_found` for an alert that is not there for them,
    `item_conflict` when the id is that of another entry, `invalid` when it would be over before it begins.
    """
    now = to_instant(to_milliseconds(now))
    entry = Acknowledgement(
        id=sent.id, plan=plan.plan, on=local_day(now), source=_SOURCE, alert=alert, until=sent.until
    )
    written = await _written(context, entry)
    if written is not None:
        return written
    if sent.until is not None and sent.until <= entry.on:
        raise errors.invalid(faults=[Fault("/until", "rule", "must lie after today")])
    if alert not in {one.alert.id for one in await alerts(context, session, principal, plan, now)}:
        raise errors.not_found("There is no such alert now.")
    made = Recorded(entry, now, principal.role.value, principal.subject_id)
    async with context.database.writing() as writing:
        await hold(await writing.connection(), PLANNING, [_ONE_REGISTER])
        if not await queries.add(writing, [made]):
            raise errors.item_conflict()
        act = Act(
            principal.org_id, principal.subject_id, "plan.acknowledge", now, {"plan": plan.plan, "entry": str(sent.id)}
        )
        await append(writing, context.keyring, [act])
    return Noted(alert, entry.on, entry.until, made.role, now)


async def _written(context: Context, entry: Acknowledgement) -> Noted | None:
    """Return the note written under this id, None without one. Raises `item_conflict` when it says otherwise."""
    async with context.database.writing() as session:
        digests = await queries.digests(session, [entry.id])
        if not digests:
            return None
        recorded = await queries.load(session, entry.plan, [EntryType.acknowledgement])
    for one in recorded:
        there = one.entry
        if isinstance(there, Acknowledgement) and there.id == entry.id:
            if (there.alert, there.until) != (entry.alert, entry.until):
                break
            return Noted(there.alert, there.on, there.until, one.role, one.recorded_at)
    raise errors.item_conflict()
