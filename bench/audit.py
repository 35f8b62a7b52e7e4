"""What the audit chain costs on ingest, how fast a chain is verified, and how soon a revocation holds on two workers.

`python -m bench.audit [--quick] [--only sqlite|postgresql]` prints the figures. Posting is measured with and without
the chain in turns, so that a growing table burdens both alike.
"""

import argparse
import asyncio
import resource
import statistics
import time
from uuid import UUID

import httpx

from app.audit import verifying
from app.audit.service import SERVICE, Act, append
from app.clock import utc_now, uuid7
from app.db.engine import Database
from app.identity import service as identity
from app.keyring import Keyring
from app.settings import Settings
from bench import load
from bench.ingest import BATCH, Place, _enrolled, environment, places
from bench.items import Items
from bench.process import ours, unaudited

_AT_ONCE = 500


def ingest_ratio(place: Place, batches: int, singles: int) -> dict[str, float]:
    """Return the rate of posting with the chain over that without, for batches of 100 and for single encounters."""
    items = Items(seed=4)
    rates: dict[tuple[str, bool], list[float]] = {}
    for audited in (True, False, False, True, True, False, False, True):
        with (ours if audited else unaudited)(environment(place.settings)) as server:
            token = asyncio.run(_enrolled(place.settings, server.port))
            for name, count, size, connections in (("batch", batches, BATCH, 8), ("single", singles, 1, 16)):
                sent = load.requests("/v1/encounters", items.bodies(count, size), token)
                done = asyncio.run(load.run(server.port, sent, connections, size))
                rates.setdefault((name, audited), []).append(done.rate)
    return {
        f"audited_over_unaudited_{name}": statistics.fmean(rates[name, True]) / statistics.fmean(rates[name, False])
        for name in ("batch", "single")
    }


async def verification(settings: Settings, count: int) -> dict[str, float]:
    """Return how long a chain of so many entries takes to be followed, and how much memory that adds."""
    database = Database(settings.model_copy(update={"analysis_timeout_s": 3600.0}))
    keyring, org_id = Keyring(settings.keys_dir), uuid7(utc_now())
    for first in range(0, count, _AT_ONCE):
        async with database.writing() as session:
            detail = {"created": 7, "unchanged": 1, "skew_s": 3}
            acts = [Act(org_id, SERVICE, "encounter.post", utc_now(), {**detail, "n": first})] * _AT_ONCE
            await append(session, keyring, acts)
    before, started = _peak_mb(), time.perf_counter()
    chains = [chain async for chain in verifying.verify(database, keyring, {}, only=org_id)]
    seconds = time.perf_counter() - started
    assert [chain.findings for chain in chains] == [[]]
    await database.close()
    return {"verified_entries": count, "verify_s": seconds, "verify_memory_mb": _peak_mb() - before}


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def revocation(place: Place, times: int) -> dict[str, float]:
    """Return the longest and the median time from a revocation until both of two workers refuse the device, in s."""
    with ours(environment(place.settings)) as one, ours(environment(place.settings)) as other:
        delays = [asyncio.run(_revoked(place.settings, (one.port, other.port))) for _ in range(times)]
    return {"revocation_max_s": max(delays), "revocation_median_s": statistics.median(delays)}


async def _revoked(settings: Settings, ports: tuple[int, int]) -> float:
    token = await _enrolled(settings, ports[0])
    bearer = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(headers=bearer) as client:
        for port in ports:  # both remember the token
            assert (await client.get(f"http://127.0.0.1:{port}/v1/me")).status_code == httpx.codes.OK
        subject = UUID((await client.get(f"http://127.0.0.1:{ports[1]}/v1/me")).json()["subject_id"])
        database = Database(settings, pooled=False)
        async with database.writing() as session:
            org = (await identity.list_organisations(session))[0]
            keyring = Keyring(settings.keys_dir)
            await identity.revoke_device(session, keyring, utc_now(), org_id=org.id, device_id=subject)
        since = time.monotonic()
        await database.close()
        await asyncio.gather(*(_refused(client, port) for port in ports))
    return time.monotonic() - since


async def _refused(client: httpx.AsyncClient, port: int) -> None:
    while (await client.get(f"http://127.0.0.1:{port}/v1/me")).status_code != httpx.codes.UNAUTHORIZED:
        pass


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of everything: to see that it works")
    parser.add_argument("--only", choices=["sqlite", "postgresql"], help="one database")
    chosen = parser.parse_args()
    part = 10 if chosen.quick else 1
    with places(chosen.only) as found:
        for place in found:
            figures = ingest_ratio(place, 200 // part, 2000 // part)
            figures |= revocation(place, 20 // min(part, 4))
            figures |= asyncio.run(verification(place.settings, 1_000_000 // part))
            for name, value in figures.items():
                print(f"{place.name}_{name:36} {value:12.3f}", flush=True)


if __name__ == "__main__":
    main()
