"""How soon figures answer at 100 k, 1 M and 10 M encounters, beside plain SQL and DuckDB over the same rows.

`python -m bench.reading [--sizes 100000,1000000] [--only sqlite|postgresql]` prints ratios and writes every figure to
bench/results/reading.json. Latencies are those of whole requests to the service as `maraude serve` starts it.
"""

import argparse
import asyncio
import contextlib
import datetime as dt
import json
import statistics
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from app.clock import utc_now
from app.db import migrate
from app.db.engine import Database
from app.directory.service import seed
from app.directory.upkeep import NewFacility, create_facility
from app.identity import service as identity
from app.identity.vocabulary import OrganisationKind, Reach, Role
from app.keyring import Keyring
from app.metrics.refreshing import rebuild, verify
from app.settings import Settings
from bench import stores
from bench.population import TERRITORIES, Owner, Place, Population
from bench.process import Server, ours
from tests import postgres

RESULTS = Path(__file__).parent / "results" / "reading.json"
SIZES = (100_000, 1_000_000, 10_000_000)
_PLACES = 60
_STAYED = ("emergency_housing", "reintegration_housing", "longer_stay_housing", "addiction_treatment")
_TIMES = 30
_LONG_S = 7200.0


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: its name in the results, and what follows /v1/metrics/."""

    name: str
    path: str
    year: bool = True


def questions(today: dt.date) -> list[Asked]:
    """Return what is asked, about the year that ends with the last whole month."""
    until = today.replace(day=1)
    year = f"from={until.replace(year=until.year - 1)}&to={until}"
    quarter = f"from={(until - dt.timedelta(days=92)).replace(day=1)}&to={until}"
    return [
        Asked("funnel", f"funnel?{year}&group_by=month&horizon_days=30"),
        Asked("funnel_month_kind", f"funnel?{year}&group_by=month&group_by=kind&horizon_days=30"),
        Asked("funnel_kind_territory", f"funnel?{year}&group_by=kind&group_by=territory&horizon_days=30"),
        Asked("funnel_counted", f"funnel?{year}&group_by=month&horizon_days=31"),
        Asked("time_to_success", f"time-to-success?{year}&group_by=kind"),
        Asked("unmet_demand", f"unmet-demand?{year}&group_by=kind"),
        Asked("unmet_demand_kind_week", f"unmet-demand?{year}&group_by=kind&group_by=week"),
        Asked("flows", f"flows?{year}"),
        Asked("reach", f"reach?{year}&granularity=month"),
        Asked("coverage", f"coverage?{quarter}"),
        Asked("housing", f"housing?{year}"),
        Asked("territories", f"territories?{quarter}"),
        Asked("territories_year", f"territories?{year}"),
        Asked("effort", f"effort?{quarter}"),
        Asked("effort_year", f"effort?{year}"),
        Asked("reporting", f"reporting?{quarter}"),
        Asked("reporting_year", f"reporting?{year}"),
    ]


@contextlib.contextmanager
def databases(only: str | None, folder: Path, size: int) -> Iterator[dict[str, Settings]]:
    """Give an empty migrated database of each kind."""
    with contextlib.ExitStack() as stack:
        found: dict[str, Settings] = {}
        if only != "postgresql":
            found["sqlite"] = Settings(database_url=f"sqlite:///{folder}/{size}.db", keys_dir=folder / "keys")
        if only != "sqlite":
            server = stack.enter_context(postgres.server(durable=True))
            found["postgresql"] = Settings(database_url=server.create("reading"), keys_dir=folder / "keys-postgresql")
        yield {name: settings.model_copy(update=_patience()) for name, settings in found.items()}


def _patience() -> dict[str, float]:
    return {"write_timeout_s": _LONG_S, "analysis_timeout_s": _LONG_S, "read_timeout_s": _LONG_S}


async def _people(settings: Settings) -> str:
    """Found three associations with a team each; return the token of a coordinator who sees them all."""
    database, keyring, now = Database(settings), Keyring(settings.keys_dir), utc_now()
    async with database.writing() as session:
        await seed(session, now)
        for number in range(3):
            org = await identity.create_organisation(
                session, keyring, now, name=f"bench {number}", kind=OrganisationKind.association
            )
            await identity.create_team(session, keyring, now, org_id=org, name="bench", night=True)
        account = await identity.create_account(
            session, keyring, now, org_id=org, name="bench", role=Role.coordinator, reach=Reach.perimeter,
            perimeter="paris-nord-est",
        )  # fmt: skip
        for number in range(_PLACES):
            kind, territory = _STAYED[number % len(_STAYED)], TERRITORIES[number % len(TERRITORIES)]
            await create_facility(
                session, keyring, now, NewFacility(org, kind, f"bench {number}", territory, dt.date(2020, 1, 1))
            )
    async with database.writing() as session:
        issued = await identity.issue_account_token(
            session, keyring, now, dt.timedelta(days=1), org_id=org, account_id=account
        )
    await database.close()
    return issued.token


async def _facts(settings: Settings, *, verified: bool) -> tuple[float, float]:
    """Compute all facts; return the seconds it took, and those to verify them (0 when that is not wanted)."""
    database = Database(settings)
    started = time.perf_counter()
    await rebuild(database)
    built = time.perf_counter()
    if verified:
        wrong = await verify(database)
        assert not any(wrong.values()), wrong
    done = time.perf_counter()
    await database.close()
    return built - started, done - built


def measure(
    name: str, settings: Settings, size: int, folder: Path, figures: dict[str, float], *, verified: bool
) -> None:
    """Fill one database and ask it everything."""
    migrate.upgrade(settings)
    token = asyncio.run(_people(settings))
    today = utc_now().date()
    owners, places = [Owner(*one) for one in stores.owners(settings)], [Place(*one) for one in stores.places(settings)]
    population = Population(owners, places, size, today)
    parquet = folder / f"referral-{size}.parquet"
    started = time.perf_counter()
    for table, draw in (
        ("patrol", population.patrols),
        ("facility_report", population.reports),
        ("encounter", population.encounters),
        ("referral", population.referrals),
    ):
        rows = draw()
        stores.load(settings, table, rows, folder)
        if table == "referral":
            pq.write_table(rows, parquet)
        del rows
    here = f"{name}_{size}"
    figures[f"{here}_load_s"] = time.perf_counter() - started
    figures[f"{here}_rebuild_s"], figures[f"{here}_verify_s"] = asyncio.run(_facts(settings, verified=verified))
    environment = {"MARAUDE_DATABASE_URL": settings.database_url, "MARAUDE_KEYS_DIR": str(settings.keys_dir)}
    environment |= {"MARAUDE_RATE_SCALE": "1000000", "MARAUDE_QUERY_BUDGET": "1000000"}
    environment |= {f"MARAUDE_{key.upper()}": str(value) for key, value in _patience().items()}
    with ours(environment) as server:
        for asked in questions(today):
            p50, p99 = _latency(server, token, asked.path)
            figures[f"{here}_{asked.name}_p50_ms"], figures[f"{here}_{asked.name}_p99_ms"] = p50, p99
            print(f"{here}_{asked.name:24} p50 {p50:9.1f} ms   p99 {p99:9.1f} ms", flush=True)
    figures[f"{here}_duckdb_funnel_p50_ms"] = _duckdb_funnel(parquet, today)
    for base in ("funnel_counted", "duckdb_funnel"):
        ratio = figures[f"{here}_{base}_p50_ms"] / figures[f"{here}_funnel_p50_ms"]
        figures[f"{here}_{base}_over_funnel"] = ratio
        print(f"{here} funnel is {ratio:.1f} times as fast as {base}", flush=True)


def _latency(server: Server, token: str, path: str) -> tuple[float, float]:
    """Return p50 and p99 in ms of a warm request; fewer times where one takes long."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.port}/v1/metrics/{path}", headers={"Authorization": f"Bearer {token}"}
    )
    times: list[float] = []
    spent = 0.0
    for number in range(_TIMES + 2):
        started = time.perf_counter()
        with urllib.request.urlopen(request) as answer:  # noqa: S310 - the same
            answer.read()
        taken = time.perf_counter() - started
        spent += taken
        if number >= 2 or taken > 1:
            times.append(taken * 1000)
        if spent > 20:
            break
    return statistics.median(times), sorted(times)[min(len(times) - 1, int(0.99 * len(times)))]


def _duckdb_funnel(parquet: Path, today: dt.date) -> float:
    """Return the median ms of the funnel's main counts by month from the Parquet file, the file's cache warm."""
    until = today.replace(day=1)
    end = "created_at + CAST(2592000000 AS BIGINT)"
    later = {
        "requested": ("requested_at", "waitlisted_at", "accepted_at", "arrived_at", "admitted_at"),
        "accepted": ("accepted_at", "arrived_at", "admitted_at"),
        "arrived": ("arrived_at", "admitted_at"),
        "admitted": ("admitted_at",),
    }
    stages = ", ".join(
        f"count(*) FILTER ({' OR '.join(f'{column} <= {end}' for column in columns)}) AS {stage}"
        for stage, columns in later.items()
    )
    ended = ", ".join(
        f"count(*) FILTER (state = '{state}' AND state_at <= {end}) AS {state}"
        for state in ("refused", "declined", "no_show", "cancelled", "expired")
    )
    statement = f"""
        SELECT date_trunc('month', cohort_day) AS month, count(*) AS made, {stages}, {ended} FROM '{parquet}'
        WHERE cohort_day >= DATE '{until.replace(year=until.year - 1)}' AND cohort_day < DATE '{until}'
          AND state <> 'entered_in_error' GROUP BY month ORDER BY month
    """  # noqa: S608 - own names
    times = []
    with duckdb.connect() as duck:
        for _ in range(12):
            started = time.perf_counter()
            duck.execute(statement).fetchall()
            times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times[2:])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="encounters, separated by commas")
    parser.add_argument("--only", choices=["sqlite", "postgresql"], help="one database")
    parser.add_argument("--unverified", action="store_true", help="do not hold the facts against a recount")
    chosen = parser.parse_args()
    figures: dict[str, float] = {}
    for size in map(int, chosen.sizes.split(",")):
        with (
            tempfile.TemporaryDirectory(dir="/var/tmp") as folder,
            databases(chosen.only, Path(folder), size) as found,
        ):
            for name, settings in found.items():
                measure(name, settings, size, Path(folder), figures, verified=not chosen.unverified)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
