"""Slots of referrals.

Runs in one transaction with the versions before and after it. On PostgreSQL no statement waits longer than 5 s for a
table that is in use (`app.db.migrate`): a version that must rewrite a large table says so here and does it in steps.
Referrals of the last ninety days are rewritten, some thousands at a time: what happened to them is known by slots from
now on. The minute of their making stays for those that are open, and for those that ended until the next round of
purging. Figures of their days are computed anew; those of silent teams, too, which go by patrols alone from now on. The comment
of reporting_fact.teams says so.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

KEY = sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")
_INDEX = "ix_referral_unsettled"
_UNSETTLED = sa.text("made_at IS NOT NULL")
_MADE_AT = "When it was made, which the fold needs; null 72 hours after it ended."
_COMMENTS = {
    "created_at": (
        "When it was made, ms since 1970 UTC.",
        "Beginning of the two-hour slot it was made in, ms since 1970 UTC.",
    ),
    "state_at": (
        "When the state was entered, ms since 1970 UTC.",
        "Slot in which the state was entered, ms since 1970 UTC.",
    ),
    "requested_at": ("When requested; null when skipped.", "Slot in which it was requested; null when skipped."),
    "waitlisted_at": ("When waitlisted; null when skipped.", "Slot in which it was waitlisted; null when skipped."),
    "accepted_at": ("When accepted; null when skipped.", "Slot in which it was accepted; null when skipped."),
    "arrived_at": (
        "When the person arrived; null when skipped.",
        "Slot in which the person arrived; null when skipped.",
    ),
    "admitted_at": ("When the stay began; null when skipped.", "Slot in which the stay began; null when skipped."),
    "exited_at": ("When the stay ended.", "Slot in which the stay ended."),
}
_TEAMS = (
    "By team, a bit for each day since the first of which it sent a record.",
    "By team, a bit for each day since the first of which it sent a patrol.",
)
_STEP = 5_000
_COARSE = -2
_PARIS = ZoneInfo("Europe/Paris")
_HOUR_MS = 3_600_000
_REFERRAL = sa.table(
    "referral",
    sa.column("org_id", KEY),
    sa.column("id", KEY),
    sa.column("position", sa.BigInteger()),
    sa.column("made_at", sa.BigInteger()),
    *(sa.column(name, sa.BigInteger()) for name in _COMMENTS),
)


def upgrade() -> None:
    op.add_column("referral", sa.Column("made_at", sa.BigInteger(), nullable=True, comment=_MADE_AT))
    _describe(1)
    after = None
    while rows := _fine(after):
        _rewrite([_in_slots(row) for row in rows])
        after = rows[-1]["org_id"], rows[-1]["id"]
    op.create_index(
        _INDEX, "referral", ["org_id", "id"], unique=False, sqlite_where=_UNSETTLED, postgresql_where=_UNSETTLED
    )
    for days in ("cohort_day, 0 FROM referral WHERE position != -2", "service_day, 0 FROM patrol WHERE true"):
        op.execute(
            f"INSERT INTO stale_day (org_id, day, position) SELECT DISTINCT org_id, {days} ON CONFLICT DO NOTHING"
        )


def downgrade() -> None:
    op.drop_index(_INDEX, table_name="referral", sqlite_where=_UNSETTLED, postgresql_where=_UNSETTLED)
    # All else keeps its slot for an instant.
    op.execute("UPDATE referral SET created_at = made_at WHERE made_at IS NOT NULL")
    op.drop_column("referral", "made_at")
    _describe(0)


def _describe(which: int) -> None:
    """Say what the columns hold; SQLite keeps no comments."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for name, comments in _COMMENTS.items():
        op.alter_column("referral", name, comment=comments[which], existing_comment=comments[1 - which])
    op.alter_column("reporting_fact", "teams", comment=_TEAMS[which], existing_comment=_TEAMS[1 - which])


def _fine(after: tuple[Any, Any] | None) -> list[dict[str, Any]]:
    """Return the next referrals that are not coarse, by their keys."""
    c = _REFERRAL.c
    chosen = sa.select(_REFERRAL).where(c.position != _COARSE).order_by(c.org_id, c.id).limit(_STEP)
    if after is not None:
        chosen = chosen.where(sa.tuple_(c.org_id, c.id) > sa.tuple_(*(sa.literal(key, KEY) for key in after)))
    return [dict(row) for row in op.get_bind().execute(chosen).mappings()]


def _in_slots(row: Mapping[str, Any]) -> dict[str, Any]:
    slots = {f"new_{name}": None if row[name] is None else _slot_began(row[name]) for name in _COMMENTS}
    return {"its_org": row["org_id"], "its_id": row["id"], "new_made_at": row["created_at"], **slots}


def _slot_began(instant: int) -> int:
    """Return when the slot that an instant lies in began; both in ms since 1970 UTC."""
    return _hour_slot_began(instant // _HOUR_MS * _HOUR_MS)


@lru_cache(maxsize=10_000)
def _hour_slot_began(hour: int) -> int:
    local = datetime.fromtimestamp(hour / 1000, UTC).astimezone(_PARIS)
    first = local.replace(hour=local.hour // 2 * 2, minute=0, fold=0)
    return (first.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def _rewrite(rows: list[dict[str, Any]]) -> None:
    c = _REFERRAL.c
    own = sa.and_(c.org_id == sa.bindparam("its_org", type_=KEY), c.id == sa.bindparam("its_id", type_=KEY))
    names = ("made_at", *_COMMENTS)
    statement = sa.update(_REFERRAL).where(own).values({name: sa.bindparam(f"new_{name}") for name in names})
    op.get_bind().execute(statement, rows)
