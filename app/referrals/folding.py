"""Folding stored events again, writing down only what changed."""

from collections.abc import Iterable
from uuid import UUID

from app.db.engine import WriteSession
from app.marks.queries import mark_days
from app.referrals import queries
from app.referrals.records import Standing, StoredEvent, folded_columns
from app.referrals.rules import Folded, fold


async def refold(
    session: WriteSession, standings: Iterable[Standing], position: int
) -> dict[tuple[UUID, UUID], Folded]:
    """Fold the events of each referral again; return {(organisation, id): folded}.

    Four statements whatever their number. A referral whose fold says what is stored keeps its place in the feeds:
    posting the same thing again wakes nobody.
    """
    listed = list(standings)
    events = await queries.events_of(session, [(standing.org_id, standing.id) for standing in listed])
    folds: dict[tuple[UUID, UUID], Folded] = {}
    referrals, marks, days = [], [], set()
    for standing in listed:
        stored = events[standing.org_id, standing.id]
        folded = fold(standing.first(), (event.event() for event in stored), standing.terms())
        folds[standing.org_id, standing.id] = folded
        if not standing.shows(folded):
            keys = {"org_id": standing.org_id, "id": standing.id, "position": position}
            referrals.append(keys | folded_columns(folded, standing.terms()))
            days.add((standing.org_id, standing.cohort_day))
        changed = [mark for event in stored if (mark := _mark(event, folded)) is not None]
        if changed:  # which event told a state may change its reason, and nothing of the referral
            marks += changed
            days.add((standing.org_id, standing.cohort_day))
    await queries.set_referrals(session, referrals)
    await queries.set_events(session, marks)
    await mark_days(session, days)
    return folds


def _mark(event: StoredEvent, folded: Folded) -> dict[str, object] | None:
    refusal = folded.refusals.get(event.id)
    why = refusal.why.value if refusal else None
    if why == event.not_applied:
        return None
    return {"org_id": event.org_id, "id": event.id, "not_applied": why}
