"""What PostgreSQL's own files still tell of what was purged, and for how long."""

import asyncio
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from app.clock import utc_now
from app.db import migrate
from app.db.engine import Database
from app.db.writer import Writer
from app.encounters.models import Encounter
from app.http.context import Context
from app.keyring import Keyring
from app.metrics.refreshing import refresh
from app.referrals.models import Referral, ReferralEvent
from app.retention.service import purge, rewrite
from app.settings import Settings
from tests import members, places, planted, postgres

_NIGHT = datetime(2026, 3, 3, 20, 17, tzinfo=UTC)
_LATER = datetime(2026, 7, 20, tzinfo=UTC)
_EACH = 12


async def _fill(settings: Settings) -> set[bytes]:
    """Live through a few nights of March; return ids and digests of what was stored."""
    database = Database(settings)
    context = Context(settings, utc_now, Keyring(settings.keys_dir), database, Writer(database, 1_000))
    await places.seeded(context)
    house = await members.found(context)
    nights = [_NIGHT + timedelta(days=n % 5, minutes=n) for n in range(_EACH)]
    met = [planted.encounter(house, at) for at in nights]
    made = [planted.referral(house, at, state="refused", reason="no_place") for at in nights]
    told = [planted.waitlisted(one, "no_place") for one in made]
    for model, rows in ((Encounter, met), (Referral, made), (ReferralEvent, told)):
        await planted.plant(context, model, rows)
    await refresh(database)
    await database.close()
    return {bytes(needle) for row in (*met, *made, *told) for needle in (row["id"].bytes, row["digest"])}


async def _purge(settings: Settings) -> None:
    database = Database(settings)
    await purge(database, Keyring(settings.keys_dir), _LATER)
    await database.close()


def test_nothing_purged_is_found_in_the_files_of_postgresql_once_they_are_rewritten(
    own_cluster: postgres.Cluster, tmp_path: Path
) -> None:
    settings = Settings(database_url=own_cluster.create("purged"), keys_dir=tmp_path / "keys")
    migrate.upgrade(settings)
    needles = asyncio.run(_fill(settings))
    files = own_cluster.folder / "data" / "base"
    _checkpoint(own_cluster)
    assert _found(files, needles) == needles
    asyncio.run(_purge(settings))
    _checkpoint(own_cluster)
    assert _found(files, needles), "VACUUM does not overwrite: docs/operations.md says to rewrite"
    left = asyncio.run(rewrite(settings))
    _checkpoint(own_cluster)  # files that were replaced are removed by the next one
    assert _found(files, needles) == set()
    assert any("write-ahead log" in sentence for sentence in left)


def _checkpoint(cluster: postgres.Cluster) -> None:
    with psycopg.connect(cluster.url("purged").replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("ANALYZE")
        connection.execute("CHECKPOINT")


def _found(folder: Path, needles: Iterable[bytes]) -> set[bytes]:
    copy = b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
    return set(re.findall(b"|".join(map(re.escape, sorted(needles))), copy))
