"""Putting the answers on targets and on the context of a plan together."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from app.directory.records import Annotation
from app.directory.schemas import LabelSent
from app.directory.service import Directory
from app.plan.records import AnyEntry
from app.plan.records.register import Plan
from app.plan.sent import heading, label_of, reasons_sent
from app.plan.steering.context import Drawn
from app.plan.steering.schemas import ContextSent, EventSent, Places, SeriesSent, TargetSent, TargetsSent, WhyUnjudged
from app.plan.steering.targets import lines
from app.plan.vocabulary import EntryType

TARGET_TYPES: Final = (EntryType.target,)
CONTEXT_TYPES: Final = (EntryType.series, EntryType.observation)
"""The entries each is made of."""


def targets_sent(
    entries: Sequence[AnyEntry],
    plan: Plan,
    at: date,
    known_at: datetime | None,
    directory: Directory,
    why: WhyUnjudged,
) -> TargetsSent:
    """Return the targets of entries that stood on `at`."""
    targets = [TargetSent.of(one, at, _places(directory), why) for one in lines(entries)]
    return TargetsSent(**heading(plan, at, known_at), targets=targets)


def context_sent(
    series: Sequence[Drawn], events: Sequence[Annotation], plan: Plan, window: tuple[date, date], directory: Directory
) -> ContextSent:
    """Return series, and the events of the days [since, until) beside them."""
    places = _places(directory)
    return ContextSent(
        plan=plan.plan,
        title=label_of(plan.title),
        period_from=window[0],
        period_to=window[1],
        series=[SeriesSent.of(one, places) for one in series],
        annotations=[EventSent.of(one, places) for one in events],
        reasons=reasons_sent(point.reason for one in series for track in one.tracks for point in track.points),
    )


def _places(directory: Directory) -> Places:
    names = {found.place.code: LabelSent(fr=found.name, en=found.name) for found in directory.all_territories}
    return lambda code: names.get(code or "")
