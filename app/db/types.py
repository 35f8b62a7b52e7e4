"""Column types that mean the same on SQLite and PostgreSQL.

Instants are whole milliseconds since 1970 as BIGINT on both: durations are then plain subtraction in every query, and
the order of two events of one minute survives. Identifiers are 16 bytes on both.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, CheckConstraint, Date, LargeBinary, SmallInteger, String, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def to_milliseconds(instant: datetime) -> int:
    """Return whole milliseconds since 1970-01-01T00:00Z."""
    return (instant - _EPOCH) // _MILLISECOND


def to_instant(milliseconds: int) -> datetime:
    """Return the aware UTC instant of whole milliseconds since 1970-01-01T00:00Z."""
    return _EPOCH + timedelta(milliseconds=milliseconds)


class Instant(TypeDecorator[datetime]):
    """An aware instant, stored as BIGINT milliseconds since 1970 UTC."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Any | None, dialect: Dialect) -> int | None:  # noqa: ARG002, ANN401 - SQLAlchemy's signature; whole milliseconds pass for arithmetic
        """Accept an aware datetime (or whole milliseconds)."""
        if value is None or isinstance(value, int):
            return value
        return to_milliseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Return an aware UTC datetime."""
        return None if value is None else to_instant(value)


class Key(TypeDecorator[UUID]):
    """A UUID: native on PostgreSQL, 16 bytes on SQLite (half the index of its text)."""

    impl = Uuid
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the storage."""
        return dialect.type_descriptor(LargeBinary(16) if dialect.name == "sqlite" else Uuid(as_uuid=True))

    def process_bind_param(self, value: UUID | None, dialect: Dialect) -> UUID | bytes | None:
        """Bind the 16 bytes on SQLite."""
        if value is None or dialect.name != "sqlite":
            return value
        return value.bytes

    def process_result_value(self, value: UUID | bytes | None, dialect: Dialect) -> UUID | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Return a UUID."""
        return UUID(bytes=value) if isinstance(value, bytes) else value


class Document(TypeDecorator[Any]):
    """A small JSON value: JSONB on PostgreSQL, JSON text on SQLite."""

    impl = JSON
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the storage."""
        return dialect.type_descriptor(
            JSONB(none_as_null=True) if dialect.name == "postgresql" else JSON(none_as_null=True)
        )


def one_of(column: str, members: type, *, null: bool = False) -> CheckConstraint:
    """Return the named CHECK that keeps `column` to the members of a StrEnum: enums are text, never native types."""
    listed = ", ".join(f"'{member.value}'" for member in members)  # type: ignore[attr-defined]  # an enum class iterates
    rule = f"{column} IN ({listed})"
    return CheckConstraint(f"{column} IS NULL OR {rule}" if null else rule, name=column)


def between(column: str, low: int, high: int, *, null: bool = False) -> CheckConstraint:
    """Return the named CHECK low <= column <= high."""
    rule = f"{column} BETWEEN {low} AND {high}"
    return CheckConstraint(f"{column} IS NULL OR {rule}" if null else rule, name=column)


def where(condition: str) -> dict[str, Any]:
    """Return the options of a partial index, on both databases."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


Word = String(40)
"""A code from a closed vocabulary."""
Name = String(120)
"""A name given by an administrator."""
TerritoryCode = String(7)
Bytes16 = LargeBinary(16)
Bytes32 = LargeBinary(32)
Small = SmallInteger
Big = BigInteger
Day = Date
