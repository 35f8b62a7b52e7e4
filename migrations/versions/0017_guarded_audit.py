"""Guarded audit.

PostgreSQL: whoever was granted rights on the audit log keeps those to read it and to add to it. SQLite has no roles:
triggers refuse what changes or deletes an entry. A later version that makes `audit_entry` anew (`batch_alter_table`) takes
the triggers away with the old table and must create them again.

Runs in one transaction with the versions before and after it. On PostgreSQL no statement waits longer than 5 s for a
table that is in use (`app.db.migrate`): a version that must rewrite a large table says so here and does it in steps.
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_REFUSED = "SELECT RAISE(ABORT, 'the audit log is only added to')"
_PRESENT = "SELECT 1 FROM audit_entry WHERE org_id = NEW.org_id AND number = NEW.number"
_TRIGGERS = {
    "audit_entry_no_update": "BEFORE UPDATE ON audit_entry",
    "audit_entry_no_delete": "BEFORE DELETE ON audit_entry",
    # REPLACE deletes without asking the trigger above.
    "audit_entry_no_replace": f"BEFORE INSERT ON audit_entry WHEN EXISTS ({_PRESENT})",
}
_REVOKE = """
DO $$
DECLARE
    held record;
BEGIN
    FOR held IN
        SELECT DISTINCT granted.grantee AS role
        FROM pg_class, LATERAL aclexplode(relacl) AS granted
        WHERE pg_class.oid = 'audit_entry'::regclass AND granted.grantee <> relowner
    LOOP
        EXECUTE format(
            'REVOKE UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON audit_entry FROM %s',
            CASE held.role WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(held.role)) END
        );
    END LOOP;
END
$$
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_REVOKE)
        return
    for name, occasion in _TRIGGERS.items():
        op.execute(f"CREATE TRIGGER {name} {occasion} BEGIN {_REFUSED}; END")


def downgrade() -> None:
    # Rights that were taken stay taken: `maraude db grant` gives what a serving role needs.
    if op.get_bind().dialect.name == "sqlite":
        for name in _TRIGGERS:
            op.execute(f"DROP TRIGGER {name}")
