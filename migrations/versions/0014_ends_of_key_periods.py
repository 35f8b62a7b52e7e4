"""Ends of key periods.

Runs in one transaction with the versions before and after it. On PostgreSQL no statement waits longer than 5 s for a
table that is in use (`app.db.migrate`): a version that must rewrite a large table says so here and does it in steps.

Every record with a card or slip is rewritten once: its seal gets the key period as its first byte, in place of the last
of the MAC. The period is that of the record's day; a phone whose clock was wrong around New Year may have used the
other one, and that seal then goes with the period of its day. The way down leaves seals as they are: codes sealed
before and after it do not meet.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

KEY = sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")
_OLD = "HMAC-SHA256(period key, {})[:16]."
_NEW = "Seal of the {}: a byte for the key period, HMAC-SHA256(period key, {})[:15]."
_SEALS = (
    ("encounter", "link_id", "card", True),
    ("referral", "slip_digest", "slip", True),
    ("referral", "link_id", "card", True),
    ("person_number", "link_id", "card", False),
)
_HOUR_MS = 3_600_000


def upgrade() -> None:
    op.create_table(
        "finality",
        sa.Column("name", sa.String(length=40), nullable=False, comment="What it is about: facts, or links."),
        sa.Column(
            "before",
            sa.Date(),
            nullable=False,
            comment="Service days before this one have ended: facts are final, or links are gone.",
        ),
        sa.CheckConstraint("name IN ('facts', 'links')", name=op.f("ck_finality_name")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_finality")),
        comment="The days from which facts are still computed, and from which cards are still there.",
        info={"placement": "reference"},
    )
    op.create_table(
        "key_period",
        sa.Column(
            "name",
            sa.String(length=40),
            nullable=False,
            comment="Name of its key: period-2026 for the calendar year 2026 in Paris.",
        ),
        sa.Column("began_at", sa.BigInteger(), nullable=False, comment="When closing began, ms since 1970 UTC."),
        sa.Column(
            "frozen_at", sa.BigInteger(), nullable=True, comment="When what needs links had been kept as numbers."
        ),
        sa.Column("nulled_at", sa.BigInteger(), nullable=True, comment="When no record carried a link of it any more."),
        sa.Column(
            "destroyed_at", sa.BigInteger(), nullable=True, comment="When the key was gone, and no file held a link."
        ),
        sa.Column(
            "unlinked",
            sa.BigInteger(),
            nullable=False,
            comment="Links taken away so far: of encounters, referrals and held events.",
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_key_period")),
        comment="Key periods that are ending or have ended; an open one has no row.",
        info={"placement": "reference"},
    )
    op.create_table(
        "persons_kept",
        sa.Column(
            "scope",
            sa.LargeBinary(length=16),
            nullable=False,
            comment="SHA-256(organisation, territories)[:16]: whose encounters, and where.",
        ),
        sa.Column("team_id", KEY, nullable=False, comment="Team; the nil UUID for all."),
        sa.Column(
            "span", sa.String(length=40), nullable=False, comment="Whether it covers a month, a quarter or a year."
        ),
        sa.Column("first_day", sa.Date(), nullable=False, comment="First service day."),
        sa.Column("persons", sa.Integer(), nullable=False, comment="Distinct cards."),
        sa.CheckConstraint("span IN ('month', 'quarter', 'year')", name=op.f("ck_persons_kept_span")),
        sa.PrimaryKeyConstraint("scope", "team_id", "span", "first_day", name=op.f("pk_persons_kept")),
        comment="Distinct card carriers of closed key periods, as numbers.",
        info={"placement": "reference"},
    )
    _describe(_NEW, _OLD)
    for statement in _resealing(op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    _describe(_OLD, _NEW)
    op.drop_table("persons_kept")
    op.drop_table("key_period")
    op.drop_table("finality")


def _describe(words: str, others: str) -> None:
    """Give the columns of seals their comments; SQLite keeps none."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, column, code, nullable in _SEALS:
        op.alter_column(
            table,
            column,
            existing_type=sa.LargeBinary(length=16),
            existing_nullable=nullable,
            existing_comment=others.format(code, code),
            comment=words.format(code, code),
        )


def _resealing(dialect: str) -> list[str]:
    """Return the statements that give every seal its period; they hold no values but years."""
    postgresql = dialect == "postgresql"

    def year_of(instant: str) -> str:
        # Paris is an hour ahead of UTC at New Year.
        if postgresql:
            at = f"to_timestamp(({instant} + {_HOUR_MS}) / 1000.0) AT TIME ZONE 'UTC'"
            return f"CAST(extract(year FROM {at}) AS integer)"
        return f"CAST(strftime('%Y', ({instant} + {_HOUR_MS}) / 1000, 'unixepoch') AS INTEGER)"

    def resealed(column: str, year: str) -> str:
        if postgresql:
            return f"decode(lpad(to_hex({year} - 2000), 2, '0'), 'hex') || substr({column}, 1, 15)"
        # Bytes below 128 are the same in UTF-8; what is joined is bytes, whatever SQLite calls it.
        return f"CAST(char({year} - 2000) || substr({column}, 1, 15) AS BLOB)"

    eve = "to_char(service_day, 'MM-DD')" if postgresql else "strftime('%m-%d', service_day)"
    day_year = (
        "CAST(extract(year FROM service_day) AS integer)"
        if postgresql
        else "CAST(strftime('%Y', service_day) AS INTEGER)"
    )
    nightly = "team_id IN (SELECT id FROM team WHERE night)"
    met = f"({day_year} + CASE WHEN {eve} = '12-31' AND slot < 6 AND {nightly} THEN 1 ELSE 0 END)"
    soon = year_of("(occurred_at + 48 * 3600000)")
    happened = year_of("occurred_at")
    beside = f"(CASE WHEN {soon} <> {happened} THEN {soon} ELSE {happened} - 1 END)"
    of = "FROM referral WHERE referral.org_id = trail_mark.org_id AND referral.id = trail_mark.referral_id"
    made = f"(SELECT {year_of('referral.created_at')} {of})"
    found = [
        ("encounter", "link_id", met),
        ("referral", "slip_digest", year_of("created_at")),
        ("referral", "link_id", year_of("created_at")),
        ("held_event", "slip_digest", happened),
        ("held_event", "slip_digest_beside", beside),
        ("person_number", "link_id", "year"),
    ]
    statements = [
        f"UPDATE {table} SET {column} = {resealed(column, year)} WHERE {column} IS NOT NULL"  # noqa: S608 - names and years only
        for table, column, year in found
    ]
    known = f"link_id IS NOT NULL AND {made} IS NOT NULL"
    return [*statements, f"UPDATE trail_mark SET link_id = {resealed('link_id', made)} WHERE {known}"]  # noqa: S608 - the same
