"""Money as it goes over the wire, in whole EUR cents."""

from typing import Any, Final

from pydantic import Field

from app.directory.schemas import LabelSent
from app.http.wire import Sent, example
from app.plan.money.overruns import CauseLine, Overrun
from app.plan.money.sums import Execution, Kinds, MoneyRow, Sums, Totals
from app.plan.sent import (
    BODY_EXAMPLE,
    HEADING_EXAMPLE,
    SOURCE_EXAMPLE,
    BodyNamedSent,
    Names,
    PlanHeading,
    ReasonSent,
    SourceSent,
    reason_example,
)
from app.plan.term_schemas import RuleSent, rule_example
from app.plan.vocabulary import LABELS, AmountKind, Lacking, OverrunCause


class SumsSent(Sent):
    """Amounts of one kind; null cents mean that nothing was recorded, 0 that zero was."""

    committed_cents: int | None = Field(description="As first committed.")
    revision_cents: int | None = Field(description="Differences to it since; may be negative.")
    revised_cents: int | None = Field(description="The commitment with its revisions.")
    spent_cents: int | None = Field(description="Paid from credits, signed away of authorisations, brought in kind.")

    @classmethod
    def of(cls, sums: Sums) -> "SumsSent":
        """Return sums as they are sent."""
        return cls(
            committed_cents=sums.committed,
            revision_cents=sums.revisions,
            revised_cents=sums.revised,
            spent_cents=sums.spent,
        )


class MoneyRowSent(Sent):
    """What was recorded for one action, funder, budget year and kind."""

    action: int | None = Field(description="Number of the action; null for the plan as a whole.")
    funder: BodyNamedSent
    year: int | None = Field(description="Budget year; null for what its source does not spread over years.")
    kind: AmountKind
    label: LabelSent = Field(description="The kind in words.")
    sums: SumsSent
    sources: list[SourceSent] = Field(description="Where its amounts were taken from, each once, by day.")

    @classmethod
    def of(cls, row: MoneyRow, names: Names) -> "MoneyRowSent":
        """Return a row as it is sent."""
        return cls(
            action=row.action,
            funder=BodyNamedSent.of(row.funder, names),
            year=row.year,
            kind=row.kind,
            label=LabelSent.of(LABELS[AmountKind][row.kind]),
            sums=SumsSent.of(row.sums),
            sources=[SourceSent.of(one) for one in row.sources],
        )


class ExecutionSent(Sent):
    """A share of money."""

    value: float | None = Field(description="Four decimals, a half upwards; above 1 when more was paid.")
    reason: Lacking | None = Field(description="Why there is no value.")

    @classmethod
    def of(cls, execution: Execution) -> "ExecutionSent":
        """Return a share as it is sent."""
        return cls(value=execution.value, reason=execution.lacking)


class CauseSent(Sent):
    """How much of an overrun one cause explains."""

    cause: OverrunCause
    label: LabelSent
    by_revision_cents: int = Field(description="The commitment was revised for this cause.")
    by_expenditure_cents: int = Field(description="Beyond the revised commitment, expenditure carries this cause.")
    cents: int = Field(description="Both together.")

    @classmethod
    def of(cls, line: CauseLine) -> "CauseSent":
        """Return a cause as it is sent."""
        return cls(
            cause=line.cause,
            label=LabelSent.of(LABELS[OverrunCause][line.cause]),
            by_revision_cents=line.by_revisions,
            by_expenditure_cents=line.by_expenditure,
            cents=line.cents,
        )


class OverrunSent(Sent):
    """What was paid beyond the commitment as first made; causes and the unexplained add up to it."""

    cents: int = Field(description="0 when no more was paid than committed.")
    causes: list[CauseSent] = Field(description="Those that explain something.")
    unexplained_cents: int = Field(description="Covered by no revision and by no expenditure with a cause.")

    @classmethod
    def of(cls, overrun: Overrun) -> "OverrunSent":
        """Return an overrun as it is sent."""
        causes = [CauseSent.of(line) for line in overrun.causes]
        return cls(cents=overrun.cents, causes=causes, unexplained_cents=overrun.unexplained)


class TotalsSent(Sent):
    """The three kinds side by side, and what they come to."""

    authorisations: SumsSent
    credits: SumsSent
    in_kind: SumsSent
    execution_initial: ExecutionSent = Field(description="Paid / authorisations as first committed.")
    execution_revised: ExecutionSent = Field(description="Paid / authorisations as revised.")
    execution_credits: ExecutionSent = Field(description="Paid / payment credits opened, as revised.")
    overrun: OverrunSent | None = Field(
        description="Null when no commitment, or no expenditure, was recorded, or one is not spread over years."
    )

    @classmethod
    def of(cls, totals: Totals) -> "TotalsSent":
        """Return totals as they are sent."""
        return cls(
            authorisations=SumsSent.of(totals.authorisations),
            credits=SumsSent.of(totals.credits),
            in_kind=SumsSent.of(totals.in_kind),
            execution_initial=ExecutionSent.of(totals.on_initial),
            execution_revised=ExecutionSent.of(totals.on_revised),
            execution_credits=ExecutionSent.of(totals.on_credits),
            overrun=OverrunSent.of(totals.overrun) if totals.overrun else None,
        )


class YearTotalsSent(Sent):
    """The totals of a budget year."""

    year: int = Field(description="Budget year.")
    totals: TotalsSent


class NotSpreadSent(Sent):
    """What has no budget year: one sum for several years, which its source does not spread."""

    authorisations: SumsSent
    credits: SumsSent
    in_kind: SumsSent
    reason: Lacking = Field(description="Why it is in no year.")

    @classmethod
    def of(cls, apart: Kinds) -> "NotSpreadSent":
        """Return what is not spread as it is sent."""
        return cls(
            authorisations=SumsSent.of(apart.authorisations),
            credits=SumsSent.of(apart.credits),
            in_kind=SumsSent.of(apart.in_kind),
            reason=Lacking.not_spread,
        )


class FunderTotalsSent(Sent):
    """The totals of a funder."""

    funder: BodyNamedSent
    totals: TotalsSent


class ActionTotalsSent(Sent):
    """The totals of an action."""

    action: int | None = Field(description="Number of the action; null for the plan as a whole.")
    totals: TotalsSent


def _sums(committed: int | None, spent: int | None) -> dict[str, Any]:
    return {
        "committed_cents": committed, "revision_cents": None, "revised_cents": committed, "spent_cents": spent,
    }  # fmt: skip


_SHARE: Final[dict[str, Any]] = {"value": 2.6667, "reason": None}
_TOTALS: Final[dict[str, Any]] = {
    "authorisations": _sums(900_000_000, None),
    "credits": _sums(None, 2_400_000_000),
    "in_kind": _sums(None, None),
    "execution_initial": _SHARE,
    "execution_revised": _SHARE,
    "execution_credits": {"value": None, "reason": "nothing_committed"},
    "overrun": {
        "cents": 1_500_000_000,
        "causes": [
            {
                "cause": "emergency",
                "label": {"fr": "urgence", "en": "emergency"},
                "by_revision_cents": 0,
                "by_expenditure_cents": 400_000_000,
                "cents": 400_000_000,
            }
        ],
        "unexplained_cents": 1_100_000_000,
    },
}
_LACKS: Final[dict[str, Any]] = {"value": None, "reason": "not_spread"}
_OF_A_YEAR: Final[dict[str, Any]] = _TOTALS | {
    "authorisations": _sums(300_000_000, None),
    "credits": _sums(None, None),
    "execution_initial": _LACKS,
    "execution_revised": _LACKS,
    "overrun": None,
}
_NOT_SPREAD: Final[dict[str, Any]] = {
    "authorisations": _sums(None, None),
    "credits": _sums(None, 2_400_000_000),
    "in_kind": _sums(None, None),
    "reason": "not_spread",
}
_ROW: Final[dict[str, Any]] = {
    "action": 12,
    "funder": BODY_EXAMPLE,
    "year": 2020,
    "kind": "commitment_authorisation",
    "label": {"fr": "autorisation d'engagement", "en": "commitment authorisation"},
    "sums": _sums(300_000_000, None),
    "sources": [SOURCE_EXAMPLE],
}


class MoneySent(PlanHeading):
    """What was promised and what was paid."""

    model_config = Sent.model_config | example(
        HEADING_EXAMPLE
        | {
            "unit": "EUR cents",
            "rows": [_ROW],
            "totals": _TOTALS,
            "by_year": [{"year": 2020, "totals": _OF_A_YEAR}],
            "not_spread": _NOT_SPREAD,
            "by_funder": [{"funder": BODY_EXAMPLE, "totals": _TOTALS}],
            "by_action": [{"action": None, "totals": _TOTALS}],
            "rules": [rule_example("execution_initial")],
            "reasons": [reason_example(Lacking.nothing_committed), reason_example(Lacking.not_spread)],
        }
    )

    unit: str = Field(description="Always `EUR cents`.")
    rows: list[MoneyRowSent] = Field(description="By action, funder, year and kind.")
    totals: TotalsSent = Field(description="Of all amounts.")
    by_year: list[YearTotalsSent] = Field(
        description="By budget year, without what is not spread; a year is not judged where that could be its own."
    )
    not_spread: NotSpreadSent | None = Field(description="What is in no year; null when every amount has its own.")
    by_funder: list[FunderTotalsSent] = Field(description="By code of the funder.")
    by_action: list[ActionTotalsSent] = Field(description="The plan as a whole first.")
    rules: list[RuleSent] = Field(description="What the fields mean, in words.")
    reasons: list[ReasonSent] = Field(description="The words of every reason given above.")
