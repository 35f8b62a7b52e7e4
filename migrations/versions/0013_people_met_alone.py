"""Sets of people met alone.

Runs in one transaction with the versions before and after it. On PostgreSQL no statement waits longer than 5 s for a
table that is in use (`app.db.migrate`): a version that must rewrite a large table says so here and does it in steps.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

KEY = sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")


def upgrade() -> None:
    op.create_table(
        "alone_fact",
        sa.Column("org_id", KEY, nullable=False, comment="Organisation of the teams."),
        sa.Column("day", sa.Date(), nullable=False, comment="Service day."),
        sa.Column("territory", sa.String(length=7), nullable=False, comment="Where they were met; * for everywhere."),
        sa.Column("encounters", sa.Integer(), nullable=False, comment="Encounters with one person."),
        sa.Column(
            "with_card",
            sa.Integer(),
            nullable=False,
            comment="Those with a card stored under the key of the day's year.",
        ),
        sa.Column("late", sa.Integer(), nullable=False, comment="Those received late."),
        sa.Column(
            "people",
            sa.LargeBinary(),
            nullable=False,
            comment="Roaring bitmap of person_number.number of those with such a card, serialised.",
        ),
        sa.PrimaryKeyConstraint("org_id", "day", "territory", name=op.f("pk_alone_fact")),
        comment="Who was met alone with a card, by day; destroyed with the key of the day's year.",
        info={"placement": "organisation"},
    )
    with op.batch_alter_table("alone_fact", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alone_fact_day_territory"), ["day", "territory"], unique=False)
    # Nothing is computed yet: every day that holds encounters is marked, and figures count them until it is.
    op.execute(
        "INSERT INTO stale_day (org_id, day, position) SELECT DISTINCT org_id, service_day, 0 FROM encounter"
        " WHERE true ON CONFLICT DO NOTHING"
    )


def downgrade() -> None:
    with op.batch_alter_table("alone_fact", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_alone_fact_day_territory"))

    op.drop_table("alone_fact")
