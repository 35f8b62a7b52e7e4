"""Closes and destroys a period in forked children that kill themselves: `python -m tests.faults.closing YEAR`.

Reads one number a line; a child dies by SIGKILL just before that statement, and lives when the number is 0. Answers
each line with what the child ended with: 0, or the signal below 0.
"""

import asyncio
import gc
import os
import signal
import sys
import traceback
from datetime import UTC, datetime

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


def _live(year: int, fatal: int) -> int:
    """Return the status to exit with, if it comes to that."""
    seen = 0

    @event.listens_for(Engine, "before_cursor_execute")
    def _count(*_arguments: object) -> None:
        nonlocal seen
        seen += 1
        if seen == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    try:
        asyncio.run(_end(year))
    except Exception:  # noqa: BLE001 - the parent tells the test that it failed
        traceback.print_exc()
        return 1
    return 0


def _serve(year: int) -> None:
    asyncio.run(Database(Settings()).close())  # children begin with everything imported, drivers too
    gc.freeze()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os._exit(_live(year, int(line)))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
