"""The seller's mail address stands in a column, so that nobody acts on an invoice of his own by it."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds a column that may be empty: digests of rows that are there stay as they are."""
    op.add_column("invoice", sa.Column("seller_mail", sa.String(), nullable=True))
