"""Dated annotations.

Runs in one transaction with the versions before and after it. On PostgreSQL no statement waits longer than 5 s for a
table that is in use (`app.db.migrate`): a version that must rewrite a large table says so here and does it in steps.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEY = sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "annotation",
        sa.Column("id", KEY, nullable=False, comment="Identifier."),
        sa.Column("day", sa.Date(), nullable=False, comment="Day it happened on or took effect."),
        sa.Column(
            "territory_code", sa.String(length=7), nullable=True, comment="Where; null when it concerns them all."
        ),
        sa.Column("kind", sa.String(length=40), nullable=False, comment="What kind of event."),
        sa.Column(
            "label_fr", sa.String(length=120), nullable=False, comment="What happened, in French; no person's name."
        ),
        sa.Column("label_en", sa.String(length=120), nullable=False, comment="What happened, in English."),
        sa.Column("source", sa.String(length=120), nullable=False, comment="Where this is known from."),
        sa.CheckConstraint(
            "kind IN ('eviction', 'opening', 'closure', 'law', 'other')", name=op.f("ck_annotation_kind")
        ),
        sa.ForeignKeyConstraint(
            ["territory_code"], ["territory.code"], name=op.f("fk_annotation_territory_code_territory")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_annotation")),
        comment="Dated events that figures are read beside: evictions, openings, closures, laws.",
        info={"placement": "reference"},
    )
    with op.batch_alter_table("annotation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_annotation_day"), ["day"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("annotation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_annotation_day"))

    op.drop_table("annotation")
