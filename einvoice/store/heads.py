"""The head: in a few lines, what all chains end with. Kept where the operator cannot rewrite it, it proves
them.
"""

from typing import Any

from sqlmodel import select

from einvoice.store import times
from einvoice.store.columns import canonical
from einvoice.store.seals import sha256
from einvoice.store.store import Store
from einvoice.store.tables import Head


def current(store: Store) -> dict[str, Any]:
    """The head now: `time`, `events` (how many), `root` (one digest of all), `chains` (last sequence and
    digest).
    """
    with store.reading() as session:
        heads = session.exec(select(Head)).all()
    chains = {head.chain: [head.sequence, head.digest] for head in heads if head.sequence}
    return {
        "time": times.utc_now(),
        "events": sum(head.sequence for head in heads),
        "root": sha256(canonical(chains).encode()),
        "chains": chains,
    }


def genuine(head: dict[str, Any]) -> bool:
    """Whether a head that was kept elsewhere is whole: its root fits its chains."""
    return bool(head.get("root") == sha256(canonical(head.get("chains")).encode()))
