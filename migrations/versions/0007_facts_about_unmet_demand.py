"""Facts about unmet demand.

Runs in one transaction with the versions before and after it. On PostgreSQL no statement waits longer than 5 s for a
table that is in use (`app.db.migrate`): a version that must rewrite a large table says so here and does it in steps.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

KEY = sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "demand_fact",
        sa.Column("org_id", KEY, nullable=False, comment="Organisation that made the referrals."),
        sa.Column("span", sa.String(length=40), nullable=False, comment="Whether it covers a day, a week or a month."),
        sa.Column("first_day", sa.Date(), nullable=False, comment="First cohort day."),
        sa.Column("territory", sa.String(length=7), nullable=False, comment="Where they were made; * for everywhere."),
        sa.Column("kind", sa.String(length=40), nullable=False, comment="Kind of facility; * for every kind."),
        sa.Column("made", sa.Integer(), nullable=False, comment="Referrals."),
        sa.Column("late", sa.Integer(), nullable=False, comment="Received late."),
        sa.Column("requests", sa.Integer(), nullable=False, comment="Requested or further."),
        sa.Column("unanswered", sa.Integer(), nullable=False, comment="Requested, and nobody answered."),
        sa.Column(
            "no_place", sa.Integer(), nullable=False, comment="Refused or put on a waiting list for want of a place."
        ),
        sa.Column("refused_no_place", sa.Integer(), nullable=False, comment="Refused for want of a place."),
        sa.Column("refused_closed", sa.Integer(), nullable=False, comment="Refused because closed."),
        sa.Column("refused_not_eligible", sa.Integer(), nullable=False, comment="Refused as not eligible."),
        sa.Column("refused_other", sa.Integer(), nullable=False, comment="Refused for another reason."),
        sa.Column("waited", sa.Integer(), nullable=False, comment="Put on a waiting list."),
        sa.Column(
            "waited_no_place", sa.Integer(), nullable=False, comment="Put on a waiting list for want of a place."
        ),
        sa.Column("still_waiting", sa.Integer(), nullable=False, comment="Still on a waiting list."),
        sa.Column("never_requested", sa.Integer(), nullable=False, comment="Offered and never requested."),
        sa.CheckConstraint("span IN ('day', 'week', 'month')", name=op.f("ck_demand_fact_span")),
        sa.PrimaryKeyConstraint("org_id", "span", "first_day", "territory", "kind", name=op.f("pk_demand_fact")),
        comment="Counts of demand by days, territory and kind, computed from the referrals.",
        info={"placement": "organisation"},
    )
    with op.batch_alter_table("demand_fact", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_demand_fact_span_kind_first_day_territory"),
            ["span", "kind", "first_day", "territory"],
            unique=False,
        )

    op.create_table(
        "need_fact",
        sa.Column("org_id", KEY, nullable=False, comment="Organisation of the team."),
        sa.Column("span", sa.String(length=40), nullable=False, comment="Whether it covers a day, a week or a month."),
        sa.Column("first_day", sa.Date(), nullable=False, comment="First service day."),
        sa.Column("territory", sa.String(length=7), nullable=False, comment="Where it was; * for everywhere."),
        sa.Column(
            "kind", sa.String(length=40), nullable=False, comment="First kind that answers the need; * for every kind."
        ),
        sa.Column("expressed", sa.Integer(), nullable=False, comment="Needs expressed."),
        sa.Column("without_offer", sa.Integer(), nullable=False, comment="Those without a referral that answers them."),
        sa.CheckConstraint("span IN ('day', 'week', 'month')", name=op.f("ck_need_fact_span")),
        sa.PrimaryKeyConstraint("org_id", "span", "first_day", "territory", "kind", name=op.f("pk_need_fact")),
        comment="Counts of needs by days, territory and kind, computed from encounters and referrals.",
        info={"placement": "organisation"},
    )
    with op.batch_alter_table("need_fact", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_need_fact_span_kind_first_day_territory"),
            ["span", "kind", "first_day", "territory"],
            unique=False,
        )
    # Nothing is computed yet: every day that holds records is marked, and figures count them until it is.
    for table, day in (("encounter", "service_day"), ("referral", "cohort_day")):
        op.execute(
            f"INSERT INTO stale_day (org_id, day, position) SELECT DISTINCT org_id, {day}, 0 FROM {table}"  # noqa: S608 - names of the schema
            " WHERE true ON CONFLICT DO NOTHING"
        )


def downgrade() -> None:
    with op.batch_alter_table("need_fact", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_need_fact_span_kind_first_day_territory"))

    op.drop_table("need_fact")
    with op.batch_alter_table("demand_fact", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_demand_fact_span_kind_first_day_territory"))

    op.drop_table("demand_fact")
