"""Frozen releases.

Runs in one transaction with the versions before and after it. On PostgreSQL no statement waits longer than 5 s for a
table that is in use (`app.db.migrate`): a version that must rewrite a large table says so here and does it in steps.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "release",
        sa.Column("id", sa.String(length=7), nullable=False, comment="The period it is of: 2026-10, 2026-Q3 or 2026."),
        sa.Column("perimeter", sa.String(length=40), nullable=False, comment="Code of the perimeter."),
        sa.Column("span", sa.String(length=40), nullable=False, comment="Length of the period."),
        sa.Column("period_from", sa.Date(), nullable=False, comment="First service day."),
        sa.Column("period_to", sa.Date(), nullable=False, comment="First service day after it."),
        sa.Column("computed_at", sa.BigInteger(), nullable=False, comment="When it was frozen, in ms since 1970 UTC."),
        sa.Column(
            "code_version", sa.String(length=40), nullable=False, comment="Version of the service that computed it."
        ),
        sa.Column("method", sa.String(length=40), nullable=False, comment="Name of the protection it went through."),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False, comment="SHA-256 of its canonical JSON."),
        sa.CheckConstraint("span IN ('month', 'quarter', 'year')", name=op.f("ck_release_span")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release")),
        comment="Frozen releases: what left the service, never recomputed.",
        info={"placement": "reference"},
    )
    op.create_table(
        "release_tally",
        sa.Column("perimeter", sa.String(length=40), nullable=False, comment="Code of the perimeter."),
        sa.Column("month", sa.Date(), nullable=False, comment="First day of the month."),
        sa.Column(
            "place", sa.String(length=7), nullable=False, comment="Arrondissement or commune; * for the perimeter."
        ),
        sa.Column("measure", sa.String(length=40), nullable=False, comment="What is counted."),
        sa.Column("dimension", sa.String(length=40), nullable=False, comment="What it is split by."),
        sa.Column("category", sa.String(length=40), nullable=False, comment="Which part of the split."),
        sa.Column(
            "late",
            sa.SmallInteger(),
            nullable=False,
            comment="0 in time for the month's release, 1 for the quarter's, 2 for the year's.",
        ),
        sa.Column("count", sa.Integer(), nullable=False, comment="Records."),
        sa.Column("keys", sa.BigInteger(), nullable=False, comment="Sum of their record keys modulo 2^32."),
        sa.Column(
            "largest",
            sa.Integer(),
            nullable=False,
            comment="Most encounters of one patrol; 0 where patrols do not matter.",
        ),
        sa.Column("taken_at", sa.BigInteger(), nullable=False, comment="When it was counted, in ms since 1970 UTC."),
        sa.CheckConstraint(
            "measure IN ('encounters', 'first_contacts', 'referrals', 'late_encounters', 'late_referrals')",
            name=op.f("ck_release_tally_measure"),
        ),
        sa.CheckConstraint(
            "dimension IN ('total', 'stage', 'gender', 'age_band')", name=op.f("ck_release_tally_dimension")
        ),
        sa.CheckConstraint("late BETWEEN 0 AND 2", name=op.f("ck_release_tally_late")),
        sa.PrimaryKeyConstraint(
            "perimeter", "month", "place", "measure", "dimension", "category", "late", name=op.f("pk_release_tally")
        ),
        comment="Exact monthly counts that larger releases are made of; no finer than coarse records.",
        info={"placement": "reference"},
    )
    op.create_table(
        "release_file",
        sa.Column("release_id", sa.String(length=7), nullable=False, comment="The release."),
        sa.Column("part", sa.String(length=40), nullable=False, comment="Its format, or the dictionary."),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="The bytes."),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False, comment="Their SHA-256."),
        sa.CheckConstraint("part IN ('json', 'csv', 'parquet', 'dictionary')", name=op.f("ck_release_file_part")),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name=op.f("fk_release_file_release_id_release")),
        sa.PrimaryKeyConstraint("release_id", "part", name=op.f("pk_release_file")),
        comment="The bytes of frozen releases, as they are fetched.",
        info={"placement": "reference"},
    )


def downgrade() -> None:
    op.drop_table("release_file")
    op.drop_table("release_tally")
    op.drop_table("release")
