"""What is kept of stays whose records are coarse.

Runs in one transaction with the versions before and after it. On PostgreSQL no statement waits longer than 5 s for a
table that is in use (`app.db.migrate`): a version that must rewrite a large table says so here and does it in steps.
The two indexes of stays are made anew: they hold fine stays only from now on. Stays made coarse before this version
were not counted and are in no figure.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

KEY = sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")
_OPENED_STAY = "success = 'admitted' AND admitted_at IS NOT NULL AND state != 'entered_in_error'"
_FINE = sa.text(f"{_OPENED_STAY} AND position != -2")
_ALL = sa.text(_OPENED_STAY)
_LINKED = sa.text("link_id IS NOT NULL")
_STAY = ["kind", "territory", "org_id", "id", "facility_id", "previous_referral_id", "exit_destination"]
_INDEXES = {
    "ix_referral_stay_began": ["admitted_at", "exited_at", *_STAY],
    "ix_referral_stay_ended": ["exited_at", "admitted_at", *_STAY, "link_id", "created_at"],
}
_DESTINATIONS = (
    "destination IN ('longer_stay_housing', 'other_temporary', 'treatment_residential', 'hospital_or_institution',"
    " 'street', 'lost_contact', 'other', 'unknown')"
)


def upgrade() -> None:
    op.create_table(
        "stay_opened",
        sa.Column("org_id", KEY, nullable=False, comment="Organisation that made the first referral."),
        sa.Column("opened_on", sa.Date(), nullable=False, comment="Day of the admission in Paris."),
        sa.Column("territory", sa.String(length=7), nullable=False, comment="Where the first referral was made."),
        sa.Column("kind", sa.String(length=40), nullable=False, comment="Kind of facility of the first referral."),
        sa.Column("days", sa.Integer(), nullable=False, comment="Whole days they lasted, moves included."),
        sa.Column("positive", sa.Boolean(), nullable=False, comment="The exit was a step further."),
        sa.Column("stays", sa.Integer(), nullable=False, comment="Stays."),
        sa.Column("moves", sa.Integer(), nullable=False, comment="Moves between emergency housings within them."),
        sa.PrimaryKeyConstraint(
            "org_id", "opened_on", "territory", "kind", "days", "positive", name=op.f("pk_stay_opened")
        ),
        comment="Stays whose records are coarse, by day of opening and how long they lasted.",
        info={"placement": "organisation"},
    )
    with op.batch_alter_table("stay_opened", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stay_opened_opened_on"), ["opened_on"], unique=False)
    op.create_table(
        "stay_left",
        sa.Column("org_id", KEY, nullable=False, comment="Organisation that made the last referral."),
        sa.Column("left_on", sa.Date(), nullable=False, comment="Day of the exit in Paris."),
        sa.Column("territory", sa.String(length=7), nullable=False, comment="Where the last referral was made."),
        sa.Column("kind", sa.String(length=40), nullable=False, comment="Kind of facility of the last referral."),
        sa.Column("destination", sa.String(length=40), nullable=False, comment="Where the stays ended."),
        sa.Column("exits", sa.Integer(), nullable=False, comment="Exits."),
        sa.Column("carded", sa.Integer(), nullable=False, comment="Those whose last referral carried a card."),
        sa.CheckConstraint(_DESTINATIONS, name=op.f("ck_stay_left_destination")),
        sa.PrimaryKeyConstraint("org_id", "left_on", "territory", "kind", "destination", name=op.f("pk_stay_left")),
        comment="Exits of stays whose records are coarse, by day and destination.",
        info={"placement": "organisation"},
    )
    with op.batch_alter_table("stay_left", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stay_left_left_on"), ["left_on"], unique=False)
    op.create_table(
        "place_night",
        sa.Column("org_id", KEY, nullable=False, comment="Organisation that made the referrals."),
        sa.Column("facility_id", KEY, nullable=False, comment="The facility."),
        sa.Column("night", sa.Date(), nullable=False, comment="Service day of the night."),
        sa.Column(
            "change",
            sa.Integer(),
            nullable=False,
            comment="By how much these stays differ in number from the night before.",
        ),
        sa.Column(
            "before",
            sa.Integer(),
            nullable=False,
            comment="The same until the instant of the night's latest report of free places.",
        ),
        sa.ForeignKeyConstraint(["facility_id"], ["facility.id"], name=op.f("fk_place_night_facility_id_facility")),
        sa.PrimaryKeyConstraint("org_id", "facility_id", "night", name=op.f("pk_place_night")),
        comment="Changes of occupancy by stays whose records are coarse, by facility and night.",
        info={"placement": "organisation"},
    )
    with op.batch_alter_table("place_night", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_place_night_facility_id_night"), ["facility_id", "night"], unique=False)
    op.create_table(
        "unplaced_night",
        sa.Column("org_id", KEY, nullable=False, comment="Organisation that made the referrals."),
        sa.Column("night", sa.Date(), nullable=False, comment="Service day of the night."),
        sa.Column("territory", sa.String(length=7), nullable=False, comment="Where they were made."),
        sa.Column("kind", sa.String(length=40), nullable=False, comment="Kind of facility."),
        sa.Column(
            "change", sa.Integer(), nullable=False, comment="By how much they differ in number from the night before."
        ),
        sa.PrimaryKeyConstraint("org_id", "night", "territory", "kind", name=op.f("pk_unplaced_night")),
        comment="Changes in number of stays at no named facility whose records are coarse, by night.",
        info={"placement": "organisation"},
    )
    with op.batch_alter_table("unplaced_night", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_unplaced_night_night"), ["night"], unique=False)
    op.create_table(
        "followed_exit",
        sa.Column("org_id", KEY, nullable=False, comment="Organisation that made the last referral."),
        sa.Column("id", KEY, nullable=False, comment="Random identifier."),
        sa.Column(
            "link_id",
            sa.LargeBinary(length=16),
            nullable=True,
            comment="Seal of the card: a byte for the key period, HMAC-SHA256(period key, card)[:15].",
        ),
        sa.Column("left_on", sa.Date(), nullable=False, comment="Day of the exit in Paris."),
        sa.Column("territory", sa.String(length=7), nullable=False, comment="Where the last referral was made."),
        sa.Column("kind", sa.String(length=40), nullable=False, comment="Kind of facility of the last referral."),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_followed_exit")),
        comment="Exits followed by card whose records are coarse; gone with the key of their period.",
        info={"placement": "organisation"},
    )
    with op.batch_alter_table("followed_exit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_followed_exit_left_on"), ["left_on"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_followed_exit_link_id"),
            ["link_id"],
            unique=False,
            sqlite_where=_LINKED,
            postgresql_where=_LINKED,
        )
    op.create_table(
        "exit_sighting",
        sa.Column("org_id", KEY, nullable=False, comment="Organisation of the exit."),
        sa.Column("exit_id", KEY, nullable=False, comment="The exit."),
        sa.Column("by_org_id", KEY, nullable=False, comment="Organisation that met the person."),
        sa.Column("territory", sa.String(length=7), nullable=False, comment="Where."),
        sa.ForeignKeyConstraint(
            ["org_id", "exit_id"],
            ["followed_exit.org_id", "followed_exit.id"],
            name=op.f("fk_exit_sighting_org_id_exit_id_followed_exit"),
        ),
        sa.PrimaryKeyConstraint("org_id", "exit_id", "by_org_id", "territory", name=op.f("pk_exit_sighting")),
        comment="Where persons were met outside after a followed exit, without a day.",
        info={"placement": "organisation"},
    )
    op.create_table(
        "blocked_day",
        sa.Column(
            "org_id",
            KEY,
            nullable=False,
            comment="Organisation that made the referrals; the nil UUID: the day was counted.",
        ),
        sa.Column("day", sa.Date(), nullable=False, comment="Day, at whose beginning in Paris."),
        sa.Column(
            "lookup",
            sa.LargeBinary(length=16),
            nullable=False,
            comment="Digest of where referrals to later rungs were looked up.",
        ),
        sa.Column(
            "territory", sa.String(length=7), nullable=False, comment="Where the stays' last referrals were made."
        ),
        sa.Column("kind", sa.String(length=40), nullable=False, comment="Kind of facility."),
        sa.Column("open_long", sa.Integer(), nullable=False, comment="Stays open for more than 30 days."),
        sa.Column("carded", sa.Integer(), nullable=False, comment="Those whose person carries a card."),
        sa.Column("blocked", sa.Integer(), nullable=False, comment="Those that could not go on."),
        sa.Column("by_reintegration", sa.Integer(), nullable=False, comment="For want of reintegration housing."),
        sa.Column("by_longer_stay", sa.Integer(), nullable=False, comment="For want of longer-stay housing."),
        sa.Column("by_treatment", sa.Integer(), nullable=False, comment="For want of treatment."),
        sa.PrimaryKeyConstraint("org_id", "day", "lookup", "territory", "kind", name=op.f("pk_blocked_day")),
        comment="Stays open for long and blocked, by day, of days whose records are coarse.",
        info={"placement": "organisation"},
    )
    with op.batch_alter_table("blocked_day", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_blocked_day_day_lookup"), ["day", "lookup"], unique=False)
    _again(_ALL, _FINE)


def downgrade() -> None:
    # What is kept is of records that are coarse: nothing is put back.
    _again(_FINE, _ALL)
    op.drop_table("blocked_day")
    op.drop_table("exit_sighting")
    op.drop_table("followed_exit")
    op.drop_table("unplaced_night")
    op.drop_table("place_night")
    op.drop_table("stay_left")
    op.drop_table("stay_opened")


def _again(old: sa.TextClause, new: sa.TextClause) -> None:
    """Make the indexes of stays anew, with another condition."""
    with op.batch_alter_table("referral", schema=None) as batch_op:
        for name, columns in _INDEXES.items():
            batch_op.drop_index(name, sqlite_where=old, postgresql_where=old)
            batch_op.create_index(name, columns, unique=False, sqlite_where=new, postgresql_where=new)
