"""Coarse records.

Runs in one transaction with the versions before and after it. On PostgreSQL no statement waits longer than 5 s for a
table that is in use (`app.db.migrate`): a version that must rewrite a large table says so here and does it in steps.
SQLite makes the table of encounters anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_COMMENTS = {
    "slot": (
        "Two-hour slot of the local clock, 0 (00-02) to 11 (22-24).",
        "Two-hour slot of the local clock, 0 (00-02) to 11 (22-24); null once coarse.",
    ),
    "first_received_at": (
        "Hour the first revision was received in, ms since 1970 UTC.",
        "Hour the first revision was received in, ms since 1970 UTC; null once coarse.",
    ),
    "received_at": (
        "Hour this revision was received in, ms since 1970 UTC.",
        "Hour this revision was received in, ms since 1970 UTC; null once coarse.",
    ),
}
_TYPES = {"slot": sa.SmallInteger(), "first_received_at": sa.BigInteger(), "received_at": sa.BigInteger()}


def upgrade() -> None:
    op.create_table(
        "coarsening",
        sa.Column("name", sa.String(length=40), nullable=False, comment="Always the same: there is one row."),
        sa.Column(
            "before",
            sa.Date(),
            nullable=False,
            comment="Records of service days before this Monday are coarse, but for what is still open.",
        ),
        sa.CheckConstraint("name = 'records'", name=op.f("ck_coarsening_one_row")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_coarsening")),
        comment="The day from which records keep their day, slot and quarter; one row.",
        info={"placement": "reference"},
    )
    _alter(nullable=True)


def downgrade() -> None:
    # What is coarse has nothing to put back: it stands at the start of its week.
    op.execute("UPDATE encounter SET slot = 0 WHERE slot IS NULL")
    op.execute("UPDATE encounter SET first_received_at = 0 WHERE first_received_at IS NULL")
    op.execute("UPDATE encounter SET received_at = 0 WHERE received_at IS NULL")
    _alter(nullable=False)
    op.drop_table("coarsening")


def _alter(*, nullable: bool) -> None:
    with op.batch_alter_table("encounter", schema=None) as batch_op:
        for name, comments in _COMMENTS.items():
            batch_op.alter_column(
                name,
                existing_type=_TYPES[name],
                nullable=nullable,
                comment=comments[nullable],
                existing_comment=comments[not nullable],
            )
