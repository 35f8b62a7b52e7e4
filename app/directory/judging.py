"""Judging posted items by the directory, without refusing what was entered a second ago."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from app.db.engine import WriteSession
from app.directory.service import Directory, current_directory
from app.http.context import Context
from app.http.envelope import Verdict

Case = TypeVar("Case")
Read = Sequence[Sequence[Case | Verdict]]


async def read_by_directory(
    context: Context, session: WriteSession, now: datetime, read: Callable[[Directory], Read[Case]]
) -> Read[Case]:
    """Return what `read` makes of the items; read them again by a fresh directory when some would be refused."""
    directory = await current_directory(context.database, session, now)
    cases = read(directory)
    if any(isinstance(case, Verdict) for listed in cases for case in listed):
        fresh = await current_directory(context.database, session, now, fresh=True)
        if fresh is not directory:
            return read(fresh)
    return cases
