"""Counting a cohort: by facts where they answer, by the referrals where they do not."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final

from app.db.engine import ReadSession
from app.directory.service import Directory
from app.metrics.asking import View
from app.metrics.cohorts import BY_MONTH, BY_WEEK, Parts, followed_by
from app.metrics.facts import parts_of
from app.metrics.funnel import facts, queries
from app.metrics.funnel.definitions import GroupBy
from app.metrics.funnel.queries import FunnelQuestion
from app.metrics.funnel.records import FunnelCounts
from app.metrics.funnel.rules import HORIZONS

_HORIZONS: Final = frozenset(timedelta(days=days) for days in HORIZONS)


async def count(session: ReadSession, view: View, directory: Directory, question: FunnelQuestion) -> list[FunnelCounts]:
    """Return the counts of a cohort, one record a group (or one in all), by key.

    The session is one snapshot, so a day is counted once whatever is computed beside it.
    """
    rungs = _rungs(directory) if GroupBy.rung in question.group_by else {}
    asked = question.by_kind_for_rung()
    parts = await _parts(session, view, asked)
    kinds = {kind.rule.code for kind in directory.kinds}
    found = [
        *await facts.sums(session, view, asked, parts.settled, kinds, followed=True),
        *await facts.sums(session, view, asked, parts.fresh, kinds, followed=False),
        *await queries.funnel(session, view, asked, parts.counted),
    ]
    return _added(found, question, rungs)


async def _parts(session: ReadSession, view: View, question: FunnelQuestion) -> Parts:
    period = question.period
    if question.horizon not in _HORIZONS or not facts.GROUPED_BY.issuperset(question.group_by):
        return Parts({}, {}, [period])
    spans = BY_WEEK if GroupBy.week in question.group_by else BY_MONTH
    [parts] = await parts_of(session, view, [period], followed_by(question.horizon, question.as_of), spans)
    return parts


def _rungs(directory: Directory) -> Mapping[str, str]:
    """Return {kind: rung}, by the latest rule of each kind."""
    rules = sorted((kind.rule for kind in directory.kinds), key=lambda rule: rule.valid_from)
    return {rule.code: rule.rung.value for rule in rules}


def _added(found: Iterable[FunnelCounts], question: FunnelQuestion, rungs: Mapping[str, str]) -> list[FunnelCounts]:
    """Add up what has the same key, in the order of keys."""
    groups: dict[tuple[str, ...], FunnelCounts] = {}
    for counts in found:
        key = tuple(
            rungs.get(code, code) if split is GroupBy.rung else code
            for split, code in zip(question.group_by, counts.key, strict=True)
        )
        groups[key] = counts.plus(groups.get(key, FunnelCounts.none()), key)
    return [groups[key] for key in sorted(groups) if not question.group_by or groups[key].made]
