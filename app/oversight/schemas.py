"""What of the audit log goes over the wire."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from app.http.wire import Sent, example

_ENTRY = {
    "number": 1204,
    "at": "2026-03-02T21:10:00Z",
    "actor": {
        "id": "0195f1c2-5b7a-7c3e-9a41-2f60d1a4b7c8",
        "kind": "account",
        "name": "coordination",
        "role": "coordinator",
    },
    "action": "metrics.funnel",
    "label_fr": "Question : entonnoir des orientations",
    "label_en": "Question: funnel of referrals",
    "details": [{"name": "from", "value": "2026-01-01"}, {"name": "to", "value": "2026-02-01"}],
}


class ActorKind(StrEnum):
    """What acted."""

    service = "service"
    account = "account"
    device = "device"
    unknown = "unknown"


class ActorSent(Sent):
    """Who acted, by the name that stands in the organisation's lists today."""

    id: UUID
    kind: ActorKind = Field(description="Whether a person, a device, or the service itself (command line included).")
    name: str | None = Field(description="Name of the account or label of the device; null for the service.")
    role: str | None = Field(description="Role of the account; null for a device.")


class DetailSent(Sent):
    """One thing that is remembered of an act: a count, an id, a digest, or what was asked for."""

    name: str
    value: str = Field(description="As text; lists as JSON.")


class AuditEntrySent(Sent):
    """One act."""

    model_config = Sent.model_config | example(_ENTRY)

    number: int = Field(description="Place in the organisation's chain, from 1, without gaps.")
    at: datetime = Field(description="When.")
    actor: ActorSent = Field(description="Who.")
    action: str = Field(description="What was done, as a code.")
    label_fr: str = Field(description="What was done, in French.")
    label_en: str = Field(description="What was done, in English.")
    details: list[DetailSent] = Field(description="Counts, ids, digests and what was asked for; never content.")


class AuditPage(Sent):
    """Some acts, the last one first."""

    model_config = Sent.model_config | example({"items": [_ENTRY], "next": None})

    items: list[AuditEntrySent]
    next: str | None = Field(description="`cursor` of the next page, of earlier acts; null on the last one.")
