"""What a principal is and what it may do, and what becomes of an enrolment code. Pure Python."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from app import errors
from app.codes import ALPHABET
from app.errors import Fault
from app.identity.vocabulary import ACCOUNT_ROLES, GRANTS, MOST_PULL_DAYS, PULLING, Permission, Reach, Role

MOST_TRIES: Final = 5
"""Wrong secrets after which an enrolment code is dead."""
LONGEST_NAME: Final = 120
HANDLE_LENGTH: Final = 4
SECRET_LENGTH: Final = 10


@dataclass(frozen=True, slots=True)
class Principal:
    """Who a token speaks for. The organisation of a request is this one's, never the body's."""

    role: Role
    subject_id: UUID
    org_id: UUID
    team_id: UUID | None = None
    night: bool = False
    """Whether the team's service day runs noon to noon."""
    facility_id: UUID | None = None
    reach: Reach = Reach.organisation
    perimeter: str | None = None
    """Code of the perimeter an account is confined to."""
    expires_at: datetime | None = None
    """When the token ends; null for a principal that did not come with one."""


def authorise(principal: Principal, permission: Permission) -> None:
    """Raise `forbidden` unless the principal's role is granted the permission."""
    if permission not in GRANTS[principal.role]:
        raise errors.forbidden()


def check_name(name: str) -> None:
    """Raise `invalid` unless a name is 1 to 120 printable characters with something to read in them."""
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise errors.invalid(faults=[Fault("/name", "rule", "must be 1 to 120 printable characters")])


def check_account(role: Role, reach: Reach, perimeter: str | None) -> None:
    """Raise `invalid` for an account that could not exist: a device's role, or a reach by a perimeter it lacks."""
    if role not in ACCOUNT_ROLES:
        raise errors.invalid(faults=[Fault("/role", "rule", "must be the role of a person, not of a device")])
    if reach is Reach.perimeter and perimeter is None:
        raise errors.invalid(faults=[Fault("/perimeter", "rule", "is required when the reach is a perimeter")])


def check_pull(role: Role, days: int) -> None:
    """Raise `invalid` for a pull token that may not be: of a role that reads about persons, or too long."""
    if role not in PULLING:
        raise errors.invalid(faults=[Fault("/days", "rule", "only a monitor's token may last for days")])
    if not 1 <= days <= MOST_PULL_DAYS:
        raise errors.invalid(faults=[Fault("/days", "rule", f"must be 1 to {MOST_PULL_DAYS}")])


def check_bound_once(team_id: UUID | None, facility_id: UUID | None) -> None:
    """Raise `invalid` unless a device is bound to exactly one of a team and a facility."""
    if (team_id is None) == (facility_id is None):
        raise errors.invalid(faults=[Fault("", "rule", "must name either a team or a facility")])


def is_enrolment_code(code: str) -> bool:
    """Say whether `code`, normalised, has the form of an enrolment code."""
    return len(code) == HANDLE_LENGTH + SECRET_LENGTH and set(code) <= set(ALPHABET)


class CodeFate(StrEnum):
    """What becomes of an enrolment code that somebody presents: a closed set."""

    bind = "bind"
    """The code is fresh and right: a device is made."""
    repeat = "repeat"
    """The device that already used it asks again, because the answer was lost: it is answered again."""
    miss = "miss"
    """The secret is wrong: one more try is counted."""
    refuse = "refuse"
    """The code is over, whatever the secret."""


@dataclass(frozen=True, slots=True)
class PresentedCode:
    """What is known about a code at the moment it is presented."""

    expires_at: datetime
    tries: int
    used: bool
    right_secret: bool
    same_device: bool
    """The code was used by the very key that presents it, and that device is not revoked."""


def fate_of(code: PresentedCode, now: datetime) -> CodeFate:
    """Return what becomes of the code."""
    if now >= code.expires_at or code.tries >= MOST_TRIES:
        return CodeFate.refuse
    if not code.right_secret:
        return CodeFate.miss
    if not code.used:
        return CodeFate.bind
    return CodeFate.repeat if code.same_device else CodeFate.refuse
