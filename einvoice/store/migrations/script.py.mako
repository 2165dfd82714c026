"""${message}."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from einvoice.store.columns import Exact, Json
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    """Makes the change. There is no way back: restore the backup that `migrate` made."""
    ${upgrades if upgrades else "pass"}
