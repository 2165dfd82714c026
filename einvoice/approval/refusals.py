"""A refused act leaves a trace: an event of its own, with ids only, whatever became of the act's transaction."""

import contextlib
from collections.abc import Iterator

from sqlmodel import Session

from einvoice.approval.persons import Actor
from einvoice.errors import Refused
from einvoice.store import seals
from einvoice.store.store import Store
from einvoice.store.tables import INSTALLATION, Batch, Invoice, Proposal

_TABLES: dict[str, type[Invoice | Proposal | Batch]] = {
    "invoice": Invoice,
    "proposal": Proposal,
    "batch": Batch,
}


@contextlib.contextmanager
def logged(store: Store, who: Actor, act: str, subject: str = "approval") -> Iterator[None]:
    """Lets a breach of a rule of approval (Refused with a code) pass on, after an event `act-refused`.

    subject: `invoice/7`, `batch/2` or `proposal/3`; the event stands in the chain of its tenant. Slips leave none.
    """
    try:
        yield
    except Refused as error:
        if error.code is not None:
            with store.writing(who.person_id) as work:
                said = {"act": act, "rule": error.code}
                work.event("act-refused", subject, said, chain=_chain(work.session, subject))
        raise


def _chain(session: Session, subject: str) -> str:
    table, _, number = subject.partition("/")
    row = session.get(_TABLES[table], int(number)) if table in _TABLES else None
    return seals.chain_of(row) if row is not None else INSTALLATION
