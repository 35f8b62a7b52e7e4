"""A running service whose every trace is in one folder, and everything that it could have left somewhere, as bytes."""

import json
import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy.engine import make_url

from app.db import migrate
from app.http.context import Context
from app.settings import Settings
from tests import postgres
from tests.faults.running import Service, beside

Hidden = Mapping[str, Callable[[], bytes]]
"""{place: everything that is there}."""


@dataclass(frozen=True)
class Serving:
    """The process, what it runs on, and where it can leave something."""

    service: Service
    settings: Settings
    context: Context
    folder: Path
    cluster: postgres.Cluster | None
    issuer: str
    """Of the provider that it trusts; empty where it trusts none."""

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def temporary(self) -> Path:
        return self.folder / "tmp"

    @property
    def answers(self) -> Path:
        """Where the test keeps what it was answered."""
        return self.folder / "answers"

    @property
    def database(self) -> Path:
        """SQLite's file."""
        return Path(make_url(self.settings.database_url).database or "")

    def query(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run one statement by hand, as somebody who has the database."""
        if self.cluster is None:
            with closing(sqlite3.connect(self.database, timeout=30)) as connection, connection:
                return connection.execute(statement, values).fetchall()
        with psycopg.connect(self.settings.database_url) as server:
            cursor = server.execute(statement.replace("?", "%s").encode(), values)
            return cursor.fetchall() if cursor.description else []

    def places(self) -> Hidden:
        """Return every place to look at."""
        shared: dict[str, Callable[[], bytes]] = {
            "log": self.log.read_bytes,
            "answers": self.answers.read_bytes,
            "temporary files": lambda: _files(self.temporary),
            "keys and anchors": lambda: _files(self.settings.keys_dir) + _files(self.settings.anchors_dir),
            "audit": lambda: json.dumps(self.query("SELECT action, detail FROM audit_entry"), default=str).encode(),
        }
        if self.cluster is None:
            return shared | {
                "database": self.database.read_bytes,
                "write-ahead log": self.database.with_name(f"{self.database.name}-wal").read_bytes,
                "backup": self._vacuumed,
            }
        data = self.cluster.folder / "data"
        return shared | {
            "database": lambda: self._settled() + _files(data / "base"),
            "write-ahead log": lambda: self._settled() + _files(data / "pg_wal"),
            "server's own files": lambda: _files(data, without={"base", "pg_wal"}),
            "server's log": (self.cluster.folder / "log").read_bytes,
            "backup": self._dumped,
        }

    def _vacuumed(self) -> bytes:
        copy = self.folder / "copy.db"
        copy.unlink(missing_ok=True)
        self.query("VACUUM INTO ?", str(copy))
        return copy.read_bytes()

    def _settled(self) -> bytes:
        self.query("CHECKPOINT")
        return b""

    def _dumped(self) -> bytes:
        command = [str(postgres.binaries() / "pg_dump"), "--dbname", self.settings.database_url]
        return subprocess.run(command, capture_output=True, check=True).stdout


def _files(folder: Path, without: frozenset[str] | set[str] = frozenset()) -> bytes:
    """Return all files below a folder, one after the other."""
    found = [path for path in sorted(folder.rglob("*")) if path.relative_to(folder).parts[0] not in without]
    return b"\n".join(path.read_bytes() for path in found if path.is_file())


@contextmanager
def serving(folder: Path, cluster: postgres.Cluster | None, issuer: str = "") -> Iterator[Serving]:
    """Start the service on a new database in `folder`, or on `cluster`; `issuer` vouches for people."""
    url = cluster.create(f"serving_{os.getpid()}") if cluster else f"sqlite:///{folder / 'maraude.db'}"
    settings = Settings(database_url=url, keys_dir=folder / "keys", anchors_dir=folder / "anchors")
    for below in (folder / "tmp", settings.keys_dir, settings.anchors_dir):
        below.mkdir(exist_ok=True)
    migrate.upgrade(settings)
    (folder / "answers").touch()
    more = {
        "TMPDIR": str(folder / "tmp"),
        "SQLITE_TMPDIR": str(folder / "tmp"),
        "MARAUDE_ANCHORS_DIR": str(settings.anchors_dir),
        "MARAUDE_QUERY_BUDGET": "1000000",
        "MARAUDE_RATE_SCALE": "0",
        **({"MARAUDE_OIDC_ISSUER": issuer} if issuer else {}),
    }
    service = Service(settings, folder / "log", more)
    made = Serving(service, settings, beside(settings), folder, cluster, issuer)
    service.start()
    try:
        yield made
    finally:
        service.stop()
        if cluster:
            cluster.drop(f"serving_{os.getpid()}")
