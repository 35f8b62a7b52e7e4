"""The present state of facilities: planned hours beside what they last reported."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from app import errors
from app.db.engine import Database, ReadSession
from app.directory import queries
from app.directory.records import Facility, Present, Report
from app.directory.rules import is_open, is_valid, local_day
from app.directory.schemas import FacilitySent, ReportSent
from app.directory.service import Directory, current_directory
from app.identity.rules import Principal
from app.identity.vocabulary import GRANTS, Permission


async def page(
    database: Database, session: ReadSession, now: datetime, after: UUID | None, size: int
) -> tuple[list[FacilitySent], bool]:
    """Return up to `size` facilities with identifiers above `after`, and whether there are more."""
    found = await queries.present_page(session, after, local_day(now), size + 1)
    directory = await current_directory(database, session, now, fresh=True)
    return shown(directory, found[:size], now), len(found) > size


async def one(database: Database, session: ReadSession, now: datetime, facility_id: UUID) -> FacilitySent:
    """Return one facility, or raise `not_found`."""
    present = await queries.present(session, facility_id)
    directory = await current_directory(database, session, now, fresh=True)
    if present is None:
        raise errors.not_found()
    return shown(directory, [present], now)[0]


async def changed(
    database: Database, session: ReadSession, now: datetime, after: tuple[int, UUID], before: int, size: int
) -> list[tuple[int, FacilitySent]]:
    """Return up to `size` facilities last changed after (position, id) and below the position `before`, in that order.

    Each comes with its position.
    """
    found = await queries.present_changed(session, after, before, size)
    directory = await current_directory(database, session, now, fresh=True)
    return [(present.position, sent) for present, sent in zip(found, shown(directory, found, now), strict=True)]


def shown(directory: Directory, presents: Iterable[Present], now: datetime) -> list[FacilitySent]:
    """Return facilities as they are sent."""
    return [_sent(directory.facilities[present.facility_id], present.report, now) for present in presents]


def seen_by(principal: Principal, facilities: Iterable[FacilitySent]) -> list[FacilitySent]:
    """Return facilities as somebody may see them: how full they are is for who directs people, or counts them."""
    if Permission.capacity_read in GRANTS[principal.role]:
        return list(facilities)
    return [facility.model_copy(update={"report": None}) for facility in facilities]


def _sent(facility: Facility, report: Report | None, now: datetime) -> FacilitySent:
    ref = facility.ref
    return FacilitySent(
        id=ref.id,
        name=facility.name,
        kind=ref.kind,
        territory=ref.territory_code,
        operator=facility.operator,
        opened_on=ref.opened_on,
        closed_on=ref.closed_on,
        open_by_hours=open_by_hours(facility, now),
        report=report_sent(report, now) if report else None,
    )


def open_by_hours(facility: Facility, now: datetime) -> bool | None:
    """Say whether the planned hours have it open; None where none were ever planned."""
    if not is_valid(facility.ref.opened_on, facility.ref.closed_on, local_day(now)):
        return False
    return is_open(facility.hours, now) if facility.hours else None


def report_sent(report: Report, now: datetime) -> ReportSent:
    """Return a report as it is sent, with its age."""
    return ReportSent(
        open=report.open,
        places_free=report.places_free,
        waiting=report.waiting,
        reason=report.reason,
        observed_at=report.observed_at,
        age_s=max(0, int((now - report.observed_at).total_seconds())),
    )
