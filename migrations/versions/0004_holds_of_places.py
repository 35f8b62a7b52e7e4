"""Holds of places.

Runs in one transaction with the versions before and after it. On PostgreSQL no statement waits longer than 5 s for a
table that is in use (`app.db.migrate`): a version that must rewrite a large table says so here and does it in steps.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

KEY = sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "place_hold",
        sa.Column("org_id", KEY, nullable=False, comment="Organisation that made the referral."),
        sa.Column("id", KEY, nullable=False, comment="UUID made on the device."),
        sa.Column("team_id", KEY, nullable=False, comment="Team that holds the place."),
        sa.Column("referral_id", KEY, nullable=False, comment="Referral it is held for."),
        sa.Column("facility_id", KEY, nullable=False, comment="Facility whose place it is."),
        sa.Column("made_at", sa.BigInteger(), nullable=False, comment="When it began, ms since 1970 UTC."),
        sa.Column("expires_at", sa.BigInteger(), nullable=False, comment="When it ends by itself, ms since 1970 UTC."),
        sa.Column("released_at", sa.BigInteger(), nullable=True, comment="When the team or the facility gave it up."),
        sa.Column(
            "digest",
            sa.LargeBinary(length=32),
            nullable=False,
            comment="SHA-256 of the canonical content of the request.",
        ),
        sa.CheckConstraint("expires_at > made_at", name=op.f("ck_place_hold_lasts")),
        sa.CheckConstraint(
            "released_at IS NULL OR released_at >= made_at", name=op.f("ck_place_hold_released_after_made")
        ),
        sa.ForeignKeyConstraint(["facility_id"], ["facility.id"], name=op.f("fk_place_hold_facility_id_facility")),
        sa.ForeignKeyConstraint(
            ["org_id", "referral_id"],
            ["referral.org_id", "referral.id"],
            name=op.f("fk_place_hold_org_id_referral_id_referral"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "team_id"], ["team.org_id", "team.id"], name=op.f("fk_place_hold_org_id_team_id_team")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_place_hold")),
        comment="Places held for referrals for a limited time.",
        info={"placement": "organisation"},
    )
    with op.batch_alter_table("place_hold", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_place_hold_facility_id_expires_at"), ["facility_id", "expires_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_place_hold_org_id_referral_id"), ["org_id", "referral_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_place_hold_org_id_team_id_expires_at"), ["org_id", "team_id", "expires_at"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("place_hold", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_place_hold_org_id_team_id_expires_at"))
        batch_op.drop_index(batch_op.f("ix_place_hold_org_id_referral_id"))
        batch_op.drop_index(batch_op.f("ix_place_hold_facility_id_expires_at"))

    op.drop_table("place_hold")
