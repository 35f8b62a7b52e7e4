"""What every route may ask for: settings, clock, keys, sessions, the writer. One context per application."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, cast

from fastapi import Depends, Request

from app.clock import Clock
from app.db.engine import Database, ReadSession, WriteSession
from app.db.writer import Writer
from app.keyring import Keyring
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class Context:
    """The parts one running service is made of."""

    settings: Settings
    clock: Clock
    keyring: Keyring
    database: Database
    writer: Writer


def context_of(request: Request) -> Context:
    """Return the context of the application that serves this request."""
    return cast("Context", request.app.state.context)


async def _context(request: Request) -> Context:
    return context_of(request)


async def _now(request: Request) -> datetime:
    return context_of(request).clock()


async def _reading(request: Request) -> AsyncIterator[ReadSession]:
    async with context_of(request).database.reading() as session:
        yield session


async def _analysing(request: Request) -> AsyncIterator[ReadSession]:
    async with context_of(request).database.analysing() as session:
        yield session


async def _writing(request: Request) -> AsyncIterator[WriteSession]:
    async with context_of(request).database.writing() as session:
        yield session


# `scope="function"`: the transaction ends before the response starts, so a failed commit can never answer 2xx.
# A route takes its principal before its session: nobody holds a connection while waiting for another to be recognised.
Reading = Annotated[ReadSession, Depends(_reading, scope="function")]
Analysing = Annotated[ReadSession, Depends(_analysing, scope="function")]
Writing = Annotated[WriteSession, Depends(_writing, scope="function")]
Now = Annotated[datetime, Depends(_now)]
Ctx = Annotated[Context, Depends(_context)]
