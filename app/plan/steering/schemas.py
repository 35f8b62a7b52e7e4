"""Targets and the context of a plan as they go over the wire."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID

from pydantic import Field

from app.directory.records import Annotation
from app.directory.schemas import LabelSent
from app.directory.vocabulary import AnnotationKind
from app.http.wire import Sent, example
from app.plan.records.steering import Target
from app.plan.sent import (
    HEADING_EXAMPLE,
    SOURCE_EXAMPLE,
    PlanHeading,
    ReasonSent,
    SourceSent,
    label_of,
    reason_example,
)
from app.plan.steering.context import Drawn, Point, Track
from app.plan.steering.targets import Line
from app.plan.vocabulary import LABELS, Direction, Lacking, Unjudged

Places = Callable[[str | None], LabelSent | None]
"""Finds the name of a territory; None for none and for an unknown code."""

WhyUnjudged = Callable[[Target], Unjudged | None]
"""Says why nothing is ever held against a target; None when something is."""


class TargetSent(Sent):
    """What an indicator is to reach, and how that came to be so."""

    code: str
    indicator: str = Field(description="Code of the indicator.")
    territory: str | None = Field(description="Official code; null for the plan's perimeter.")
    territory_label: LabelSent | None = Field(description="Name of the territory.")
    valid_from: date = Field(description="First day.")
    valid_to: date = Field(description="First day after.")
    in_force: bool = Field(description="Whether `at` is one of its days.")
    direction: Direction = Field(description="Which way is better.")
    direction_label: LabelSent = Field(description="The same in words.")
    value: float = Field(description="To reach.")
    watch: float = Field(description="Beyond it, on the wrong side, one watches.")
    alarm: float = Field(description="Beyond it, on the wrong side, it is off target.")
    baseline: float | None = Field(description="Where it began; null where that was not stated.")
    baseline_on: date | None = Field(description="When it began there.")
    set_on: date = Field(description="Day it was set as it stands.")
    first_set_on: date = Field(description="Day it was first set.")
    first_value: float = Field(description="What was to be reached at first.")
    revisions: int = Field(description="How often it was set anew; corrected typing errors are none.")
    source: SourceSent
    judged: bool = Field(description="Whether a KPI or an alert is held against it while it is in force.")
    reason: Unjudged | None = Field(description="Why none ever is: set exactly then.")
    reason_label: LabelSent | None

    @classmethod
    def of(cls, line: Line, at: date, places: Places, why: WhyUnjudged) -> "TargetSent":
        """Return a target as it is sent."""
        target, reason = line.target, why(line.target)
        return cls(
            code=target.code,
            indicator=target.indicator,
            territory=target.territory,
            territory_label=places(target.territory),
            valid_from=target.valid_from,
            valid_to=target.valid_to,
            in_force=target.valid_from <= at < target.valid_to,
            direction=target.direction,
            direction_label=LabelSent.of(LABELS[Direction][target.direction]),
            value=target.value,
            watch=target.watch,
            alarm=target.alarm,
            baseline=target.baseline,
            baseline_on=target.baseline_on,
            set_on=target.on,
            first_set_on=line.first.on,
            first_value=line.first.value,
            revisions=line.revisions,
            source=SourceSent.of(target.source),
            judged=reason is None,
            reason=reason,
            reason_label=LabelSent.of(LABELS[Unjudged][reason]) if reason else None,
        )


class PointSent(Sent):
    """A month of a series in a territory."""

    month: date = Field(description="Its first day.")
    value: float | None = Field(description="In the unit of the series.")
    source: SourceSent | None = Field(description="Where the value was taken from; null without one.")
    reason: Lacking | None = Field(description="Why there is no value.")

    @classmethod
    def of(cls, point: Point) -> "PointSent":
        """Return a month as it is sent."""
        source = SourceSent.of(point.source) if point.source else None
        return cls(month=point.month, value=point.value, source=source, reason=point.reason)


class TrackSent(Sent):
    """A series in one territory."""

    territory: str = Field(description="Official code of a quarter, commune or above: nothing finer exists here.")
    territory_label: LabelSent | None = Field(description="Name of the territory.")
    months: list[PointSent] = Field(description="Every month from the first to the last that was received.")

    @classmethod
    def of(cls, track: Track, places: Places) -> "TrackSent":
        """Return a series in a territory as it is sent."""
        months = [PointSent.of(point) for point in track.points]
        return cls(territory=track.territory, territory_label=places(track.territory), months=months)


class SeriesSent(Sent):
    """A series of others' aggregates."""

    code: str
    title: LabelSent
    unit: LabelSent = Field(description="What a value counts or measures.")
    publisher: str = Field(description="Who publishes it.")
    licence: str = Field(description="Licence it is published under.")
    source: SourceSent
    territories: list[TrackSent] = Field(description="By code; empty while no value was received.")

    @classmethod
    def of(cls, drawn: Drawn, places: Places) -> "SeriesSent":
        """Return a series as it is sent."""
        series = drawn.series
        return cls(
            code=series.code,
            title=label_of(series.title),
            unit=label_of(series.unit),
            publisher=series.publisher,
            licence=series.licence,
            source=SourceSent.of(series.source),
            territories=[TrackSent.of(track, places) for track in drawn.tracks],
        )


class EventSent(Sent):
    """Something that happened and that figures are read beside."""

    id: UUID
    day: date = Field(description="Day it happened on or took effect.")
    territory: str | None = Field(description="Where; null when it concerns them all.")
    territory_label: LabelSent | None = Field(description="Name of the territory.")
    kind: AnnotationKind
    label: LabelSent
    source: str = Field(description="Where this is known from.")

    @classmethod
    def of(cls, one: Annotation, places: Places) -> "EventSent":
        """Return an annotation of the directory as it is sent."""
        return cls(
            id=one.id,
            day=one.day,
            territory=one.territory_code,
            territory_label=places(one.territory_code),
            kind=one.kind,
            label=LabelSent.of(one.label),
            source=one.source,
        )


_PLACE: Final = {"territory": "75118", "territory_label": {"fr": "Paris 18e", "en": "Paris 18e"}}
_TARGETS: Final[Mapping[str, Any]] = HEADING_EXAMPLE | {
    "targets": [
        {
            "code": "nuits",
            "indicator": "nights_with_patrol",
            **_PLACE,
            "valid_from": "2020-01-01",
            "valid_to": "2022-01-01",
            "in_force": True,
            "direction": "at_least",
            "direction_label": {"fr": "au moins", "en": "at least"},
            "value": 25.0,
            "watch": 22.0,
            "alarm": 15.0,
            "baseline": 12.0,
            "baseline_on": "2019-12-31",
            "set_on": "2020-12-01",
            "first_set_on": "2020-01-01",
            "first_value": 28.0,
            "revisions": 1,
            "source": SOURCE_EXAMPLE,
            "judged": True,
            "reason": None,
            "reason_label": None,
        }
    ]
}
_CONTEXT: Final[Mapping[str, Any]] = {
    "plan": HEADING_EXAMPLE["plan"],
    "title": HEADING_EXAMPLE["title"],
    "period_from": "2019-05-01",
    "period_to": "2022-01-01",
    "series": [
        {
            "code": "appels-115",
            "title": {"fr": "Appels au 115 sans réponse", "en": "Unanswered calls to the shelter line"},
            "unit": {"fr": "appels", "en": "calls"},
            "publisher": "Observatoire",
            "licence": "Licence Ouverte 2.0",
            "source": SOURCE_EXAMPLE,
            "territories": [
                {
                    **_PLACE,
                    "months": [
                        {"month": "2020-03-01", "value": 1250.0, "source": SOURCE_EXAMPLE, "reason": None},
                        {"month": "2020-04-01", "value": None, "source": None, "reason": "not_published"},
                    ],
                }
            ],
        }
    ],
    "annotations": [
        {
            "id": "0195f1c2-5b7a-7c3e-9a41-2f60d1a4b7c8",
            "day": "2021-06-30",
            **_PLACE,
            "kind": "eviction",
            "label": {"fr": "Évacuation du campement", "en": "Camp cleared"},
            "source": "préfecture de police",
        }
    ],
    "reasons": [reason_example(Lacking.not_published)],
}


class TargetsSent(PlanHeading):
    """The targets of a plan as they stood."""

    model_config = Sent.model_config | example(dict(_TARGETS))

    targets: list[TargetSent] = Field(description="By code.")


class ContextSent(Sent):
    """What happened around a plan: others' series, and dated events, to be read beside figures."""

    model_config = Sent.model_config | example(dict(_CONTEXT))

    plan: str = Field(description="Code of the plan.")
    title: LabelSent
    period_from: date = Field(description="First day of the plan, or of the first month of a series when earlier.")
    period_to: date = Field(description="First day after the plan, or after the last month of a series when later.")
    series: list[SeriesSent] = Field(description="By code.")
    annotations: list[EventSent] = Field(description="Dated events of these days, by day; nothing is inferred.")
    reasons: list[ReasonSent] = Field(description="The words of every reason given above.")
