"""Whole copies of a SQLite database, made while it is in use and put back when it is lost.

A copy holds what the database holds, and no key: keys live in their own folder and are kept by somebody else.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from hashlib import file_digest
from pathlib import Path
from urllib.parse import quote

from alembic.script import ScriptDirectory
from alembic.util import CommandError

from app.db.migrate import config

_WAIT_S = 60.0


class UnfitCopyError(Exception):
    """What was given is no copy that could be put back; the sentence says why."""


def take(database: Path, copy: Path) -> str:
    """Write `database` as one moment had it to a new file `copy`, mode 0600; return its SHA-256 as hexadecimal.

    Writers go on meanwhile (VACUUM INTO reads one snapshot). Free pages are not copied: what was deleted is not in it.
    Raises FileExistsError when there is a file already, UnfitCopyError when the copy does not read back.
    """
    with _drafted(copy) as draft:
        with closing(sqlite3.connect(f"file:{quote(str(database))}?mode=rw", uri=True, timeout=_WAIT_S)) as source:
            source.execute("VACUUM INTO ?", (str(draft),))
        check(draft)
    return _digest(copy)


def put_back(copy: Path, database: Path) -> str:
    """Put a copy where a database is missing; return the copy's SHA-256. Nothing is ever overwritten.

    Raises FileExistsError when something is there, be it the write-ahead log of a database that was moved away: SQLite
    would play it into the copy.
    """
    for leftover in (database, *(database.with_name(f"{database.name}-{end}") for end in ("wal", "shm", "journal"))):
        if leftover.exists():
            raise FileExistsError(leftover)
    check(copy)
    database.parent.mkdir(parents=True, exist_ok=True)
    with _drafted(database) as draft, closing(_reading(copy)) as source:
        source.execute("VACUUM INTO ?", (str(draft),))
    return _digest(copy)


def check(copy: Path) -> None:
    """Raise UnfitCopyError unless `copy` is a whole SQLite database at a revision that this code knows."""
    try:
        with closing(_reading(copy)) as connection:
            whole = connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            dangling = connection.execute("PRAGMA foreign_key_check").fetchone()
            (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone() or (None,)
    except sqlite3.Error as error:
        msg = "The file is not a database of this service, or it is damaged."
        raise UnfitCopyError(msg) from error
    if not whole or dangling:
        msg = "The database in the file is damaged."
        raise UnfitCopyError(msg)
    try:
        known = revision is not None and ScriptDirectory.from_config(config()).get_revision(revision)
    except CommandError:
        known = None
    if not known:
        msg = "The database in the file is of a newer version than this one: install that version first."
        raise UnfitCopyError(msg)


def _reading(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True)


@contextmanager
def _drafted(path: Path) -> Iterator[Path]:
    """Give an empty file beside `path`, 0600; afterwards it is on disk under its name, or nothing is there."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        yield draft
        _sync(draft)
        os.link(draft, path)  # unlike a rename, this never replaces
        _sync(path.parent)
    finally:
        draft.unlink()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _digest(path: Path) -> str:
    with path.open("rb") as content:
        return file_digest(content, "sha256").hexdigest()
