"""Which cases are open to the operator is asked at each of his requests: acts are found by their kind."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds an index; no row changes."""
    op.create_index(op.f("ix_act_kind_id"), "act", ["kind", "id"], unique=False)
