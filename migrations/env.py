"""How alembic runs a migration here: on the connection and in the transaction that `app.db.migrate` gives it."""

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import MetaData
from sqlalchemy.engine import Connection

from app.db.types import Document, Instant, Key

_PLAIN = {Instant: "sa.BigInteger()", Key: "KEY", Document: "DOCUMENT"}


def render_item(kind: str, item: object, _context: AutogenContext) -> str | Literal[False]:
    """Write plain SQLAlchemy types into a version: it must mean the same when the application has moved on."""
    return _PLAIN.get(type(item), False) if kind == "type" else False


def run(connection: Connection, tables: MetaData | None) -> None:
    """Run the versions asked for; `tables` is only needed to write a new one."""
    context.configure(
        connection=connection,
        target_metadata=tables,
        render_item=render_item,
        render_as_batch=True,
        compare_type=True,
        compare_server_default=True,
    )
    context.run_migrations()


run(**context.config.attributes)
