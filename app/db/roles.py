"""The rights of the role that serves, on PostgreSQL: rows of every table, but some tables are only added to.

The owner of the tables migrates and grants; whoever takes the serving role over can neither rewrite what was written
about them nor give themselves the right to (PostgreSQL: only an owner grants).
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

ADDED_TO: Final = ("audit_entry", "plan_entry", "plan_snapshot")
"""Tables of which the serving role changes and deletes nothing."""
READ: Final = ("alembic_version",)
"""Tables that only the owner writes."""


class NoSuchRoleError(Exception):
    """The server has no role of this name, or it is the owner itself, who cannot be kept from anything."""


async def grant_serving(connection: AsyncConnection, role: str) -> Sequence[str]:
    """Give a role what serving needs and take what it does not; return the statements run. Doing it again is harmless.

    The caller is the owner of the tables. Raises NoSuchRoleError, also for a role that is the owner or could become it.
    """
    asked = text("SELECT pg_has_role(rolname, current_user, 'MEMBER') FROM pg_roles WHERE rolname = :role")
    found = (await connection.execute(asked, {"role": role})).first()
    if found is None or found[0]:
        raise NoSuchRoleError
    schema = (await connection.execute(text("SELECT quote_ident(current_schema())"))).scalar_one()
    quoted = (await connection.execute(text("SELECT quote_ident(:role)"), {"role": role})).scalar_one()
    statements = statements_for(quoted, schema)
    for statement in statements:
        await connection.execute(text(statement))
    return statements


def statements_for(role: str, schema: str) -> list[str]:
    """Return the statements that set the rights of a role; both names are quoted already."""
    rows = "SELECT, INSERT, UPDATE, DELETE"
    return [
        f"GRANT USAGE ON SCHEMA {schema} TO {role}",
        f"REVOKE CREATE ON SCHEMA {schema} FROM {role}",
        f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {role}",
        f"GRANT {rows} ON ALL TABLES IN SCHEMA {schema} TO {role}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT {rows} ON TABLES TO {role}",
        *(f"REVOKE UPDATE, DELETE ON {schema}.{table} FROM {role}" for table in ADDED_TO),
        *(f"REVOKE INSERT, UPDATE, DELETE ON {schema}.{table} FROM {role}" for table in READ),
    ]
