"""How fast the service stores what is posted, beside the driver alone and a naive endpoint, in one run.

`python -m bench.ingest [--quick] [--only sqlite|postgresql] [--soak N]` prints ratios and writes every figure to
bench/results/latest.json. Both databases sync every commit to the disk. Absolute figures only orient: the load
generator shares the machine with what it measures.
"""

import argparse
import asyncio
import contextlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx

from app.clock import utc_now
from app.db import migrate
from app.db.engine import Database
from app.demo.device import Device
from app.directory.service import seed
from app.identity import service as identity
from app.identity.vocabulary import OrganisationKind
from app.keyring import Keyring
from app.settings import Settings
from bench import load, raw
from bench.items import Items
from bench.process import Server, naive, ours
from tests import postgres

RESULTS = Path(__file__).parent / "results" / "latest.json"
BATCH = 100


@dataclass(slots=True)
class Sizes:
    """How much is posted."""

    batches: int
    naive_batches: int
    singles: int
    naive_singles: int
    soak: int


@dataclass(slots=True)
class Place:
    """A database of its own, empty and migrated, and a copy of it for the driver alone."""

    name: str
    settings: Settings
    fresh_copy: str
    naive_url: str


@contextlib.contextmanager
def places(only: str | None) -> Iterator[list[Place]]:
    """Give a SQLite file and a database on a PostgreSQL server that syncs, each with a copy."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder, contextlib.ExitStack() as stack:
        found = []
        here = Path(folder)
        if only != "postgresql":
            settings = Settings(database_url=f"sqlite:///{here}/ours.db", keys_dir=here / "keys")
            asyncio.run(_prepare(settings))
            copy = here / "copy.db"
            shutil.copyfile(here / "ours.db", copy)
            found.append(Place("sqlite", settings, str(copy), f"sqlite:///{here}/naive.db"))
        if only != "sqlite":
            server = stack.enter_context(postgres.server(durable=True))
            settings = Settings(database_url=server.create("ours"), keys_dir=here / "keys-postgresql")
            asyncio.run(_prepare(settings))
            copy_url = server.create("copy", "ours")
            found.append(Place("postgresql", settings, copy_url, server.create("naive")))
        yield found


async def _prepare(settings: Settings) -> None:
    await asyncio.to_thread(migrate.upgrade, settings)
    database = Database(settings)
    async with database.writing() as session:
        await seed(session, utc_now())
        org = await identity.create_organisation(
            session, Keyring(settings.keys_dir), utc_now(), name="bench", kind=OrganisationKind.association
        )
    async with database.writing() as session:
        await identity.create_team(session, Keyring(settings.keys_dir), utc_now(), org_id=org, name="bench", night=True)
    await database.close()


async def _enrolled(settings: Settings, port: int) -> str:
    """Return the token of a phone enrolled as a real one."""
    database, keyring = Database(settings), Keyring(settings.keys_dir)
    async with database.writing() as session:
        org = (await identity.list_organisations(session))[0]
        team = (await identity.list_teams(session, org.id))[0]
        code = await identity.open_enrolment(
            session, keyring, utc_now(), timedelta(minutes=15), org_id=org.id, label="bench", team_id=team.id
        )
    await database.close()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        phone = Device(client, settings.public_url)
        await phone.enrol(code)
    return phone.token


def environment(settings: Settings) -> dict[str, str]:
    """Return what the server process needs to know."""
    there = {"MARAUDE_DATABASE_URL": settings.database_url, "MARAUDE_KEYS_DIR": str(settings.keys_dir)}
    return there | {"MARAUDE_RATE_SCALE": "1000000"}  # counted as always, refused never


def measure(place: Place, sizes: Sizes) -> dict[str, float]:
    """Measure one database; return {name: figure}."""
    figures: dict[str, float] = {}
    with ours(environment(place.settings)) as server:
        _ours(place, sizes, server, figures)
    _upkeep(place, sizes, figures)
    _alone(place, sizes, figures)
    with naive({"MARAUDE_DATABASE_URL": place.naive_url}) as server:
        _naive(sizes, server, figures)
    figures["batch_vs_naive"] = figures["batch_per_s"] / figures["naive_batch_per_s"]
    figures["batch_vs_driver"] = figures["batch_per_s"] / figures["driver_per_s"]
    figures["single64_vs_naive8"] = figures["single64_per_s"] / figures["naive_single8_per_s"]
    figures["p99_over_p50"] = figures["batch_p99_ms"] / figures["batch_p50_ms"]
    return {f"{place.name}_{name}": round(value, 4) for name, value in figures.items()}


def _ours(place: Place, sizes: Sizes, server: Server, figures: dict[str, float]) -> None:
    token = asyncio.run(_enrolled(place.settings, server.port))
    items = Items(seed=1)
    warm = load.requests("/v1/encounters", items.bodies(5, BATCH), token)
    asyncio.run(load.run(server.port, warm, 1, BATCH))
    batches = load.requests("/v1/encounters", items.bodies(sizes.batches, BATCH), token)
    before = server.cpu_seconds()
    done = asyncio.run(load.run(server.port, batches, 8, BATCH))
    figures["batch_per_s"] = done.rate
    figures["batch_p50_ms"], figures["batch_p99_ms"] = done.quantile(0.5) * 1000, done.quantile(0.99) * 1000
    figures["cpu_us_per_encounter"] = (server.cpu_seconds() - before) / done.items * 1e6
    again = asyncio.run(load.run(server.port, batches, 8, BATCH))
    figures["resent_per_s"] = again.rate
    for connections in (1, 16, 64):
        count = sizes.singles if connections > 1 else sizes.singles // 8
        singles = load.requests("/v1/encounters", items.bodies(count, 1), token)
        before = server.cpu_seconds()
        figures[f"single{connections}_per_s"] = asyncio.run(load.run(server.port, singles, connections, 1)).rate
        figures[f"cpu_us_per_single{connections}"] = (server.cpu_seconds() - before) / count * 1e6
    if sizes.soak:
        _soak(sizes.soak, server, items, token, figures)


def _upkeep(place: Place, sizes: Sizes, figures: dict[str, float]) -> None:
    """Post as much with and without the upkeep of facts beside it, in turns: a later part meets a larger table."""
    items = Items(seed=3)
    rates: dict[bool, list[float]] = {True: [], False: []}
    for number in range(4):
        kept = number in {0, 3}
        every = {"MARAUDE_REFRESH_INTERVAL_S": "2" if kept else "86400"}
        with ours(environment(place.settings) | every) as server:
            token = asyncio.run(_enrolled(place.settings, server.port))
            batches = load.requests("/v1/encounters", items.bodies(sizes.batches // 2, BATCH), token)
            rates[kept].append(asyncio.run(load.run(server.port, batches, 8, BATCH)).rate)
    figures["upkeep_over_none"] = sum(rates[True]) / sum(rates[False])


def _soak(count: int, server: Server, items: Items, token: str, figures: dict[str, float]) -> None:
    """Post many more, and compare resident memory after the first tenth and at the end."""
    step = max(1, count // BATCH // 10)
    resident = []
    for _ in range(10):
        part = load.requests("/v1/encounters", items.bodies(step, BATCH), token)
        asyncio.run(load.run(server.port, part, 8, BATCH))
        resident.append(server.resident_mb())
    figures["soak_encounters"] = step * 10 * BATCH
    figures["resident_first_mb"], figures["resident_last_mb"] = resident[0], resident[-1]
    figures["resident_growth"] = resident[-1] / resident[0]


def _alone(place: Place, sizes: Sizes, figures: dict[str, float]) -> None:
    limit = sizes.batches * BATCH
    if place.name == "sqlite":
        path = place.settings.database_url.removeprefix("sqlite:///")
        columns, rows = raw.read_sqlite(path, limit)
        batches = raw.split(columns, rows, BATCH)
        seconds = raw.insert_sqlite(place.fresh_copy, columns, batches)
        figures["driver_per_s"] = len(rows["encounter"]) / seconds
        return
    columns, rows = raw.read_postgresql(place.settings.database_url, limit)
    batches = raw.split(columns, rows, BATCH)
    half = len(batches) // 2
    rates = []
    for connections, part in ((1, batches[:half]), (8, batches[half:])):
        seconds = asyncio.run(raw.insert_postgresql(place.fresh_copy, columns, part, connections))
        rates.append(sum(len(batch["encounter"]) for batch in part) / seconds)
    figures["driver1_per_s"], figures["driver8_per_s"] = rates
    figures["driver_per_s"] = max(rates)


def _naive(sizes: Sizes, server: Server, figures: dict[str, float]) -> None:
    items = Items(seed=2)
    batches = load.requests("/v1/encounters", items.bodies(sizes.naive_batches, BATCH))
    figures["naive_batch_per_s"] = asyncio.run(load.run(server.port, batches, 8, BATCH)).rate
    singles = load.requests("/v1/encounters", items.bodies(sizes.naive_singles, 1))
    figures["naive_single8_per_s"] = asyncio.run(load.run(server.port, singles, 8, 1)).rate


REACH = {
    "sqlite_batch_vs_naive": 15,
    "sqlite_batch_vs_driver": 0.30,
    "sqlite_single64_vs_naive8": 10,
    "postgresql_batch_vs_naive": 40,
    "postgresql_batch_vs_driver": 0.40,
    "postgresql_single64_vs_naive8": 10,
    "sqlite_upkeep_over_none": 0.8,
    "postgresql_upkeep_over_none": 0.8,
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of everything: to see that it works")
    parser.add_argument("--only", choices=["sqlite", "postgresql"], help="one database")
    parser.add_argument("--soak", type=int, default=0, help="post this many encounters more and watch the memory")
    chosen = parser.parse_args()
    part = 10 if chosen.quick else 1
    sizes = Sizes(1000 // part, 40 // min(part, 4), 8000 // part, 800 // part, chosen.soak)
    figures: dict[str, float] = {}
    with places(chosen.only) as found:
        for place in found:
            print(f"measuring {place.name} ...", flush=True)
            figures |= measure(place, sizes)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(figures, indent=2) + "\n")
    for name, value in figures.items():
        wanted = f"   (to reach: {REACH[name]})" if name in REACH else ""
        print(f"{name:42} {value:12.2f}{wanted}")


if __name__ == "__main__":
    main()
