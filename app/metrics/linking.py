"""Periods whose cards are gone with the key they were stored under: what needs cards has no value there, and says why.

What was kept as numbers stays (`app.metrics.people.keeping`, and all facts); nothing here is ever 0 for want of cards.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final

from app.marks.queries import unlinked_before
from app.metrics.asking import Compute, Question
from app.metrics.indicator import Figure, Period, Split

CARDS_GONE: Final = "the key of the period was closed: its cards are gone, and this was not kept as a number"

KEPT_BY_MONTH: Final = "these days are kept in less detail: who showed a card is kept for whole months"


def kept_by_month(period: Period, fine_from: date | None) -> bool:
    """Say whether a period holds some days of a month whose days with cards are only known together.

    Records of days before `fine_from` are coarse; a whole month can be asked, with days that are fine or without.
    """
    if fine_from is None or period.since >= fine_from:
        return False
    return period.since.day != 1 or (period.until < fine_from and period.until.day != 1)


def gone(periods: Sequence[Period], before: date | None) -> int:
    """Return how many of consecutive periods, the first ones, begin on a day whose cards are gone."""
    return 0 if before is None else sum(period.since < before for period in periods)


def needing_cards(compute: Compute, *, at_the_end: bool = False) -> Compute:
    """Return what computes figures that need cards: no value for periods whose cards are gone.

    A figure `at_the_end` of its period needs those of the records that lead up to it.
    """

    async def limited(question: Question, periods: Sequence[Period], split: Split | None) -> list[Figure]:
        before = await unlinked_before(question.session)
        if before is None:
            return await compute(question, periods, split)
        first = sum(period.until <= before for period in periods) if at_the_end else gone(periods, before)
        found = await compute(question, periods[first:], split) if first < len(periods) else []
        return [*map(unknown, periods[:first]), *found]

    return limited


def unknown(period: Period) -> Figure:
    """Return the figure of a period whose cards are gone."""
    return Figure(period.since, period.until, None, None, 0, None, reason=CARDS_GONE)
