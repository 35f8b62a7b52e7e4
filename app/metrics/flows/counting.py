"""Counting flows: by facts where they answer, by the referrals where they do not."""

from collections import defaultdict

from app.db.engine import ReadSession
from app.marks.queries import followed, marked, unlinked_before
from app.metrics.cohorts import BY_MONTH, always_settled, cut
from app.metrics.flows import facts, queries
from app.metrics.flows.queries import FlowsQuestion
from app.metrics.flows.records import Flow
from app.metrics.linking import gone


async def are_kept_for(session: ReadSession, question: FlowsQuestion) -> bool:
    """Say whether what a question needs is there: cards, or facts of days whose cards are gone.

    A look-up that came after a key period was closed has no facts of its days, and they cannot be counted any more.
    """
    before = await unlinked_before(session)
    if not gone(question.periods, before) or before is None:
        return True
    return await facts.reach_before(session, question.lookup, before)


async def flows(session: ReadSession, question: FlowsQuestion) -> list[Flow]:
    """Return how many referrals of each period went from which rung to which rung or outcome, and how that is known.

    Days are stale that are marked, and those of referrals that look back at one that has just changed.
    """
    view, periods = question.view, question.periods
    if not await facts.are_kept(session, question.lookup):
        return await queries.flows(session, question, periods)
    ends = periods[0].since, periods[-1].until
    stale = await marked(session, view.org_id, *ends) | await followed(session, view.org_id, *ends)
    parts = [cut(period, stale, always_settled, BY_MONTH) for period in periods]
    found: dict[tuple[int, str | None, str, str], tuple[int, int]] = defaultdict(lambda: (0, 0))
    for flow in (
        *await facts.sums(session, view, question.lookup, parts),
        *await queries.flows(session, question, [run for part in parts for run in part.counted]),
    ):
        key = flow.period, flow.source, flow.target, flow.rule
        referrals, late = found[key]
        found[key] = referrals + flow.referrals, late + flow.late
    return [Flow(*key, *counts) for key, counts in found.items()]
