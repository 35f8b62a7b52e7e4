"""Facts about people met on patrols, and about patrols.

Runs in one transaction with the versions before and after it. On PostgreSQL no statement waits longer than 5 s for a
table that is in use (`app.db.migrate`): a version that must rewrite a large table says so here and does it in steps.
The facts about contacts are made anew with two columns more: what they hold is thrown away and their days are marked.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

KEY = sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")


def upgrade() -> None:
    _drop_contacts()
    _create_contacts(
        sa.Column(
            "contacts_timed",
            sa.Integer(),
            nullable=False,
            comment="Contacts on patrols of known duration of the same day or the next ones.",
        ),
        sa.Column("outside", sa.Integer(), nullable=False, comment="Contacts outside the perimeter."),
    )
    op.create_table(
        "outing_fact",
        sa.Column("org_id", KEY, nullable=False, comment="Organisation of the team."),
        sa.Column("span", sa.String(length=40), nullable=False, comment="Whether it covers a day, a week or a month."),
        sa.Column("first_day", sa.Date(), nullable=False, comment="First service day."),
        sa.Column(
            "route",
            sa.String(length=160),
            nullable=False,
            comment="Territories listed, in order; * for every route.",
        ),
        sa.Column("team_id", KEY, nullable=False, comment="Team that went out; the nil UUID for every team."),
        sa.Column("patrols", sa.Integer(), nullable=False, comment="Patrols."),
        sa.Column("timed", sa.Integer(), nullable=False, comment="Those of known duration."),
        sa.Column("open_ended", sa.Integer(), nullable=False, comment="Those without an end."),
        sa.Column(
            "without_contact",
            sa.Integer(),
            nullable=False,
            comment="Those that no encounter of the same day or the next ones is linked to.",
        ),
        sa.Column("late", sa.Integer(), nullable=False, comment="Those received late."),
        sa.Column("ms", sa.BigInteger(), nullable=False, comment="Duration of the timed ones, in ms."),
        sa.Column("night_ms", sa.BigInteger(), nullable=False, comment="What of it passed at night, in ms."),
        sa.CheckConstraint("span IN ('day', 'week', 'month')", name=op.f("ck_outing_fact_span")),
        sa.PrimaryKeyConstraint("org_id", "span", "first_day", "route", "team_id", name=op.f("pk_outing_fact")),
        comment="Counts of patrols by days, route and team, computed from patrols and encounters.",
        info={"placement": "organisation"},
    )
    with op.batch_alter_table("outing_fact", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_outing_fact_span_first_day_team_id"), ["span", "first_day", "team_id"], unique=False
        )

    op.create_table(
        "route_territory",
        sa.Column("org_id", KEY, nullable=False, comment="Organisation of the teams."),
        sa.Column("route", sa.String(length=160), nullable=False, comment="Territories listed, in order."),
        sa.Column("territory", sa.String(length=7), nullable=False, comment="One of them."),
        sa.Column("territories", sa.SmallInteger(), nullable=False, comment="How many they are."),
        sa.PrimaryKeyConstraint("org_id", "route", "territory", name=op.f("pk_route_territory")),
        comment="The territories of each route patrols took.",
        info={"placement": "organisation"},
    )
    _mark("encounter", "patrol")


def downgrade() -> None:
    op.drop_table("route_territory")
    with op.batch_alter_table("outing_fact", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outing_fact_span_first_day_team_id"))

    op.drop_table("outing_fact")
    _drop_contacts()
    _create_contacts()
    _mark("encounter")


def _mark(*tables: str) -> None:
    """Mark every day that holds records: nothing is computed yet, and figures count them until it is."""
    for table in tables:
        op.execute(
            f"INSERT INTO stale_day (org_id, day, position) SELECT DISTINCT org_id, service_day, 0 FROM {table}"  # noqa: S608 - names of the schema
            " WHERE true ON CONFLICT DO NOTHING"
        )


def _drop_contacts() -> None:
    with op.batch_alter_table("contact_fact", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contact_fact_span_first_day_territory"))

    op.drop_table("contact_fact")


def _create_contacts(*more: sa.Column[int]) -> None:
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
        *more,
        sa.CheckConstraint("span IN ('day', 'week', 'month')", name=op.f("ck_contact_fact_span")),
        sa.PrimaryKeyConstraint("org_id", "span", "first_day", "territory", "team_id", name=op.f("pk_contact_fact")),
        comment="Counts of encounters by days, territory and team, computed from the encounters.",
        info={"placement": "organisation"},
    )
    with op.batch_alter_table("contact_fact", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contact_fact_span_first_day_territory"), ["span", "first_day", "territory"], unique=False
        )
