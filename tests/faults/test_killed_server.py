"""A server killed in the middle of ingest loses nothing it acknowledged and doubles nothing.

Phones write into a journal, synced to disk, what they are about to send, and send it until it is acknowledged. The
server is killed and started again, several times. In the end the database is held against the journals.
"""

import asyncio
import json
import os
import random
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from sqlalchemy.engine import make_url

from app.audit.service import SERVICE, first_broken
from app.clock import utc_now
from app.demo.device import Device
from app.encounters.models import Encounter
from app.http.context import Context
from app.identity.vocabulary import Role
from app.metrics.refreshing import refresh, verify
from app.referrals.models import Referral, ReferralEvent
from app.settings import Settings
from tests import make, members, places
from tests.faults.conftest import new_database
from tests.faults.running import Service, beside
from tests.street import notes, rows

PHONES = 4
KILLS = 2
ALIVE_S = 0.5
"""How long the server lives before it is killed."""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database of this module's own."""
    with new_database(request, tmp_path_factory, request.param, durable=True) as url:
        yield url


@pytest.fixture(scope="module")
def settings(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(
        database_url=database_url,
        keys_dir=tmp_path_factory.mktemp("keys"),
        sweep_interval_s=0.2,
        refresh_interval_s=0.1,
    )


@pytest.fixture
async def context(settings: Settings) -> Context:
    made = beside(settings)
    await places.seeded(made)
    return made


@pytest.fixture
async def service(settings: Settings, context: Context, tmp_path: Path) -> AsyncIterator[Service]:  # noqa: ARG001 - seeded first
    running = Service(settings, tmp_path / "service.log")
    running.start()
    yield running
    running.stop()


@dataclass
class Journal:
    """What one phone sent, and what of it was acknowledged."""

    path: Path
    acknowledged: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)

    def write(self, what: str, items: list[make.Json]) -> None:
        """Put down what is about to be sent, so that no crash of the phone forgets it."""
        with self.path.open("a") as journal:
            journal.write(json.dumps({"what": what, "items": items}) + "\n")
            journal.flush()
            os.fsync(journal.fileno())

    def read(self) -> list[tuple[str, list[make.Json]]]:
        return [(entry["what"], entry["items"]) for entry in map(json.loads, self.path.read_text().splitlines())]

    def sent(self, what: str) -> list[make.Json]:
        return [item for kind, items in self.read() if kind == what for item in items]


@dataclass
class Phone:
    """A phone that never gives up."""

    device: Device
    journal: Journal

    async def work(self, done: asyncio.Event) -> None:
        """Post encounters and then answers to their referrals, until told to stop."""
        while not done.is_set():
            met = [_encounter() for _ in range(random.randint(1, 12))]  # noqa: S311 - a size
            await self.post("encounters", met)
            directed = [one for item in met for one in item["referrals"]]
            await self.post("referral-events", [_answer(one) for one in directed])

    async def post(self, what: str, items: list[make.Json]) -> None:
        """Send until acknowledged."""
        self.journal.write(what, items)
        while True:
            body = make.envelope(items, utc_now())
            try:
                answer = await self.device.post(f"/v1/{what}", json=body)
            except httpx.TransportError:
                await asyncio.sleep(0.02)
                continue
            self.journal.statuses[answer.status_code] += 1
            if answer.status_code == httpx.codes.OK:
                outcomes = [verdict["outcome"] for verdict in answer.json()["results"]]
                assert set(outcomes) <= {"created", "unchanged"}
                self.journal.acknowledged.update(item["id"] for item in items)
                return
            await asyncio.sleep(0.05)


def _encounter() -> make.Json:
    return make.encounter(
        id=make.new_id(utc_now()),
        occurred_at=utc_now() - timedelta(minutes=5),
        card=make.code(),
        referrals=[make.referral(id=make.new_id(utc_now()), slip=make.code())],
    )


def _answer(directed: make.Json) -> make.Json:
    return make.event(id=make.new_id(utc_now()), slip=directed["slip"], occurred_at=utc_now() - timedelta(minutes=1))


@pytest.fixture
async def house(context: Context) -> members.House:
    return await members.found(context)


@pytest.fixture
async def phones(
    service: Service, context: Context, house: members.House, tmp_path: Path
) -> AsyncIterator[list[Phone]]:
    async with httpx.AsyncClient(base_url=service.url, timeout=5) as client:
        yield [
            Phone(await members.enrolled(client, context, house), Journal(tmp_path / f"journal-{number}"))
            for number in range(PHONES)
        ]


async def test_loses_nothing_acknowledged_and_doubles_nothing(
    service: Service, phones: list[Phone], context: Context, house: members.House, tmp_path: Path
) -> None:
    done = asyncio.Event()
    working = [asyncio.create_task(phone.work(done)) for phone in phones]
    for _ in range(KILLS):
        await asyncio.sleep(ALIVE_S + random.random() * 0.2)  # noqa: S311 - any moment
        service.kill()
        await asyncio.to_thread(service.start)
    await asyncio.sleep(ALIVE_S)
    done.set()
    await asyncio.gather(*working)
    journals = [phone.journal for phone in phones]
    await check_records(context, house, journals)
    await check_posting_it_all_again(phones)
    check_statuses(journals)
    await check_chains(context, house, journals)
    check_integrity(context.settings)
    await check_figures(service, context, house, journals)
    await refresh(context.database)
    assert set((await verify(context.database)).values()) == {0}
    await check_figures(service, context, house, journals)
    check_logs(tmp_path / "service.log", phones)


async def check_records(context: Context, house: members.House, journals: list[Journal]) -> None:
    """Acknowledged is stored, stored was sent, everything sent is acknowledged in the end, and each is there once."""
    expected = {
        "encounters": {item["id"] for journal in journals for item in journal.sent("encounters")},
        "referral-events": {item["id"] for journal in journals for item in journal.sent("referral-events")},
    }
    acknowledged = {item_id for journal in journals for item_id in journal.acknowledged}
    assert acknowledged == expected["encounters"] | expected["referral-events"]
    assert len(expected["encounters"]) > PHONES * KILLS
    stored = [str(row["id"]) for row in await rows(context, Encounter, org_id=house.org_id)]
    assert sorted(stored) == sorted(expected["encounters"])
    events = [str(row["id"]) for row in await rows(context, ReferralEvent, org_id=house.org_id)]
    assert sorted(events) == sorted(expected["referral-events"])
    directed = [one["id"] for j in journals for item in j.sent("encounters") for one in item["referrals"]]
    referrals = await rows(context, Referral, org_id=house.org_id)
    assert sorted(str(row["id"]) for row in referrals) == sorted(directed)
    assert {row["state"] for row in referrals} == {"arrived"}


async def check_posting_it_all_again(phones: list[Phone]) -> None:
    """Everything sent is there with exactly this content: sent again, it is all unchanged."""
    for phone in phones:
        for what in ("encounters", "referral-events"):
            items = phone.journal.sent(what)
            for start in range(0, len(items), 400):
                body = make.envelope(items[start : start + 400], utc_now())
                answer = await phone.device.post(f"/v1/{what}", json=body)
                assert {verdict["outcome"] for verdict in answer.json()["results"]} == {"unchanged"}


def check_statuses(journals: list[Journal]) -> None:
    statuses: Counter[int] = sum((journal.statuses for journal in journals), Counter())
    assert set(statuses) <= {200, 503, 507}


async def check_chains(context: Context, house: members.House, journals: list[Journal]) -> None:
    """The log of acts is whole, and tells of each creation once."""
    async with context.database.reading() as session:
        for org_id in (house.org_id, SERVICE):
            assert await first_broken(session, context.keyring, org_id) is None
    for what, action in (("encounters", "encounter.post"), ("referral-events", "referral-event.post")):
        created = sum(detail.get("created", 0) for detail in await notes(context, house.org_id, action))
        assert created == len({item["id"] for journal in journals for item in journal.sent(what)})


def check_integrity(settings: Settings) -> None:
    """Nothing is broken below the tables."""
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(str(url.database))) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        return
    with psycopg.connect(settings.database_url) as checked:  # every row is readable by its table and by its key
        for table in ("encounter", "referral", "referral_event", "audit_entry"):
            plans: dict[str, Any] = {}
            for plan in ("enable_indexscan", "enable_seqscan"):
                checked.execute(f"SET LOCAL {plan} = off")
                counted = checked.execute(f"SELECT count(*), count(org_id) FROM {table}")  # noqa: S608 - a table's name
                plans[plan] = counted.fetchone()
                checked.execute(f"SET LOCAL {plan} = on")
            assert plans["enable_indexscan"] == plans["enable_seqscan"]


async def check_figures(service: Service, context: Context, house: members.House, journals: list[Journal]) -> None:
    """The funnel counts what the journals hold."""
    token = await members.account_token(context, house, Role.coordinator)
    today = utc_now().date()
    parameters = {"from": str(today - timedelta(days=2)), "to": str(today + timedelta(days=2))}
    async with httpx.AsyncClient(base_url=service.url) as client:
        answer = await client.get("/v1/metrics/funnel", params=parameters, headers={"Authorization": f"Bearer {token}"})
    directed = {one["id"] for j in journals for item in j.sent("encounters") for one in item["referrals"]}
    assert answer.json()["total"]["made"]["n"] == len({UUID(one) for one in directed})


def check_logs(log: Path, phones: list[Phone]) -> None:
    """No log line holds a token, a slip, a card or an id."""
    logged = log.read_text()
    assert '"status":200' in logged
    secrets = {phone.device.token for phone in phones}
    for phone in phones:
        for item in phone.journal.sent("encounters"):
            secrets |= {item["id"], item["card"], item["referrals"][0]["slip"]}
    assert [secret for secret in secrets if secret in logged] == []
    assert "Traceback" not in logged
    assert "127.0.0.1" not in logged.replace("Maraude answers on http://127.0.0.1", "")
