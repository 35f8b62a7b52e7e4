"""Snapshots of plans.

Whoever was granted rights on them keeps those to read them and to add to them; on SQLite, which has no roles, triggers
refuse what changes or deletes one. A later version that makes `plan_snapshot` anew must create the triggers again.

Runs in one transaction with the versions before and after it. On PostgreSQL no statement waits longer than 5 s for a
table that is in use (`app.db.migrate`): a version that must rewrite a large table says so here and does it in steps.
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_REFUSED = "SELECT RAISE(ABORT, 'snapshots are only added to')"
_PRESENT = "SELECT 1 FROM plan_snapshot WHERE plan = NEW.plan AND (number = NEW.number OR month = NEW.month)"
_TRIGGERS = {
    "plan_snapshot_no_update": "BEFORE UPDATE ON plan_snapshot",
    "plan_snapshot_no_delete": "BEFORE DELETE ON plan_snapshot",
    # REPLACE deletes without asking the trigger above.
    "plan_snapshot_no_replace": f"BEFORE INSERT ON plan_snapshot WHEN EXISTS ({_PRESENT})",
}
_REVOKE = """
DO $$
DECLARE
    held record;
BEGIN
    FOR held IN
        SELECT DISTINCT granted.grantee AS role
        FROM pg_class, LATERAL aclexplode(relacl) AS granted
        WHERE pg_class.oid = 'plan_snapshot'::regclass AND granted.grantee <> relowner
    LOOP
        EXECUTE format(
            'REVOKE UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON plan_snapshot FROM %s',
            CASE held.role WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(held.role)) END
        );
    END LOOP;
END
$$
"""


def upgrade() -> None:
    op.create_table(
        "plan_snapshot",
        sa.Column("plan", sa.String(length=60), nullable=False, comment="Code of the plan."),
        sa.Column("number", sa.Integer(), nullable=False, comment="Place in the plan's chain, from 1, without gaps."),
        sa.Column("month", sa.Date(), nullable=False, comment="First day of the month it is of."),
        sa.Column("taken_at", sa.BigInteger(), nullable=False, comment="When it was taken, in ms since 1970 UTC."),
        sa.Column("code_version", sa.String(length=40), nullable=False, comment="Version of the service that took it."),
        sa.Column(
            "previous",
            sa.LargeBinary(length=32),
            nullable=False,
            comment="Digest of the one before it; zeros for the first.",
        ),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False, comment="SHA-256(previous | body)."),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="Its canonical JSON."),
        sa.CheckConstraint("number >= 1", name=op.f("ck_plan_snapshot_number")),
        sa.PrimaryKeyConstraint("plan", "number", name=op.f("pk_plan_snapshot")),
        sa.UniqueConstraint("plan", "month", name=op.f("uq_plan_snapshot_plan_month")),
        comment="Monthly snapshots of plans, about no person: a chain for each plan, only added to.",
        info={"placement": "reference"},
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_REVOKE)
        return
    for name, occasion in _TRIGGERS.items():
        op.execute(f"CREATE TRIGGER {name} {occasion} BEGIN {_REFUSED}; END")


def downgrade() -> None:
    op.drop_table("plan_snapshot")
