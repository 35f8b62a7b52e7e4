"""What is known of organisations, teams, devices, accounts and codes, as the queries bring it. Pure Python.

Field names are column names.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Organisation:
    """Whoever is answerable for records."""

    id: UUID
    name: str
    kind: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Team:
    """An outreach team."""

    id: UUID
    name: str
    night: bool
    created_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Device:
    """A phone of a team or a tablet of a facility."""

    org_id: UUID
    id: UUID
    team_id: UUID | None
    facility_id: UUID | None
    label: str
    thumbprint: bytes
    enrolled_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Account:
    """Someone who reads or administers."""

    id: UUID
    name: str
    role: str
    reach: str
    perimeter: str | None
    created_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A one-time code."""

    handle: str
    org_id: UUID
    team_id: UUID | None
    facility_id: UUID | None
    label: str
    secret_mac: bytes
    expires_at: datetime
    tries: int
    used_at: datetime | None
    device_id: UUID | None


@dataclass(frozen=True, slots=True)
class Bearer:
    """All that one token brings up; either what is known of its device is null or of its account."""

    org_id: UUID
    device_id: UUID | None
    account_id: UUID | None
    expires_at: datetime
    revoked_at: datetime | None
    device_revoked_at: datetime | None
    team_id: UUID | None
    night: bool | None
    facility_id: UUID | None
    role: str | None
    reach: str | None
    perimeter: str | None
    account_revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class TokenInUse:
    """A token of an account that is good now."""

    digest: bytes
    account_id: UUID
    account_name: str
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PersonSession:
    """All that one session cookie brings up."""

    org_id: UUID
    account_id: UUID
    method: str
    started_at: datetime
    idle_at: datetime
    expires_at: datetime
    name: str
    role: str
    reach: str
    perimeter: str | None
