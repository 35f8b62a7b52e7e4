"""Facts about the funnel.

Runs in one transaction with the versions before and after it. On PostgreSQL no statement waits longer than 5 s for a
table that is in use (`app.db.migrate`): a version that must rewrite a large table says so here and does it in steps.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KEY = sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "funnel_fact",
        sa.Column("org_id", KEY, nullable=False, comment="Organisation that made the referrals."),
        sa.Column(
            "span", sa.String(length=40), nullable=False, comment="Whether the cohort is a day, a week or a month."
        ),
        sa.Column("first_day", sa.Date(), nullable=False, comment="First cohort day."),
        sa.Column("horizon_days", sa.SmallInteger(), nullable=False, comment="Days each referral is followed."),
        sa.Column("territory", sa.String(length=7), nullable=False, comment="Where they were made; * for everywhere."),
        sa.Column("kind", sa.String(length=40), nullable=False, comment="Kind of facility; * for every kind."),
        sa.Column("made", sa.Integer(), nullable=False, comment="Referrals."),
        sa.Column("late", sa.Integer(), nullable=False, comment="Received late."),
        sa.Column("requested", sa.Integer(), nullable=False, comment="Requested or further."),
        sa.Column("accepted", sa.Integer(), nullable=False, comment="Accepted or further."),
        sa.Column("arrived", sa.Integer(), nullable=False, comment="Arrived or further."),
        sa.Column("admitted", sa.Integer(), nullable=False, comment="Admitted."),
        sa.Column("offered_recorded", sa.Integer(), nullable=False, comment="Offered, recorded as such."),
        sa.Column("requested_recorded", sa.Integer(), nullable=False, comment="Requested, recorded as such."),
        sa.Column("accepted_recorded", sa.Integer(), nullable=False, comment="Accepted, recorded as such."),
        sa.Column("arrived_recorded", sa.Integer(), nullable=False, comment="Arrived, recorded as such."),
        sa.Column("admitted_recorded", sa.Integer(), nullable=False, comment="Admitted, recorded as such."),
        sa.Column("waitlisted_recorded", sa.Integer(), nullable=False, comment="Waitlisted, recorded as such."),
        sa.Column("success", sa.Integer(), nullable=False, comment="Reached what counts as success."),
        sa.Column("refused", sa.Integer(), nullable=False, comment="Ended refused."),
        sa.Column("declined", sa.Integer(), nullable=False, comment="Ended declined."),
        sa.Column("no_show", sa.Integer(), nullable=False, comment="Ended with nobody there."),
        sa.Column("cancelled", sa.Integer(), nullable=False, comment="Ended cancelled."),
        sa.Column("expired", sa.Integer(), nullable=False, comment="Ended in silence."),
        sa.Column("provider_accepted", sa.Integer(), nullable=False, comment="Accepted or further, and not refused."),
        sa.Column("answered_app", sa.Integer(), nullable=False, comment="First answer learnt by app."),
        sa.Column("answered_desk", sa.Integer(), nullable=False, comment="First answer learnt by desk."),
        sa.Column("answered_phone", sa.Integer(), nullable=False, comment="First answer learnt by phone."),
        sa.CheckConstraint("span IN ('day', 'week', 'month')", name=op.f("ck_funnel_fact_span")),
        sa.PrimaryKeyConstraint(
            "org_id", "span", "first_day", "horizon_days", "territory", "kind", name=op.f("pk_funnel_fact")
        ),
        comment="Counts of referrals by cohort, horizon, territory and kind, computed from the referrals.",
        info={"placement": "organisation"},
    )
    with op.batch_alter_table("funnel_fact", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_funnel_fact_horizon_days_span_kind_first_day_territory"),
            ["horizon_days", "span", "kind", "first_day", "territory"],
            unique=False,
        )

    op.create_table(
        "stale_day",
        sa.Column("org_id", KEY, nullable=False, comment="Organisation of the records."),
        sa.Column("day", sa.Date(), nullable=False, comment="Service day, or cohort day of referrals."),
        sa.Column(
            "position", sa.BigInteger(), nullable=False, comment="Commit position of the transaction that changed them."
        ),
        sa.PrimaryKeyConstraint("org_id", "day", "position", name=op.f("pk_stale_day")),
        comment="Service days whose records changed since their facts were computed.",
        info={"placement": "organisation"},
    )
    # Nothing is computed yet: every day that holds records is marked, and figures count them until it is.
    for table, day in (("encounter", "service_day"), ("patrol", "service_day"), ("referral", "cohort_day")):
        op.execute(
            f"INSERT INTO stale_day (org_id, day, position) SELECT DISTINCT org_id, {day}, 0 FROM {table}"  # noqa: S608 - names of the schema
            " WHERE true ON CONFLICT DO NOTHING"
        )


def downgrade() -> None:
    op.drop_table("stale_day")
    with op.batch_alter_table("funnel_fact", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_funnel_fact_horizon_days_span_kind_first_day_territory"))

    op.drop_table("funnel_fact")
