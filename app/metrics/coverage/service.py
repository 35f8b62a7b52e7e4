"""Asking for coverage: the window, its estimates, and what the persons met are read against."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from app.directory.schemas import LabelSent
from app.directory.vocabulary import Label
from app.metrics.asking import Compute, Question, limits
from app.metrics.coverage.counting import count
from app.metrics.coverage.definitions import (
    CODE_QUALITY_RULE,
    COVERAGE_RULE,
    COVERAGE_VERSION,
    INDICATORS,
    REASONS,
    USUAL_WEEKS,
    Estimator,
    Reference,
    Refusal,
    Window,
)
from app.metrics.coverage.records import Counted, Line, Met
from app.metrics.coverage.schemas import (
    BracketSent,
    CodeQualitySent,
    CountedSent,
    CoverageLineSent,
    CoverageSent,
    EstimateSent,
    HalvesSent,
    SeenSent,
)
from app.metrics.coverage.statistics import Captures, CodeQuality, Estimate, code_quality
from app.metrics.figures import CountSent, RateSent
from app.metrics.indicator import Figure, Period, Split, any_small

_LINKED_RULE: Final = Label(
    "rencontres d'une personne avec carte / rencontres d'une personne",
    "encounters with one person who showed a card / encounters with one person",
)
_NOTHING: Final = Met()


async def ask_coverage(question: Question, weeks: int) -> CoverageSent:
    """Return the hidden population and its coverage, after writing down who asked for it."""
    await question.write_down("metrics.coverage", weeks=weeks)
    window = Window.ending(question.period.until, weeks)
    (counted,) = await count(question.session, question.view, [window])
    return CoverageSent(
        definition="coverage",
        definition_version=COVERAGE_VERSION,
        rule=LabelSent.of(COVERAGE_RULE),
        **limits(question),
        weeks=weeks,
        window_from=window.period.since,
        window_middle=window.middle,
        window_to=window.period.until,
        key_period=window.key_period,
        reason=None if counted.met else REASONS[counted.why],
        counted=_counted(counted.met, counted.captures) if counted.met else None,
        estimates=[_estimate(counted, estimator) for estimator in Estimator],
        bracket=_bracket(counted),
        code_quality=_code_quality(counted),
        coverage=[_line(counted, reference) for reference in Reference],
    )


def _counted(met: Met, captures: Captures) -> CountedSent:
    return CountedSent(
        persons=CountSent.of(captures.persons),
        encounters=CountSent.of(met.encounters),
        late=CountSent.of(met.late),
        linked=RateSent.of("linked_share", _LINKED_RULE, met.with_card, met.encounters),
        seen=[SeenSent(days=days, persons=CountSent.of(n)) for days, n in sorted(captures.days.items())],
        halves=HalvesSent(
            first=CountSent.of(captures.first),
            second=CountSent.of(captures.second),
            both=CountSent.of(captures.both),
        ),
    )


def _estimate(counted: Counted, estimator: Estimator) -> EstimateSent:
    indicator, answer = INDICATORS[estimator.value], counted.estimate(estimator)
    found = answer if isinstance(answer, Estimate) else None
    return EstimateSent(
        code=estimator,
        label=LabelSent.of(indicator.label),
        formula=indicator.numerator.en,
        source=indicator.source.en,
        pitfalls=LabelSent.of(indicator.pitfalls),
        unit=indicator.unit.value,
        value=found.value if found else None,
        low=found.low if found else None,
        high=found.high if found else None,
        reason=_reason(answer),
    )


def _bracket(counted: Counted) -> BracketSent:
    found = counted.bracket()
    if isinstance(found, Refusal):
        return BracketSent(lower=None, upper=None, low=None, high=None, reason=REASONS[found])
    return BracketSent(lower=found.lower, upper=found.upper, low=found.low, high=found.high, reason=None)


def _code_quality(counted: Counted) -> CodeQualitySent:
    found = code_quality(counted.captures) if counted.met else counted.why
    known = found if isinstance(found, CodeQuality) else None
    return CodeQualitySent(
        rule=LabelSent.of(CODE_QUALITY_RULE),
        once=known.once if known else None,
        small=any_small(known.once if known else None),
        implied=known.implied if known else None,
        excess=known.excess if known else None,
        suspicious=known.suspicious if known else None,
        reason=_reason(found),
    )


def _line(counted: Counted, reference: Reference) -> CoverageLineSent:
    indicator, line = INDICATORS[reference.value], counted.line(reference)
    found = line if isinstance(line, Line) else None
    return CoverageLineSent(
        code=reference,
        label=LabelSent.of(indicator.label),
        denominator_rule=LabelSent.of(indicator.denominator or indicator.rule),
        numerator=counted.captures.persons if counted.met else None,
        small=any_small(counted.captures.persons if counted.met else None),
        denominator=found.denominator if found else None,
        denominator_low=found.lowest if found else None,
        denominator_high=found.highest if found else None,
        unit=indicator.unit.value,
        value=found.over(found.denominator) if found else None,
        low=found.over(found.highest) if found else None,
        high=found.over(found.lowest) if found else None,
        reason=_reason(line),
    )


def _reason(answer: object) -> str | None:
    return REASONS[answer] if isinstance(answer, Refusal) else None


def _population_figure(estimator: Estimator, period: Period, counted: Counted) -> Figure:
    answer, met = counted.estimate(estimator), counted.met or _NOTHING
    found = answer if isinstance(answer, Estimate) else None
    return Figure(
        since=period.since,
        until=period.until,
        key=None,
        value=found.value if found else None,
        n=counted.captures.persons,
        denominator=None,
        unknown=met.encounters - met.with_card,
        base=met.encounters,
        late=met.late,
        low=found.low if found else None,
        high=found.high if found else None,
        reason=_reason(answer),
    )


def _coverage_figure(reference: Reference, period: Period, counted: Counted) -> Figure:
    line, met = counted.line(reference), counted.met or _NOTHING
    found = line if isinstance(line, Line) else None
    return Figure(
        since=period.since,
        until=period.until,
        key=None,
        value=found.over(found.denominator) if found else None,
        n=counted.captures.persons,
        denominator=found.denominator if found else None,
        unknown=met.encounters - met.with_card,
        base=met.encounters,
        late=met.late,
        low=found.over(found.highest) if found else None,
        high=found.over(found.lowest) if found else None,
        reason=_reason(line),
    )


def _each(figure: Callable[[Period, Counted], Figure]) -> Compute:
    """Return what computes a figure of the window of six weeks that ends with each period."""

    async def compute(question: Question, periods: Sequence[Period], _split: Split | None) -> list[Figure]:
        windows = [Window.ending(period.until, USUAL_WEEKS) for period in periods]
        counted = await count(question.session, question.view, windows)
        return [figure(period, of_window) for period, of_window in zip(periods, counted, strict=True)]

    return compute


COMPUTED: Final[Mapping[str, Compute]] = {
    **{estimator.value: _each(partial(_population_figure, estimator)) for estimator in Estimator},
    **{reference.value: _each(partial(_coverage_figure, reference)) for reference in Reference},
}
