"""KPIs as they go over the wire."""

from datetime import date
from typing import Any, Final

from pydantic import Field

from app.directory.schemas import LabelSent
from app.http.wire import Sent, example
from app.monitoring.kpis.records import Held, Sheet
from app.monitoring.kpis.vocabulary import GAPS, Gap, KpiStatus, Why
from app.plan.records import Plan
from app.plan.sent import label_of
from app.plan.vocabulary import Direction

_LABEL: Final = {"fr": "Exécution", "en": "Execution"}
_KPI: Final[dict[str, Any]] = {
    "code": "money_execution",
    "key": None,
    "label": _LABEL,
    "key_label": None,
    "definition": {"fr": "dépensé / promis à l'origine", "en": "paid / committed at first"},
    "version": 1,
    "unit": "ratio",
    "period_from": None,
    "period_to": None,
    "value": 2.6667,
    "missing": None,
    "unknown": None,
    "base": None,
    "target": 1.0,
    "target_code": "execution",
    "direction": "at_most",
    "status": "off_target",
    "status_reason": None,
    "source": "live",
    "said_on": None,
    "source_title": None,
    "source_url": None,
    "territory": None,
}
_STATED: Final[dict[str, Any]] = _KPI | {
    "code": "realisation_stated",
    "key": "crc-idf.actions-engagees",
    "label": {"fr": "Réalisation, telle qu'énoncée", "en": "Realisation, as stated"},
    "key_label": {"fr": "19 actions sur 33", "en": "19 of 33 actions"},
    "definition": {"fr": "dernière part énoncée", "en": "the last share stated"},
    "value": 0.5758,
    "target": None,
    "target_code": None,
    "direction": None,
    "status": "no_target",
    "said_on": "2021-06-30",
    "source_title": "Audit flash",
    "source_url": "https://www.ccomptes.fr/fr/documents/58046",
}
_WITHHELD: Final[dict[str, Any]] = {
    "code": "file_active",
    "label": {"fr": "File active", "en": "Active file"},
    "reason": {"code": "about_people", "label": {"fr": "porte sur des personnes", "en": "about people"}},
}


class WhySent(Sent):
    """Why something is not there."""

    code: str
    label: LabelSent

    @classmethod
    def of(cls, why: Why) -> "WhySent":
        """Return a reason as it is sent."""
        return cls(code=why.code, label=LabelSent.of(why.label))


class KpiSent(Sent):
    """One KPI, for the plan, a body, statement or committee of it, or a territory it set a target for."""

    code: str
    key: str | None = Field(description="Code of the body, statement, committee or territory; null for the plan.")
    label: LabelSent
    key_label: LabelSent | None
    definition: LabelSent = Field(description="How it is computed, in words.")
    version: int = Field(description="One more whenever the same data would give another value.")
    unit: str = Field(description="What a value counts or measures.")
    period_from: date | None = Field(description="First service day; null for a state, which holds now.")
    period_to: date | None = Field(description="First service day after the period; null for a state.")
    value: float | None = Field(description="In the unit; null with `missing`.")
    missing: WhySent | None = Field(description="Why there is no value: set exactly then.")
    unknown: int | None = Field(description="How many of `base` are not known; null where nothing can be.")
    base: int | None = Field(description="What `unknown` is a part of.")
    target: float | None = Field(description="To reach, by the plan's target for `territory`.")
    target_code: str | None = Field(description="The target; `/v1/plan/targets` has all of it.")
    direction: Direction | None = Field(description="Which way of the target is better.")
    status: KpiStatus
    status_reason: WhySent | None = Field(description="Why the status is unknown: set exactly then.")
    source: str = Field(description="`live`, or the frozen release it comes from.")
    said_on: date | None = Field(description="When a body said it; null for what is computed.")
    source_title: str | None = Field(description="The document it stands in; null for what is computed.")
    source_url: str | None = Field(description="Where that can be read.")
    territory: str | None = Field(description="Official code; null for the plan's perimeter, and for the plan itself.")

    @classmethod
    def of(cls, held: Held) -> "KpiSent":
        """Return a KPI as it is sent."""
        value, target = held.value, held.target
        return cls(
            code=value.kpi.code,
            key=value.key,
            label=LabelSent.of(value.kpi.label),
            key_label=LabelSent.of(value.key_label) if value.key_label else None,
            definition=LabelSent.of(value.kpi.definition),
            version=value.kpi.version,
            unit=value.kpi.unit,
            period_from=value.period.since if value.period else None,
            period_to=value.period.until if value.period else None,
            value=value.value,
            missing=WhySent.of(value.missing) if value.missing else None,
            unknown=value.unknown,
            base=value.base,
            target=target.value if target else None,
            target_code=target.code if target else None,
            direction=target.direction if target else None,
            status=held.status,
            status_reason=WhySent.of(held.status_reason) if held.status_reason else None,
            source=value.source,
            said_on=value.said_on,
            source_title=value.document.title if value.document else None,
            source_url=value.document.url if value.document else None,
            territory=value.territory,
        )


class WithheldSent(Sent):
    """An indicator that is about people: outside it is in frozen releases, or nowhere."""

    code: str = Field(description="Its code in `/v1/indicators`.")
    label: LabelSent
    reason: WhySent


class KpisSent(Sent):
    """Every KPI of a plan. Nothing in it changes unless a figure does."""

    model_config = Sent.model_config | example(
        {
            "plan": "crack-2019",
            "title": {"fr": "Plan parisien crack 2019-2021", "en": "Paris crack plan 2019-2021"},
            "items": [_KPI, _STATED],
            "withheld": [_WITHHELD],
        }
    )

    plan: str = Field(description="Code of the plan.")
    title: LabelSent
    items: list[KpiSent]
    withheld: list[WithheldSent] = Field(description="What is not among them, and why.")

    @classmethod
    def of(cls, plan: Plan, sheet: Sheet) -> "KpisSent":
        """Return the KPIs of a plan as they are sent."""
        reason = WhySent(code=Gap.about_people.value, label=LabelSent.of(GAPS[Gap.about_people]))
        return cls(
            plan=plan.plan,
            title=label_of(plan.title),
            items=[KpiSent.of(one) for one in sheet.rows],
            withheld=[
                WithheldSent(code=one.code, label=LabelSent.of(one.label), reason=reason) for one in sheet.withheld
            ],
        )
