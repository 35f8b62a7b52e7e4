"""Rows put into tables directly, for figures over many records: every column given, one argument for each fact."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import httpx

from app.db.bulk import insert_new
from app.db.table import Base, table_of
from app.directory.rules import service_day, slot
from app.http.context import Context
from app.identity.service import create_account
from app.identity.vocabulary import Reach, Role
from app.marks.queries import mark_days
from tests import make, members
from tests.clock import NIGHT
from tests.make import Json
from tests.members import House

Row = dict[str, Any]
_NOT_SAID = (
    "encounter_id", "facility_id", "previous_referral_id", "slip_digest", "link_id", "first_reason", "reason",
    "answer_channel", "requested_at", "waitlisted_at", "accepted_at", "arrived_at", "admitted_at", "exited_at",
    "exit_destination", "due_at",
)  # fmt: skip
"""What a referral does not say unless told."""


async def plant(context: Context, model: type[Base], rows: Sequence[Row]) -> None:
    """Insert rows that are all new, and mark their days."""
    async with context.database.writing() as session:
        assert len(await insert_new(session, table_of(model), rows)) == len(rows)
        days = ((row["org_id"], row.get("service_day") or row.get("cohort_day")) for row in rows)
        await mark_days(session, {(org_id, day) for org_id, day in days if day is not None})


def patrol(house: House, started_at: datetime, ended_at: datetime | None, **changes: Any) -> Row:
    """An outing of the house's night team, received in the hour it ended (or began) in."""
    received = (ended_at or started_at).replace(minute=0, second=0, microsecond=0)
    return {
        "org_id": house.org_id, "id": UUID(make.new_id()), "team_id": house.team_id,
        "service_day": service_day(started_at, night=True), "started_at": started_at, "ended_at": ended_at,
        "night": True, "workers": 3, "territories": [make.QUARTER], "withdrawn": False, "skew_s": 0,
        "first_received_at": received, "received_at": received, "revision": 1, "digest": _digest(),
    } | changes  # fmt: skip


def encounter(house: House, at: datetime, **changes: Any) -> Row:
    """A contact of the house's night team with one person of whom nothing is known, received in the same hour."""
    received = at.replace(minute=0, second=0, microsecond=0)
    return {
        "org_id": house.org_id, "id": UUID(make.new_id()), "team_id": house.team_id, "patrol_id": None,
        "service_day": service_day(at, night=True), "slot": slot(at), "territory": make.QUARTER,
        "outside_perimeter": False, "people_count": 1, "first_contact": "unknown", "gender": "unknown",
        "age_band": "unknown", "sleeping": "unknown", "needs": [], "supplies": {}, "acts": [], "link_id": None,
        "withdrawn": False, "rk": 0, "skew_s": 0, "first_received_at": received, "received_at": received,
        "revision": 1, "digest": _digest(),
    } | changes  # fmt: skip


def referral(house: House, at: datetime, **changes: Any) -> Row:
    """A referral of the house's night team to a rest room, requested, and nothing heard of since."""
    received = at.replace(minute=0, second=0, microsecond=0)
    return dict.fromkeys(_NOT_SAID) | {
        "org_id": house.org_id, "id": UUID(make.new_id()), "team_id": house.team_id, "kind": "rest_room",
        "accompanied": False, "territory": make.QUARTER, "outside_perimeter": False,
        "cohort_day": service_day(at, night=True), "created_at": at, "received_at": received,
        "first_state": "requested", "success": "arrived", "expires_after_s": 172_800, "rk": 1, "digest": _digest(),
        "state": "requested", "state_at": at, "requested_at": at, "position": 1,
    } | changes  # fmt: skip


def waitlisted(referral: Row, reason: str, not_applied: str | None = None) -> Row:
    """The event that put a referral on a waiting list at once, or had no effect."""
    at = referral["created_at"]
    return {
        "org_id": referral["org_id"], "id": UUID(make.new_id()), "referral_id": referral["id"], "step": "waitlisted",
        "reason": reason, "destination": None, "occurred_at": at, "recorded_at": at, "received_at": at,
        "sender_id": referral["team_id"], "channel": "app", "digest": _digest(), "not_applied": not_applied,
    }  # fmt: skip


def report(facility: UUID, owner: House, at: datetime, *, opened: bool) -> Row:
    """What a facility said."""
    received = at.replace(minute=0, second=0, microsecond=0)
    return {
        "org_id": owner.org_id, "id": UUID(make.new_id()), "facility_id": facility, "observed_at": at, "open": opened,
        "places_free": None, "waiting": None, "reason": None, "received_at": received, "digest": _digest(),
    }  # fmt: skip


def _digest() -> bytes:
    return hashlib.sha256(make.new_id().encode()).digest()


@dataclass(frozen=True)
class Asker:
    """A coordinator of an association."""

    client: httpx.AsyncClient
    context: Context
    house: House
    token: str

    async def get(self, what: str, since: date | str, until: date | str, **parameters: Any) -> httpx.Response:
        """Ask for figures of [since, until)."""
        asked = {"from": str(since), "to": str(until), **parameters}
        headers = {"Authorization": f"Bearer {self.token}"}
        return await self.client.get(f"/v1/metrics/{what}", params=asked, headers=headers)

    async def ask(self, what: str, since: date | str, until: date | str, **parameters: Any) -> Json:
        """Return what is answered."""
        answer = await self.get(what, since, until, **parameters)
        assert answer.status_code == 200, answer.text
        shown: Json = answer.json()
        return shown


async def asker(client: httpx.AsyncClient, context: Context, house: House, *, everybody: bool = False) -> Asker:
    """Return a coordinator of the organisation, or of everybody in the perimeter; the token is of NIGHT."""
    reach = {"reach": Reach.perimeter, "perimeter": "paris-nord-est"} if everybody else {}
    async with context.database.writing() as session:
        account_id = await create_account(
            session, context.keyring, NIGHT, org_id=house.org_id, name=f"coordination {make.new_id()}",
            role=Role.coordinator, **reach,  # type: ignore[arg-type]  # two options of one call
        )  # fmt: skip
    return Asker(client, context, house, await members.token_of(context, house, account_id))


def measures(group: Json) -> dict[str, Json]:
    """Return a group's measures by code."""
    return {one["code"]: one for one in group["measures"]}


def values(group: Json) -> dict[str, float | None]:
    """Return the values of a group's measures."""
    return {code: one["value"] for code, one in measures(group).items()}
