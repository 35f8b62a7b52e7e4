"""Migrates in forked children that kill themselves: `python -m tests.migrations.killed URL upgrade head TALLY`.

Reads one number a line; a child dies by SIGKILL just before that statement, or before COMMIT when there are fewer, and
lives when the number is 0. Answers each line with `statements signal`; the first line must let it come to COMMIT.
"""

import gc
import os
import signal
import sys
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.engine import Engine

from app.db import migrate
from app.settings import Settings


def _migrate(database_url: str, direction: str, revision: str, fatal: int, tally: Path) -> None:
    """Migrate, and leave the number of statements in the file `tally` when it comes to COMMIT."""
    seen = 0

    @event.listens_for(Engine, "before_cursor_execute")
    def _count(*_arguments: object) -> None:
        nonlocal seen
        seen += 1
        if seen == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    @event.listens_for(Engine, "commit")
    def _commit(*_arguments: object) -> None:
        tally.write_text(str(seen))
        if fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    act = {"upgrade": migrate.upgrade, "downgrade": migrate.downgrade}[direction]
    act(Settings(database_url=database_url), revision)


def _serve(database_url: str, direction: str, revision: str, tally: Path) -> None:
    migrate.upgrade(Settings(database_url=f"sqlite:///{tally}.db"))
    migrate.current(Settings(database_url=database_url))  # children begin with everything imported, drivers too
    gc.freeze()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _migrate(database_url, direction, revision, int(line), tally)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(tally.read_text(), os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    _serve(sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4]))
