"""What a new invoice is compared by with its tenant's others, and the indexes that answer in one look."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ANSWERED = (
    ("tenant_id", "number"),
    ("tenant_id", "supplier", "payable_cents"),
    ("tenant_id", "supplier", "iban"),
    ("tenant_id", "iban", "payable_cents"),
)


def upgrade() -> None:
    """Adds columns that may be empty: digests of rows that are there stay as they are."""
    for name in ("content_sha256", "supplier", "payee"):
        op.add_column("invoice", sa.Column(name, sa.String(), nullable=True))
    for columns in _ANSWERED:
        op.create_index(op.f(f"ix_invoice_{'_'.join(columns)}"), "invoice", list(columns), unique=False)
