"""Counting endings: by facts where they answer, by the referrals where they do not."""

from app.db.engine import ReadSession
from app.metrics.asking import View
from app.metrics.cohorts import BY_MONTH, always_settled
from app.metrics.facts import parts_of
from app.metrics.time_to_success import facts, queries
from app.metrics.time_to_success.definitions import Ending
from app.metrics.time_to_success.queries import TimeQuestion
from app.metrics.time_to_success.records import Ended, Tally


async def days_to_ending(session: ReadSession, view: View, question: TimeQuestion) -> list[list[Ended]]:
    """Return how many referrals ended in which way on which day after their making, of each period by key.

    Cohort: referrals whose service day lies in the period, not entered in error. Facts count every outcome; those that
    do not count yet, a day's at most, are taken back. The session is one snapshot, so a referral is counted once
    whatever is computed beside it.
    """
    tally = Tally(question.horizon_days)
    parts = await parts_of(session, view, question.periods, always_settled, BY_MONTH)
    settled = {span: [day for part in parts for day in part.settled[span]] for span in BY_MONTH}
    runs = [run for part in parts for run in part.counted]
    for number, key, ending, day, n, late in await queries.counted(session, view, question, runs):
        tally.add((number, key), Ending(ending), day, n)
        tally.add_late((number, key), late)
    if any(settled.values()):
        await facts.add(session, view, question, settled, tally)
        for number, key, ending, day, followed, n in await queries.not_over(session, view, question, runs):
            tally.add((number, key), Ending(ending), day, -n)
            tally.add((number, key), Ending.open, followed, n)
    return tally.ended(len(question.periods))
