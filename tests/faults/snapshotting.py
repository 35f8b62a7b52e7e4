"""Takes a plan's snapshot and dies just before one statement: `python -m tests.faults.snapshotting PLAN FATAL`.

`FATAL` 0 lets it live.
"""

import asyncio
import os
import signal
import sys
from datetime import UTC, datetime

from sqlalchemy import event
from sqlalchemy.engine import Engine

from app.main import create_app
from app.monitoring.snapshots.service import take
from app.settings import Settings

_NOW = datetime(2026, 4, 3, 12, tzinfo=UTC)


async def _take(plan: str) -> None:
    context = create_app(Settings()).state.context
    try:
        await take(context, plan, _NOW)
    finally:
        await context.database.close()


def _run(plan: str, fatal: int) -> None:
    seen = 0

    @event.listens_for(Engine, "before_cursor_execute")
    def _count(*_arguments: object) -> None:
        nonlocal seen
        seen += 1
        if seen == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    asyncio.run(_take(plan))


if __name__ == "__main__":
    _run(sys.argv[1], int(sys.argv[2]))
