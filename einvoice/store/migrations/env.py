"""What Alembic runs: all steps in the one transaction that `einvoice.store.migrate` has opened."""

from typing import Any, Literal

from alembic import context

from einvoice.store.columns import Exact, Json
from einvoice.store.tables import METADATA


def _render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Writes our own column types by name."""
    return f"{type(item).__name__}()" if kind == "type" and isinstance(item, (Exact, Json)) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    render_item=_render,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
