from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app import errors
from app.identity.rules import (
    CodeFate,
    PresentedCode,
    Principal,
    authorise,
    check_account,
    check_bound_once,
    check_pull,
    fate_of,
)
from app.identity.vocabulary import ACCOUNT_ROLES, GRANTS, PULLING, Permission, Reach, Role

NOW = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
AN_ID = UUID(int=1)


def presented(**changes: object) -> PresentedCode:
    known = {"expires_at": NOW + timedelta(minutes=1), "tries": 0, "used": False}
    return PresentedCode(**{**known, "right_secret": True, "same_device": False, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("code", "fate"),
    [
        (presented(), CodeFate.bind),
        (presented(tries=4), CodeFate.bind),
        (presented(right_secret=False), CodeFate.miss),
        (presented(right_secret=False, tries=4), CodeFate.miss),
        (presented(tries=5), CodeFate.refuse),
        (presented(tries=5, right_secret=False), CodeFate.refuse),
        (presented(expires_at=NOW), CodeFate.refuse),
        (presented(expires_at=NOW, right_secret=False), CodeFate.refuse),
        (presented(used=True), CodeFate.refuse),
        (presented(used=True, right_secret=False), CodeFate.miss),
        (presented(used=True, same_device=True), CodeFate.repeat),
        (presented(used=True, same_device=True, expires_at=NOW), CodeFate.refuse),
    ],
)
def test_the_fate_of_a_code(code: PresentedCode, fate: CodeFate) -> None:
    assert fate_of(code, NOW) is fate


@pytest.mark.parametrize("role", Role)
def test_a_role_may_do_what_it_is_granted_and_nothing_else(role: Role) -> None:
    principal = Principal(role, AN_ID, AN_ID)
    for permission in Permission:
        if permission in GRANTS[role]:
            authorise(principal, permission)
        else:
            with pytest.raises(errors.Problem, match="forbidden"):
                authorise(principal, permission)


def test_an_administrator_reads_no_data() -> None:
    reading = {p for p in GRANTS[Role.administrator] if p.value.endswith(":read")}
    assert reading == {Permission.self_read, Permission.reference_read}


@pytest.mark.parametrize("role", PULLING)
def test_a_token_of_days_reads_nothing_that_singles_out_a_person(role: Role) -> None:
    harmless = {Permission.self_read, Permission.reference_read, Permission.release_read, Permission.plan_read}
    assert GRANTS[role] <= harmless


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("days", [-1, 0, 1, 90, 91])
def test_only_a_monitor_s_token_lasts_for_days_and_ninety_at_most(role: Role, days: int) -> None:
    if role is Role.monitor and days in {1, 90}:
        check_pull(role, days)
    else:
        with pytest.raises(errors.Problem, match="invalid") as refused:
            check_pull(role, days)
        [fault] = refused.value.faults
        assert ("monitor" in fault.detail) == (role is not Role.monitor)


@pytest.mark.parametrize("role", [Role.team_device, Role.facility_device])
def test_no_account_has_the_role_of_a_device(role: Role) -> None:
    with pytest.raises(errors.Problem, match="invalid"):
        check_account(role, Reach.organisation, None)


@pytest.mark.parametrize("role", ACCOUNT_ROLES)
def test_a_reach_by_perimeter_needs_its_perimeter(role: Role) -> None:
    check_account(role, Reach.perimeter, "paris-nord-est")
    with pytest.raises(errors.Problem, match="invalid"):
        check_account(role, Reach.perimeter, None)


@pytest.mark.parametrize(("team_id", "facility_id"), [(None, None), (AN_ID, AN_ID)])
def test_a_device_works_for_a_team_or_a_facility_never_both(team_id: UUID | None, facility_id: UUID | None) -> None:
    with pytest.raises(errors.Problem, match="invalid"):
        check_bound_once(team_id, facility_id)
