"""People sign in.

Runs in one transaction with the versions before and after it. On PostgreSQL no statement waits longer than 5 s for a
table that is in use (`app.db.migrate`): a version that must rewrite a large table says so here and does it in steps.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

KEY = sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")


def upgrade() -> None:
    op.create_table(
        "sign_in_tally",
        sa.Column(
            "digest",
            sa.LargeBinary(length=32),
            nullable=False,
            comment="HMAC-SHA256(K_signin, what is counted): no login and no address.",
        ),
        sa.Column(
            "failures",
            sa.SmallInteger(),
            nullable=False,
            comment="Failures since the last success or the last quiet day.",
        ),
        sa.Column(
            "blocked_until", sa.BigInteger(), nullable=True, comment="Attempts wait until then, in ms since 1970 UTC."
        ),
        sa.Column("expires_at", sa.BigInteger(), nullable=False, comment="When it is forgotten."),
        sa.CheckConstraint("failures >= 0", name=op.f("ck_sign_in_tally_failures")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_sign_in_tally")),
        comment="Failed attempts at a login, from a network or from a browser; forgotten after a day.",
        info={"placement": "reference"},
    )
    with op.batch_alter_table("sign_in_tally", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_tally_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "account_invitation",
        sa.Column("handle", sa.String(length=4), nullable=False, comment="First characters of the code: they find it."),
        sa.Column("org_id", KEY, nullable=False, comment="Organisation of the account."),
        sa.Column("account_id", KEY, nullable=False, comment="Account it invites."),
        sa.Column("login", sa.String(length=40), nullable=False, comment="Name the account will sign in with."),
        sa.Column(
            "secret_mac", sa.LargeBinary(length=32), nullable=False, comment="HMAC-SHA256(K_signin, whole code)."
        ),
        sa.Column(
            "totp_sealed",
            sa.LargeBinary(length=80),
            nullable=False,
            comment="Secret of the one-time codes to come, AES-256-GCM under K_totp.",
        ),
        sa.Column("expires_at", sa.BigInteger(), nullable=False, comment="When it ends, in ms since 1970 UTC."),
        sa.Column("tries", sa.SmallInteger(), nullable=False, comment="Wrong secrets or codes so far."),
        sa.CheckConstraint("tries BETWEEN 0 AND 5", name=op.f("ck_account_invitation_tries")),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisation.id"], name=op.f("fk_account_invitation_org_id_organisation")
        ),
        sa.PrimaryKeyConstraint("handle", name=op.f("pk_account_invitation")),
        sa.UniqueConstraint("org_id", "account_id", name=op.f("uq_account_invitation_org_id_account_id")),
        comment="One-time invitations of people, gone once used or expired.",
        info={"placement": "reference"},
    )
    with op.batch_alter_table("account_invitation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_account_invitation_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "credential",
        sa.Column(
            "login", sa.String(length=40), nullable=False, comment="Name typed to sign in, once in the installation."
        ),
        sa.Column("org_id", KEY, nullable=False, comment="Organisation of the account."),
        sa.Column("account_id", KEY, nullable=False, comment="Account it opens."),
        sa.Column(
            "password_hash",
            sa.String(length=200),
            nullable=False,
            comment="argon2id of the password, with its parameters and salt.",
        ),
        sa.Column(
            "totp_sealed",
            sa.LargeBinary(length=80),
            nullable=False,
            comment="Secret of its one-time codes, AES-256-GCM under K_totp.",
        ),
        sa.Column(
            "last_step",
            sa.BigInteger(),
            nullable=False,
            comment="30 s step of the last one-time code used: each is good once.",
        ),
        sa.Column(
            "set_at", sa.BigInteger(), nullable=False, comment="When the password was set, in ms since 1970 UTC."
        ),
        sa.CheckConstraint("last_step >= 0", name=op.f("ck_credential_last_step")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_credential_org_id_organisation")),
        sa.PrimaryKeyConstraint("login", name=op.f("pk_credential")),
        sa.UniqueConstraint("org_id", "account_id", name=op.f("uq_credential_org_id_account_id")),
        comment="What people sign in with, where they do so with a password.",
        info={"placement": "reference"},
    )
    op.create_table(
        "federated_identity",
        sa.Column(
            "digest",
            sa.LargeBinary(length=32),
            nullable=False,
            comment="HMAC-SHA256(K_signin, issuer | subject): no name and no address.",
        ),
        sa.Column("org_id", KEY, nullable=False, comment="Organisation of the account."),
        sa.Column("account_id", KEY, nullable=False, comment="Account it opens."),
        sa.Column("linked_at", sa.BigInteger(), nullable=False, comment="When it was linked, in ms since 1970 UTC."),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisation.id"], name=op.f("fk_federated_identity_org_id_organisation")
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_federated_identity")),
        sa.UniqueConstraint("org_id", "account_id", name=op.f("uq_federated_identity_org_id_account_id")),
        comment="Which subject of the operator's OpenID provider is which account.",
        info={"placement": "reference"},
    )
    op.create_table(
        "person_session",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False, comment="SHA-256 of the cookie's value."),
        sa.Column("org_id", KEY, nullable=False, comment="Organisation of the account."),
        sa.Column("account_id", KEY, nullable=False, comment="Account that signed in."),
        sa.Column("method", sa.String(length=40), nullable=False, comment="How it signed in."),
        sa.Column("started_at", sa.BigInteger(), nullable=False, comment="When it signed in, in ms since 1970 UTC."),
        sa.Column(
            "idle_at", sa.BigInteger(), nullable=False, comment="When the session ends unless it is used before."
        ),
        sa.Column("expires_at", sa.BigInteger(), nullable=False, comment="When it ends whatever happens."),
        sa.CheckConstraint("method IN ('password', 'openid')", name=op.f("ck_person_session_method")),
        sa.CheckConstraint("idle_at <= expires_at", name=op.f("ck_person_session_idle_within")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_person_session_org_id_organisation")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_person_session")),
        comment="Sessions of people by the digests of their cookies; a session that ends is deleted.",
        info={"placement": "reference"},
    )
    with op.batch_alter_table("person_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_session_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_person_session_org_id_account_id"), ["org_id", "account_id"], unique=False)

    op.create_table(
        "recovery_code",
        sa.Column("org_id", KEY, nullable=False, comment="Organisation of the account."),
        sa.Column("account_id", KEY, nullable=False, comment="Account it stands in for a one-time code of."),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False, comment="HMAC-SHA256(K_signin, account | code)."),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_recovery_code_org_id_organisation")),
        sa.PrimaryKeyConstraint("org_id", "account_id", "mac", name=op.f("pk_recovery_code")),
        comment="Recovery codes by their keyed digests; a used one is deleted.",
        info={"placement": "reference"},
    )


def downgrade() -> None:
    op.drop_table("recovery_code")
    with op.batch_alter_table("person_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_session_org_id_account_id"))
        batch_op.drop_index(batch_op.f("ix_person_session_expires_at"))

    op.drop_table("person_session")
    op.drop_table("federated_identity")
    op.drop_table("credential")
    with op.batch_alter_table("account_invitation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_account_invitation_expires_at"))

    op.drop_table("account_invitation")
    with op.batch_alter_table("sign_in_tally", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_tally_expires_at"))

    op.drop_table("sign_in_tally")
