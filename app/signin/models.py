"""Tables of how people sign in: what is asked for before the organisation is known, so all are shared tables."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, String, UniqueConstraint

from app.db.table import Base, column, placed
from app.db.types import Big, Bytes32, Instant, Key, Small, Word, between
from app.identity.rules import HANDLE_LENGTH, MOST_TRIES

_Sealed = LargeBinary(80)


class Credential(Base, table=True):
    """Password and one-time codes of an account."""

    __tablename__ = "credential"
    __table_args__ = (
        UniqueConstraint("org_id", "account_id"),
        CheckConstraint("last_step >= 0", name="last_step"),
        placed("reference", "What people sign in with, where they do so with a password."),
    )

    login: str = column(Word, "Name typed to sign in, once in the installation.", key=True)
    org_id: UUID = column(Key, "Organisation of the account.", refers="organisation.id")
    account_id: UUID = column(Key, "Account it opens.")
    password_hash: str = column(String(200), "argon2id of the password, with its parameters and salt.")
    totp_sealed: bytes = column(_Sealed, "Secret of its one-time codes, AES-256-GCM under K_totp.")
    last_step: int = column(Big, "30 s step of the last one-time code used: each is good once.")
    set_at: datetime = column(Instant, "When the password was set, in ms since 1970 UTC.")


class AccountInvitation(Base, table=True):
    """A one-time code that lets a person set a password."""

    __tablename__ = "account_invitation"
    __table_args__ = (
        UniqueConstraint("org_id", "account_id"),
        between("tries", 0, MOST_TRIES),
        Index(None, "expires_at"),
        placed("reference", "One-time invitations of people, gone once used or expired."),
    )

    handle: str = column(String(HANDLE_LENGTH), "First characters of the code: they find it.", key=True)
    org_id: UUID = column(Key, "Organisation of the account.", refers="organisation.id")
    account_id: UUID = column(Key, "Account it invites.")
    login: str = column(Word, "Name the account will sign in with.")
    secret_mac: bytes = column(Bytes32, "HMAC-SHA256(K_signin, whole code).")
    totp_sealed: bytes = column(_Sealed, "Secret of the one-time codes to come, AES-256-GCM under K_totp.")
    expires_at: datetime = column(Instant, "When it ends, in ms since 1970 UTC.")
    tries: int = column(Small, "Wrong secrets or codes so far.")


class RecoveryCode(Base, table=True):
    """A code for the day the phone is lost."""

    __tablename__ = "recovery_code"
    __table_args__ = (placed("reference", "Recovery codes by their keyed digests; a used one is deleted."),)

    org_id: UUID = column(Key, "Organisation of the account.", key=True, refers="organisation.id")
    account_id: UUID = column(Key, "Account it stands in for a one-time code of.", key=True)
    mac: bytes = column(Bytes32, "HMAC-SHA256(K_signin, account | code).", key=True)


class SignInTally(Base, table=True):
    """Failed attempts to sign in."""

    __tablename__ = "sign_in_tally"
    __table_args__ = (
        CheckConstraint("failures >= 0", name="failures"),
        Index(None, "expires_at"),
        placed("reference", "Failed attempts at a login, from a network or from a browser; forgotten after a day."),
    )

    digest: bytes = column(Bytes32, "HMAC-SHA256(K_signin, what is counted): no login and no address.", key=True)
    failures: int = column(Small, "Failures since the last success or the last quiet day.")
    blocked_until: datetime | None = column(Instant, "Attempts wait until then, in ms since 1970 UTC.", null=True)
    expires_at: datetime = column(Instant, "When it is forgotten.")


class FederatedIdentity(Base, table=True):
    """The right of one subject of an OpenID provider to sign in as an account."""

    __tablename__ = "federated_identity"
    __table_args__ = (
        UniqueConstraint("org_id", "account_id"),
        placed("reference", "Which subject of the operator's OpenID provider is which account."),
    )

    digest: bytes = column(Bytes32, "HMAC-SHA256(K_signin, issuer | subject): no name and no address.", key=True)
    org_id: UUID = column(Key, "Organisation of the account.", refers="organisation.id")
    account_id: UUID = column(Key, "Account it opens.")
    linked_at: datetime = column(Instant, "When it was linked, in ms since 1970 UTC.")
