"""Entering plans into the register as a secretariat does, under ids made from what entries are about."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from app.clock import utc_now
from app.db.engine import Database
from app.demo import crack_2019
from app.demo.vocabulary import PublishedPlan
from app.keyring import Keyring
from app.plan.entries.importing import own_id
from app.plan.records import AnyEntry
from app.plan.register.schemas import EntryOutcome
from app.plan.register.service import COMMAND_LINE, Offered, record, remember
from app.settings import Settings

_PUBLISHED: Final[Mapping[PublishedPlan, Callable[[], Sequence[AnyEntry]]]] = {
    PublishedPlan.crack_2019: crack_2019.entries
}


async def load_plan(settings: Settings, plan: PublishedPlan) -> Counter[EntryOutcome]:
    """Enter a plan into a migrated database, all of it or nothing, and count what became of its entries.

    A second time everything is `unchanged`. Raises as `record` does where somebody entered otherwise.
    """
    database = Database(settings, pooled=False)
    try:
        return await enter(database, Keyring(settings.keys_dir), utc_now(), _PUBLISHED[plan]())
    finally:
        await database.close()


async def enter(
    database: Database, keyring: Keyring, now: datetime, entries: Sequence[AnyEntry]
) -> Counter[EntryOutcome]:
    """Enter some entries as the command line does; their ids are replaced by those they come to (`named`)."""
    offered = [Offered(f"/{n}", named(one), f"entry {n}", own_id=True) for n, one in enumerate(entries, 1)]
    async with database.writing() as session:
        outcomes = await record(session, COMMAND_LINE, now, offered)
        await remember(session, keyring, COMMAND_LINE, "plan.entries", now, offered, outcomes)
    return Counter(outcomes)


def named(entry: AnyEntry) -> AnyEntry:
    """Return an entry under the id that an import of the same line would give it: the same each time."""
    return replace(entry, id=own_id(entry))
