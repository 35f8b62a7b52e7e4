"""Settled events; persons of teams are not kept.

Runs in one transaction with the versions before and after it. On PostgreSQL no statement waits longer than 5 s for a
table that is in use (`app.db.migrate`): a version that must rewrite a large table says so here and does it in steps.
The index is built over every event there is; the next rounds of purging settle most of them. The table of persons kept
is made anew: some thousand rows a closed year.
"""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

KEY = sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")
_INDEX = "ix_referral_event_unsettled"
_UNSETTLED = sa.text("sequence IS NULL")
_KEPT = ("scope", "span", "first_day", "persons")
_NIL = {"postgresql": "'00000000-0000-0000-0000-000000000000'", "sqlite": "zeroblob(16)"}
"""The team that stands for all teams."""


def upgrade() -> None:
    op.add_column(
        "referral_event",
        sa.Column(
            "sequence",
            sa.SmallInteger(),
            nullable=True,
            comment="Number in the order of the fold, once only its slot is kept; 0 when it came after that; null before.",
        ),
    )
    op.create_index(
        _INDEX,
        "referral_event",
        ["org_id", "referral_id"],
        unique=False,
        sqlite_where=_UNSETTLED,
        postgresql_where=_UNSETTLED,
    )
    _make_anew("team_id = " + _NIL[op.get_bind().dialect.name])


def downgrade() -> None:
    team = sa.Column("team_id", KEY, nullable=False, comment="Team; the nil UUID for all.")
    _make_anew("true", (team, sa.text(_NIL[op.get_bind().dialect.name])))
    # What is settled keeps its slot for an instant.
    op.drop_index(_INDEX, table_name="referral_event", sqlite_where=_UNSETTLED, postgresql_where=_UNSETTLED)
    op.drop_column("referral_event", "sequence")


def _make_anew(wanted: str, more: tuple[sa.Column[UUID], sa.TextClause] | None = None) -> None:
    """Make the table of persons kept anew, with these rows of it and perhaps one more column of the key."""
    types: tuple[Any, ...] = (sa.LargeBinary(), sa.String(), sa.Date(), sa.Integer())
    old = sa.table("persons_kept", *(sa.column(name, of) for name, of in zip(_KEPT, types, strict=True)))
    held = op.get_bind().execute(sa.select(old).where(sa.text(wanted))).all()
    column, value = more or (None, None)
    op.drop_table("persons_kept")
    new = op.create_table(
        "persons_kept",
        sa.Column(
            "scope",
            sa.LargeBinary(length=16),
            nullable=False,
            comment="SHA-256(organisation, territories)[:16]: whose encounters, and where.",
        ),
        *([] if column is None else [column]),
        sa.Column(
            "span", sa.String(length=40), nullable=False, comment="Whether it covers a month, a quarter or a year."
        ),
        sa.Column("first_day", sa.Date(), nullable=False, comment="First service day."),
        sa.Column("persons", sa.Integer(), nullable=False, comment="Distinct cards."),
        sa.CheckConstraint("span IN ('month', 'quarter', 'year')", name=op.f("ck_persons_kept_span")),
        sa.PrimaryKeyConstraint(
            "scope", *([] if column is None else ["team_id"]), "span", "first_day", name=op.f("pk_persons_kept")
        ),
        comment="Distinct card carriers of closed key periods, as numbers.",
        info={"placement": "reference"},
    )
    given = {} if value is None else {"team_id": value}
    for row in held:
        op.execute(sa.insert(new).values(**dict(zip(_KEPT, row, strict=True)), **given))
