"""Tables of who may do what.

Tokens, enrolment codes and seen proofs are looked up before the organisation is known, so they are shared tables and
name devices and accounts without a foreign key (a shared table cannot refer to a sharded one).
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlmodel import Boolean

from app.db.table import Base, column, placed
from app.db.types import Bytes32, Instant, Key, Name, Small, Word, between, one_of
from app.identity.rules import HANDLE_LENGTH, MOST_TRIES
from app.identity.vocabulary import OrganisationKind, Reach, Role, SignInMethod

_EITHER = "(team_id IS NULL) <> (facility_id IS NULL)"


class Organisation(Base, table=True):
    """An association, an operator, an authority: whoever is answerable for its records."""

    __tablename__ = "organisation"
    __table_args__ = (
        one_of("kind", OrganisationKind),
        placed("reference", "Whoever is answerable for records: associations, operators, authorities."),
    )

    id: UUID = column(Key, "Identifier.", key=True)
    name: str = column(Name, "Name, as it is known in the field.", unique=True)
    kind: OrganisationKind = column(Word, "What it is in the plan.")
    created_at: datetime = column(Instant, "When it was entered, in ms since 1970 UTC.")


class Team(Base, table=True):
    """An outreach team."""

    __tablename__ = "team"
    __table_args__ = (placed("organisation", "Outreach teams."),)

    org_id: UUID = column(Key, "Organisation of the team.", key=True, refers="organisation.id")
    id: UUID = column(Key, "Identifier.", key=True)
    name: str = column(Name, "Name of the team.")
    night: bool = column(Boolean, "Whether its service day runs noon to noon.")
    created_at: datetime = column(Instant, "When it was entered, in ms since 1970 UTC.")
    closed_at: datetime | None = column(Instant, "When it stopped taking new devices.", null=True)


class Device(Base, table=True):
    """A phone of a team or a tablet of a facility, known by its key."""

    __tablename__ = "device"
    __table_args__ = (
        CheckConstraint(_EITHER, name="bound_once"),
        ForeignKeyConstraint(["org_id", "team_id"], ["team.org_id", "team.id"]),
        Index(None, "thumbprint"),
        placed("organisation", "Phones of teams and tablets of facilities, known by their keys."),
    )

    org_id: UUID = column(Key, "Organisation it works for.", key=True, refers="organisation.id")
    id: UUID = column(Key, "Identifier.", key=True)
    team_id: UUID | None = column(Key, "Team that carries it.", null=True)
    facility_id: UUID | None = column(Key, "Facility where it stands.", null=True, refers="facility.id")
    label: str = column(Name, "What it is called; no person's name.")
    public_x: bytes = column(Bytes32, "x coordinate of its P-256 public key.")
    public_y: bytes = column(Bytes32, "y coordinate of its P-256 public key.")
    thumbprint: bytes = column(Bytes32, "SHA-256 thumbprint of its key (RFC 7638); one key is one device.")
    enrolled_at: datetime = column(Instant, "When it was enrolled, in ms since 1970 UTC.")
    revoked_at: datetime | None = column(Instant, "When it was shut out.", null=True)


class Enrolment(Base, table=True):
    """A one-time code that lets a device register its key."""

    __tablename__ = "enrolment"
    __table_args__ = (
        CheckConstraint(_EITHER, name="bound_once"),
        CheckConstraint("(used_at IS NULL) = (device_id IS NULL)", name="used_by_a_device"),
        between("tries", 0, MOST_TRIES),
        placed("reference", "One-time enrolment codes, gone soon after they expire."),
    )

    handle: str = column(String(HANDLE_LENGTH), "First characters of the code: they find it.", key=True)
    org_id: UUID = column(Key, "Organisation that opened it.", refers="organisation.id")
    team_id: UUID | None = column(Key, "Team the device will work for.", null=True)
    facility_id: UUID | None = column(Key, "Facility where it will stand.", null=True, refers="facility.id")
    label: str = column(Name, "What the device will be called.")
    secret_mac: bytes = column(Bytes32, "HMAC-SHA256(K_enrolment, whole code).")
    expires_at: datetime = column(Instant, "When it ends, in ms since 1970 UTC.")
    tries: int = column(Small, "Wrong secrets so far.")
    used_at: datetime | None = column(Instant, "When a device used it.", null=True)
    device_id: UUID | None = column(Key, "The device that used it.", null=True)


class Account(Base, table=True):
    """Someone who reads or administers."""

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint("org_id", "name"),
        one_of("role", Role),
        CheckConstraint("role NOT IN ('team_device', 'facility_device')", name="role_of_a_person"),
        one_of("reach", Reach),
        CheckConstraint("reach <> 'perimeter' OR perimeter IS NOT NULL", name="reach_has_perimeter"),
        placed("organisation", "People who read or administer."),
    )

    org_id: UUID = column(Key, "Organisation of the person.", key=True, refers="organisation.id")
    id: UUID = column(Key, "Identifier.", key=True)
    name: str = column(Name, "Name of the account, once in an organisation.")
    role: Role = column(Word, "What it may do.")
    reach: Reach = column(Word, "How far a coordinator's view goes.")
    perimeter: str | None = column(Word, "Code of the perimeter it is confined to.", null=True)
    created_at: datetime = column(Instant, "When it was made, in ms since 1970 UTC.")
    revoked_at: datetime | None = column(Instant, "When it was shut out.", null=True)


class Token(Base, table=True):
    """A bearer token, by its digest."""

    __tablename__ = "token"
    __table_args__ = (
        CheckConstraint("(device_id IS NULL) <> (account_id IS NULL)", name="speaks_for_one"),
        Index(None, "expires_at"),
        placed("reference", "Bearer tokens by their digests, deleted once expired."),
    )

    digest: bytes = column(Bytes32, "SHA-256 of the token.", key=True)
    org_id: UUID = column(Key, "Organisation it speaks for.", refers="organisation.id")
    device_id: UUID | None = column(Key, "Device it speaks for.", null=True)
    account_id: UUID | None = column(Key, "Account it speaks for.", null=True)
    issued_at: datetime = column(Instant, "When it was issued, in ms since 1970 UTC.")
    expires_at: datetime = column(Instant, "When it ends.")
    revoked_at: datetime | None = column(Instant, "When it was withdrawn by itself.", null=True)


class PersonSession(Base, table=True):
    """A person who signed in with a browser, by the digest of the cookie."""

    __tablename__ = "person_session"
    __table_args__ = (
        one_of("method", SignInMethod),
        CheckConstraint("idle_at <= expires_at", name="idle_within"),
        Index(None, "org_id", "account_id"),
        Index(None, "expires_at"),
        placed("reference", "Sessions of people by the digests of their cookies; a session that ends is deleted."),
    )

    digest: bytes = column(Bytes32, "SHA-256 of the cookie's value.", key=True)
    org_id: UUID = column(Key, "Organisation of the account.", refers="organisation.id")
    account_id: UUID = column(Key, "Account that signed in.")
    method: SignInMethod = column(Word, "How it signed in.")
    started_at: datetime = column(Instant, "When it signed in, in ms since 1970 UTC.")
    idle_at: datetime = column(Instant, "When the session ends unless it is used before.")
    expires_at: datetime = column(Instant, "When it ends whatever happens.")


class ProofSeen(Base, table=True):
    """A proof of key that was accepted and is not accepted again."""

    __tablename__ = "proof_seen"
    __table_args__ = (
        Index(None, "expires_at"),
        placed("reference", "Proofs of key already accepted, until their nonces are stale."),
    )

    digest: bytes = column(Bytes32, "SHA-256 of the key's thumbprint and the proof's name.", key=True)
    expires_at: datetime = column(Instant, "When it would be refused for its age anyway, in ms since 1970 UTC.")
