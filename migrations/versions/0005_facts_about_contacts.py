"""Facts about contacts.

Runs in one transaction with the versions before and after it. On PostgreSQL no statement waits longer than 5 s for a
table that is in use (`app.db.migrate`): a version that must rewrite a large table says so here and does it in steps.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

KEY = sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "contact_fact",
        sa.Column("org_id", KEY, nullable=False, comment="Organisation of the team."),
        sa.Column("span", sa.String(length=40), nullable=False, comment="Whether it covers a day, a week or a month."),
        sa.Column("first_day", sa.Date(), nullable=False, comment="First service day."),
        sa.Column("territory", sa.String(length=7), nullable=False, comment="Where they were; * for everywhere."),
        sa.Column("team_id", KEY, nullable=False, comment="Team that met people; the nil UUID for every team."),
        sa.Column("encounters", sa.Integer(), nullable=False, comment="Encounters."),
        sa.Column("contacts", sa.Integer(), nullable=False, comment="People present, summed."),
        sa.Column("with_card", sa.Integer(), nullable=False, comment="Contacts with a card."),
        sa.Column("first", sa.Integer(), nullable=False, comment="Contacts said to be the first this year."),
        sa.Column("met_before", sa.Integer(), nullable=False, comment="Contacts said not to be the first this year."),
        sa.Column("first_without_card", sa.Integer(), nullable=False, comment="First contacts without a card."),
        sa.Column("late", sa.Integer(), nullable=False, comment="Encounters received late."),
        sa.CheckConstraint("span IN ('day', 'week', 'month')", name=op.f("ck_contact_fact_span")),
        sa.PrimaryKeyConstraint("org_id", "span", "first_day", "territory", "team_id", name=op.f("pk_contact_fact")),
        comment="Counts of encounters by days, territory and team, computed from the encounters.",
        info={"placement": "organisation"},
    )
    with op.batch_alter_table("contact_fact", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contact_fact_span_first_day_territory"), ["span", "first_day", "territory"], unique=False
        )
    # Nothing is computed yet: every day that holds encounters is marked, and figures count them until it is.
    op.execute(
        "INSERT INTO stale_day (org_id, day, position) SELECT DISTINCT org_id, service_day, 0 FROM encounter"
        " WHERE true ON CONFLICT DO NOTHING"
    )


def downgrade() -> None:
    with op.batch_alter_table("contact_fact", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contact_fact_span_first_day_territory"))

    op.drop_table("contact_fact")
