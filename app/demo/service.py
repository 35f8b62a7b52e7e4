"""The demo city as the command line and the benches use it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from app.clock import utc_now
from app.db.engine import Database
from app.demo import queries
from app.demo.copying import copy_city
from app.demo.loading import load
from app.demo.model import City
from app.directory.rules import local_day
from app.settings import Settings

_DAYS_A_YEAR: Final = 365


def city_until(seed: int, years: float, until: datetime) -> City:
    """Return the city of a seed over that many years up to an instant."""
    return City(seed, local_day(until) - timedelta(days=round(years * _DAYS_A_YEAR)), until)


async def is_empty(settings: Settings) -> bool:
    """Say whether a migrated database holds no encounter yet."""
    database = Database(settings, pooled=False)
    try:
        async with database.reading() as session:
            return not await queries.holds_encounters(session)
    finally:
        await database.close()


async def bulk_load(
    settings: Settings,
    encounters: int,
    seed: int = 1,
    progress: Callable[[int], None] = lambda _: None,
    *,
    years: float = 2,
) -> int:
    """Fill a migrated and seeded database with about that many encounters; return how many there are.

    An empty one gets the city through the API first; the copies then bypass it. `progress` hears how many there are.
    """
    if await is_empty(settings):
        await load(settings, city_until(seed, years, utc_now()))
    return await copy_city(settings, encounters, seed, progress)
