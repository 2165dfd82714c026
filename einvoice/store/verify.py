"""Proves the store and the archive unchanged: every event, payload, row and object, in both directions."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from sqlmodel import Session, col, select

from einvoice.errors import StoreError
from einvoice.store import seals
from einvoice.store.archive import Archive
from einvoice.store.columns import canonical
from einvoice.store.store import Store
from einvoice.store.tables import METADATA, UNSEALED, ArchiveObject, Event, Head, Payload, Waiting


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not as it was written. kind: event, payload, row, object or head; where: its name."""

    kind: str
    where: str
    sentence: str


def verify(
    store: Store, archive: Archive | None, against: Mapping[str, Any] | None = None
) -> list[Difference]:
    """All differences, chains first; empty when everything is as it was written.

    archive None: the store alone. against: a head as `heads.current` gave it, which finds what was cut off or
    rewritten since, and older backups. A store without any event proves nothing and is a difference.
    """
    with store.reading() as session:
        events = _events(session)
        found = list(_chains(session, events))
        found += _payloads(session, events)
        found += _rows(session, events)
        if archive is not None:
            found += _objects(session, archive)
        if against is not None:
            found += _against(session, against)
    return found


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


def _events(session: Session) -> list[_Said]:
    table = seals.table_of(Event)
    names = [field.name for field in fields(_Said)]
    return [
        _Said(**{name: _json(row[name]) if name == "rows" else row[name] for name in names})
        for row in seals.as_stored(session, table, table.c.chain, table.c.sequence)
    ]


def _json(text: Any) -> Any:
    """What a JSON column holds; the text itself if it is not the canonical text of anything."""
    try:
        value = json.loads(text)
    except (TypeError, ValueError):
        return text
    return value if canonical(value) == text else text


def _chains(session: Session, events: list[_Said]) -> Iterator[Difference]:
    heads = {head.chain: head for head in session.exec(select(Head))}
    last: dict[str, tuple[int, str]] = {}
    for event in events:
        sequence, digest = last.get(event.chain, (0, ""))
        if event.sequence != sequence + 1:
            yield Difference(
                "event", event.where, f"It follows event {sequence}: events are missing or out of order."
            )
        elif event.previous != digest:
            yield Difference("event", event.where, "It does not follow the event before it.")
        if seals.event_digest(event) != event.digest:
            yield Difference("event", event.where, "It was changed after it was written.")
        last[event.chain] = (event.sequence if isinstance(event.sequence, int) else sequence, event.digest)
    if not last:
        yield Difference("event", "store", "There is no event at all.")
    for chain in sorted({str(chain) for chain in [*heads, *last]}):
        head = heads.get(chain)
        if head is None or (head.sequence, head.digest) != last.get(chain, (0, "")):
            yield Difference("head", chain, "The head is not the last event: events were cut off or added.")


def _payloads(session: Session, events: list[_Said]) -> Iterator[Difference]:
    expected = {event.where: event.payload_digest for event in events if event.payload_digest is not None}
    protocols = {event.where for event in events if event.kind == "erased"}
    for payload in seals.as_stored(session, seals.table_of(Payload)):
        where = f"{payload['chain']}/{payload['sequence']}"
        digest = expected.pop(where, None)
        if digest is None:
            yield Difference("payload", where, "It belongs to no event.")
        elif payload["erased_by"] is not None:
            if payload["erased_by"] not in protocols or payload["content"] is not None:
                yield Difference("payload", where, f"It was erased without protocol {payload['erased_by']}.")
        elif seals.payload_digest(payload["salt"], _json(payload["content"])) != digest:
            yield Difference("payload", where, "It was changed after it was written.")
    for where in sorted(expected):
        yield Difference("payload", where, "It is missing.")


def _rows(session: Session, events: list[_Said]) -> Iterator[Difference]:
    expected = _expected(events)
    unsealed = {seals.table_of(row).name for row in UNSEALED}
    for table in METADATA.sorted_tables:
        if table.name in unsealed:
            continue
        for row in seals.as_stored(session, table):
            name = "/".join([table.name, *(str(row[column.key]) for column in table.primary_key)])
            _, digest = expected.pop(name, ("", None))
            if digest is None:
                yield Difference("row", name, "No event says that it was written.")
            elif seals.digest(table, row) != digest:
                yield Difference("row", name, "It was changed after it was written.")
    for name in sorted(expected):
        yield Difference("row", name, "It is missing.")


def _expected(events: list[_Said]) -> dict[str, tuple[str, str]]:
    """The chain and digest that the events say each row has now; a row's last word in a chain counts."""
    found: dict[str, tuple[str, str]] = {}
    left: set[tuple[str, str]] = set()
    for event in reversed(events):
        for name, digest in (event.rows if isinstance(event.rows, dict) else {}).items():
            if (event.chain, name) in left:
                continue
            left.add((event.chain, name))
            if digest is not None:
                found[name] = (event.chain, digest)
    return found


def _objects(session: Session, archive: Archive) -> Iterator[Difference]:
    expected = {
        (row.area, row.sha256)
        for row in session.exec(select(ArchiveObject).where(col(ArchiveObject.gone).is_(None)))
    }
    waiting = {(row.area, row.sha256) for row in session.exec(select(Waiting))}
    for area, name in archive.objects():
        if (area, name) in expected:
            expected.discard((area, name))
            yield from _one_object(archive, area, name)
        elif (area, name) not in waiting:
            yield Difference("object", f"{area}/{name}", "No event says that it was archived.")
    for area, name in sorted(expected):
        yield Difference("object", f"{area}/{name}", "It is missing.")


def _one_object(archive: Archive, area: str, name: str) -> Iterator[Difference]:
    try:
        archive.read(area, name)
    except StoreError as error:
        yield Difference("object", f"{area}/{name}", str(error))


def _against(session: Session, against: Mapping[str, Any]) -> Iterator[Difference]:
    for chain, (sequence, digest) in sorted(against["chains"].items()):
        event = session.exec(
            select(Event).where(Event.chain == chain, Event.sequence == sequence)
        ).one_or_none()
        if event is None:
            yield Difference(
                "head", chain, f"Event {sequence}, published on {against['time']}, is not there."
            )
        elif event.digest != digest:
            yield Difference(
                "head", chain, f"Event {sequence} is not the one published on {against['time']}."
            )
