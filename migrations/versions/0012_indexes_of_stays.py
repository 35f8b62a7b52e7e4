"""Indexes of stays, and of nights outside after them.

Runs in one transaction with the versions before and after it. On PostgreSQL no statement waits longer than 5 s for a
table that is in use (`app.db.migrate`): a version that must rewrite a large table says so here and does it in steps.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


_OPENED_STAY = sa.text("success = 'admitted' AND admitted_at IS NOT NULL AND state != 'entered_in_error'")
_STAY = ["kind", "territory", "org_id", "id", "facility_id", "previous_referral_id", "exit_destination"]
_INDEXES = {
    "ix_referral_stay_began": ["admitted_at", "exited_at", *_STAY],
    "ix_referral_stay_ended": ["exited_at", "admitted_at", *_STAY, "link_id", "created_at"],
}
_TAKES_UP = sa.text("previous_referral_id IS NOT NULL")
_SLEPT_OUTSIDE = sa.text("link_id IS NOT NULL AND sleeping IN ('street', 'squat')")
_OUTSIDE = "ix_encounter_slept_outside"


def upgrade() -> None:
    with op.batch_alter_table("encounter", schema=None) as batch_op:
        batch_op.create_index(
            _OUTSIDE,
            ["link_id", "service_day", "territory", "org_id", "withdrawn"],
            unique=False,
            sqlite_where=_SLEPT_OUTSIDE,
            postgresql_where=_SLEPT_OUTSIDE,
        )
    with op.batch_alter_table("referral", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_referral_org_id_previous_referral_id"),
            ["org_id", "previous_referral_id"],
            unique=False,
            sqlite_where=_TAKES_UP,
            postgresql_where=_TAKES_UP,
        )
        for name, columns in _INDEXES.items():
            batch_op.create_index(name, columns, unique=False, sqlite_where=_OPENED_STAY, postgresql_where=_OPENED_STAY)


def downgrade() -> None:
    with op.batch_alter_table("referral", schema=None) as batch_op:
        for name in _INDEXES:
            batch_op.drop_index(name, sqlite_where=_OPENED_STAY, postgresql_where=_OPENED_STAY)
        batch_op.drop_index(
            batch_op.f("ix_referral_org_id_previous_referral_id"), sqlite_where=_TAKES_UP, postgresql_where=_TAKES_UP
        )
    with op.batch_alter_table("encounter", schema=None) as batch_op:
        batch_op.drop_index(_OUTSIDE, sqlite_where=_SLEPT_OUTSIDE, postgresql_where=_SLEPT_OUTSIDE)
