"""Reading and storing places."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, Table, delete, insert, or_, select, update
from sqlmodel import col

from app.db.bulk import Row, insert_new, update_rows
from app.db.engine import ReadSession, WriteSession
from app.db.models import COMMITS, Feed
from app.db.table import table_of
from app.directory import records
from app.directory.models import (
    DIRECTORY,
    Annotation,
    DirectoryVersion,
    Facility,
    FacilityKind,
    FacilityReport,
    OpeningHours,
    Perimeter,
    PerimeterTerritory,
    Territory,
    TerritoryBorder,
)
from app.directory.rules import Hours, KindRule, Observation, Place
from app.directory.vocabulary import AnnotationKind, Label, ReportReason, Rung, SuccessState, TerritoryLevel, Weekday
from app.identity.models import Organisation

TERRITORY: Final = table_of(Territory)
BORDER: Final = table_of(TerritoryBorder)
PERIMETER: Final = table_of(Perimeter)
PERIMETER_TERRITORY: Final = table_of(PerimeterTerritory)
KIND: Final = table_of(FacilityKind)
FACILITY: Final = table_of(Facility)
HOURS: Final = table_of(OpeningHours)
REPORT: Final = table_of(FacilityReport)
ANNOTATION: Final = table_of(Annotation)
_FEED: Final = table_of(Feed)
_VERSION: Final = table_of(DirectoryVersion)

_Session = ReadSession | WriteSession
_VERSION_READ: Final = select(col(DirectoryVersion.version), col(DirectoryVersion.changed_at))


async def version(session: _Session) -> records.Version | None:
    """Return how often the directory changed; the same number means the same content. None before the first seed."""
    found = (await session.execute(_VERSION_READ)).first()
    return records.Version(*found) if found else None


async def count_change(session: WriteSession, now: datetime) -> None:
    """Count one more change, in the transaction that makes it."""
    await session.execute(update(_VERSION).values(version=col(DirectoryVersion.version) + 1, changed_at=now))


async def start_counters(session: WriteSession, now: datetime) -> None:
    """Make the one row of each counter, where it is missing."""
    await insert_new(session, _FEED, [{"name": COMMITS, "position": 0}])
    await insert_new(session, _VERSION, [{"name": DIRECTORY, "version": 0, "changed_at": now}])


async def add(session: WriteSession, table: Table, rows: Sequence[Row]) -> set[tuple[Any, ...]]:
    """Insert the rows that are not there yet; return their keys."""
    return await insert_new(session, table, rows)


async def change_territories(session: WriteSession, rows: Sequence[Row]) -> None:
    """Set the facts of territories that are there."""
    await update_rows(session, TERRITORY, rows)


async def territories(session: _Session) -> list[records.Territory]:
    """Return every territory, by code."""
    found = await session.scalars(select(Territory).order_by(col(Territory.code)))
    return [
        records.Territory(
            Place(row.code, TerritoryLevel(row.level), row.parent),
            row.name,
            row.area_km2,
            row.east_km,
            row.north_km,
            row.source,
        )
        for row in found
    ]


async def perimeters(session: _Session) -> list[records.Perimeter]:
    """Return every perimeter with its territories, by code."""
    members = defaultdict(list)
    links = await session.execute(
        select(col(PerimeterTerritory.perimeter_code), col(PerimeterTerritory.territory_code)).order_by(
            col(PerimeterTerritory.territory_code)
        )
    )
    for perimeter, territory in links:
        members[perimeter].append(territory)
    found = await session.scalars(select(Perimeter).order_by(col(Perimeter.code)))
    return [
        records.Perimeter(
            row.code, Label(row.label_fr, row.label_en), row.valid_from, row.valid_until, tuple(members[row.code])
        )
        for row in found
    ]


async def kinds(session: _Session) -> list[records.Kind]:
    """Return every kind in every period, by code."""
    found = await session.scalars(select(FacilityKind).order_by(col(FacilityKind.code), col(FacilityKind.valid_from)))
    return [
        records.Kind(
            KindRule(
                row.code,
                row.valid_from,
                row.valid_until,
                Rung(row.rung),
                SuccessState(row.success),
                timedelta(seconds=row.expires_after_s),
            ),
            Label(row.label_fr, row.label_en),
        )
        for row in found
    ]


async def facilities(session: _Session) -> list[records.Facility]:
    """Return every facility with its operator and hours, by identifier."""
    hours = defaultdict(list)
    planned = select(OpeningHours).order_by(
        col(OpeningHours.valid_from), col(OpeningHours.weekday), col(OpeningHours.opens)
    )
    for row in await session.scalars(planned):
        hours[row.facility_id].append(
            Hours(Weekday(row.weekday), row.opens, row.closes, row.valid_from, row.valid_until)
        )
    found = await session.execute(
        select(
            col(Facility.id),
            col(Facility.org_id),
            col(Facility.kind),
            col(Facility.territory_code),
            col(Facility.opened_on),
            col(Facility.closed_on),
            col(Facility.name),
            col(Organisation.name),
        )
        .join(Organisation, col(Organisation.id) == col(Facility.org_id))
        .order_by(col(Facility.id))
    )
    return [records.Facility(records.FacilityRef(*row[:6]), row[6], row[7], tuple(hours[row[0]])) for row in found]


def _present(row: Facility) -> records.Present:
    if row.report_id is None or row.reported_at is None or row.open is None:
        return records.Present(row.id, row.position, None)
    reason = ReportReason(row.reason) if row.reason is not None else None
    report = records.Report(row.report_id, row.reported_at, row.open, row.places_free, row.waiting, reason)
    return records.Present(row.id, row.position, report)


async def _presents(session: _Session, wanted: Select[Facility]) -> list[records.Present]:
    return [_present(row) for row in await session.scalars(wanted)]


async def present(session: _Session, facility_id: UUID) -> records.Present | None:
    """Return the present state of one facility."""
    found = await _presents(session, select(Facility).where(col(Facility.id) == facility_id))
    return found[0] if found else None


async def present_page(session: _Session, after: UUID | None, today: date, limit: int) -> list[records.Present]:
    """Return the present state of the facilities not closed for good, by identifier, from the one after `after` on."""
    wanted = select(Facility).where(or_(col(Facility.closed_on).is_(None), col(Facility.closed_on) > today))
    if after is not None:
        wanted = wanted.where(col(Facility.id) > after)
    return await _presents(session, wanted.order_by(col(Facility.id)).limit(limit))


async def present_changed(session: _Session, after: tuple[int, UUID], before: int, limit: int) -> list[records.Present]:
    """Return the facilities last changed after (position, id) and below the position `before`, in that order."""
    position = col(Facility.position)
    wanted = select(Facility).where(
        position >= after[0],
        or_(position > after[0], col(Facility.id) > after[1]),
        position < before,
    )
    return await _presents(session, wanted.order_by(position, col(Facility.id)).limit(limit))


async def hold(session: WriteSession, facility_ids: Iterable[UUID]) -> dict[UUID, Observation | None]:
    """Return what each facility's present state goes back to, holding the facilities until commit.

    The key itself stays free: a report just inserted refers to it, and two such transactions must not wait in a circle.
    """
    wanted = select(col(Facility.id), col(Facility.reported_at), col(Facility.report_id)).where(
        col(Facility.id).in_(sorted(facility_ids))
    )
    found = await session.execute(wanted.order_by(col(Facility.id)).with_for_update(key_share=True))
    return {
        facility_id: Observation(reported_at, report_id) if reported_at is not None and report_id is not None else None
        for facility_id, reported_at, report_id in found
    }


async def change_facilities(session: WriteSession, rows: Sequence[Row]) -> None:
    """Set the given columns of facilities, all rows the same ones."""
    await update_rows(session, FACILITY, rows)


async def is_operator(session: WriteSession, org_id: UUID) -> bool:
    """Say whether there is such an organisation."""
    return (
        await session.execute(select(col(Organisation.id)).where(col(Organisation.id) == org_id))
    ).first() is not None


async def held_facility(session: WriteSession, facility_id: UUID) -> records.FacilityRef | None:
    """Return one facility as it is in this transaction, holding it until commit."""
    row = await session.scalar(select(Facility).where(col(Facility.id) == facility_id).with_for_update(key_share=True))
    if row is None:
        return None
    return records.FacilityRef(row.id, row.org_id, row.kind, row.territory_code, row.opened_on, row.closed_on)


async def add_facility(session: WriteSession, row: Row) -> None:
    """Insert one facility."""
    await session.execute(insert(FACILITY), dict(row))


async def replace_hours(session: WriteSession, facility_id: UUID, start: date, rows: Sequence[Row]) -> None:
    """Let a facility's hours be these from `start` on; what was planned for the days before stays."""
    own = col(OpeningHours.facility_id) == facility_id
    await session.execute(delete(HOURS).where(own, col(OpeningHours.valid_from) >= start))
    lasting = or_(col(OpeningHours.valid_until).is_(None), col(OpeningHours.valid_until) > start)
    await session.execute(update(HOURS).where(own, lasting).values(valid_until=start))
    await insert_new(session, HOURS, rows)


async def stored_reports(
    session: WriteSession, org_ids: Iterable[UUID], ids: Iterable[UUID]
) -> dict[tuple[UUID, UUID], tuple[bytes, UUID]]:
    """Return {(organisation, id): (digest, facility)} of the reports that are there."""
    wanted = select(
        col(FacilityReport.org_id), col(FacilityReport.id), col(FacilityReport.digest), col(FacilityReport.facility_id)
    ).where(col(FacilityReport.org_id).in_(sorted(org_ids)), col(FacilityReport.id).in_(sorted(ids)))
    return {(org, report): (digest, facility) for org, report, digest, facility in await session.execute(wanted)}


async def annotations(
    session: _Session, since: date | None = None, until: date | None = None
) -> list[records.Annotation]:
    """Return the annotations of the days in [since, until), or of all days, by day."""
    wanted = select(Annotation).order_by(col(Annotation.day), col(Annotation.id))
    if since is not None:
        wanted = wanted.where(col(Annotation.day) >= since)
    if until is not None:
        wanted = wanted.where(col(Annotation.day) < until)
    return [
        records.Annotation(
            row.id,
            row.day,
            row.territory_code,
            AnnotationKind(row.kind),
            Label(row.label_fr, row.label_en),
            row.source,
        )
        for row in await session.scalars(wanted)
    ]
