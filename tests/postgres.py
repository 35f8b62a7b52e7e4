"""PostgreSQL for tests and benches: a server of our own in a temporary folder, ready in a second, gone at the end.

It listens on a unix socket only, so nothing else on the machine can meet it. `TEST_DATABASE_URL` names another server
to use instead: its role must be allowed to create databases.
"""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

_DEBIAN = Path("/usr/lib/postgresql")
_ROLE = "maraude"
_UNPRIVILEGED = ("postgres", "nobody")
_QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")
_KEEPER = 'cat >/dev/null; "$1/pg_ctl" -D "$2/data" -m immediate stop >/dev/null 2>&1; rm -rf "$2"'


class NoPostgresError(Exception):
    """There is no PostgreSQL server on this machine."""

    def __str__(self) -> str:
        return "PostgreSQL's server programs are missing: half of the tests cannot run (apt install postgresql)"


class Server:
    """A PostgreSQL server on which databases can be made."""

    def __init__(self, url: URL) -> None:
        self._url = url

    def url(self, database: str) -> str:
        return self._url.set(database=database).render_as_string(hide_password=False)

    def create(self, database: str, template: str | None = None) -> str:
        """Make a database, empty or as a copy of another that nobody is connected to; return its URL."""
        source = sql.Identifier(template or "template1")
        self._run(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(database), source))
        return self.url(database)

    def drop(self, database: str) -> None:
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))

    def _run(self, statement: sql.Composed) -> None:
        url = self._url.set(drivername="postgresql", database=self._url.database or "postgres")
        with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
            connection.execute(statement)


class Cluster(Server):
    """A server of our own. `durable` keeps fsync on, for benches and faults."""

    def __init__(self, *, durable: bool = False, options: tuple[str, ...] = ()) -> None:
        self._binaries = binaries()
        self._options = ("listen_addresses=", "max_connections=100", *(() if durable else _QUICK), *options)
        self.folder = Path(tempfile.mkdtemp(prefix="mrd-"))  # a socket's path may have 107 bytes: keep it short
        super().__init__(URL.create("postgresql", _ROLE, database="postgres", query={"host": str(self.folder)}))
        if self._someone:
            shutil.chown(self.folder, self._someone["user"])
        self._keeper = self._keep()
        self._as_someone("initdb", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C", f"--username={_ROLE}")
        self.start()

    def start(self) -> None:
        """Start serving; used again after a `crash`."""
        given = " ".join(f"-c {option}" for option in (*self._options, f"unix_socket_directories={self.folder}"))
        self._as_someone("pg_ctl", "start", "-w", "-s", "-l", str(self.folder / "log"), "-o", given)

    def crash(self) -> None:
        """Stop at once, as a power cut would."""
        self._as_someone("pg_ctl", "stop", "-m", "immediate", "-s")

    def remove(self) -> None:
        """Stop and leave nothing behind."""
        assert self._keeper.stdin is not None
        self._keeper.stdin.close()
        self._keeper.wait()

    def _keep(self) -> "subprocess.Popen[bytes]":
        """Start the shell that cleans up when our end of its pipe closes: at the end, on Ctrl-C, after a SIGKILL."""
        command = ["/bin/sh", "-c", _KEEPER, "keeper", str(self._binaries), str(self.folder)]
        return subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True, cwd="/", **self._someone)

    def _as_someone(self, program: str, *arguments: str) -> None:
        command = [str(self._binaries / program), *arguments, "-D", str(self.folder / "data")]
        done = subprocess.run(  # a file and not a pipe: the server would hold the pipe open
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, cwd="/",
            check=False, **self._someone,
        )  # fmt: skip
        if done.returncode:
            log = self.folder / "log"
            msg = f"{program} failed ({done.returncode}): {log.read_text() if log.exists() else 'no log'}"
            raise RuntimeError(msg)

    @cached_property
    def _someone(self) -> dict[str, Any]:
        """The server refuses to run as root: drop to whoever may not do much."""
        if os.geteuid() != 0:
            return {}
        known = {entry.pw_name: entry for entry in pwd.getpwall()}
        entry = next(known[name] for name in _UNPRIVILEGED if name in known)
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def binaries() -> Path:
    """Return the folder of `initdb` and `postgres`: Debian's newest, or the one on PATH."""
    installed = [path.parent for path in _DEBIAN.glob("*/bin/initdb") if path.parent.parent.name.isdigit()]
    if installed:
        return max(installed, key=lambda folder: int(folder.parent.name))
    found = shutil.which("initdb")
    if found is None:
        raise NoPostgresError
    return Path(found).resolve().parent


@contextlib.contextmanager
def server(*, durable: bool = False) -> Iterator[Server]:
    """Give the server named by `TEST_DATABASE_URL`, or one of our own; raises NoPostgresError when there is neither."""
    named = os.environ.get("TEST_DATABASE_URL")
    if named:
        yield Server(make_url(named).set(drivername="postgresql"))
        return
    cluster = Cluster(durable=durable)
    try:
        yield cluster
    finally:
        cluster.remove()
