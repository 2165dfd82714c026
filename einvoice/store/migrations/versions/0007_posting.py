"""More of postings and deductions: the invoice's own amounts, lines, days; since when master data is retired."""

import sqlalchemy as sa
from alembic import op

from einvoice.store.columns import Exact

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_ADDED: dict[str, dict[str, type]] = {
    "posting": {"full": Exact, "full_vat": Exact, "line": sa.String},
    "deduction": {
        "made": sa.String,
        "percent": Exact,
        "until": sa.String,
        "vat_category": sa.String,
        "vat_rate": Exact,
        "released": sa.String,
    },
    "master": {"until": sa.String},
    "creditor": {"until": sa.String},
}


def upgrade() -> None:
    """Adds columns that may be empty: digests of rows that are there stay as they are."""
    for table, columns in _ADDED.items():
        for name, kind in columns.items():
            op.add_column(table, sa.Column(name, kind(), nullable=True))
    name = op.f("ix_posting_tenant_id_commitment")
    op.create_index(name, "posting", ["tenant_id", "commitment"], unique=False)
