"""Proves the store and the archive unchanged: every event, payload, row and object, in both directions.

Events are read once, in order; of each row only the name and the digest it should have are kept.
"""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from einvoice.store import heads, seals, times
from einvoice.store.archive import Archive
from einvoice.store.columns import canonical
from einvoice.store.differences import Difference, Erasure
from einvoice.store.foreign import foreign
from einvoice.store.presence import objects
from einvoice.store.store import Store
from einvoice.store.tables import METADATA, UNSEALED, Event, Head, Lease, Payload

Step = Callable[[int], None]
"""Told how many more things have been looked at."""

_PATIENCE = 5
"""How often what another process may just be doing is looked at once more, a second apart."""


@dataclass(slots=True)
class Proof:
    """What was found: differences (none: all is as it was written), erasures under protocol, and how many events,
    rows and objects were looked at.
    """

    differences: list[Difference] = field(default_factory=list)
    erasures: list[Erasure] = field(default_factory=list)
    events: int = 0
    rows: int = 0
    objects: int = 0


def verify(
    store: Store,
    archive: Archive | None,
    *against: Mapping[str, Any],
) -> list[Difference]:
    """All differences, chains first; empty when everything is as it was written. See `prove`."""
    return prove(store, archive, against).differences


def prove(
    store: Store,
    archive: Archive | None,
    against: Sequence[Mapping[str, Any]] = (),
    step: Step = lambda count: None,
) -> Proof:
    """The proof of a store and its archive, at one moment, also while others write.

    archive None: the store alone. against: heads as `heads.current` gave them, which find what was cut off or
    rewritten since, and older backups. A store without any event proves nothing and is a difference.
    """
    proof = Proof()
    with store.reading() as session:
        proof.differences += foreign(session)
        expected, payloads, protocols = _chains(session, proof, step)
        proof.differences += _payloads(session, payloads, protocols, proof)
        proof.differences += _rows(session, expected, proof, step)
        for head in against:
            proof.differences += heads.compared(session, head)
    if archive is not None:
        proof.objects, found = objects(store, archive, step)
        proof.differences += _settled(store, archive, found)
    return proof


def size(store: Store) -> int:
    """How many things `prove` will look at, roughly: for a progress bar."""
    with store.reading() as session:
        tables = [t for t in METADATA.sorted_tables if t.name not in _unsealed() or t.name == "event"]
        return sum(int(session.execute(select(func.count()).select_from(t)).scalar_one()) for t in tables)


@dataclass(frozen=True, slots=True)
class _Said:
    """An event as it really stands in the table."""

    chain: Any
    sequence: Any
    time: Any
    kind: Any
    subject: Any
    actor_id: Any
    payload_digest: Any
    rows: Any
    previous: Any
    digest: Any

    @property
    def where(self) -> str:
        """How differences name it."""
        return f"{self.chain}/{self.sequence}"


_COLUMNS = tuple(_Said.__slots__)


def _events(session: Session) -> Iterator[_Said]:
    table = seals.table_of(Event)
    for row in seals.as_stored(session, table, table.c.chain, table.c.sequence):
        yield _Said(*(_json(row[name]) if name == "rows" else row[name] for name in _COLUMNS))


def _json(text: Any) -> Any:
    """What a JSON column holds; the text itself if it is not the canonical text of anything."""
    try:
        value = json.loads(text)
    except (TypeError, ValueError):
        return text
    return value if canonical(value) == text else text


def _chains(session: Session, proof: Proof, step: Step) -> tuple[dict[str, bytes], dict[str, str], set[str]]:
    """Walks all events; what they say of rows (name → digest) and payloads (event → digest), and the protocols."""
    expected: dict[str, bytes] = {}
    owner: dict[str, str] = {}
    payloads: dict[str, str] = {}
    protocols: set[str] = set()
    last: dict[str, tuple[int, str]] = {}
    said: dict[str, bytes | None] = {}
    chain = None
    for event in _events(session):
        if event.chain != chain:
            proof.differences += _merged(expected, owner, said, str(chain))
            chain, said = event.chain, {}
        proof.differences += _linked(event, last)
        if event.payload_digest is not None:
            payloads[event.where] = event.payload_digest
        if event.kind == "erased":
            protocols.add(event.where)
        for name, digest in (event.rows if isinstance(event.rows, dict) else {}).items():
            said[name] = None if digest is None else str(digest).encode()
        proof.events += 1
        step(1)
    proof.differences += _merged(expected, owner, said, str(chain))
    proof.differences += _ends(session, last)
    return expected, payloads, protocols


def _merged(
    expected: dict[str, bytes], owner: dict[str, str], said: Mapping[str, bytes | None], chain: str
) -> Iterator[Difference]:
    """Adds what a chain says last of each row; a row belongs to one chain."""
    for name, digest in said.items():
        if digest is None:
            continue
        if name in expected:
            yield Difference("row-twice", name, {"chains": f"{owner.get(name, 'installation')}, {chain}"})
        expected[name] = digest
        if chain != "installation":
            owner[name] = chain


def _linked(event: _Said, last: dict[str, tuple[int, str]]) -> Iterator[Difference]:
    sequence, digest = last.get(event.chain, (0, ""))
    if event.sequence != sequence + 1:
        yield Difference("event-order", event.where, {"before": sequence})
    elif event.previous != digest:
        yield Difference("event-link", event.where)
    if seals.event_digest(event) != event.digest:
        yield Difference("event-changed", event.where)
    last[event.chain] = (event.sequence if isinstance(event.sequence, int) else sequence, event.digest)


def _ends(session: Session, last: Mapping[str, tuple[int, str]]) -> Iterator[Difference]:
    if not last:
        yield Difference("event-none", "store")
    ends = {
        row["chain"]: (row["sequence"], row["digest"])
        for row in seals.as_stored(session, seals.table_of(Head))
    }
    for chain in sorted({str(chain) for chain in [*ends, *last]}):
        if ends.get(chain) != last.get(chain, (0, "")):
            yield Difference("head-end", chain)


def _payloads(
    session: Session, expected: dict[str, str], protocols: set[str], proof: Proof
) -> Iterator[Difference]:
    for payload in seals.as_stored(session, seals.table_of(Payload)):
        where = f"{payload['chain']}/{payload['sequence']}"
        digest, protocol = expected.pop(where, None), payload["erased_by"]
        if digest is None:
            yield Difference("payload-stray", where)
        elif protocol is not None:
            if protocol not in protocols or payload["content"] is not None or payload["salt"] is not None:
                yield Difference("payload-erased", where, {"protocol": protocol})
            else:
                proof.erasures.append(Erasure(where, protocol))
        elif seals.payload_digest(payload["salt"], _json(payload["content"])) != digest:
            yield Difference("payload-changed", where)
    for where in sorted(expected):
        yield Difference("payload-missing", where)


def _rows(session: Session, expected: dict[str, bytes], proof: Proof, step: Step) -> Iterator[Difference]:
    for table in METADATA.sorted_tables:
        if table.name in _unsealed():
            continue
        keys = [column.key for column in table.primary_key]
        for row in seals.as_stored(session, table):
            name = "/".join([table.name, *(str(row[key]) for key in keys)])
            digest = expected.pop(name, None)
            if digest is None:
                yield Difference("row-stray", name)
            elif seals.digest(table, row).encode() != digest:
                yield Difference("row-changed", name)
            proof.rows += 1
            step(1)
    for name in sorted(expected):
        yield Difference("row-missing", name)


def _unsealed() -> set[str]:
    return {seals.table_of(row).name for row in UNSEALED}


def _settled(store: Store, archive: Archive, found: Iterable[Difference]) -> list[Difference]:
    """The differences that stay when others who are at work now have gone on: an object is there before its row."""
    left = list(found)
    for _ in range(_PATIENCE):
        if not left or not _others_at_work(store):
            break
        time.sleep(1)
        left = objects(store, archive, lambda count: None)[1]
    return left


def _others_at_work(store: Store) -> bool:
    with store.reading() as session:
        return session.exec(select(Lease.name).where(col(Lease.until) > times.utc_now())).first() is not None
