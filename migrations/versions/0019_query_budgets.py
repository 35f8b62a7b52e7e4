"""Query budgets.

Runs in one transaction with the versions before and after it. On PostgreSQL no statement waits longer than 5 s for a
table that is in use (`app.db.migrate`): a version that must rewrite a large table says so here and does it in steps.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

KEY = sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")


def upgrade() -> None:
    op.create_table(
        "query_budget",
        sa.Column("org_id", KEY, nullable=False, comment="Organisation of the account."),
        sa.Column("account_id", KEY, nullable=False, comment="Account that asked."),
        sa.Column("day", sa.Date(), nullable=False, comment="Day in Europe/Paris."),
        sa.Column("spent", sa.Integer(), nullable=False, comment="Questions asked."),
        sa.CheckConstraint("spent >= 0", name=op.f("ck_query_budget_spent_counted")),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.id"], name=op.f("fk_query_budget_org_id_organisation")),
        sa.PrimaryKeyConstraint("org_id", "account_id", "day", name=op.f("pk_query_budget")),
        comment="Questions for figures asked by accounts today; rows of past days are removed.",
        info={"placement": "organisation"},
    )


def downgrade() -> None:
    op.drop_table("query_budget")
