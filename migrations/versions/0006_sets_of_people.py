"""Sets of people.

Runs in one transaction with the versions before and after it. On PostgreSQL no statement waits longer than 5 s for a
table that is in use (`app.db.migrate`): a version that must rewrite a large table says so here and does it in steps.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KEY = sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "people_fact",
        sa.Column("org_id", KEY, nullable=False, comment="Organisation of the teams."),
        sa.Column("span", sa.String(length=40), nullable=False, comment="Whether it covers a day or a month."),
        sa.Column("first_day", sa.Date(), nullable=False, comment="First service day."),
        sa.Column("territory", sa.String(length=7), nullable=False, comment="Where they were met; * for everywhere."),
        sa.Column(
            "people", sa.LargeBinary(), nullable=False, comment="Roaring bitmap of person_number.number, serialised."
        ),
        sa.CheckConstraint("span IN ('day', 'week', 'month')", name=op.f("ck_people_fact_span")),
        sa.PrimaryKeyConstraint("org_id", "span", "first_day", "territory", name=op.f("pk_people_fact")),
        comment="Sets of card carriers met, by day and month; destroyed with the key of their period.",
        info={"placement": "organisation"},
    )
    with op.batch_alter_table("people_fact", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_people_fact_span_first_day_territory"), ["span", "first_day", "territory"], unique=False
        )

    op.create_table(
        "person_number",
        sa.Column("link_id", sa.LargeBinary(length=16), nullable=False, comment="HMAC-SHA256(period key, card)[:16]."),
        sa.Column(
            "year", sa.SmallInteger(), nullable=False, comment="Key period: the calendar year the card was shown in."
        ),
        sa.Column("number", sa.Integer(), nullable=False, comment="Number, from 1, unlike any other's."),
        sa.PrimaryKeyConstraint("link_id", name=op.f("pk_person_number")),
        sa.UniqueConstraint("number", name=op.f("uq_person_number_number")),
        comment="Numbers of cards for bitmaps of people; destroyed with the key of their period.",
        info={"placement": "reference"},
    )
    with op.batch_alter_table("person_number", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_number_year_number"), ["year", "number"], unique=False)
    # Nothing is computed yet: every day that holds encounters is marked, and figures count them until it is.
    op.execute(
        "INSERT INTO stale_day (org_id, day, position) SELECT DISTINCT org_id, service_day, 0 FROM encounter"
        " WHERE true ON CONFLICT DO NOTHING"
    )


def downgrade() -> None:
    with op.batch_alter_table("person_number", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_number_year_number"))

    op.drop_table("person_number")
    with op.batch_alter_table("people_fact", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_people_fact_span_first_day_territory"))

    op.drop_table("people_fact")
