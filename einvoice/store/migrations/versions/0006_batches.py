"""What an export left out, and why, is kept with it."""

import sqlalchemy as sa
from alembic import op

from einvoice.store.columns import Json

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds a column that may be empty: digests of rows that are there stay as they are."""
    op.add_column("export", sa.Column("protocol", Json(), nullable=True))
