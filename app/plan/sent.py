"""What several answers about a plan have in common, as it goes over the wire."""

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final

from pydantic import Field

from app.directory.schemas import LabelSent
from app.http.wire import Sent
from app.plan.records.entry import Source, Text
from app.plan.records.register import Body, Plan
from app.plan.vocabulary import LABELS, Lacking

HEADING_EXAMPLE: Final[dict[str, Any]] = {
    "plan": "crack-2019",
    "title": {"fr": "Plan parisien crack 2019-2021", "en": "Paris crack plan 2019-2021"},
    "at": "2021-06-30",
    "known_at": None,
}
SOURCE_EXAMPLE: Final[dict[str, Any]] = {
    "title": "Rapport d'évaluation",
    "reference": "p. 12",
    "url": None,
    "published_on": "2021-12-01",
}

BODY_EXAMPLE: Final[dict[str, Any]] = {
    "code": "prefecture",
    "name": {"fr": "Préfecture de région", "en": "Regional prefecture"},
}
Names = Mapping[str, Body]
"""The bodies of a plan, by code."""


def label_of(text: Text) -> LabelSent:
    """Return words of an entry as they are sent."""
    return LabelSent(fr=text.fr, en=text.en)


class PlanHeading(Sent):
    """What stands above every answer about a plan."""

    plan: str = Field(description="Code of the plan.")
    title: LabelSent
    at: date = Field(description="Everything is what stood on this day.")
    known_at: datetime | None = Field(description="As it was known at this instant; null for all that is known now.")


def heading(plan: Plan, at: date, known_at: datetime | None) -> dict[str, Any]:
    """Return the fields of a heading."""
    return {"plan": plan.plan, "title": label_of(plan.title), "at": at, "known_at": known_at}


class SourceSent(Sent):
    """Where an entry was taken from."""

    title: str = Field(description="Name of the document.")
    reference: str | None = Field(description="Number, page or paragraph in it.")
    url: str | None = Field(description="Where it can be read.")
    published_on: date | None = Field(description="When it was published.")

    @classmethod
    def of(cls, source: Source) -> "SourceSent":
        """Return a source as it is sent."""
        return cls(title=source.title, reference=source.reference, url=source.url, published_on=source.published_on)


class ReasonSent(Sent):
    """Why a figure is not there, in words."""

    code: Lacking
    label: LabelSent


class BodyNamedSent(Sent):
    """A body, by its name."""

    code: str
    name: LabelSent | None = Field(description="Null when the register held no such body at the date.")

    @classmethod
    def of(cls, code: str, names: Names) -> "BodyNamedSent":
        """Return a body as it is named."""
        return cls(code=code, name=label_of(names[code].name) if code in names else None)


def reasons_sent(given: Iterable[Lacking | None]) -> list[ReasonSent]:
    """Return the words of every reason that was given, each once, in the order of the vocabulary."""
    used = set(given)
    return [ReasonSent(code=one, label=LabelSent.of(LABELS[Lacking][one])) for one in Lacking if one in used]


def reason_example(reason: Lacking) -> dict[str, Any]:
    """Return the words of a reason as they stand in an example."""
    label = LABELS[Lacking][reason]
    return {"code": reason.value, "label": {"fr": label.fr, "en": label.en}}


def facts_of(answer: Sent, rows: str) -> dict[str, str]:
    """Return what an answer says beside its rows, by name, for a file to hold; JSON where it is more than a word."""
    above = answer.model_dump(mode="json", exclude={rows}, exclude_none=True)
    return {
        name: said if isinstance(said, str) else json.dumps(said, ensure_ascii=False) for name, said in above.items()
    }
