"""Facts about reporting health.

Runs in one transaction with the versions before and after it. On PostgreSQL no statement waits longer than 5 s for a
table that is in use (`app.db.migrate`): a version that must rewrite a large table says so here and does it in steps.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

KEY = sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")


def upgrade() -> None:
    op.create_table(
        "reporting_fact",
        sa.Column("org_id", KEY, nullable=False, comment="Organisation of the teams."),
        sa.Column("span", sa.String(length=40), nullable=False, comment="Whether it covers a day, a week or a month."),
        sa.Column("first_day", sa.Date(), nullable=False, comment="First service day."),
        sa.Column("territory", sa.String(length=7), nullable=False, comment="Where they were; * for everywhere."),
        sa.Column("encounters", sa.Integer(), nullable=False, comment="Encounters."),
        sa.Column("linked", sa.Integer(), nullable=False, comment="Encounters linked to a patrol."),
        sa.Column("single", sa.Integer(), nullable=False, comment="Encounters with one person."),
        sa.Column("gender", sa.Integer(), nullable=False, comment="Of those, gender unknown."),
        sa.Column("age_band", sa.Integer(), nullable=False, comment="Of those, age band unknown."),
        sa.Column("sleeping", sa.Integer(), nullable=False, comment="Of those, sleeping place unknown."),
        sa.Column("first_contact", sa.Integer(), nullable=False, comment="Of those, first contact unknown."),
        sa.Column("off_clock", sa.Integer(), nullable=False, comment="Encounters from a device whose clock was off."),
        sa.Column("answers", sa.Integer(), nullable=False, comment="Answers of people to the referrals."),
        sa.Column("without_effect", sa.Integer(), nullable=False, comment="Answers the referral could not take."),
        sa.Column("encounter_lags", sa.LargeBinary(), nullable=False, comment="Encounters by hours until received."),
        sa.Column("referral_lags", sa.LargeBinary(), nullable=False, comment="Referrals by hours until received."),
        sa.Column("due", sa.LargeBinary(), nullable=False, comment="Referrals by the seconds of their timers."),
        sa.Column(
            "closed", sa.LargeBinary(), nullable=False, comment="Of those, the ones closed before the timer ran out."
        ),
        sa.Column(
            "teams",
            sa.LargeBinary(),
            nullable=False,
            comment="By team, a bit for each day since the first of which it sent a record.",
        ),
        sa.Column(
            "patrols",
            sa.LargeBinary(),
            nullable=False,
            comment="Everywhere only: patrols by the territories listed, and hours until received.",
        ),
        sa.Column(
            "patrols_off",
            sa.LargeBinary(),
            nullable=False,
            comment="Everywhere only: patrols off the clock by the territories listed.",
        ),
        sa.CheckConstraint("span IN ('day', 'week', 'month')", name=op.f("ck_reporting_fact_span")),
        sa.PrimaryKeyConstraint("org_id", "span", "first_day", "territory", name=op.f("pk_reporting_fact")),
        comment="How soon and how fully records arrived, by days and territory, computed from them.",
        info={"placement": "organisation"},
    )
    with op.batch_alter_table("reporting_fact", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_reporting_fact_span_first_day_territory"), ["span", "first_day", "territory"], unique=False
        )
    # Nothing is computed yet: every day that holds records is marked, and figures count them until it is.
    for table, day in (("encounter", "service_day"), ("patrol", "service_day"), ("referral", "cohort_day")):
        op.execute(
            f"INSERT INTO stale_day (org_id, day, position) SELECT DISTINCT org_id, {day}, 0 FROM {table}"  # noqa: S608 - names of the schema
            " WHERE true ON CONFLICT DO NOTHING"
        )


def downgrade() -> None:
    with op.batch_alter_table("reporting_fact", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reporting_fact_span_first_day_territory"))

    op.drop_table("reporting_fact")
