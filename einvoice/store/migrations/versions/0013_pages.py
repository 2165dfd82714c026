"""Pages of a list are answered by indexes: what is due, what has Skonto, and what has a word in it.

PostgreSQL's index takes so long a text and no longer: what was written before lists searched the first characters
alone is cut to them first, each under an event of its chain, for rows are proved by their digests.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.orm import Session

from einvoice.store import seals
from einvoice.store.columns import canonical
from einvoice.store.times import utc_now

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_INDEXES = (
    ("tenant_id", "state", "due_date", "id"),
    ("tenant_id", "state", "skonto_until", "id"),
    ("tenant_id", "id", "state", "search"),
)
_SEARCHED = 500
_SERVICE = 1


def upgrade() -> None:
    """Cuts texts that are too long for an index, adds the indexes."""
    connection = op.get_bind()
    there = sa.MetaData()
    there.reflect(connection, only=("invoice", "event", "head"))
    invoice = there.tables["invoice"]
    too_long = sa.select(invoice.c.id).where(sa.func.length(invoice.c.search) > _SEARCHED)
    with Session(connection) as session:
        for number in session.scalars(too_long.order_by(invoice.c.id)).all():
            _cut(session, there, number)
    for columns in _INDEXES:
        op.create_index(op.f(f"ix_invoice_{'_'.join(columns)}"), "invoice", list(columns), unique=False)


def _cut(session: Session, there: sa.MetaData, number: int) -> None:
    """Cuts the text of one invoice, and says so in its chain with the digest of the row as it is then."""
    invoice, event, head = there.tables["invoice"], there.tables["event"], there.tables["head"]
    this = invoice.c.id == number
    session.execute(
        sa.update(invoice).where(this).values(search=sa.func.substr(invoice.c.search, 1, _SEARCHED))
    )
    (row,) = seals.as_stored(session, invoice, where=this)
    town, name = row["tenant_id"], f"invoice/{number}"
    chain = seals.INSTALLATION if town is None else seals.tenant_chain(town)
    end = sa.select(head.c.sequence, head.c.digest).where(head.c.chain == chain).with_for_update()
    sequence, digest = session.execute(end).one()
    proved = {name: seals.digest(invoice, row)}
    said = [chain, sequence + 1, utc_now(), "search-cut", name, _SERVICE, None, proved, digest]
    new = {"sequence": sequence + 1, "digest": seals.digest_of_event(said)}
    kept = dict(zip(seals.EVENT, said, strict=True)) | {"rows": canonical(proved), "digest": new["digest"]}
    session.execute(sa.insert(event).values(kept))
    session.execute(sa.update(head).where(head.c.chain == chain).values(new))
    session.flush()
