"""Closes and destroys a period, and dies just before one statement: `python -m tests.faults.closing YEAR FATAL TALLY`.

`FATAL` 0 lets it live; the number of statements begun is then left in the file `TALLY`.
"""

import asyncio
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.engine import Engine

from app.closing.service import Closer
from app.db.engine import Database
from app.keyring import Keyring
from app.settings import Settings

_NOW = datetime(2026, 6, 1, tzinfo=UTC)


async def _end(year: int) -> None:
    settings = Settings()
    database = Database(settings)
    try:
        closer = Closer(database, Keyring(settings.keys_dir), lambda: _NOW)
        await closer.close(year)
        await closer.destroy(year, grace_s=0)
    finally:
        await database.close()


def _main(year: int, fatal: int, tally: Path) -> None:
    seen = 0

    @event.listens_for(Engine, "before_cursor_execute")
    def _count(*_arguments: object) -> None:
        nonlocal seen
        seen += 1
        if seen == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    asyncio.run(_end(year))
    tally.write_text(str(seen))


if __name__ == "__main__":
    _main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
