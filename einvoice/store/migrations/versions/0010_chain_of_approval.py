"""Steps of the approval chain: who did which, at most once per round, and what the database itself refuses."""

import sqlalchemy as sa
from alembic import op

from einvoice.store.columns import Json

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_COLUMNS = (
    (
        "act",
        "step",
        "VARCHAR CONSTRAINT ck_act_not_for_himself CHECK (for_person_id IS NULL OR for_person_id <> person_id)",
    ),
    (
        "invoice",
        "budget_by",
        "INTEGER CONSTRAINT fk_invoice_budget_by REFERENCES person (id) "
        "CONSTRAINT ck_invoice_not_budget CHECK (authorised_by IS NULL OR budget_by IS NULL "
        "OR authorised_by <> budget_by)",
    ),
    (
        "invoice",
        "visa_by",
        "INTEGER CONSTRAINT fk_invoice_visa_by REFERENCES person (id) "
        "CONSTRAINT ck_invoice_visa_of_another CHECK (visa_by IS NULL OR (visa_by <> coalesce(factual_by, 0) "
        "AND visa_by <> coalesce(arithmetic_by, 0) AND visa_by <> coalesce(budget_by, 0) "
        "AND visa_by <> coalesce(authorised_by, 0))) "
        "CONSTRAINT ck_invoice_payable_authorised CHECK (authorised_by IS NOT NULL "
        "OR state NOT IN ('authorised', 'batched', 'exported', 'acknowledged'))",
    ),
)
"""Added as SQL, for SQLite adds a constraint only together with its column."""


def upgrade() -> None:
    """Adds columns that may be empty: digests of rows that are there stay as they are."""
    for table, column, rest in _COLUMNS:
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column} {rest}")
    op.add_column("invoice", sa.Column("fits", Json(), nullable=True))
    op.create_index(
        "uq_act_live",
        "act",
        ["invoice_id", "round", "step"],
        unique=True,
        sqlite_where=sa.text("undone IS NULL AND step IS NOT NULL"),
        postgresql_where=sa.text("undone IS NULL AND step IS NOT NULL"),
    )
    op.create_table(
        "interest",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("since", sa.String(), nullable=False),
        sa.Column("until", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_interest_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interest")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_interest_person_id"), "interest", ["person_id"], unique=False)
