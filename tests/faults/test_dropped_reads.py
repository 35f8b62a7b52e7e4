"""Sixteen clients that drop a long read leave the service answering at once."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from typing import Any

import httpx
import psycopg
from sqlalchemy.engine import make_url

from app.clock import utc_now
from app.http.context import Context
from app.identity.vocabulary import Role
from tests import make, members
from tests.faults.conftest import Street

CALLERS = 16
MANY = 120_000
DAYS = 300
AT_ONCE_S = 2.0
FUNNEL = "/v1/metrics/funnel"


@asynccontextmanager
async def slow(context: Context, street: Street) -> AsyncIterator[None]:
    """Make the funnel slow: by a lock on PostgreSQL, by much to read on SQLite."""
    made = make.lone_referral(occurred_at=utc_now())
    body = make.envelope([made], utc_now())
    answer = await street.clients[0].post("/v1/referrals", json=body, headers=street.bearer())
    assert answer.json()["results"][0]["outcome"] == "created"
    url = make_url(context.settings.database_url)
    if url.get_backend_name() == "sqlite":
        await asyncio.to_thread(multiply, str(url.database), street)
        yield
        return
    async with await psycopg.AsyncConnection.connect(context.settings.database_url) as connection:
        await connection.execute("LOCK TABLE referral IN ACCESS EXCLUSIVE MODE")
        yield
        until = time.monotonic() + 8  # a cancellation can cross with its statement: then its own time-out ends it
        while (waiting := await waiting_for_the_lock(connection)) and time.monotonic() < until:  # noqa: ASYNC110 - the server's state
            await asyncio.sleep(0.05)
        assert waiting == [], "somebody still waits for what nobody wants any more"


async def waiting_for_the_lock(connection: psycopg.AsyncConnection[Any]) -> list[str]:
    """Return the statements that wait for a lock."""
    found = await connection.execute(
        "SELECT query FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid() AND wait_event_type = 'Lock'"
    )
    return [str(query) for (query,) in await found.fetchall()]


def multiply(path: str, street: Street) -> None:
    """Make the association's one referral many, over many days: upkeep of one day stays short."""
    with closing(sqlite3.connect(path, timeout=30)) as connection, connection:
        connection.execute("PRAGMA synchronous = OFF")
        names = [row[1] for row in connection.execute("PRAGMA table_info(referral)")]
        in_order = "CAST(printf('%016d', i) AS BLOB)"  # far cheaper to index than random ids
        day = f"date(cohort_day, '-' || (i % {DAYS}) || ' days')"
        given = {"id": in_order, "slip_digest": "NULL", "due_at": "NULL", "cohort_day": day}
        copied = ", ".join(given.get(name, name) for name in names)
        connection.execute(
            f"INSERT INTO referral ({', '.join(names)})"  # noqa: S608 - names of the schema
            " WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
            f" SELECT {copied} FROM referral, n WHERE org_id = ?",
            (MANY, street.house.org_id.bytes),
        )


async def timed(asking: Any) -> tuple[httpx.Response, float]:
    started = time.monotonic()
    return await asking, time.monotonic() - started


async def drop(url: httpx.URL, parameters: dict[str, str], headers: dict[str, str]) -> bool:
    """Ask, and go away before the answer; say whether there was none."""
    async with httpx.AsyncClient(base_url=url) as client:
        try:
            await asyncio.wait_for(client.get(FUNNEL, params=parameters, headers=headers), 0.3)
        except TimeoutError:
            return True
        return False


async def test_others_are_answered_at_once(street: Street, context: Context) -> None:
    token = await members.account_token(context, street.house, Role.coordinator)
    headers = {"Authorization": f"Bearer {token}"}
    today = utc_now().date()
    since, until = today - timedelta(days=DAYS), today + timedelta(days=2)
    parameters = {"from": since.isoformat(), "to": until.isoformat(), "horizon_days": "31"}  # no fact answers this
    client = street.clients[0]
    async with slow(context, street):
        gone = await asyncio.gather(*(drop(client.base_url, parameters, headers) for _ in range(CALLERS)))
        assert sum(gone) >= CALLERS // 2, "the read was not long"
        health, waited = await timed(client.get("/healthz"))
        assert (health.status_code, waited < AT_ONCE_S) == (200, True)
        body = make.envelope([make.patrol(started_at=utc_now(), ended_at=None)], utc_now())
        posted, waited = await timed(client.post("/v1/patrols", json=body, headers=street.bearer()))
        assert (posted.json()["results"][0]["outcome"], waited < AT_ONCE_S) == ("created", True)
        listed, waited = await timed(client.get("/v1/me", headers=street.bearer()))
        assert (listed.status_code, waited < AT_ONCE_S) == (200, True)
    answered, waited = await timed(client.get(FUNNEL, params=parameters, headers=headers))
    assert answered.status_code == 200
    assert waited < 10
    assert answered.json()["total"]["made"]["n"] >= 1
