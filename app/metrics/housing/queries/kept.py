"""The statements on what is kept of stays whose records are coarse."""

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)

from app.db.bulk import insert_all_new, insert_new
from app.db.engine import ReadSession, WriteSession
from app.db.portability import among, day_number
from app.db.table import table_of
from app.directory.models import FacilityReport
from app.directory.rules import local_day
from app.encounters.models import Encounter
from app.metrics.asking import View
from app.metrics.counting import number_of, seen_by, within
from app.metrics.housing.definitions import RETENTION_DAYS, RETURN_FROM_DAYS, RETURN_TO_DAYS, STREET
from app.metrics.housing.models import ExitSighting, FollowedExit, PlaceNight, StayLeft, StayOpened, UnplacedNight
from app.metrics.housing.past import Counts, Past, Row, is_return, night_of
from app.metrics.housing.queries.opened import StaysQuestion, of_kind
from app.metrics.housing.queries.places import Nights
from app.metrics.housing.records import Durations, Exits, Unplaced
from app.metrics.housing.rules import day_of, night_at
from app.metrics.housing.rules import number_of as number_of_day
from app.metrics.indicator import Period

_OPENED: Final = table_of(StayOpened)
_LEFT: Final = table_of(StayLeft)
_PLACED: Final = table_of(PlaceNight)
_UNPLACED: Final = table_of(UnplacedNight)
_FOLLOWED: Final = table_of(FollowedExit)
_SEEN: Final = table_of(ExitSighting)
_ENCOUNTER: Final = table_of(Encounter)
_REPORT: Final = table_of(FacilityReport)


async def durations(session: ReadSession, question: StaysQuestion) -> list[Durations]:
    """Return the stays opened in each period as `queries.stays.durations` does: all of them have ended."""
    c = _OPENED.c
    today = local_day(question.as_of)
    old = [(c.opened_on < today - timedelta(days=days), days) for days in reversed(RETENTION_DAYS)]
    keys = [
        number_of(c.opened_on, question.periods).label("period"), c.kind, c.days, c.positive,
        case(*old, else_=0).label("old"),
    ]  # fmt: skip
    rows = select(*keys, c.stays, c.moves).where(*_asked(_OPENED, c.opened_on, question)).subquery()
    group = [rows.c[key.name] for key in keys]
    counted: Select[Any] = select(*group, func.sum(rows.c.stays), func.sum(rows.c.moves)).group_by(*group)
    return [
        Durations.of(int(period), kind, days, int(stays), int(moves), old=enough, ended=True, positive=positive)
        for period, kind, days, positive, enough, stays, moves in await session.execute(counted)
    ]


async def exits(session: ReadSession, question: StaysQuestion, lookup: View) -> list[Exits]:
    """Return the exits of each period as `queries.stays.exits` does; those followed by card in rows of their own."""
    c = _LEFT.c
    keys = [number_of(c.left_on, question.periods).label("period"), c.kind, c.destination]
    rows = select(*keys, c.exits, c.carded).where(*_asked(_LEFT, c.left_on, question)).subquery()
    group = [rows.c[key.name] for key in keys]
    counted: Select[Any] = select(*group, func.sum(rows.c.exits), func.sum(rows.c.carded)).group_by(*group)
    found = [
        Exits(int(period), kind, destination, int(n), int(carded), 0, 0)
        for period, kind, destination, n, carded in await session.execute(counted)
    ]
    return found + await _followed(session, question, lookup)


async def _followed(session: ReadSession, question: StaysQuestion, lookup: View) -> list[Exits]:
    c, met = _FOLLOWED.c, day_number(_ENCOUNTER.c.service_day)
    day, today = day_number(c.left_on), local_day(question.as_of)
    fine = exists().where(
        _ENCOUNTER.c.link_id == c.link_id,
        _ENCOUNTER.c.withdrawn.is_(False),
        _ENCOUNTER.c.sleeping.in_([literal(one, literal_execute=True) for one in STREET]),
        _ENCOUNTER.c.slot.is_not(None),
        met >= day + RETURN_FROM_DAYS,
        met <= day + RETURN_TO_DAYS,
        *seen_by(lookup, _ENCOUNTER),
    )
    coarse = exists().where(_SEEN.c.org_id == c.org_id, _SEEN.c.exit_id == c.id, *_met_in(lookup))
    rows = (
        select(
            number_of(c.left_on, question.periods).label("period"),
            c.kind,
            case((or_(fine, coarse), 1), else_=0).label("returned"),
        )
        .where(*_asked(_FOLLOWED, c.left_on, question), c.left_on < today - timedelta(days=RETURN_TO_DAYS))
        .subquery()
    )
    keys = [rows.c.period, rows.c.kind]
    counted: Select[Any] = select(*keys, func.count(), func.sum(rows.c.returned)).group_by(*keys)
    return [
        Exits(int(period), kind, None, 0, 0, n, int(returned))
        for period, kind, n, returned in await session.execute(counted)
    ]


def _met_in(lookup: View) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if lookup.org_id is not None:
        conditions.append(_SEEN.c.by_org_id == lookup.org_id)
    if lookup.territories is not None:
        conditions.append(_SEEN.c.territory.in_(sorted(lookup.territories)))
    return conditions


def _asked(table: Table, day: ColumnElement[date], question: StaysQuestion) -> list[ColumnElement[bool]]:
    whole = Period(question.periods[0].since, question.periods[-1].until)
    return [within(day, whole), *seen_by(question.view, table), *of_kind(table.c, question.kind)]


async def unplaced(session: ReadSession, view: View, kind: str | None, nights: Nights) -> list[Unplaced]:
    """Return the nights of stays at no named facility, by kind."""
    c, first = _UNPLACED.c, day_of(nights.first)
    began = case((c.night < first, nights.first), else_=day_number(c.night))
    covered = func.sum(c.change * (nights.last + 1 - began))
    counted = select(c.kind, covered).where(c.night <= day_of(nights.last), *seen_by(view, _UNPLACED))
    found = await session.execute(counted.where(*of_kind(c, kind)).group_by(c.kind))
    return [Unplaced(one, int(n)) for one, n in found]


async def reports_of(session: WriteSession, nights: Collection[tuple[UUID, date]]) -> dict[tuple[UUID, date], datetime]:
    """Return when the latest report of free places of each of these facilities' nights was made, where there is one."""
    if not nights:
        return {}
    c = _REPORT.c
    each = []
    for facility, night in sorted(nights):
        number = number_of_day(night)
        each.append(
            and_(
                c.facility_id == facility, c.observed_at > night_at(number - 1), c.observed_at <= night_at(number)
            )
        )  # fmt: skip
    found: dict[tuple[UUID, date], datetime] = {}
    chosen = select(c.facility_id, c.observed_at).where(c.places_free.is_not(None), or_(*each))
    for facility, at in await session.execute(chosen):
        key = (facility, night_of(at))
        found[key] = max(at, found.get(key, at))
    return found


async def add(session: WriteSession, org_id: UUID, past: Past) -> None:
    """Add what stays of an organisation leave behind to what is kept."""
    await _add(session, _OPENED, org_id, past.opened)
    await _add(session, _LEFT, org_id, past.left)
    await _add(session, _PLACED, org_id, past.placed)
    await _add(session, _UNPLACED, org_id, past.unplaced)
    rows = [{"org_id": org_id, "id": uuid4(), **one._asdict()} for one in past.followed]
    if rows:
        await insert_all_new(session, _FOLLOWED, sorted(rows, key=lambda row: row["id"].bytes))


_KEYS: Final = {
    _OPENED: ("opened_on", "territory", "kind", "days", "positive"),
    _LEFT: ("left_on", "territory", "kind", "destination"),
    _PLACED: ("facility_id", "night"),
    _UNPLACED: ("night", "territory", "kind"),
}
"""What says where, in the order of `Past`; the other columns are counters."""


async def _add(session: WriteSession, table: Table, org_id: UUID, counts: Counts) -> None:
    rows = [(key, numbers) for key, numbers in sorted(counts.items()) if any(numbers)]
    if not rows:
        return
    keys = ("org_id", *_KEYS[table])
    counters = [one.name for one in table.c if one.name not in keys]
    zero = dict.fromkeys(counters, 0)
    named = [dict(zip(keys, (org_id, *key), strict=True)) for key, _ in rows]
    await insert_new(session, table, [one | zero for one in named])
    adding = (
        update(table)
        .where(*(table.c[name] == bindparam(f"of_{name}") for name in keys))
        .values({name: table.c[name] + bindparam(f"more_{name}") for name in counters})
    )
    given = [
        {f"of_{name}": value for name, value in one.items()}
        | {f"more_{name}": n for name, n in zip(counters, numbers, strict=True)}
        for one, (_, numbers) in zip(named, rows, strict=True)
    ]
    await (await session.connection()).execute(adding, given)


async def note_met(session: WriteSession, encounters: Iterable[Row]) -> None:
    """Note these encounters, which become coarse, beside the exits they are returns after."""
    listed = list(encounters)
    if not listed:
        return
    cards = {met["link_id"] for met in listed}
    chosen = select(_FOLLOWED.c.org_id, _FOLLOWED.c.id, _FOLLOWED.c.link_id, _FOLLOWED.c.left_on).where(
        among(session, _FOLLOWED.c.link_id, cards)
    )
    seen = {
        (org_id, exit_id, met["org_id"], met["territory"])
        for org_id, exit_id, link_id, left_on in await session.execute(chosen)
        for met in listed
        if met["link_id"] == link_id and is_return(left_on, met["service_day"])
    }
    names = ("org_id", "exit_id", "by_org_id", "territory")
    await insert_new(session, _SEEN, [dict(zip(names, one, strict=True)) for one in sorted(seen)])


async def forget_unlinked(session: WriteSession) -> None:
    """Delete the exits that nobody can be looked for after: their cards went with the key of their period."""
    gone = _FOLLOWED.c.link_id.is_(None)
    of_gone = exists().where(_FOLLOWED.c.org_id == _SEEN.c.org_id, _FOLLOWED.c.id == _SEEN.c.exit_id, gone)
    await session.execute(delete(_SEEN).where(of_gone))
    await session.execute(delete(_FOLLOWED).where(gone))
