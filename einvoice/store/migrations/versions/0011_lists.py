"""Lists by town and state, and a supplier's last invoice in a state, are answered by an index."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_INDEXES = (("tenant_id", "state", "id"), ("tenant_id", "supplier", "state", "id"))


def upgrade() -> None:
    """Adds the indexes; no row changes."""
    for columns in _INDEXES:
        op.create_index(op.f(f"ix_invoice_{'_'.join(columns)}"), "invoice", list(columns), unique=False)
