"""Pages of a list are answered by indexes: what is due, what has Skonto, and what has a word in it."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_INDEXES = (
    ("tenant_id", "state", "due_date", "id"),
    ("tenant_id", "state", "skonto_until", "id"),
    ("tenant_id", "id", "state", "search"),
)


def upgrade() -> None:
    """Adds the indexes; no row changes."""
    for columns in _INDEXES:
        op.create_index(op.f(f"ix_invoice_{'_'.join(columns)}"), "invoice", list(columns), unique=False)
