"""Storing what facilities report: every report joins the series, the latest one is the present state."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app import errors
from app.db.bulk import Row
from app.db.engine import WriteSession
from app.db.portability import commit_position
from app.directory import queries
from app.directory.rules import Observation
from app.directory.schemas import FacilityReportIn
from app.errors import Problem
from app.http.envelope import Verdict, rejected
from app.ingest.rules import Stored, decide
from app.ingest.service import Posting, happened, to_the_hour
from app.ingest.verdicts import verdict_on
from app.keyring import fingerprint


@dataclass(frozen=True, slots=True)
class _Report:
    """One report on its way to a verdict."""

    org_id: UUID
    facility_id: UUID
    item: FacilityReportIn
    observed_at: datetime
    received_at: datetime
    digest: bytes

    @property
    def key(self) -> tuple[UUID, UUID]:
        """Its primary key."""
        return self.org_id, self.item.id

    def observation(self) -> Observation:
        """Return its place among the reports of its facility."""
        return Observation(self.observed_at, self.item.id)

    def said(self) -> Row:
        """Return the columns that series and present state share."""
        item = self.item
        return {"open": item.open, "places_free": item.places_free, "waiting": item.waiting, "reason": item.reason}


async def store_reports(
    session: WriteSession, postings: Sequence[Posting[FacilityReportIn]]
) -> Sequence[Sequence[Verdict]]:
    """Store the reports of several postings; see `app.ingest.service.Storing`."""
    read = [[_read(posting, item) for item in posting.items] for posting in postings]
    reports = [report for listed in read for report in listed if isinstance(report, _Report)]
    first: dict[tuple[UUID, UUID], _Report] = {}
    for report in reports:
        first.setdefault(report.key, report)
    inserted = await queries.add(session, queries.REPORT, [_row(report) for report in first.values()])
    await _show(session, [report for key, report in first.items() if key in inserted])
    stored = await _stored(session, [report for key, report in first.items() if key not in inserted])
    return [
        [report if isinstance(report, Verdict) else _judge(report, first, inserted, stored) for report in listed]
        for listed in read
    ]


def _read(posting: Posting[FacilityReportIn], item: FacilityReportIn) -> _Report | Verdict:
    facility_id = posting.principal.facility_id
    if facility_id is None:
        return rejected(item.id, errors.forbidden())
    observed_at = happened(posting, item.observed_at, "/observed_at")
    if isinstance(observed_at, Problem):
        return rejected(item.id, observed_at)
    digest = fingerprint(item.model_dump_json().encode())
    return _Report(posting.principal.org_id, facility_id, item, observed_at, to_the_hour(posting.now), digest)


def _row(report: _Report) -> Row:
    return {
        "org_id": report.org_id,
        "id": report.item.id,
        "facility_id": report.facility_id,
        "observed_at": report.observed_at,
        **report.said(),
        "received_at": report.received_at,
        "digest": report.digest,
    }


async def _stored(session: WriteSession, reports: Iterable[_Report]) -> dict[tuple[UUID, UUID], tuple[bytes, UUID]]:
    """Return what is there under the keys of reports that were not inserted."""
    keys = [report.key for report in reports]
    if not keys:
        return {}
    return await queries.stored_reports(session, {org for org, _ in keys}, {report for _, report in keys})


def _judge(
    report: _Report,
    first: dict[tuple[UUID, UUID], _Report],
    inserted: set[tuple[UUID, UUID]],
    stored: dict[tuple[UUID, UUID], tuple[bytes, UUID]],
) -> Verdict:
    """Return the verdict; the same id twice is attributed to the first."""
    earlier = first[report.key]
    known: Stored | None = None
    if report.key not in inserted:
        digest, facility_id = stored[report.key]
        known = Stored(digest, own=facility_id == report.facility_id)
    elif earlier is not report:
        known = Stored(earlier.digest, own=earlier.facility_id == report.facility_id)
    return verdict_on(decide(known, report.digest), report.item.id, report.digest, known)


async def _show(session: WriteSession, reports: Iterable[_Report]) -> None:
    """Make the latest of the new reports their facilities' present state, unless a later one already is."""
    latest: dict[UUID, _Report] = {}
    for report in reports:
        held = latest.get(report.facility_id)
        if held is None or held.observation() < report.observation():
            latest[report.facility_id] = report
    if not latest:
        return
    present = await queries.hold(session, latest)
    newer = [
        report
        for facility_id, report in latest.items()
        if (shown := present[facility_id]) is None or shown < report.observation()
    ]
    if newer:
        position = await commit_position(await session.connection())
        await queries.change_facilities(session, [_present(report, position) for report in newer])


def _present(report: _Report, position: int) -> Row:
    return {
        "id": report.facility_id,
        "position": position,
        "report_id": report.item.id,
        "reported_at": report.observed_at,
        **report.said(),
    }
