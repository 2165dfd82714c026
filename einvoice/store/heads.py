"""The head: in a few lines, what all chains end with. Kept where the operator cannot rewrite it, it proves
them.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from sqlmodel import Session, col, select

from einvoice.store import times
from einvoice.store.columns import canonical
from einvoice.store.differences import Difference
from einvoice.store.seals import sha256
from einvoice.store.store import Store
from einvoice.store.tables import ArchiveObject, Event, Head, Installation


def current(store: Store) -> dict[str, Any]:
    """The head now: `installation` (its uuid), `time`, `events` (how many), `chains` (last sequence and digest),
    `objects` (how many lie in the archive, and one digest of their names), `root` (one digest of all that).
    """
    with store.reading() as session:
        return of(session)


def of(session: Session) -> dict[str, Any]:
    """The head at the moment of a session."""
    heads = session.exec(select(Head)).all()
    said: dict[str, Any] = {
        "installation": session.exec(select(Installation.uuid)).first(),
        "time": times.utc_now(),
        "events": sum(head.sequence for head in heads),
        "chains": {head.chain: [head.sequence, head.digest] for head in heads if head.sequence},
        "objects": _objects(session),
    }
    return {**said, "root": root(said)}


def root(head: Mapping[str, Any]) -> str:
    """The digest of what a head says."""
    return sha256(canonical({key: value for key, value in head.items() if key != "root"}).encode())


def genuine(head: Any) -> bool:
    """Whether a head that was kept elsewhere is whole: its root fits what it says."""
    return isinstance(head, dict) and isinstance(head.get("chains"), dict) and head.get("root") == root(head)


def text(head: Mapping[str, Any]) -> str:
    """A head as it is written to a file or a mail."""
    return json.dumps(head, indent=2, sort_keys=True) + "\n"


def compared(session: Session, head: Mapping[str, Any]) -> Iterator[Difference]:
    """How the store differs from a head that was published: what it lacks, and what is another."""
    day = {"time": head["time"]}
    same = True
    for chain, (sequence, digest) in sorted(head["chains"].items()):
        query = select(Event.digest).where(Event.chain == chain, Event.sequence == sequence)
        found = session.exec(query).one_or_none()
        if found != digest:
            code = "head-missing" if found is None else "head-other"
            yield Difference(code, chain, {"sequence": sequence, **day})
        last = session.exec(select(Head.sequence).where(Head.chain == chain)).one_or_none()
        same = same and last == sequence
    if same and _objects(session) != head.get("objects"):
        yield Difference("head-objects", "archive", day)


def _objects(session: Session) -> dict[str, Any]:
    """How many objects lie in the archive, and one digest of their names in order; read piece by piece."""
    seal, count = hashlib.sha256(), 0
    for area in sorted(session.exec(select(ArchiveObject.area).distinct()), key=lambda one: f"{one}/"):
        query = select(ArchiveObject.sha256).where(
            ArchiveObject.area == area, col(ArchiveObject.gone).is_(None)
        )
        ordered = query.order_by(col(ArchiveObject.sha256)).execution_options(yield_per=10_000)
        for digest in session.exec(ordered):
            seal.update(f"{area}/{digest}\n".encode())
            count += 1
    return {"count": count, "root": seal.hexdigest()}
