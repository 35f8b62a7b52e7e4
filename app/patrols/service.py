"""Storing patrols."""

from collections.abc import Sequence

from app import errors
from app.db.engine import WriteSession
from app.directory.judging import read_by_directory
from app.directory.rules import service_day
from app.directory.service import Directory
from app.errors import Fault, Problem
from app.http.envelope import Verdict, rejected
from app.http.wire import RecordStatus
from app.ingest.revised import Candidate
from app.ingest.service import Posting, happened, to_the_hour
from app.keyring import fingerprint
from app.patrols import queries
from app.patrols.schemas import PatrolIn


async def store_patrols(session: WriteSession, postings: Sequence[Posting[PatrolIn]]) -> Sequence[Sequence[Verdict]]:
    """Store patrols of several postings; see `app.ingest.service.Storing`."""
    context, now = postings[0].context, postings[0].now
    read = await read_by_directory(
        context,
        session,
        now,
        lambda directory: [[_candidate(posting, item, directory) for item in posting.items] for posting in postings],
    )
    await queries.store(session, [found for listed in read for found in listed if isinstance(found, Candidate)], now)
    return [[found.verdict() if isinstance(found, Candidate) else found for found in listed] for listed in read]


def _candidate(posting: Posting[PatrolIn], item: PatrolIn, directory: Directory) -> Candidate | Verdict:
    started = happened(posting, item.started_at, "/started_at")
    if isinstance(started, Problem):
        return rejected(item.id, started)
    ended = happened(posting, item.ended_at, "/ended_at") if item.ended_at else None
    if isinstance(ended, Problem):
        return rejected(item.id, ended)
    unknown = [index for index, code in enumerate(item.territories) if code not in directory.territories]
    if unknown:
        faults = [Fault(f"/territories/{index}", "unknown", "is not a known territory") for index in unknown]
        return rejected(item.id, errors.unknown_territory(faults=faults))
    principal, received = posting.principal, to_the_hour(posting.now)
    row = {
        "org_id": principal.org_id,
        "id": item.id,
        "team_id": principal.team_id,
        "service_day": service_day(started, night=principal.night),
        "started_at": started,
        "ended_at": ended,
        "night": item.night,
        "workers": item.workers,
        "territories": list(dict.fromkeys(item.territories)),
        "withdrawn": item.status is RecordStatus.entered_in_error,
        "skew_s": posting.skew.seconds,
        "first_received_at": received,
        "received_at": received,
        "revision": item.revision,
        "digest": fingerprint(item.canonical()),
    }
    return Candidate(row, item.revision)
