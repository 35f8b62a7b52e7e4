"""Register of plans.

Runs in one transaction with the versions before and after it. On PostgreSQL no statement waits longer than 5 s for a
table that is in use (`app.db.migrate`): a version that must rewrite a large table says so here and does it in steps.
Accounts may have one more role; SQLite makes their table anew. Whoever was granted rights on the register keeps those to
read it and to add to it; on SQLite triggers refuse what changes or deletes an entry: a later version that makes
`plan_entry` anew must create them again.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

KEY = sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_OLD = "role IN ('team_device', 'facility_device', 'coordinator', 'monitor', 'administrator', 'dpo')"
_NEW = "role IN ('team_device', 'facility_device', 'coordinator', 'monitor', 'plan_secretary', 'administrator', 'dpo')"

_REFUSED = "SELECT RAISE(ABORT, 'the register is only added to')"
_OTHER = "SELECT 1 FROM plan_entry WHERE id = NEW.id AND digest <> NEW.digest"
_TRIGGERS = {
    "plan_entry_no_update": "BEFORE UPDATE ON plan_entry",
    "plan_entry_no_delete": "BEFORE DELETE ON plan_entry",
    # REPLACE deletes without asking the trigger above; the same entry sent again is no replacement.
    "plan_entry_no_replace": f"BEFORE INSERT ON plan_entry WHEN EXISTS ({_OTHER})",
}
_REVOKE = """
DO $$
DECLARE
    held record;
BEGIN
    FOR held IN
        SELECT DISTINCT granted.grantee AS role
        FROM pg_class, LATERAL aclexplode(relacl) AS granted
        WHERE pg_class.oid = 'plan_entry'::regclass AND granted.grantee <> relowner
    LOOP
        EXECUTE format(
            'REVOKE UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON plan_entry FROM %s',
            CASE held.role WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(held.role)) END
        );
    END LOOP;
END
$$
"""


def upgrade() -> None:
    op.create_table(
        "plan_entry",
        sa.Column("id", KEY, nullable=False, comment="Identifier."),
        sa.Column("plan", sa.String(length=60), nullable=False, comment="Code of the plan."),
        sa.Column("type", sa.String(length=40), nullable=False, comment="What the entry is about."),
        sa.Column("on_day", sa.Date(), nullable=False, comment="Day the entry is about."),
        sa.Column(
            "recorded_at", sa.BigInteger(), nullable=False, comment="When it was recorded, in ms since 1970 UTC."
        ),
        sa.Column("role", sa.String(length=40), nullable=False, comment="Role of whoever recorded it."),
        sa.Column("account", KEY, nullable=True, comment="Account that recorded it; null from the command line."),
        sa.Column("corrects", KEY, nullable=True, comment="The entry it replaces."),
        sa.Column(
            "content",
            DOCUMENT,
            nullable=False,
            comment="The rest of the entry: what its type has, without what is default.",
        ),
        sa.Column(
            "digest", sa.LargeBinary(length=32), nullable=False, comment="SHA-256 of the entry's canonical JSON."
        ),
        sa.CheckConstraint(
            "type IN ('plan', 'body', 'objective', 'action', 'milestone', 'milestone_reached', 'assessment', 'statement', 'amount', 'committee', 'meeting', 'decision', 'decision_outcome', 'target', 'series', 'observation', 'acknowledgement', 'withdrawal')",
            name=op.f("ck_plan_entry_type"),
        ),
        sa.ForeignKeyConstraint(["corrects"], ["plan_entry.id"], name=op.f("fk_plan_entry_corrects_plan_entry")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_entry")),
        sa.UniqueConstraint("corrects", name=op.f("uq_plan_entry_corrects")),
        comment="The register of plans: entries about plans, never about people; only added to.",
        info={"placement": "reference"},
    )
    with op.batch_alter_table("plan_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_plan_entry_plan_type_on_day"), ["plan", "type", "on_day"], unique=False)
    _allow_roles(_NEW)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_REVOKE)
        return
    for name, occasion in _TRIGGERS.items():
        op.execute(f"CREATE TRIGGER {name} {occasion} BEGIN {_REFUSED}; END")


def downgrade() -> None:
    # An account of the role that goes has no other to fall back on, and cannot be deleted where records name it.
    op.execute("UPDATE account SET role = 'monitor' WHERE role = 'plan_secretary'")
    _allow_roles(_OLD)
    with op.batch_alter_table("plan_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_plan_entry_plan_type_on_day"))

    op.drop_table("plan_entry")


def _allow_roles(rule: str) -> None:
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_account_role"), type_="check")
        batch_op.create_check_constraint(batch_op.f("ck_account_role"), rule)
