"""How a command reaches the database, shows what it found, and ends when something is wrong."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, Protocol, TypeVar
from uuid import UUID

import typer

if TYPE_CHECKING:
    from app.db.engine import WriteSession
    from app.keyring import Keyring
    from app.settings import Settings

Result = TypeVar("Result")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


@dataclass(frozen=True, slots=True)
class Hand:
    """What a command works with: one transaction, the keys, the time, the settings."""

    session: "WriteSession"
    keyring: "Keyring"
    now: datetime
    settings: "Settings"


def run(work: Callable[[Hand], Awaitable[Result]]) -> Result:
    """Do the work in one transaction and return its result; ends as `finish` does."""
    return finish(_run(work))


async def remember(hand: Hand, action: str, **detail: object) -> None:
    """Put an act of administration on the service's own chain, last in the transaction."""
    from app.audit.service import SERVICE, Act, append

    await append(hand.session, hand.keyring, [Act(SERVICE, SERVICE, action, hand.now, detail)])


def finish(
    doing: Coroutine[Any, Any, Result], loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None
) -> Result:
    """Run a coroutine and return its result; a problem ends the command with its sentence, exit 1."""
    from pydantic import ValidationError
    from sqlalchemy.exc import DBAPIError

    from app.errors import Problem

    try:
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            return runner.run(doing)
    except (Problem, ValidationError, DBAPIError) as error:
        fail(sentence_of(error))


def sentence_of(error: Exception) -> str:
    """Return what a person is told of a failure; never its own words, which may hold a row or a password."""
    from pydantic import ValidationError
    from sqlalchemy.exc import ArgumentError, DBAPIError

    from app.errors import Problem, unavailable
    from app.log import described

    match error:
        case Problem():
            hint = " Has `maraude migrate` been run?" if error.kind is unavailable else ""
            return " ".join([error.detail, *(f"{f.pointer} {f.detail}." for f in error.faults)]) + hint
        case ValidationError():
            names = sorted({f"MARAUDE_{str(found['loc'][0]).upper()}" for found in error.errors() if found["loc"]})
            return f"Some settings are not valid: {', '.join(names)}."
        case DBAPIError():
            return f"The database refused ({type(error).__name__}). Has `maraude migrate` been run?"
        case ArgumentError():
            return "MARAUDE_DATABASE_URL is no address of a database: sqlite:///path or postgresql://user@host/name."
    return f"Something went wrong that nobody foresaw: {described(error)}."


async def _run(work: Callable[[Hand], Awaitable[Result]]) -> Result:
    from app.clock import utc_now
    from app.db.engine import Database
    from app.keyring import Keyring
    from app.settings import Settings

    settings = Settings()
    database = Database(settings, pooled=False)
    try:
        async with database.writing() as session:
            return await work(Hand(session, Keyring(settings.keys_dir), utc_now(), settings))
    finally:
        await database.close()


def fail(sentence: str) -> NoReturn:
    """Say what is wrong on stderr and end with exit code 1."""
    typer.echo(sentence, err=True)
    raise typer.Exit(1)


def show_made(made: Mapping[str, Any], *, as_json: bool) -> None:
    """Print one thing that was made: JSON, or a line for each of its parts."""
    if as_json:
        typer.echo(json.dumps(made, default=str, ensure_ascii=False))
        return
    width = max(map(len, made))
    for name, value in made.items():
        typer.echo(f"{name:<{width}}  {value}")


def show_list(rows: Sequence[Mapping[str, Any]], *, as_json: bool) -> None:
    """Print rows with the same columns: JSON, or a table with a heading."""
    if as_json:
        typer.echo(json.dumps(list(rows), default=str, ensure_ascii=False))
        return
    if not rows:
        return
    lines = [list(rows[0])] + [["" if value is None else str(value) for value in row.values()] for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        typer.echo("  ".join(f"{text:<{width}}" for text, width in zip(line, widths, strict=True)).rstrip())


def iso(instant: datetime | None) -> str | None:
    """Return an instant as it is printed, to the second."""
    return instant.isoformat(timespec="seconds") if instant else None


class _Identified(Protocol):
    @property
    def id(self) -> UUID: ...


Thing = TypeVar("Thing", bound=_Identified)


def pick(things: Sequence[Thing], meant: str, name_of: Callable[[Thing], str], what: str) -> Thing:
    """Return the one thing whose id or name was typed; a problem when there is none or more than one."""
    from app import errors

    found = [thing for thing in things if str(thing.id) == meant.lower()] or [
        thing for thing in things if name_of(thing).casefold() == meant.casefold()
    ]
    if not found:
        raise errors.not_found(f"There is no such {what}.")
    if len(found) > 1:
        raise errors.conflict(f"More than one {what} is called that: give its id.")
    return found[0]
