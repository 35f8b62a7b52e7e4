"""When the facts of a cohort hold: when all its referrals were followed to the end, or none was. Pure Python."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from app.metrics.cohorts import Judge, Standing
from app.metrics.indicator import Period

HORIZONS: Final = (7, 30, 90)
"""Days of follow-up that facts are kept for; a question about another horizon counts the referrals."""
_DAY: Final = timedelta(days=1)
_BEGINS: Final = timedelta(hours=-2)
"""No service day begins earlier than this before 00:00 UTC: midnight in Paris in summer."""
_ENDS: Final = timedelta(hours=35)
"""None ends later than this after 00:00 UTC of its day: noon in Paris in winter, the day after."""


def followed_by(horizon: timedelta, as_of: datetime) -> Judge:
    """Return the judgement on cohorts of referrals that are each followed for `horizon`."""

    def judge(cohort: Period) -> Standing | None:
        if _midnight(cohort.until - _DAY) <= as_of - horizon - _ENDS:
            return Standing.settled
        return Standing.fresh if _midnight(cohort.since) > as_of - horizon - _BEGINS else None

    return judge


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
