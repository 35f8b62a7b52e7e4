"""What a principal is and what it may do. Pure Python."""

from dataclasses import dataclass
from uuid import UUID

from app import errors
from app.identity.vocabulary import GRANTS, Permission, Reach, Role


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


def authorise(principal: Principal, permission: Permission) -> None:
    """Raise `forbidden` unless the principal's role is granted the permission."""
    if permission not in GRANTS[principal.role]:
        raise errors.forbidden()
