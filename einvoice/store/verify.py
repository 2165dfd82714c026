"""Proves the store and the archive unchanged: every event, payload, row and object, in both directions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy
from sqlmodel import Session, col, select

from einvoice.errors import StoreError
from einvoice.store import seals
from einvoice.store.archive import Archive
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
        found = list(_chains(session))
        found += _payloads(session)
        found += _rows(session)
        if archive is not None:
            found += _objects(session, archive)
        if against is not None:
            found += _against(session, against)
    return found


def _chains(session: Session) -> Iterator[Difference]:
    heads = {head.chain: head for head in session.exec(select(Head))}
    last: dict[str, tuple[int, str]] = {}
    for event in session.exec(_in_order()):
        sequence, digest = last.get(event.chain, (0, ""))
        where = f"{event.chain}/{event.sequence}"
        if event.sequence != sequence + 1:
            yield Difference("event", where, f"Events {sequence + 1} to {event.sequence - 1} are missing.")
        elif event.previous != digest:
            yield Difference("event", where, "It does not follow the event before it.")
        if seals.event_digest(event) != event.digest:
            yield Difference("event", where, "It was changed after it was written.")
        last[event.chain] = (event.sequence, event.digest)
    if not last:
        yield Difference("event", "store", "There is no event at all.")
    for chain in sorted(heads.keys() | last.keys()):
        head = heads.get(chain)
        if head is None or (head.sequence, head.digest) != last.get(chain, (0, "")):
            yield Difference("head", chain, "The head is not the last event: events were cut off or added.")


def _in_order() -> Any:
    return select(Event).order_by(col(Event.chain), col(Event.sequence)).execution_options(yield_per=1000)


def _payloads(session: Session) -> Iterator[Difference]:
    expected = {
        (event.chain, event.sequence): event.payload_digest
        for event in session.exec(_in_order())
        if event.payload_digest is not None
    }
    protocols = {f"{e.chain}/{e.sequence}" for e in session.exec(select(Event).where(Event.kind == "erased"))}
    for payload in session.exec(select(Payload).execution_options(yield_per=1000)):
        where = f"{payload.chain}/{payload.sequence}"
        digest = expected.pop((payload.chain, payload.sequence), None)
        if digest is None:
            yield Difference("payload", where, "It belongs to no event.")
        elif payload.erased_by is not None:
            if payload.erased_by not in protocols or payload.content is not None:
                yield Difference("payload", where, f"It was erased without protocol {payload.erased_by}.")
        elif seals.payload_digest(payload.salt, payload.content) != digest:
            yield Difference("payload", where, "It was changed after it was written.")
    for chain, sequence in sorted(expected):
        yield Difference("payload", f"{chain}/{sequence}", "It is missing.")


def _rows(session: Session) -> Iterator[Difference]:
    expected: dict[str, tuple[str, str]] = {}
    for event in session.exec(_in_order()):
        for name, digest in (event.rows or {}).items():
            if digest is not None:
                expected[name] = (event.chain, digest)
            elif expected.get(name, (event.chain, ""))[0] == event.chain:
                expected.pop(name, None)
    unsealed = {seals.table_of(row).name for row in UNSEALED}
    for table in METADATA.sorted_tables:
        if table.name in unsealed:
            continue
        for row in session.execute(sqlalchemy.select(table).execution_options(yield_per=1000)).mappings():
            name = "/".join([table.name, *(str(row[column.key]) for column in table.primary_key)])
            _, digest = expected.pop(name, ("", None))
            if digest is None:
                yield Difference("row", name, "No event says that it was written.")
            elif seals.digest(table, dict(row)) != digest:
                yield Difference("row", name, "It was changed after it was written.")
    for name in sorted(expected):
        yield Difference("row", name, "It is missing.")


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
