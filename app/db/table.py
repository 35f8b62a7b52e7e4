"""The base of every table: naming convention, described columns, and where Citus would place it."""

from typing import Any, Final, Literal

from sqlalchemy import Column, ForeignKey, Table
from sqlalchemy.orm import registry
from sqlalchemy.types import TypeEngine
from sqlmodel import Field, SQLModel

Placement = Literal["organisation", "reference", "local"]
"""organisation: sharded by org_id; reference: copied to every node; local: stays on the coordinator."""

registered = registry()
metadata = registered.metadata
metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

_PLACEMENT: Final = "placement"


class Base(SQLModel, registry=registered):
    """Every table derives from this; `SQLModel.metadata` of the library stays empty."""

    metadata = metadata


def column(
    kind: TypeEngine[Any] | type[TypeEngine[Any]],
    description: str,
    *,
    key: bool = False,
    null: bool = False,
    refers: str | None = None,
    unique: bool = False,
) -> Any:  # noqa: ANN401 - stands as the default of an annotated field, like pydantic's Field
    """Return a column whose description is also its comment in the database.

    `refers` names the one column of a shared reference table it points to; keys inside an organisation are composite
    and stand in `__table_args__`.
    """
    references = [ForeignKey(refers)] if refers else []
    return Field(
        description=description,
        sa_column=Column(kind, *references, primary_key=key, nullable=null, unique=unique or None, comment=description),
    )


def placed(placement: Placement, comment: str) -> dict[str, Any]:
    """Return the table options that carry its place under Citus and its comment."""
    return {"info": {_PLACEMENT: placement}, "comment": comment}


def placement_of(info: dict[Any, Any]) -> Placement:
    """Return where a table belongs; a table without a placement is a mistake and raises KeyError."""
    placement: Placement = info[_PLACEMENT]
    return placement


def table_of(model: type[Base]) -> Table:
    """Return the SQLAlchemy table behind a table class."""
    table: Table = model.__table__  # type: ignore[attr-defined]  # SQLModel gives it to every table class
    return table
