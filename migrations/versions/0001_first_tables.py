"""First tables.

Runs in one transaction with the versions before and after it. On PostgreSQL no statement waits longer than 5 s for a
table that is in use (`app.db.migrate`): a version that must rewrite a large table says so here and does it in steps.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column(
            "org_id",
            KEY,
            nullable=False,
            comment="Organisation whose chain this is; the nil UUID is the service itself.",
        ),
        sa.Column("number", sa.BigInteger(), nullable=False, comment="Place in the chain, from 1, without gaps."),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="When, in ms since 1970 UTC."),
        sa.Column(
            "actor", KEY, nullable=False, comment="Device or account that acted; the nil UUID is the service itself."
        ),
        sa.Column("action", sa.String(length=40), nullable=False, comment="What was done."),
        sa.Column("detail", DOCUMENT, nullable=False, comment="Counts, ids and digests; never content."),
        sa.Column(
            "mac",
            sa.LargeBinary(length=32),
            nullable=False,
            comment="HMAC-SHA256(K_audit, previous mac | canonical JSON of this entry).",
        ),
        sa.CheckConstraint("number >= 1", name=op.f("ck_audit_entry_number")),
        sa.PrimaryKeyConstraint("org_id", "number", name=op.f("pk_audit_entry")),
        comment="Append-only log, one hash chain per organisation; the service's own has the nil UUID.",
        info={"placement": "organisation"},
    )
    op.create_table(
        "directory_version",
        sa.Column("name", sa.String(length=40), nullable=False, comment="Always the same: there is one row."),
        sa.Column(
            "version", sa.BigInteger(), nullable=False, comment="Number of transactions that changed the directory."
        ),
        sa.Column(
            "changed_at", sa.BigInteger(), nullable=False, comment="When the last of them did, in ms since 1970 UTC."
        ),
        sa.CheckConstraint("name = 'directory'", name=op.f("ck_directory_version_one_row")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_directory_version")),
        comment="Counts changes of territories, perimeters, kinds, facilities and hours; one row.",
        info={"placement": "reference"},
    )
    op.create_table(
        "facility_kind",
        sa.Column("code", sa.String(length=40), nullable=False, comment="Code of the kind."),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="First day this holds."),
        sa.Column("valid_until", sa.Date(), nullable=True, comment="First day this no longer holds."),
        sa.Column("rung", sa.String(length=40), nullable=False, comment="Rung of the pathway."),
        sa.Column("success", sa.String(length=40), nullable=False, comment="Referral state that counts as success."),
        sa.Column(
            "expires_after_s",
            sa.BigInteger(),
            nullable=False,
            comment="Seconds of silence after which a referral's outcome is unknown.",
        ),
        sa.Column("label_fr", sa.String(length=120), nullable=False, comment="Label in French."),
        sa.Column("label_en", sa.String(length=120), nullable=False, comment="Label in English."),
        sa.CheckConstraint(
            "rung IN ('first_reception', 'emergency_housing', 'reintegration', 'longer_stay', 'treatment', 'support')",
            name=op.f("ck_facility_kind_rung"),
        ),
        sa.CheckConstraint("success IN ('arrived', 'admitted')", name=op.f("ck_facility_kind_success")),
        sa.CheckConstraint("expires_after_s > 0", name=op.f("ck_facility_kind_expires_after_s")),
        sa.CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name=op.f("ck_facility_kind_period")),
        sa.PrimaryKeyConstraint("code", "valid_from", name=op.f("pk_facility_kind")),
        comment="Kinds of facility: rung of the pathway, what counts as success, when silence expires.",
        info={"placement": "reference"},
    )
    op.create_table(
        "feed",
        sa.Column("name", sa.String(length=40), nullable=False, comment="Always the same: there is one row."),
        sa.Column(
            "position", sa.BigInteger(), nullable=False, comment="Position of the last transaction that took one."
        ),
        sa.CheckConstraint("name = 'commits'", name=op.f("ck_feed_one_row")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_feed")),
        comment="Order of commits where the database has no transaction ids (SQLite); one row.",
        info={"placement": "local"},
    )
    op.create_table(
        "organisation",
        sa.Column("id", KEY, nullable=False, comment="Identifier."),
        sa.Column("name", sa.String(length=120), nullable=False, comment="Name, as it is known in the field."),
        sa.Column("kind", sa.String(length=40), nullable=False, comment="What it is in the plan."),
        sa.Column("created_at", sa.BigInteger(), nullable=False, comment="When it was entered, in ms since 1970 UTC."),
        sa.CheckConstraint(
            "kind IN ('association', 'facility_operator', 'hospital', 'city', 'department', 'health_agency', 'prefecture', 'ministry', 'other')",
            name=op.f("ck_organisation_kind"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("name", name=op.f("uq_organisation_name")),
        comment="Whoever is answerable for records: associations, operators, authorities.",
        info={"placement": "reference"},
    )
    op.create_table(
        "perimeter",
        sa.Column("code", sa.String(length=40), nullable=False, comment="Code."),
        sa.Column("label_fr", sa.String(length=120), nullable=False, comment="Label in French."),
        sa.Column("label_en", sa.String(length=120), nullable=False, comment="Label in English."),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="First day it holds."),
        sa.Column("valid_until", sa.Date(), nullable=True, comment="First day it no longer holds."),
        sa.CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name=op.f("ck_perimeter_period")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_perimeter")),
        comment="Perimeters of plans.",
        info={"placement": "reference"},
    )
    op.create_table(
        "proof_seen",
        sa.Column(
            "digest",
            sa.LargeBinary(length=32),
            nullable=False,
            comment="SHA-256 of the key's thumbprint and the proof's name.",
        ),
        sa.Column(
            "expires_at",
            sa.BigInteger(),
            nullable=False,
            comment="When it would be refused for its age anyway, in ms since 1970 UTC.",
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_proof_seen")),
        comment="Proofs of key already accepted, until their nonces are stale.",
        info={"placement": "reference"},
    )
    with op.batch_alter_table("proof_seen", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_proof_seen_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "territory",
        sa.Column("code", sa.String(length=7), nullable=False, comment="Official code."),
        sa.Column("name", sa.String(length=120), nullable=False, comment="Official name, accents included."),
        sa.Column("level", sa.String(length=40), nullable=False, comment="Level in the tree."),
        sa.Column("parent", sa.String(length=7), nullable=True, comment="Territory it lies in; null for a region."),
        sa.Column("area_km2", sa.Float(), nullable=True, comment="Area in square kilometres."),
        sa.Column(
            "east_km",
            sa.Float(),
            nullable=True,
            comment="Centre, in km east of the centre of Paris, for a schematic map.",
        ),
        sa.Column("north_km", sa.Float(), nullable=True, comment="Centre, in km north of the centre of Paris."),
        sa.Column("source", sa.String(length=120), nullable=False, comment="Where these facts come from."),
        sa.CheckConstraint(
            "level IN ('region', 'departement', 'commune', 'arrondissement', 'quarter')",
            name=op.f("ck_territory_level"),
        ),
        sa.ForeignKeyConstraint(["parent"], ["territory.code"], name=op.f("fk_territory_parent_territory")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_territory")),
        comment="The territory tree: region > departement > commune or arrondissement > quarter.",
        info={"placement": "reference"},
    )
    op.create_table(
        "account",
        sa.Column("org_id", KEY, nullable=False, comment="Organisation of the person."),
        sa.Column("id", KEY, nullable=False, comment="Identifier."),
        sa.Column(
            "name", sa.String(length=120), nullable=False, comment="Name of the account, once in an organisation."
        ),
        sa.Column("role", sa.String(length=40), nullable=False, comment="What it may do."),
        sa.Column("reach", sa.String(length=40), nullable=False, comment="How far a coordinator's view goes."),
        sa.Column("perimeter", sa.String(length=40), nullable=True, comment="Code of the perimeter it is confined to."),
        sa.Column("created_at", sa.BigInteger(), nullable=False, comment="When it was made, in ms since 1970 UTC."),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True, comment="When it was shut out."),
        sa.CheckConstraint(
            "reach <> 'perimeter' OR perimeter IS NOT NULL", name=op.f("ck_account_reach_has_perimeter")
        ),
        sa.CheckConstraint("reach IN ('organisation', 'perimeter')", name=op.f("ck_account_reach")),
        sa.CheckConstraint(
            "role IN ('team_device', 'facility_device', 'coordinator', 'monitor', 'administrator', 'dpo')",
            name=op.f("ck_account_role"),
        ),
        sa.CheckConstraint("role NOT IN ('team_device', 'facility_device')", name=op.f("ck_account_role_of_a_person")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_account_org_id_organisation")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_account")),
        sa.UniqueConstraint("org_id", "name", name=op.f("uq_account_org_id_name")),
        comment="People who read or administer.",
        info={"placement": "organisation"},
    )
    op.create_table(
        "facility",
        sa.Column("id", KEY, nullable=False, comment="Identifier."),
        sa.Column("org_id", KEY, nullable=False, comment="Organisation that operates it."),
        sa.Column("kind", sa.String(length=40), nullable=False, comment="Code of its kind."),
        sa.Column("name", sa.String(length=120), nullable=False, comment="Name, as it is known in the field."),
        sa.Column("territory_code", sa.String(length=7), nullable=False, comment="Where it is."),
        sa.Column("opened_on", sa.Date(), nullable=False, comment="First day it is open at all."),
        sa.Column("closed_on", sa.Date(), nullable=True, comment="First day it no longer is."),
        sa.Column(
            "position",
            sa.BigInteger(),
            nullable=False,
            comment="Commit position of its last change, reports included: what the feeds go by.",
        ),
        sa.Column("report_id", KEY, nullable=True, comment="The report its present state comes from."),
        sa.Column(
            "reported_at", sa.BigInteger(), nullable=True, comment="When that was observed, in ms since 1970 UTC."
        ),
        sa.Column("open", sa.Boolean(), nullable=True, comment="Whether it was open."),
        sa.Column("places_free", sa.SmallInteger(), nullable=True, comment="Places free; null when not said."),
        sa.Column("waiting", sa.SmallInteger(), nullable=True, comment="People waiting; null when not said."),
        sa.Column("reason", sa.String(length=40), nullable=True, comment="Why it was closed or full."),
        sa.CheckConstraint(
            "reason IS NULL OR reason IN ('no_place', 'closed_at_time', 'staff_shortage', 'service_suspended')",
            name=op.f("ck_facility_reason"),
        ),
        sa.CheckConstraint(
            "(reported_at IS NULL) = (open IS NULL) AND (reported_at IS NULL) = (report_id IS NULL)",
            name=op.f("ck_facility_reported_whole"),
        ),
        sa.CheckConstraint("closed_on IS NULL OR closed_on >= opened_on", name=op.f("ck_facility_open_period")),
        sa.CheckConstraint(
            "places_free IS NULL OR places_free BETWEEN 0 AND 500", name=op.f("ck_facility_places_free")
        ),
        sa.CheckConstraint("waiting IS NULL OR waiting BETWEEN 0 AND 500", name=op.f("ck_facility_waiting")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_facility_org_id_organisation")),
        sa.ForeignKeyConstraint(
            ["territory_code"], ["territory.code"], name=op.f("fk_facility_territory_code_territory")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facility")),
        comment="Places people are referred to, with their present state as last reported.",
        info={"placement": "reference"},
    )
    with op.batch_alter_table("facility", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_facility_position"), ["position"], unique=False)

    op.create_table(
        "held_event",
        sa.Column("org_id", KEY, nullable=False, comment="Organisation of the sender."),
        sa.Column("id", KEY, nullable=False, comment="UUID made by the sender."),
        sa.Column("referral_id", KEY, nullable=True, comment="Referral named by the sender."),
        sa.Column(
            "slip_digest",
            sa.LargeBinary(length=16),
            nullable=True,
            comment="Slip named by the sender, sealed for the period of the event.",
        ),
        sa.Column(
            "slip_digest_beside",
            sa.LargeBinary(length=16),
            nullable=True,
            comment="The same slip, sealed for the neighbouring period.",
        ),
        sa.Column("facility_id", KEY, nullable=True, comment="Facility of the sender, when it is a desk."),
        sa.Column("kind", sa.String(length=40), nullable=True, comment="Kind of that facility."),
        sa.Column("step", sa.String(length=40), nullable=False, comment="What is reported."),
        sa.Column("reason", sa.String(length=40), nullable=True, comment="Why, for the states that need it."),
        sa.Column("destination", sa.String(length=40), nullable=True, comment="Where a stay ended."),
        sa.Column("occurred_at", sa.BigInteger(), nullable=False, comment="When it happened, ms since 1970 UTC."),
        sa.Column(
            "recorded_at", sa.BigInteger(), nullable=False, comment="When the sender wrote it down, ms since 1970 UTC."
        ),
        sa.Column(
            "received_at", sa.BigInteger(), nullable=False, comment="Hour it was received in, ms since 1970 UTC."
        ),
        sa.Column("sender_id", KEY, nullable=False, comment="Team or facility that sent it."),
        sa.Column("channel", sa.String(length=40), nullable=True, comment="How the outcome was learnt."),
        sa.Column(
            "digest",
            sa.LargeBinary(length=32),
            nullable=False,
            comment="SHA-256 of the canonical content, slip sealed.",
        ),
        sa.CheckConstraint(
            "channel IS NULL OR channel IN ('app', 'desk', 'phone')", name=op.f("ck_held_event_channel")
        ),
        sa.CheckConstraint(
            "destination IS NULL OR destination IN ('longer_stay_housing', 'other_temporary', 'treatment_residential', 'hospital_or_institution', 'street', 'lost_contact', 'other', 'unknown')",
            name=op.f("ck_held_event_destination"),
        ),
        sa.CheckConstraint(
            "reason IS NULL OR reason IN ('person_declined_service', 'person_declined_conditions', 'person_not_found', 'person_other_solution', 'person_unable', 'no_place', 'closed_at_time', 'staff_shortage', 'not_eligible', 'file_incomplete', 'temporary_exclusion', 'service_suspended', 'no_service_in_area', 'no_transport', 'outcome_not_reported', 'duplicate', 'other')",
            name=op.f("ck_held_event_reason"),
        ),
        sa.CheckConstraint(
            "step IN ('offered', 'requested', 'waitlisted', 'accepted', 'arrived', 'admitted', 'refused', 'declined', 'no_show', 'cancelled', 'expired', 'entered_in_error', 'exited')",
            name=op.f("ck_held_event_step"),
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_held_event_org_id_organisation")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_held_event")),
        comment="Events that no known referral answers to yet, in the sender's organisation.",
        info={"placement": "organisation"},
    )
    with op.batch_alter_table("held_event", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_held_event_org_id_sender_id_id"), ["org_id", "sender_id", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_held_event_referral_id"),
            ["referral_id"],
            unique=False,
            sqlite_where=sa.text("referral_id IS NOT NULL"),
            postgresql_where=sa.text("referral_id IS NOT NULL"),
        )
        batch_op.create_index(
            batch_op.f("ix_held_event_slip_digest"),
            ["slip_digest"],
            unique=False,
            sqlite_where=sa.text("slip_digest IS NOT NULL"),
            postgresql_where=sa.text("slip_digest IS NOT NULL"),
        )
        batch_op.create_index(
            batch_op.f("ix_held_event_slip_digest_beside"),
            ["slip_digest_beside"],
            unique=False,
            sqlite_where=sa.text("slip_digest_beside IS NOT NULL"),
            postgresql_where=sa.text("slip_digest_beside IS NOT NULL"),
        )

    op.create_table(
        "lookup_failure",
        sa.Column("org_id", KEY, nullable=False, comment="Organisation of the device."),
        sa.Column("id", KEY, nullable=False, comment="Identifier."),
        sa.Column("device_id", KEY, nullable=False, comment="Device that asked."),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="When, ms since 1970 UTC."),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_lookup_failure_org_id_organisation")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_lookup_failure")),
        comment="Failed look-ups, so that codes cannot be guessed; rows of past days are removed.",
        info={"placement": "organisation"},
    )
    with op.batch_alter_table("lookup_failure", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_lookup_failure_org_id_device_id_at"), ["org_id", "device_id", "at"], unique=False
        )

    op.create_table(
        "perimeter_territory",
        sa.Column("perimeter_code", sa.String(length=40), nullable=False, comment="Perimeter."),
        sa.Column("territory_code", sa.String(length=7), nullable=False, comment="Territory."),
        sa.ForeignKeyConstraint(
            ["perimeter_code"], ["perimeter.code"], name=op.f("fk_perimeter_territory_perimeter_code_perimeter")
        ),
        sa.ForeignKeyConstraint(
            ["territory_code"], ["territory.code"], name=op.f("fk_perimeter_territory_territory_code_territory")
        ),
        sa.PrimaryKeyConstraint("perimeter_code", "territory_code", name=op.f("pk_perimeter_territory")),
        comment="Territories of the perimeters, each with everything below it.",
        info={"placement": "reference"},
    )
    op.create_table(
        "team",
        sa.Column("org_id", KEY, nullable=False, comment="Organisation of the team."),
        sa.Column("id", KEY, nullable=False, comment="Identifier."),
        sa.Column("name", sa.String(length=120), nullable=False, comment="Name of the team."),
        sa.Column("night", sa.Boolean(), nullable=False, comment="Whether its service day runs noon to noon."),
        sa.Column("created_at", sa.BigInteger(), nullable=False, comment="When it was entered, in ms since 1970 UTC."),
        sa.Column("closed_at", sa.BigInteger(), nullable=True, comment="When it stopped taking new devices."),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_team_org_id_organisation")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_team")),
        comment="Outreach teams.",
        info={"placement": "organisation"},
    )
    op.create_table(
        "territory_border",
        sa.Column("code_a", sa.String(length=7), nullable=False, comment="The lower code."),
        sa.Column("code_b", sa.String(length=7), nullable=False, comment="The higher code."),
        sa.Column(
            "shared_border_m",
            sa.BigInteger(),
            nullable=False,
            comment="Approximate length of the shared border in metres.",
        ),
        sa.CheckConstraint("code_a < code_b", name=op.f("ck_territory_border_ordered")),
        sa.ForeignKeyConstraint(["code_a"], ["territory.code"], name=op.f("fk_territory_border_code_a_territory")),
        sa.ForeignKeyConstraint(["code_b"], ["territory.code"], name=op.f("fk_territory_border_code_b_territory")),
        sa.PrimaryKeyConstraint("code_a", "code_b", name=op.f("pk_territory_border")),
        comment="Pairs of territories that share a border, each pair once.",
        info={"placement": "reference"},
    )
    op.create_table(
        "token",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False, comment="SHA-256 of the token."),
        sa.Column("org_id", KEY, nullable=False, comment="Organisation it speaks for."),
        sa.Column("device_id", KEY, nullable=True, comment="Device it speaks for."),
        sa.Column("account_id", KEY, nullable=True, comment="Account it speaks for."),
        sa.Column("issued_at", sa.BigInteger(), nullable=False, comment="When it was issued, in ms since 1970 UTC."),
        sa.Column("expires_at", sa.BigInteger(), nullable=False, comment="When it ends."),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True, comment="When it was withdrawn by itself."),
        sa.CheckConstraint("(device_id IS NULL) <> (account_id IS NULL)", name=op.f("ck_token_speaks_for_one")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_token_org_id_organisation")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_token")),
        comment="Bearer tokens by their digests, deleted once expired.",
        info={"placement": "reference"},
    )
    with op.batch_alter_table("token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_token_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "device",
        sa.Column("org_id", KEY, nullable=False, comment="Organisation it works for."),
        sa.Column("id", KEY, nullable=False, comment="Identifier."),
        sa.Column("team_id", KEY, nullable=True, comment="Team that carries it."),
        sa.Column("facility_id", KEY, nullable=True, comment="Facility where it stands."),
        sa.Column("label", sa.String(length=120), nullable=False, comment="What it is called; no person's name."),
        sa.Column(
            "public_x", sa.LargeBinary(length=32), nullable=False, comment="x coordinate of its P-256 public key."
        ),
        sa.Column(
            "public_y", sa.LargeBinary(length=32), nullable=False, comment="y coordinate of its P-256 public key."
        ),
        sa.Column(
            "thumbprint",
            sa.LargeBinary(length=32),
            nullable=False,
            comment="SHA-256 thumbprint of its key (RFC 7638); one key is one device.",
        ),
        sa.Column(
            "enrolled_at", sa.BigInteger(), nullable=False, comment="When it was enrolled, in ms since 1970 UTC."
        ),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True, comment="When it was shut out."),
        sa.CheckConstraint("(team_id IS NULL) <> (facility_id IS NULL)", name=op.f("ck_device_bound_once")),
        sa.ForeignKeyConstraint(["facility_id"], ["facility.id"], name=op.f("fk_device_facility_id_facility")),
        sa.ForeignKeyConstraint(
            ["org_id", "team_id"], ["team.org_id", "team.id"], name=op.f("fk_device_org_id_team_id_team")
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_device_org_id_organisation")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_device")),
        comment="Phones of teams and tablets of facilities, known by their keys.",
        info={"placement": "organisation"},
    )
    with op.batch_alter_table("device", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_device_thumbprint"), ["thumbprint"], unique=False)

    op.create_table(
        "encounter",
        sa.Column("org_id", KEY, nullable=False, comment="Organisation of the team."),
        sa.Column("id", KEY, nullable=False, comment="UUID made on the device."),
        sa.Column("team_id", KEY, nullable=False, comment="Team that met the person."),
        sa.Column("patrol_id", KEY, nullable=True, comment="Outing it belongs to; may arrive later."),
        sa.Column("service_day", sa.Date(), nullable=False, comment="Service day."),
        sa.Column(
            "slot",
            sa.SmallInteger(),
            nullable=False,
            comment="Two-hour slot of the local clock, 0 (00-02) to 11 (22-24).",
        ),
        sa.Column("territory", sa.String(length=7), nullable=False, comment="Quarter or commune."),
        sa.Column("outside_perimeter", sa.Boolean(), nullable=False, comment="Outside the plan's perimeter."),
        sa.Column("people_count", sa.SmallInteger(), nullable=False, comment="How many people; a group above 1."),
        sa.Column(
            "first_contact",
            sa.String(length=40),
            nullable=False,
            comment="First contact this year, as far as the team knows.",
        ),
        sa.Column("gender", sa.String(length=40), nullable=False, comment="As presented; unknown for groups."),
        sa.Column("age_band", sa.String(length=40), nullable=False, comment="Age band; unknown for groups."),
        sa.Column(
            "sleeping", sa.String(length=40), nullable=False, comment="Where the person sleeps; unknown for groups."
        ),
        sa.Column("needs", DOCUMENT, nullable=False, comment="What was asked for."),
        sa.Column("supplies", DOCUMENT, nullable=False, comment="What was handed out, with counts."),
        sa.Column("acts", DOCUMENT, nullable=False, comment="What the team did."),
        sa.Column("link_id", sa.LargeBinary(length=16), nullable=True, comment="HMAC-SHA256(period key, card)[:16]."),
        sa.Column("withdrawn", sa.Boolean(), nullable=False, comment="Entered in error."),
        sa.Column("rk", sa.BigInteger(), nullable=False, comment="Record key of the disclosure control: uint32."),
        sa.Column(
            "skew_s",
            sa.Integer(),
            nullable=False,
            comment="Device clock behind ours, in seconds, at the last revision.",
        ),
        sa.Column(
            "first_received_at",
            sa.BigInteger(),
            nullable=False,
            comment="Hour the first revision was received in, ms since 1970 UTC.",
        ),
        sa.Column(
            "received_at",
            sa.BigInteger(),
            nullable=False,
            comment="Hour this revision was received in, ms since 1970 UTC.",
        ),
        sa.Column("revision", sa.SmallInteger(), nullable=False, comment="Revision, from 1."),
        sa.Column(
            "digest",
            sa.LargeBinary(length=32),
            nullable=False,
            comment="SHA-256 of the canonical content of this revision, card and slips sealed.",
        ),
        sa.CheckConstraint(
            "age_band IN ('minor', '18_24', '25_39', '40_plus', 'unknown')", name=op.f("ck_encounter_age_band")
        ),
        sa.CheckConstraint("first_contact IN ('yes', 'no', 'unknown')", name=op.f("ck_encounter_first_contact")),
        sa.CheckConstraint("gender IN ('woman', 'man', 'other', 'unknown')", name=op.f("ck_encounter_gender")),
        sa.CheckConstraint(
            "sleeping IN ('street', 'squat', 'shelter', 'hotel', 'own', 'unknown')", name=op.f("ck_encounter_sleeping")
        ),
        sa.CheckConstraint("people_count BETWEEN 1 AND 50", name=op.f("ck_encounter_people_count")),
        sa.CheckConstraint("slot BETWEEN 0 AND 11", name=op.f("ck_encounter_slot")),
        sa.ForeignKeyConstraint(
            ["org_id", "team_id"], ["team.org_id", "team.id"], name=op.f("fk_encounter_org_id_team_id_team")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_encounter")),
        comment="One contact with one person or a group: pseudonymised personal health data.",
        info={"placement": "organisation"},
    )
    with op.batch_alter_table("encounter", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_encounter_link_id"),
            ["link_id"],
            unique=False,
            sqlite_where=sa.text("link_id IS NOT NULL"),
            postgresql_where=sa.text("link_id IS NOT NULL"),
        )
        batch_op.create_index(batch_op.f("ix_encounter_org_id_service_day"), ["org_id", "service_day"], unique=False)

    op.create_table(
        "enrolment",
        sa.Column("handle", sa.String(length=4), nullable=False, comment="First characters of the code: they find it."),
        sa.Column("org_id", KEY, nullable=False, comment="Organisation that opened it."),
        sa.Column("team_id", KEY, nullable=True, comment="Team the device will work for."),
        sa.Column("facility_id", KEY, nullable=True, comment="Facility where it will stand."),
        sa.Column("label", sa.String(length=120), nullable=False, comment="What the device will be called."),
        sa.Column(
            "secret_mac", sa.LargeBinary(length=32), nullable=False, comment="HMAC-SHA256(K_enrolment, whole code)."
        ),
        sa.Column("expires_at", sa.BigInteger(), nullable=False, comment="When it ends, in ms since 1970 UTC."),
        sa.Column("tries", sa.SmallInteger(), nullable=False, comment="Wrong secrets so far."),
        sa.Column("used_at", sa.BigInteger(), nullable=True, comment="When a device used it."),
        sa.Column("device_id", KEY, nullable=True, comment="The device that used it."),
        sa.CheckConstraint("(team_id IS NULL) <> (facility_id IS NULL)", name=op.f("ck_enrolment_bound_once")),
        sa.CheckConstraint("(used_at IS NULL) = (device_id IS NULL)", name=op.f("ck_enrolment_used_by_a_device")),
        sa.CheckConstraint("tries BETWEEN 0 AND 5", name=op.f("ck_enrolment_tries")),
        sa.ForeignKeyConstraint(["facility_id"], ["facility.id"], name=op.f("fk_enrolment_facility_id_facility")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_enrolment_org_id_organisation")),
        sa.PrimaryKeyConstraint("handle", name=op.f("pk_enrolment")),
        comment="One-time enrolment codes, gone soon after they expire.",
        info={"placement": "reference"},
    )
    op.create_table(
        "facility_report",
        sa.Column("org_id", KEY, nullable=False, comment="Organisation that operates the facility."),
        sa.Column("id", KEY, nullable=False, comment="UUID made by the sender."),
        sa.Column("facility_id", KEY, nullable=False, comment="Facility."),
        sa.Column("observed_at", sa.BigInteger(), nullable=False, comment="When it was so, in ms since 1970 UTC."),
        sa.Column("open", sa.Boolean(), nullable=False, comment="Whether it was open."),
        sa.Column("places_free", sa.SmallInteger(), nullable=True, comment="Places free; null when not said."),
        sa.Column("waiting", sa.SmallInteger(), nullable=True, comment="People waiting; null when not said."),
        sa.Column("reason", sa.String(length=40), nullable=True, comment="Why it was closed or full."),
        sa.Column(
            "received_at", sa.BigInteger(), nullable=False, comment="Hour it was received in, in ms since 1970 UTC."
        ),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False, comment="SHA-256 of the canonical content."),
        sa.CheckConstraint(
            "reason IS NULL OR reason IN ('no_place', 'closed_at_time', 'staff_shortage', 'service_suspended')",
            name=op.f("ck_facility_report_reason"),
        ),
        sa.CheckConstraint(
            "places_free IS NULL OR places_free BETWEEN 0 AND 500", name=op.f("ck_facility_report_places_free")
        ),
        sa.CheckConstraint("waiting IS NULL OR waiting BETWEEN 0 AND 500", name=op.f("ck_facility_report_waiting")),
        sa.ForeignKeyConstraint(["facility_id"], ["facility.id"], name=op.f("fk_facility_report_facility_id_facility")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_facility_report_org_id_organisation")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_facility_report")),
        comment="Time series of what facilities reported of themselves.",
        info={"placement": "organisation"},
    )
    with op.batch_alter_table("facility_report", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_facility_report_org_id_facility_id_observed_at"),
            ["org_id", "facility_id", "observed_at"],
            unique=False,
        )

    op.create_table(
        "opening_hours",
        sa.Column("facility_id", KEY, nullable=False, comment="Facility."),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="First day it holds for."),
        sa.Column(
            "weekday", sa.String(length=40), nullable=False, comment="Day of the week on which the opening begins."
        ),
        sa.Column("opens", sa.SmallInteger(), nullable=False, comment="Minute of that day at which it begins."),
        sa.Column(
            "closes",
            sa.SmallInteger(),
            nullable=False,
            comment="Minute of that day at which it ends; above 1440 when past midnight.",
        ),
        sa.Column("valid_until", sa.Date(), nullable=True, comment="First day it no longer holds for."),
        sa.CheckConstraint(
            "weekday IN ('monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday')",
            name=op.f("ck_opening_hours_weekday"),
        ),
        sa.CheckConstraint(
            "opens BETWEEN 0 AND 1439 AND closes > opens AND closes <= opens + 1440",
            name=op.f("ck_opening_hours_opening"),
        ),
        sa.CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name=op.f("ck_opening_hours_period")),
        sa.ForeignKeyConstraint(["facility_id"], ["facility.id"], name=op.f("fk_opening_hours_facility_id_facility")),
        sa.PrimaryKeyConstraint("facility_id", "valid_from", "weekday", "opens", name=op.f("pk_opening_hours")),
        comment="Planned weekly openings of the facilities, in minutes of the Paris clock.",
        info={"placement": "reference"},
    )
    op.create_table(
        "patrol",
        sa.Column("org_id", KEY, nullable=False, comment="Organisation of the team."),
        sa.Column("id", KEY, nullable=False, comment="UUID made on the device."),
        sa.Column("team_id", KEY, nullable=False, comment="Team that went out."),
        sa.Column("service_day", sa.Date(), nullable=False, comment="Service day it belongs to."),
        sa.Column("started_at", sa.BigInteger(), nullable=False, comment="Start, ms since 1970 UTC."),
        sa.Column("ended_at", sa.BigInteger(), nullable=True, comment="End, ms since 1970 UTC; null while out."),
        sa.Column("night", sa.Boolean(), nullable=False, comment="A night outing."),
        sa.Column("workers", sa.SmallInteger(), nullable=False, comment="People of the team who went out."),
        sa.Column("territories", DOCUMENT, nullable=False, comment="Territory codes visited."),
        sa.Column("withdrawn", sa.Boolean(), nullable=False, comment="Entered in error."),
        sa.Column(
            "skew_s",
            sa.Integer(),
            nullable=False,
            comment="Device clock behind ours, in seconds, at the last revision.",
        ),
        sa.Column(
            "first_received_at",
            sa.BigInteger(),
            nullable=False,
            comment="Hour the first revision was received in, ms since 1970 UTC.",
        ),
        sa.Column(
            "received_at",
            sa.BigInteger(),
            nullable=False,
            comment="Hour this revision was received in, ms since 1970 UTC.",
        ),
        sa.Column("revision", sa.SmallInteger(), nullable=False, comment="Revision, from 1."),
        sa.Column(
            "digest",
            sa.LargeBinary(length=32),
            nullable=False,
            comment="SHA-256 of the canonical content of this revision.",
        ),
        sa.CheckConstraint("workers BETWEEN 1 AND 20", name=op.f("ck_patrol_workers")),
        sa.ForeignKeyConstraint(
            ["org_id", "team_id"], ["team.org_id", "team.id"], name=op.f("fk_patrol_org_id_team_id_team")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_patrol")),
        comment="One outing of a team, also when nobody was met.",
        info={"placement": "organisation"},
    )
    with op.batch_alter_table("patrol", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_patrol_org_id_service_day"), ["org_id", "service_day"], unique=False)

    op.create_table(
        "referral",
        sa.Column("org_id", KEY, nullable=False, comment="Organisation that made the referral."),
        sa.Column(
            "id", KEY, nullable=False, comment="Random UUID made on the device; it alone links offer, arrival and stay."
        ),
        sa.Column("team_id", KEY, nullable=False, comment="Team that made it."),
        sa.Column("encounter_id", KEY, nullable=True, comment="Encounter it was made in; null when recorded alone."),
        sa.Column("kind", sa.String(length=40), nullable=False, comment="Kind of facility, a code of facility_kind."),
        sa.Column("facility_id", KEY, nullable=True, comment="Facility, when one was named."),
        sa.Column("accompanied", sa.Boolean(), nullable=False, comment="The team went along."),
        sa.Column("previous_referral_id", KEY, nullable=True, comment="Referral this one takes up again."),
        sa.Column(
            "slip_digest", sa.LargeBinary(length=16), nullable=True, comment="HMAC-SHA256(period key, slip)[:16]."
        ),
        sa.Column("link_id", sa.LargeBinary(length=16), nullable=True, comment="HMAC-SHA256(period key, card)[:16]."),
        sa.Column("territory", sa.String(length=7), nullable=False, comment="Where it was made."),
        sa.Column("outside_perimeter", sa.Boolean(), nullable=False, comment="Made outside the plan's perimeter."),
        sa.Column("cohort_day", sa.Date(), nullable=False, comment="Service day it was made on."),
        sa.Column("created_at", sa.BigInteger(), nullable=False, comment="When it was made, ms since 1970 UTC."),
        sa.Column(
            "received_at", sa.BigInteger(), nullable=False, comment="Hour it was received in, ms since 1970 UTC."
        ),
        sa.Column(
            "first_state",
            sa.String(length=40),
            nullable=False,
            comment="State it was made in: what its events are folded onto.",
        ),
        sa.Column(
            "first_reason", sa.String(length=40), nullable=True, comment="Reason of that state, where it has one."
        ),
        sa.Column(
            "success",
            sa.String(length=40),
            nullable=False,
            comment="State that counts as success for this kind on that day.",
        ),
        sa.Column(
            "expires_after_s",
            sa.BigInteger(),
            nullable=False,
            comment="Silence after which its outcome is unknown, in seconds, for this kind on that day.",
        ),
        sa.Column("rk", sa.BigInteger(), nullable=False, comment="Record key of the disclosure control: uint32."),
        sa.Column(
            "digest",
            sa.LargeBinary(length=32),
            nullable=False,
            comment="SHA-256 of the canonical content, slip and card sealed.",
        ),
        sa.Column("state", sa.String(length=40), nullable=False, comment="What its events add up to."),
        sa.Column("reason", sa.String(length=40), nullable=True, comment="Reason of the state, where it has one."),
        sa.Column(
            "state_at", sa.BigInteger(), nullable=False, comment="When the state was entered, ms since 1970 UTC."
        ),
        sa.Column(
            "answer_channel",
            sa.String(length=40),
            nullable=True,
            comment="How the first answer was learnt; null while nobody answered.",
        ),
        sa.Column("requested_at", sa.BigInteger(), nullable=True, comment="When requested; null when skipped."),
        sa.Column("waitlisted_at", sa.BigInteger(), nullable=True, comment="When waitlisted; null when skipped."),
        sa.Column("accepted_at", sa.BigInteger(), nullable=True, comment="When accepted; null when skipped."),
        sa.Column("arrived_at", sa.BigInteger(), nullable=True, comment="When the person arrived; null when skipped."),
        sa.Column("admitted_at", sa.BigInteger(), nullable=True, comment="When the stay began; null when skipped."),
        sa.Column("exited_at", sa.BigInteger(), nullable=True, comment="When the stay ended."),
        sa.Column("exit_destination", sa.String(length=40), nullable=True, comment="Where the stay ended."),
        sa.Column(
            "due_at",
            sa.BigInteger(),
            nullable=True,
            comment="When silence makes the outcome unknown; null when it cannot.",
        ),
        sa.Column(
            "position",
            sa.BigInteger(),
            nullable=False,
            comment="Commit position of the last change: what the feeds go by.",
        ),
        sa.CheckConstraint(
            "answer_channel IS NULL OR answer_channel IN ('app', 'desk', 'phone')",
            name=op.f("ck_referral_answer_channel"),
        ),
        sa.CheckConstraint(
            "exit_destination IS NULL OR exit_destination IN ('longer_stay_housing', 'other_temporary', 'treatment_residential', 'hospital_or_institution', 'street', 'lost_contact', 'other', 'unknown')",
            name=op.f("ck_referral_exit_destination"),
        ),
        sa.CheckConstraint(
            "first_reason IS NULL OR first_reason IN ('person_declined_service', 'person_declined_conditions', 'person_not_found', 'person_other_solution', 'person_unable', 'no_place', 'closed_at_time', 'staff_shortage', 'not_eligible', 'file_incomplete', 'temporary_exclusion', 'service_suspended', 'no_service_in_area', 'no_transport', 'outcome_not_reported', 'duplicate', 'other')",
            name=op.f("ck_referral_first_reason"),
        ),
        sa.CheckConstraint("first_state IN ('offered', 'requested', 'declined')", name=op.f("ck_referral_first_state")),
        sa.CheckConstraint(
            "reason IS NULL OR reason IN ('person_declined_service', 'person_declined_conditions', 'person_not_found', 'person_other_solution', 'person_unable', 'no_place', 'closed_at_time', 'staff_shortage', 'not_eligible', 'file_incomplete', 'temporary_exclusion', 'service_suspended', 'no_service_in_area', 'no_transport', 'outcome_not_reported', 'duplicate', 'other')",
            name=op.f("ck_referral_reason"),
        ),
        sa.CheckConstraint(
            "state IN ('offered', 'requested', 'waitlisted', 'accepted', 'arrived', 'admitted', 'refused', 'declined', 'no_show', 'cancelled', 'expired', 'entered_in_error')",
            name=op.f("ck_referral_state"),
        ),
        sa.CheckConstraint("success IN ('arrived', 'admitted')", name=op.f("ck_referral_success")),
        sa.ForeignKeyConstraint(["facility_id"], ["facility.id"], name=op.f("fk_referral_facility_id_facility")),
        sa.ForeignKeyConstraint(
            ["org_id", "team_id"], ["team.org_id", "team.id"], name=op.f("fk_referral_org_id_team_id_team")
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_referral")),
        comment="A person directed to a kind of facility, perhaps to one facility.",
        info={"placement": "organisation"},
    )
    with op.batch_alter_table("referral", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_referral_due_at"),
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("due_at IS NOT NULL"),
            postgresql_where=sa.text("due_at IS NOT NULL"),
        )
        batch_op.create_index(
            batch_op.f("ix_referral_facility_id_position_id"),
            ["facility_id", "position", "id"],
            unique=False,
            sqlite_where=sa.text("facility_id IS NOT NULL"),
            postgresql_where=sa.text("facility_id IS NOT NULL"),
        )
        batch_op.create_index(batch_op.f("ix_referral_id"), ["id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_referral_link_id"),
            ["link_id"],
            unique=False,
            sqlite_where=sa.text("link_id IS NOT NULL"),
            postgresql_where=sa.text("link_id IS NOT NULL"),
        )
        batch_op.create_index(batch_op.f("ix_referral_org_id_cohort_day"), ["org_id", "cohort_day"], unique=False)
        batch_op.create_index(batch_op.f("ix_referral_org_id_encounter_id"), ["org_id", "encounter_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_referral_org_id_team_id_position_id"), ["org_id", "team_id", "position", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_referral_slip_digest"),
            ["slip_digest"],
            unique=False,
            sqlite_where=sa.text("slip_digest IS NOT NULL"),
            postgresql_where=sa.text("slip_digest IS NOT NULL"),
        )

    op.create_table(
        "referral_event",
        sa.Column("org_id", KEY, nullable=False, comment="Organisation that made the referral."),
        sa.Column("id", KEY, nullable=False, comment="UUID made by the sender."),
        sa.Column("referral_id", KEY, nullable=False, comment="Referral it is about."),
        sa.Column("step", sa.String(length=40), nullable=False, comment="What is reported."),
        sa.Column("reason", sa.String(length=40), nullable=True, comment="Why, for the states that need it."),
        sa.Column("destination", sa.String(length=40), nullable=True, comment="Where a stay ended."),
        sa.Column("occurred_at", sa.BigInteger(), nullable=False, comment="When it happened, ms since 1970 UTC."),
        sa.Column(
            "recorded_at", sa.BigInteger(), nullable=False, comment="When the sender wrote it down, ms since 1970 UTC."
        ),
        sa.Column(
            "received_at", sa.BigInteger(), nullable=False, comment="Hour it was received in, ms since 1970 UTC."
        ),
        sa.Column(
            "sender_id",
            KEY,
            nullable=False,
            comment="Team or facility that sent it; the nil UUID is the service itself.",
        ),
        sa.Column(
            "channel",
            sa.String(length=40),
            nullable=True,
            comment="How the outcome was learnt; null for the service's own events.",
        ),
        sa.Column(
            "digest",
            sa.LargeBinary(length=32),
            nullable=False,
            comment="SHA-256 of the canonical content, slip sealed.",
        ),
        sa.Column(
            "not_applied",
            sa.String(length=40),
            nullable=True,
            comment="Why the fold could not apply it; null when it did.",
        ),
        sa.CheckConstraint(
            "channel IS NULL OR channel IN ('app', 'desk', 'phone')", name=op.f("ck_referral_event_channel")
        ),
        sa.CheckConstraint(
            "destination IS NULL OR destination IN ('longer_stay_housing', 'other_temporary', 'treatment_residential', 'hospital_or_institution', 'street', 'lost_contact', 'other', 'unknown')",
            name=op.f("ck_referral_event_destination"),
        ),
        sa.CheckConstraint(
            "not_applied IS NULL OR not_applied IN ('impossible_transition', 'already_in_state', 'terminal', 'answered_in_time', 'no_stay', 'stay_ended', 'referral_unknown')",
            name=op.f("ck_referral_event_not_applied"),
        ),
        sa.CheckConstraint(
            "reason IS NULL OR reason IN ('person_declined_service', 'person_declined_conditions', 'person_not_found', 'person_other_solution', 'person_unable', 'no_place', 'closed_at_time', 'staff_shortage', 'not_eligible', 'file_incomplete', 'temporary_exclusion', 'service_suspended', 'no_service_in_area', 'no_transport', 'outcome_not_reported', 'duplicate', 'other')",
            name=op.f("ck_referral_event_reason"),
        ),
        sa.CheckConstraint(
            "step IN ('offered', 'requested', 'waitlisted', 'accepted', 'arrived', 'admitted', 'refused', 'declined', 'no_show', 'cancelled', 'expired', 'entered_in_error', 'exited')",
            name=op.f("ck_referral_event_step"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "referral_id"],
            ["referral.org_id", "referral.id"],
            name=op.f("fk_referral_event_org_id_referral_id_referral"),
        ),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_referral_event")),
        comment="Append-only answers to referrals, stay exits included.",
        info={"placement": "organisation"},
    )
    with op.batch_alter_table("referral_event", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_referral_event_org_id_referral_id"), ["org_id", "referral_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_referral_event_sender_id_id"),
            ["sender_id", "id"],
            unique=False,
            sqlite_where=sa.text("not_applied IS NOT NULL"),
            postgresql_where=sa.text("not_applied IS NOT NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("referral_event", schema=None) as batch_op:
        batch_op.drop_index(
            batch_op.f("ix_referral_event_sender_id_id"),
            sqlite_where=sa.text("not_applied IS NOT NULL"),
            postgresql_where=sa.text("not_applied IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_referral_event_org_id_referral_id"))

    op.drop_table("referral_event")
    with op.batch_alter_table("referral", schema=None) as batch_op:
        batch_op.drop_index(
            batch_op.f("ix_referral_slip_digest"),
            sqlite_where=sa.text("slip_digest IS NOT NULL"),
            postgresql_where=sa.text("slip_digest IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_referral_org_id_team_id_position_id"))
        batch_op.drop_index(batch_op.f("ix_referral_org_id_encounter_id"))
        batch_op.drop_index(batch_op.f("ix_referral_org_id_cohort_day"))
        batch_op.drop_index(
            batch_op.f("ix_referral_link_id"),
            sqlite_where=sa.text("link_id IS NOT NULL"),
            postgresql_where=sa.text("link_id IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_referral_id"))
        batch_op.drop_index(
            batch_op.f("ix_referral_facility_id_position_id"),
            sqlite_where=sa.text("facility_id IS NOT NULL"),
            postgresql_where=sa.text("facility_id IS NOT NULL"),
        )
        batch_op.drop_index(
            batch_op.f("ix_referral_due_at"),
            sqlite_where=sa.text("due_at IS NOT NULL"),
            postgresql_where=sa.text("due_at IS NOT NULL"),
        )

    op.drop_table("referral")
    with op.batch_alter_table("patrol", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_patrol_org_id_service_day"))

    op.drop_table("patrol")
    op.drop_table("opening_hours")
    with op.batch_alter_table("facility_report", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_facility_report_org_id_facility_id_observed_at"))

    op.drop_table("facility_report")
    op.drop_table("enrolment")
    with op.batch_alter_table("encounter", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_encounter_org_id_service_day"))
        batch_op.drop_index(
            batch_op.f("ix_encounter_link_id"),
            sqlite_where=sa.text("link_id IS NOT NULL"),
            postgresql_where=sa.text("link_id IS NOT NULL"),
        )

    op.drop_table("encounter")
    with op.batch_alter_table("device", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_device_thumbprint"))

    op.drop_table("device")
    with op.batch_alter_table("token", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_token_expires_at"))

    op.drop_table("token")
    op.drop_table("territory_border")
    op.drop_table("team")
    op.drop_table("perimeter_territory")
    with op.batch_alter_table("lookup_failure", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_lookup_failure_org_id_device_id_at"))

    op.drop_table("lookup_failure")
    with op.batch_alter_table("held_event", schema=None) as batch_op:
        batch_op.drop_index(
            batch_op.f("ix_held_event_slip_digest_beside"),
            sqlite_where=sa.text("slip_digest_beside IS NOT NULL"),
            postgresql_where=sa.text("slip_digest_beside IS NOT NULL"),
        )
        batch_op.drop_index(
            batch_op.f("ix_held_event_slip_digest"),
            sqlite_where=sa.text("slip_digest IS NOT NULL"),
            postgresql_where=sa.text("slip_digest IS NOT NULL"),
        )
        batch_op.drop_index(
            batch_op.f("ix_held_event_referral_id"),
            sqlite_where=sa.text("referral_id IS NOT NULL"),
            postgresql_where=sa.text("referral_id IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_held_event_org_id_sender_id_id"))

    op.drop_table("held_event")
    with op.batch_alter_table("facility", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_facility_position"))

    op.drop_table("facility")
    op.drop_table("account")
    op.drop_table("territory")
    with op.batch_alter_table("proof_seen", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_proof_seen_expires_at"))

    op.drop_table("proof_seen")
    op.drop_table("perimeter")
    op.drop_table("organisation")
    op.drop_table("feed")
    op.drop_table("facility_kind")
    op.drop_table("directory_version")
    op.drop_table("audit_entry")
