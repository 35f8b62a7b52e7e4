"""Destroys a closed period in forked children that die at a file: `python -m tests.faults.destroying YEAR`.

Reads one number a line; a child dies by SIGKILL just before it touches a file of keys, or a copy of the database, for
that many-th time, and lives when it touches fewer. Answers each line with how the child ended: 0, or a signal.
"""

import asyncio
import gc
import os
import signal
import sys
from pathlib import Path

from app.clock import utc_now
from app.closing.service import Closer
from app.db import migrate
from app.db.engine import Database
from app.keyring import Keyring
from app.settings import Settings

_TOUCHING = {"open", "os.chmod", "os.link", "os.mkdir", "os.remove", "os.rename"}
_COPY = ".db.at-"


class _Fate:
    """Counts what is done to files, and ends the process before one of them."""

    def __init__(self, folder: Path, fatal: int) -> None:
        self._within = f"{folder}{os.sep}"
        self._left = fatal
        self._sync = os.fsync

    def watch(self) -> None:
        """Count from now on; Python tells of every file it touches but for writing to and syncing an open one."""
        sys.addaudithook(self._hear)
        os.fsync = self._synced  # type: ignore[assignment]

    def _hear(self, event: str, told: tuple[object, ...]) -> None:
        if event in _TOUCHING and isinstance(told[0], str | os.PathLike):
            path = str(told[0])
            if path.startswith(self._within) or path == self._within[:-1] or _COPY in path:
                self._step()

    def _synced(self, handle: int) -> None:
        self._step()
        self._sync(handle)

    def _step(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


async def _destroy(settings: Settings, year: int) -> None:
    database = Database(settings)
    try:
        await Closer(database, Keyring(settings.keys_dir), utc_now).destroy(year, grace_s=0)
    finally:
        await database.close()


def _serve(year: int) -> None:
    settings = Settings()
    migrate.current(settings)  # children begin with everything imported, drivers too
    gc.freeze()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _Fate(settings.keys_dir, int(line)).watch()
            asyncio.run(_destroy(settings, year))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
