"""What a field means, as it goes over the wire."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from app.directory.schemas import LabelSent
from app.directory.vocabulary import Label
from app.http.wire import Sent
from app.plan.terms import MONEY, REALISATION


class RuleSent(Sent):
    """What a field of the answer means."""

    code: str = Field(description="Name of the field.")
    rule: LabelSent = Field(description="What it means, in words.")


def rules_sent(rules: Mapping[str, Label]) -> list[RuleSent]:
    """Return rules as they are sent."""
    return [RuleSent(code=code, rule=LabelSent.of(rule)) for code, rule in rules.items()]


def rule_example(code: str) -> dict[str, Any]:
    """Return a rule as it stands in an example."""
    return {"code": code, "rule": ({**REALISATION, **MONEY}[code])._asdict()}
