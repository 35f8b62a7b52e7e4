"""What is known of credentials and invitations, as the queries bring it. Pure Python."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Credential:
    """What an account signs in with."""

    login: str
    org_id: UUID
    account_id: UUID
    password_hash: str
    totp_sealed: bytes
    last_step: int


@dataclass(frozen=True, slots=True)
class Invitation:
    """A one-time right to set a password."""

    handle: str
    org_id: UUID
    account_id: UUID
    login: str
    secret_mac: bytes
    totp_sealed: bytes
    expires_at: datetime
    tries: int
