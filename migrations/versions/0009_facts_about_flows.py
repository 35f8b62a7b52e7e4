"""Facts about flows.

Runs in one transaction with the versions before and after it. On PostgreSQL no statement waits longer than 5 s for a
table that is in use (`app.db.migrate`): a version that must rewrite a large table says so here and does it in steps.
This one builds two indexes of referral: at ten million encounters some seconds in which no referral is written.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

KEY = sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
SUCCEEDED_AT = "(CASE WHEN (success = 'arrived') THEN coalesce(arrived_at, admitted_at) ELSE admitted_at END)"

LEFT = "exited_at IS NOT NULL AND admitted_at IS NOT NULL AND state != 'entered_in_error'"


def _only(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    op.create_table(
        "flow_lookup",
        sa.Column("lookup", sa.LargeBinary(length=16), nullable=False, comment="SHA-256(its content)[:16]."),
        sa.Column("version", sa.BigInteger(), nullable=False, comment="Version of the directory it is known to be of."),
        sa.Column(
            "content",
            DOCUMENT,
            nullable=False,
            comment="Whose referrals, in which territories, and the rung of each kind.",
        ),
        sa.PrimaryKeyConstraint("lookup", name=op.f("pk_flow_lookup")),
        comment="Look-ups for earlier referrals that facts about flows are kept of.",
        info={"placement": "reference"},
    )
    op.create_table(
        "flow_fact",
        sa.Column("org_id", KEY, nullable=False, comment="Organisation that made the referrals."),
        sa.Column("span", sa.String(length=40), nullable=False, comment="Whether it covers a day, a week or a month."),
        sa.Column("first_day", sa.Date(), nullable=False, comment="First cohort day."),
        sa.Column(
            "lookup", sa.LargeBinary(length=16), nullable=False, comment="Where earlier referrals were looked for."
        ),
        sa.Column(
            "territory",
            sa.String(length=7),
            nullable=False,
            comment="Where they were made; * for all of the look-up's territories.",
        ),
        sa.Column(
            "flows",
            sa.LargeBinary(),
            nullable=False,
            comment="Ten bytes a cell: number of the cell, referrals, those received late.",
        ),
        sa.CheckConstraint("span IN ('day', 'week', 'month')", name=op.f("ck_flow_fact_span")),
        sa.PrimaryKeyConstraint("org_id", "span", "first_day", "lookup", "territory", name=op.f("pk_flow_fact")),
        comment="Counts of flows between rungs by days and territory, computed from the referrals.",
        info={"placement": "organisation"},
    )
    with op.batch_alter_table("flow_fact", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_flow_fact_lookup_span_first_day_territory"),
            ["lookup", "span", "first_day", "territory"],
            unique=False,
        )

    op.create_table(
        "trail_mark",
        sa.Column("org_id", KEY, nullable=False, comment="Organisation of the referral."),
        sa.Column("id", KEY, nullable=False, comment="Random identifier."),
        sa.Column("referral_id", KEY, nullable=False, comment="The referral."),
        sa.Column(
            "link_id",
            sa.LargeBinary(length=16),
            nullable=True,
            comment="Card under which it succeeded, before or after.",
        ),
        sa.Column("since", sa.BigInteger(), nullable=True, comment="First instant of that success, ms since 1970 UTC."),
        sa.Column(
            "waits_for",
            KEY,
            nullable=True,
            comment="Referral it takes up, of the same organisation: it bears on the days once that one is there.",
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_trail_mark")),
        comment="Referrals whose change bears on later ones, until those are marked.",
        info={"placement": "organisation"},
    )
    op.create_index(
        "ix_referral_link_id_succeeded_at",
        "referral",
        ["link_id", sa.text(SUCCEEDED_AT)],
        unique=False,
        **_only("link_id IS NOT NULL"),
    )
    op.drop_index("ix_referral_link_id", "referral")
    op.create_index(
        "ix_referral_left",
        "referral",
        ["exited_at", "territory", "org_id", "kind", "cohort_day", "exit_destination"],
        unique=False,
        **_only(LEFT),
    )


def downgrade() -> None:
    op.drop_index("ix_referral_left", "referral")
    op.create_index("ix_referral_link_id", "referral", ["link_id"], unique=False, **_only("link_id IS NOT NULL"))
    op.drop_index("ix_referral_link_id_succeeded_at", "referral")
    op.drop_table("trail_mark")
    with op.batch_alter_table("flow_fact", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_flow_fact_lookup_span_first_day_territory"))

    op.drop_table("flow_fact")
    op.drop_table("flow_lookup")
