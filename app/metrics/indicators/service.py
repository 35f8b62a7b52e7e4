"""Asking the catalogue, and asking for the figures of one of its indicators."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from app import errors
from app.directory.schemas import LabelSent
from app.errors import Fault
from app.http.formats import Format
from app.identity.service import list_teams
from app.metrics.asking import Question, limits
from app.metrics.figures import kind_labels, territory_labels
from app.metrics.indicator import Figure, Granularity, Indicator, Period, Split, has_small
from app.metrics.indicators.catalogue import CATALOGUE, Entry
from app.metrics.indicators.schemas import FigureSent, IndicatorAnswer, IndicatorSent, IndicatorsSent
from app.metrics.indicators.vocabulary import ExportReason

MOST_PERIODS = 400
"""A year of days, and then some: a longer series wants longer periods."""
Labels = Callable[[str | None], LabelSent | None]


@cache
def catalogue_document() -> bytes:
    """Return every indicator as the JSON that is sent; it changes with the code only."""
    return IndicatorsSent(items=[_described(entry) for entry in CATALOGUE.values()]).model_dump_json().encode()


def _described(entry: Entry) -> IndicatorSent:
    indicator = entry.indicator
    return IndicatorSent(
        code=indicator.code,
        room=entry.room,
        label=LabelSent.of(indicator.label),
        unit=indicator.unit.value,
        numerator=LabelSent.of(indicator.numerator),
        denominator=LabelSent.of(indicator.denominator) if indicator.denominator else None,
        rule=LabelSent.of(indicator.rule),
        source=LabelSent.of(indicator.source),
        pitfalls=LabelSent.of(indicator.pitfalls),
        version=indicator.version,
        splits=[split for split in Split if split in indicator.splits],
        granularities=[length for length in Granularity if length in indicator.granularities],
        by_kind=Split.kind in indicator.splits,
        targets=list(indicator.targets),
    )


@dataclass(frozen=True, slots=True)
class Export:
    """In which form an answer leaves, and why it must hold small counts although it is a file."""

    wanted: Format
    reason: ExportReason | None = None
    ticket: str | None = None

    def check(self) -> None:
        """Raise `invalid` for a reason that gives nothing, or a ticket without a reason."""
        faults = []
        if self.reason is not None and self.wanted is Format.json:
            faults.append(Fault("?reason", "rule", "belongs to CSV and Parquet; JSON is exact"))
        if self.ticket is not None and self.reason is None:
            faults.append(Fault("?ticket", "rule", "belongs to a reason"))
        if faults:
            raise errors.invalid(faults=faults)

    def said(self) -> Mapping[str, str]:
        """Return what is written down of it."""
        given = {"format": self.wanted.value, "reason": self.reason and self.reason.value, "ticket": self.ticket}
        return {name: value for name, value in given.items() if value is not None}


async def ask_indicator(
    question: Question, code: str, granularity: Granularity | None, split: Split | None, export: Export
) -> IndicatorAnswer:
    """Return the figures of one indicator, after writing down who asked for them.

    Raises `not_found` for an unknown code, `invalid` for what makes no sense for the indicator.
    """
    entry = CATALOGUE.get(code)
    if entry is None:
        raise errors.not_found()
    indicator = entry.indicator
    _must_make_sense(indicator, question.kind, granularity, split)
    export.check()
    periods = _periods(question.period, granularity)
    await question.write_down("metrics.indicators", code=code, granularity=granularity, split=split, **export.said())
    figures = sorted(await entry.compute(question, periods, split), key=lambda one: (one.since, one.key or ""))
    label = await _labels(question, split)
    return IndicatorAnswer(
        definition=code,
        definition_version=indicator.version,
        rule=LabelSent.of(indicator.rule),
        **limits(question),
        kind=question.kind,
        granularity=granularity,
        split=split,
        label=LabelSent.of(indicator.label),
        unit=indicator.unit.value,
        numerator=LabelSent.of(indicator.numerator),
        denominator=LabelSent.of(indicator.denominator) if indicator.denominator else None,
        pitfalls=LabelSent.of(indicator.pitfalls),
        figures=[_sent(figure, label(figure.key)) for figure in figures],
    )


def _must_make_sense(
    indicator: Indicator, kind: str | None, granularity: Granularity | None, split: Split | None
) -> None:
    """Raise `invalid` unless the indicator may be asked for in this way."""
    faults = []
    if granularity is not None and granularity not in indicator.granularities:
        faults.append(Fault("?granularity", "not_offered", "is not offered for this indicator"))
    if split is not None and split not in indicator.splits:
        faults.append(Fault("?split", "not_offered", "is not offered for this indicator"))
    if kind is not None and Split.kind not in indicator.splits:
        faults.append(Fault("?kind", "not_offered", "is not offered for this indicator"))
    if faults:
        raise errors.invalid(faults=faults)


def _periods(period: Period, granularity: Granularity | None) -> Sequence[Period]:
    """Return the periods of a series, or raise `invalid` for too many of them."""
    periods = period.split(granularity)
    if len(periods) > MOST_PERIODS:
        detail = f"gives more than {MOST_PERIODS} periods; take longer ones"
        raise errors.invalid(faults=[Fault("?granularity", "period", detail)])
    return periods


async def _labels(question: Question, split: Split | None) -> Labels:
    """Return what finds the label of a group; teams of other organisations have none."""
    match split:
        case Split.kind:
            return kind_labels(question.directory)
        case Split.territory:
            return territory_labels(question.directory)
        case Split.team:
            teams = await list_teams(question.session, question.principal.org_id)
            names = {str(team.id): LabelSent(fr=team.name, en=team.name) for team in teams}
            return lambda key: names.get(key or "")
        case None:
            return lambda _key: None


def _sent(figure: Figure, label: LabelSent | None) -> FigureSent:
    return FigureSent(
        period_from=figure.since,
        period_to=figure.until,
        key=figure.key,
        label=label,
        value=figure.value,
        n=figure.n,
        denominator=figure.denominator,
        small=has_small(figure),
        unknown=figure.unknown,
        base=figure.base,
        unknown_share=figure.unknown / figure.base if figure.unknown is not None and figure.base else None,
        late=figure.late,
        low=figure.low,
        high=figure.high,
        reason=figure.reason,
    )
