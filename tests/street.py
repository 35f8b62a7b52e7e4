"""What devices do in tests: post a batch, look at a referral, pull the feed; and what the database then holds."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.audit.models import AuditEntry
from app.db.catalogue import all_tables
from app.db.table import Base, table_of
from app.demo.device import Device
from app.http.context import Context
from app.ingest.coarse import coarse_id
from tests import make
from tests.make import Json

ROUTES = ("patrols", "encounters", "referrals", "referral-events", "stay-exits", "facility-reports")
"""Every route that takes batches."""


async def post(device: Device, what: str, *items: Json, query: str = "") -> list[Json]:
    """Post items in one batch by the device's own clock and return the verdicts, in order."""
    answer = await device.post(f"/v1/{what}{query}", json=make.envelope(items, device._clock()))
    assert answer.status_code == 200, answer.text
    results: list[Json] = answer.json()["results"]
    assert len(results) == len(items)
    return results


async def store(device: Device, what: str, *items: Json) -> None:
    """Post items that are all new and take effect."""
    verdicts = await post(device, what, *items)
    assert [verdict for verdict in verdicts if verdict["outcome"] != "created" or verdict["problem"]] == []


def outcomes(verdicts: Iterable[Json]) -> list[str]:
    return [verdict["outcome"] for verdict in verdicts]


def reasons(verdicts: Iterable[Json]) -> list[str | None]:
    """Return each verdict's kind of problem, None where there is none."""
    return [v["problem"]["type"].removeprefix("/problems/") if v["problem"] else None for v in verdicts]


def pointers(verdict: Json) -> list[str]:
    """Return where the faults of a rejected item are."""
    return [fault["pointer"] for fault in verdict["problem"]["errors"]]


async def referral(phone: Device, referral_id: str) -> Json:
    """Return a referral as its team sees it."""
    answer = await phone.get(f"/v1/referrals/{referral_id}")
    assert answer.status_code == 200, answer.text
    shown: Json = answer.json()
    return shown


async def state(phone: Device, referral_id: str) -> str:
    shown: str = (await referral(phone, referral_id))["state"]
    return shown


async def pending(device: Device) -> dict[str, str]:
    """Return {event: why it has no effect} of a sender's events."""
    answer = await device.get("/v1/referral-events/pending", params={"size": 200})
    assert answer.status_code == 200, answer.text
    return {event["id"]: event["not_applied"] for event in answer.json()["items"]}


async def changes(device: Device, after: str | None = None, size: int = 500) -> Json:
    """Return one page of the feed."""
    params = {"size": str(size)} | ({"after": after} if after else {})
    answer = await device.get("/v1/changes", params=params)
    assert answer.status_code == 200, answer.text
    page: Json = answer.json()
    return page


async def caught_up(device: Device) -> str:
    """Return the cursor after everything that changed so far."""
    page = await changes(device)
    while page["more"]:
        page = await changes(device, page["next"])
    cursor: str = page["next"]
    return cursor


async def rows(context: Context, table: type[Base], **equal: Any) -> list[Mapping[str, Any]]:
    """Return the rows of a table whose columns have these values."""
    columns = table_of(table).c
    chosen = select(table_of(table)).where(*(columns[name] == value for name, value in equal.items()))
    async with context.database.reading() as session:
        return [dict(row._mapping) for row in await session.execute(chosen)]


async def row(context: Context, table: type[Base], item_id: str, org_id: UUID | None = None) -> Mapping[str, Any]:
    """Return the one row with an id."""
    found = await rows(context, table, id=UUID(item_id), **({"org_id": org_id} if org_id else {}))
    assert len(found) == 1
    return found[0]


async def contents(context: Context) -> dict[str, list[tuple[Any, ...]]]:
    """Return everything the database holds."""
    async with context.database.reading() as session:
        return {
            table.name: sorted((tuple(row) for row in await session.execute(select(table))), key=repr)
            for table in all_tables().sorted_tables
        }


def coarse(context: Context, item_id: str) -> str:
    """Return the keyed id of an item: what the log calls it, and what it is stored under once coarse."""
    return str(coarse_id(context.keyring, UUID(item_id)))


async def notes(context: Context, org_id: UUID, action: str) -> Sequence[Json]:
    """Return what the audit log remembers of an organisation's acts of one kind, first one first."""
    found = await rows(context, AuditEntry, org_id=org_id, action=action)
    return [entry["detail"] for entry in sorted(found, key=lambda entry: entry["number"])]
