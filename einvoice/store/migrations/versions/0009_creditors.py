"""Whom a creditor turned out to be, and who is paid on his account."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds columns that may be empty: digests of rows that are there stay as they are."""
    op.add_column("creditor", sa.Column("merged_into", sa.Integer(), nullable=True))
    op.add_column("creditor_account", sa.Column("holder", sa.String(), nullable=True))
