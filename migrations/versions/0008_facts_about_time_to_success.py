"""Facts about the time to success.

The index on recent outcomes is made over all referrals at once: on PostgreSQL about ten seconds for five million, while
phones keep what they send.

Runs in one transaction with the versions before and after it. On PostgreSQL no statement waits longer than 5 s for a
table that is in use (`app.db.migrate`): a version that must rewrite a large table says so here and does it in steps.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

KEY = sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")
OUTCOME = sa.text("state IN ('arrived', 'admitted', 'refused', 'declined', 'no_show', 'cancelled')")


def upgrade() -> None:
    op.create_table(
        "time_fact",
        sa.Column("org_id", KEY, nullable=False, comment="Organisation that made the referrals."),
        sa.Column(
            "span", sa.String(length=40), nullable=False, comment="Whether the cohort is a day, a week or a month."
        ),
        sa.Column("first_day", sa.Date(), nullable=False, comment="First cohort day."),
        sa.Column("territory", sa.String(length=7), nullable=False, comment="Where they were made; * for everywhere."),
        sa.Column(
            "cells",
            sa.LargeBinary(),
            nullable=False,
            comment="Kind, ending and day, packed: ascending uint32, little-endian.",
        ),
        sa.Column("counts", sa.LargeBinary(), nullable=False, comment="Referrals of each cell: uint32, little-endian."),
        sa.Column(
            "opened",
            sa.LargeBinary(),
            nullable=False,
            comment="Kind and instant of making of those without an outcome, packed: ascending int64, little-endian.",
        ),
        sa.Column(
            "last_open_at",
            sa.BigInteger(),
            nullable=True,
            comment="When the last of those was made, ms since 1970 UTC; null without any.",
        ),
        sa.CheckConstraint("span IN ('day', 'week', 'month')", name=op.f("ck_time_fact_span")),
        sa.PrimaryKeyConstraint("org_id", "span", "first_day", "territory", name=op.f("pk_time_fact")),
        comment="Outcomes of referrals by day after their making, computed from the referrals.",
        info={"placement": "organisation"},
    )
    with op.batch_alter_table("time_fact", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_time_fact_span_first_day_territory"), ["span", "first_day", "territory"], unique=False
        )

    op.create_table(
        "kind_number",
        sa.Column("kind", sa.String(length=40), nullable=False, comment="Kind of facility."),
        sa.Column("number", sa.Integer(), nullable=False, comment="Number, from 1, unlike any other's."),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_kind_number")),
        sa.UniqueConstraint("number", name=op.f("uq_kind_number_number")),
        comment="Numbers of kinds of facility, for packed facts.",
        info={"placement": "reference"},
    )
    with op.batch_alter_table("referral", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_referral_state_at"),
            ["state_at"],
            unique=False,
            sqlite_where=OUTCOME,
            postgresql_where=OUTCOME,
        )
    # Nothing is computed yet: every day that holds referrals is marked, and figures count them until it is.
    op.execute(
        "INSERT INTO stale_day (org_id, day, position) SELECT DISTINCT org_id, cohort_day, 0 FROM referral"
        " WHERE true ON CONFLICT DO NOTHING"
    )


def downgrade() -> None:
    with op.batch_alter_table("referral", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_referral_state_at"), sqlite_where=OUTCOME, postgresql_where=OUTCOME)

    op.drop_table("kind_number")
    with op.batch_alter_table("time_fact", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_time_fact_span_first_day_territory"))

    op.drop_table("time_fact")
