"""The statements that count records for releases, and that keep what was published."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, and_, case, delete, func, literal, select, type_coerce

from app.db.bulk import insert_new
from app.db.engine import ReadSession, WriteSession
from app.db.portability import among
from app.db.table import table_of
from app.db.types import to_instant, to_milliseconds
from app.encounters.models import Encounter
from app.encounters.vocabulary import FirstContact
from app.referrals.models import Referral
from app.referrals.vocabulary import State
from app.releases.definitions import Published, lateness_limits
from app.releases.models import Release as ReleaseRow
from app.releases.models import ReleaseFile, ReleaseTally
from app.releases.records import File, Key, Month, Release, Tally
from app.releases.vocabulary import Dimension, Measure, Part, Stage

_ENCOUNTER: Final = table_of(Encounter)
_REFERRAL: Final = table_of(Referral)
_RELEASE: Final = table_of(ReleaseRow)
_FILE: Final = table_of(ReleaseFile)
_TALLY: Final = table_of(ReleaseTally)
_NOT_LATE_ANY_MORE: Final = 3
_KEYS: Final = 2**32


def _lateness(received_at: ColumnElement[Any], month: Published) -> ColumnElement[int]:
    """Return how many publications of its day a record missed: 3 is too late for any; a coarse one tells of none."""
    received = type_coerce(received_at, BigInteger)
    limits = [to_milliseconds(limit) for limit in lateness_limits(month)]
    missed = [(received < limit, literal(number)) for number, limit in enumerate(limits)]
    return case((received.is_(None), literal(0)), *missed, else_=literal(_NOT_LATE_ANY_MORE))


def _counted(record_key: ColumnElement[int]) -> tuple[ColumnElement[int], ColumnElement[int]]:
    return func.count(), func.sum(record_key) % _KEYS


async def encounters(session: WriteSession, territories: Collection[str], month: Published) -> Sequence[Sequence[Any]]:
    """Return rows (territory, lateness, gender, age band, count, keys); both None for what is no first contact."""
    columns = _ENCOUNTER.c
    first = columns.first_contact == FirstContact.yes.value
    keys = (
        columns.territory,
        _lateness(columns.first_received_at, month).label("late"),
        case((first, columns.gender)).label("person"),
        case((first, columns.age_band)).label("band"),
    )
    statement = select(*keys, *_counted(columns.rk)).where(*_met(session, territories, month))
    return (await session.execute(statement.group_by("territory", "late", "person", "band"))).all()


async def patrols(session: WriteSession, territories: Collection[str], month: Published) -> Sequence[Sequence[Any]]:
    """Return rows (territory, lateness, patrol, encounters) of the encounters that were made on a patrol."""
    columns = _ENCOUNTER.c
    keys = (columns.territory, _lateness(columns.first_received_at, month).label("late"), columns.patrol_id)
    statement = (
        select(*keys, func.count())
        .where(*_met(session, territories, month), columns.patrol_id.is_not(None))
        .group_by("territory", "late", columns.org_id, columns.patrol_id)
    )
    return (await session.execute(statement)).all()


def _met(session: WriteSession, territories: Collection[str], month: Published) -> Sequence[ColumnElement[bool]]:
    columns = _ENCOUNTER.c
    days = and_(columns.service_day >= month.since, columns.service_day < month.until)
    return ~columns.withdrawn, days, among(session, columns.territory, territories)


async def referrals(session: WriteSession, territories: Collection[str], month: Published) -> Sequence[Sequence[Any]]:
    """Return rows (territory, lateness, furthest stage, count, keys) of the referrals made, without those in error."""
    columns = _REFERRAL.c
    stage = case(
        (columns.admitted_at.is_not(None), Stage.admitted.value),
        (columns.arrived_at.is_not(None), Stage.arrived.value),
        (columns.accepted_at.is_not(None), Stage.accepted.value),
        (columns.requested_at.is_not(None) | columns.waitlisted_at.is_not(None), Stage.requested.value),
        else_=Stage.offered.value,
    ).label("stage")
    keys = (columns.territory, _lateness(columns.received_at, month).label("late"), stage)
    made = (columns.cohort_day >= month.since, columns.cohort_day < month.until)
    stands = columns.state != State.entered_in_error.value
    statement = select(*keys, *_counted(columns.rk)).where(
        *made, stands, among(session, columns.territory, territories)
    )
    return (await session.execute(statement.group_by("territory", "late", "stage"))).all()


async def has_records(session: ReadSession) -> bool:
    """Say whether anybody was ever met."""
    return (await session.execute(select(_ENCOUNTER.c.id).limit(1))).first() is not None


async def taken(
    session: ReadSession | WriteSession, perimeter: str, months: Collection[date]
) -> Mapping[date, datetime]:
    """Return {first day: when it was counted} of the months that were."""
    statement = select(_TALLY.c.month, func.min(type_coerce(_TALLY.c.taken_at, BigInteger))).where(
        _TALLY.c.perimeter == perimeter, _TALLY.c.month.in_(months)
    )
    found = await session.execute(statement.group_by(_TALLY.c.month))
    return {month: to_instant(at) for month, at in found}


async def keep(session: WriteSession, perimeter: str, month: date, counted: Month, now: datetime) -> None:
    """Put a month's tallies in place of those taken before."""
    await session.execute(delete(_TALLY).where(_TALLY.c.perimeter == perimeter, _TALLY.c.month == month))
    rows = [
        {"perimeter": perimeter, "month": month, **asdict(key), "late": late, **asdict(tally), "taken_at": now}
        for (key, late), tally in counted.tallies.items()
    ]
    await insert_new(session, _TALLY, rows)


async def tallies(session: WriteSession, perimeter: str, months: Collection[date]) -> Sequence[tuple[Key, int, Tally]]:
    """Return (what is counted, lateness, tally) of these months."""
    columns = _TALLY.c
    statement = select(_TALLY).where(columns.perimeter == perimeter, columns.month.in_(months))
    return [
        (
            Key(row["place"], Measure(row["measure"]), Dimension(row["dimension"]), row["category"]),
            row["late"],
            Tally(row["count"], row["keys"], row["largest"]),
        )
        for row in (await session.execute(statement)).mappings()
    ]


async def drop_tallies(session: WriteSession, perimeter: str, months: Collection[date]) -> None:
    """Forget the exact counts of months that nothing will be made of any more."""
    await session.execute(delete(_TALLY).where(_TALLY.c.perimeter == perimeter, _TALLY.c.month.in_(months)))


async def freeze(session: WriteSession, release: Release, files: Sequence[File]) -> bool:
    """Keep a release; False when it is there, and then it stays as it is."""
    if not await insert_new(session, _RELEASE, [asdict(release)]):
        return False
    rows = [{"release_id": release.id, "part": one.part.value, "body": one.body, "digest": one.digest} for one in files]
    await insert_new(session, _FILE, rows)
    return True


async def released(session: ReadSession | WriteSession) -> Sequence[Release]:
    """Return every release, by period, the longer first where they begin together."""
    order = (_RELEASE.c.period_from, _RELEASE.c.period_to.desc())
    return [Release(**row) for row in (await session.execute(select(_RELEASE).order_by(*order))).mappings()]


async def one(session: ReadSession | WriteSession, release_id: str) -> Release | None:
    """Return a release, or None."""
    row = (await session.execute(select(_RELEASE).where(_RELEASE.c.id == release_id))).mappings().first()
    return Release(**row) if row else None


async def file(session: ReadSession, release_id: str, part: Part) -> File | None:
    """Return the bytes of a part of a release, or None."""
    statement = select(_FILE).where(_FILE.c.release_id == release_id, _FILE.c.part == part.value)
    row = (await session.execute(statement)).first()
    return File(Part(row.part), row.body, row.digest) if row else None


async def sizes(session: ReadSession) -> Mapping[tuple[str, str], tuple[int, bytes]]:
    """Return {(release, part): (bytes, SHA-256)}."""
    columns = _FILE.c
    found = await session.execute(select(columns.release_id, columns.part, func.length(columns.body), columns.digest))
    return {(release_id, part): (size, digest) for release_id, part, size, digest in found}
