"""Roles and permissions: two closed sets and the table between them. Whatever is not listed is refused."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """Who is asking."""

    team_device = "team_device"
    facility_device = "facility_device"
    coordinator = "coordinator"
    monitor = "monitor"
    plan_secretary = "plan_secretary"
    administrator = "administrator"
    dpo = "dpo"


ACCOUNT_ROLES: Final = (Role.coordinator, Role.monitor, Role.plan_secretary, Role.administrator, Role.dpo)
"""The roles people have; the others belong to devices."""
PULLING: Final = frozenset({Role.monitor})
"""The roles whose tokens may last for days (docs/decisions/0037): they read nothing that singles out a person."""
MOST_PULL_DAYS: Final = 90


class OrganisationKind(StrEnum):
    """What an organisation is in the plan."""

    association = "association"
    facility_operator = "facility_operator"
    hospital = "hospital"
    city = "city"
    department = "department"
    health_agency = "health_agency"
    prefecture = "prefecture"
    ministry = "ministry"
    other = "other"


class SignInMethod(StrEnum):
    """How a person showed who it is."""

    password = "password"  # noqa: S105 - the name of a method
    openid = "openid"


class Reach(StrEnum):
    """How far a coordinator's view goes: its own organisation everywhere, or every organisation in a perimeter."""

    organisation = "organisation"
    perimeter = "perimeter"


class Permission(StrEnum):
    """What a route needs; every protected route names exactly one."""

    reference_read = "reference:read"
    changes_read = "changes:read"
    patrol_write = "patrol:write"
    encounter_write = "encounter:write"
    referral_write = "referral:write"
    referral_read = "referral:read"
    referral_event = "referral:event"
    referral_lookup = "referral:lookup"
    stay_exit = "stay:exit"
    facility_report = "facility:report"
    capacity_read = "capacity:read"
    hold_write = "hold:write"
    hold_read = "hold:read"
    hold_release = "hold:release"
    metrics_read = "metrics:read"
    release_read = "release:read"
    plan_read = "plan:read"
    plan_write = "plan:write"
    plan_acknowledge = "plan:acknowledge"
    device_manage = "device:manage"
    account_manage = "account:manage"
    directory_manage = "directory:manage"
    audit_read = "audit:read"
    self_read = "self:read"


_EVERYONE: Final = {Permission.self_read, Permission.reference_read}

GRANTS: Final[Mapping[Role, frozenset[Permission]]] = {
    Role.team_device: frozenset(
        _EVERYONE
        | {
            Permission.changes_read,
            Permission.patrol_write,
            Permission.encounter_write,
            Permission.referral_write,
            Permission.referral_read,
            Permission.referral_event,
            Permission.referral_lookup,
            Permission.stay_exit,
            Permission.capacity_read,
            Permission.hold_write,
            Permission.hold_read,
            Permission.hold_release,
        }
    ),
    Role.facility_device: frozenset(
        _EVERYONE
        | {
            Permission.changes_read,
            Permission.referral_event,
            Permission.referral_lookup,
            Permission.stay_exit,
            Permission.facility_report,
            Permission.capacity_read,
            Permission.hold_read,
            Permission.hold_release,
        }
    ),
    Role.coordinator: frozenset(
        _EVERYONE
        | {Permission.metrics_read, Permission.capacity_read, Permission.plan_read, Permission.plan_acknowledge}
    ),
    Role.monitor: frozenset(_EVERYONE | {Permission.release_read, Permission.plan_read}),
    Role.plan_secretary: frozenset(
        _EVERYONE | {Permission.release_read, Permission.plan_read, Permission.plan_write, Permission.plan_acknowledge}
    ),
    Role.administrator: frozenset(
        _EVERYONE | {Permission.device_manage, Permission.account_manage, Permission.directory_manage}
    ),
    Role.dpo: frozenset(_EVERYONE | {Permission.audit_read}),
}
