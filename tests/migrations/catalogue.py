"""What a database says of itself, as lines per object, each as often as it is said, so that two can be compared."""

import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing

import psycopg
from sqlalchemy.engine import make_url

Catalogue = dict[str, Counter[str]]

_BOOKKEEPING = "alembic_version"
_POSTGRESQL = """
    WITH mine AS (
        SELECT c.oid AS table_id, c.relname, c.relkind FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'S', 'p')
    )
    SELECT relname, concat_ws(' ', 'kind', relkind::text, 'comment', obj_description(table_id, 'pg_class')) FROM mine
    UNION ALL
    SELECT relname, concat_ws(' ', 'column', attname, format_type(atttypid, atttypmod), 'null', NOT attnotnull,
        'default', pg_get_expr(adbin, adrelid), 'comment', col_description(table_id, attnum))
    FROM mine JOIN pg_attribute ON attrelid = table_id AND attnum > 0 AND NOT attisdropped
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    UNION ALL
    SELECT relname, concat_ws(' ', 'constraint', conname, pg_get_constraintdef(c.oid))
    FROM mine JOIN pg_constraint c ON conrelid = table_id
    UNION ALL
    SELECT relname, concat_ws(' ', 'index', pg_get_indexdef(indexrelid)) FROM mine JOIN pg_index ON indrelid = table_id
    UNION ALL
    SELECT relname, 'trigger ' || tgname FROM mine JOIN pg_trigger ON tgrelid = table_id AND NOT tgisinternal
"""


def read(database_url: str) -> Catalogue:
    """Return {table: facts}, alembic's own table left out; an empty database gives an empty mapping."""
    rows = _sqlite(database_url) if database_url.startswith("sqlite") else _postgresql(database_url)
    catalogue: Catalogue = {}
    for table, fact in rows:
        if table != _BOOKKEEPING:
            catalogue.setdefault(table, Counter())[fact] += 1
    return catalogue


def _postgresql(database_url: str) -> list[tuple[str, str]]:
    with psycopg.connect(database_url) as connection:
        return connection.execute(_POSTGRESQL).fetchall()


def _sqlite(database_url: str) -> Iterator[tuple[str, str]]:
    with closing(sqlite3.connect(make_url(database_url).database or "")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        found = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql <> ''").fetchall()
    for kind, name, table, statement in found:
        words = re.sub(r"\s+", " ", statement.replace('"', "")).removesuffix(")")
        if kind != "table":
            yield table, f"{kind} {name} {words}"
            continue
        opened, _, rest = words.partition("(")
        yield table, opened
        yield from ((table, part) for part in _parts(rest))


def _parts(body: str) -> Iterator[str]:
    """Yield the columns and constraints of a CREATE TABLE, split at the commas that are in no parenthesis or quote."""
    depth, quoted, part = 0, False, ""
    for character in body:
        quoted ^= character == "'"
        depth += 0 if quoted else {"(": 1, ")": -1}.get(character, 0)
        if character == "," and depth == 0 and not quoted:
            yield part.strip()
            part = ""
        else:
            part += character
    yield part.strip()
