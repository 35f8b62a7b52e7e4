"""Admissions per place declared vacant by SQL are what plain Python counts from the same rows."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete

from app.directory.models import FacilityReport
from app.http.context import Context
from app.identity.vocabulary import Role
from app.referrals.models import Referral
from tests import members, places, planted
from tests.effort import examples
from tests.oracles import vacancies as oracle
from tests.properties import catalogued
from tests.properties.catalogued import Asked

ORACLED = ("admissions_per_vacant_place",)
_KINDS = ("emergency_housing", "emergency_housing", "addiction_treatment")
_STARTS = (
    datetime(2026, 3, 27, 20, tzinfo=UTC),
    datetime(2025, 10, 24, 20, tzinfo=UTC),
    datetime(2025, 12, 30, 20, tzinfo=UTC),
)
"""Around both changes of the clock, and the end of a year."""
_minutes = st.integers(0, 4 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))
_facility = st.integers(0, len(_KINDS) - 1)
_stays = st.tuples(
    _minutes, _facility, st.booleans(), st.sampled_from(["admitted", "expired", "entered_in_error"]), st.integers(0, 40)
)
_reports = st.tuples(_minutes, _facility, st.booleans(), st.none() | st.integers(0, 6))


@dataclass(frozen=True)
class Town:
    """Two hotels and a clinic."""

    client: httpx.AsyncClient
    context: Context
    operator: members.House
    facilities: tuple[UUID, ...]


@pytest.fixture(scope="module")
async def town(client: httpx.AsyncClient, context: Context) -> Town:
    await places.seeded(context)
    operator = await members.found(context)
    return Town(
        client, context, operator, tuple([await places.opened(context, operator, kind=kind) for kind in _KINDS])
    )


def _stay(town: Town, house: members.House, start: datetime, fact: Any) -> dict[str, Any]:
    after, facility, named, state, received_after = fact
    made_at = start + after
    return planted.referral(
        house, made_at, kind=_KINDS[facility], facility_id=town.facilities[facility] if named else None,
        accompanied=True, cohort_day=made_at.date(), received_at=made_at + timedelta(hours=received_after),
        success="admitted", expires_after_s=259_200, state=state, admitted_at=None if state == "expired" else made_at,
    )  # fmt: skip


@examples(12)
@given(
    st.sampled_from(_STARTS), st.lists(_stays, max_size=10), st.lists(_reports, max_size=12),
    st.sampled_from([None, "emergency_housing", "addiction_treatment"]),
)  # fmt: skip
async def test_admissions_per_vacant_place_are_what_plain_python_counts(
    town: Town, start: datetime, stays: list[Any], said: list[Any], kind: str | None
) -> None:
    house = await members.found(town.context)
    token = await members.account_token(town.context, house, Role.coordinator)
    referrals = [_stay(town, house, start, fact) for fact in stays]
    reports = [
        planted.report(town.facilities[facility], town.operator, start + after, opened=opened) | {"places_free": free}
        for after, facility, opened, free in said
    ]
    async with town.context.database.writing() as session:
        await session.execute(delete(FacilityReport))
    await planted.plant(town.context, Referral, referrals)
    await planted.plant(town.context, FacilityReport, reports)
    since = start.date()
    asked = Asked(since, since + timedelta(days=6), "day", None, {"kind": kind})
    kinds = dict(zip(town.facilities, _KINDS, strict=True))
    for code in ORACLED:
        shown = await catalogued.parts(town.client, token, code, asked)
        assert len(shown) == 6
        for (day, _, _), figure in shown.items():
            filled, vacant, admitted, late = oracle.counts(referrals, reports, kinds, day, kind)
            share = filled / vacant if vacant else None
            assert figure == (share, filled, vacant, admitted - filled, admitted, late)
