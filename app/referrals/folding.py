"""Folding stored events again, writing down only what changed."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from app.db.engine import WriteSession
from app.marks.queries import mark_days, mark_trails
from app.marks.trails import Trail
from app.referrals import queries
from app.referrals.records import Standing, StoredEvent, folded_columns
from app.referrals.rules import Folded, Refusal, allowed, fold, fold_onto, succeeded_at
from app.referrals.settled import is_standing_silence, onto, silences
from app.referrals.vocabulary import NotApplied


async def refold(
    session: WriteSession, standings: Iterable[Standing], position: int
) -> dict[tuple[UUID, UUID], Folded]:
    """Fold the events of each referral again; return {(organisation, id): folded}.

    Five statements at most, whatever their number. A referral whose fold says what is stored keeps its place in the
    feeds: posting the same thing again wakes nobody. Whoever asks for it added or took away events, which figures
    count also when they change nothing of the referral, so its day is marked whatever comes out. What is coarse has
    ended for good and is left alone. Events that are settled are not folded again: what came after them is folded onto
    what they added up to, however early it says it happened.
    """
    listed = [standing for standing in standings if not standing.coarse]
    events = await queries.events_of(session, [(standing.org_id, standing.id) for standing in listed])
    folds: dict[tuple[UUID, UUID], Folded] = {}
    referrals, marks, trails = [], [], []
    for standing in listed:
        stored = events[standing.org_id, standing.id]
        fresh = [event for event in stored if event.sequence is None]
        if stored and not fresh:
            continue
        folded = _folded(standing, stored, fresh)
        folds[standing.org_id, standing.id] = folded
        judged = fresh + [event for event in stored if is_standing_silence(event)]
        if not standing.shows(folded):
            keys = {"org_id": standing.org_id, "id": standing.id, "position": position}
            columns = folded_columns(folded, standing.terms())
            referrals.append(keys | columns)
            trails += _trail(standing, columns)
        marks += [mark for event in judged if (mark := _mark(event, folded)) is not None]
    await queries.set_referrals(session, referrals)
    await queries.set_events(session, marks)
    await mark_days(session, {(standing.org_id, standing.cohort_day) for standing in listed})
    await mark_trails(session, trails)
    return folds


def _folded(standing: Standing, stored: Collection[StoredEvent], fresh: Collection[StoredEvent]) -> Folded:
    events = [event.event() for event in fresh]
    if len(fresh) == len(stored):
        return fold(standing.first(), events, standing.terms())
    terms, silent = standing.terms(), silences(standing, stored)
    folded = fold_onto(onto(standing, stored), events, terms)
    if len(folded.refusals) < len(events):  # answered in time: there was no silence
        refusal = Refusal(NotApplied.answered_in_time, folded.state, allowed(folded.state, terms))
        folded.refusals |= {event.id: refusal for event in silent}
    elif silent:
        folded = fold_onto(onto(standing, stored), events + silent, terms)
        folded.last_at = standing.state_at  # the slot it fell silent in was told by minutes that are gone
    return folded


def _mark(event: StoredEvent, folded: Folded) -> dict[str, object] | None:
    refusal = folded.refusals.get(event.id)
    why = refusal.why.value if refusal else None
    if why == event.not_applied:
        return None
    return {"org_id": event.org_id, "id": event.id, "not_applied": why}


def _trail(standing: Standing, columns: Mapping[str, Any]) -> list[Trail]:
    """Return what later referrals must know: that it succeeded in another slot than before, or no longer."""
    instants = {
        standing.succeeded_at(),
        succeeded_at(standing.success, columns["state"], columns["arrived_at"], columns["admitted_at"]),
    }
    if len(instants) == 1:
        return []
    return [Trail(standing.org_id, standing.id, standing.link_id, min(at for at in instants if at is not None))]
