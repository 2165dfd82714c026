"""Received → stored: the one door through which bytes come in, from whatever source."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, func, select

from einvoice.pipeline.workplace import Opened
from einvoice.store import people
from einvoice.store.archive import ARRIVALS
from einvoice.store.asked import among
from einvoice.store.bulk import made, put
from einvoice.store.objects import Kept, keep_objects, unlink_again
from einvoice.store.store import repeated
from einvoice.store.tables import Cursor, Delivery, Outbox, Source
from einvoice.store.work import Work


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of bytes that were handed in. known: they had been handed in before, as this delivery."""

    delivery_id: int
    sha256: str
    received: str
    known: bool


@repeated
def source_id(place: Opened, name: str, kind: str, tenant: str | None = None) -> int:
    """The row of a source, made when it is first seen, with the tenant its settings name now.

    Raises ConfigurationError for a tenant that is not there.
    """
    with place.store.writing(people.SERVICE) as work:
        owner = people.tenant(work.session, tenant).id if tenant else None
        row = work.session.exec(select(Source).where(Source.name == name)).one_or_none()
        if row is not None and (row.kind, row.tenant_id) == (kind, owner):
            return row.id or 0
        event = "source-added" if row is None else "source-changed"
        row = row or Source(name=name, kind=kind)
        row.kind, row.tenant_id = kind, owner
        work.add(row)
        work.session.flush()
        work.event(event, row, {"name": name})
        return row.id or 0


@dataclass(frozen=True, slots=True)
class Handed:
    """Bytes as a source hands them in: what it calls them, their name for people."""

    handle: str
    name: str
    data: bytes


def store_delivery(
    place: Opened,
    source: int,
    handle: str,
    name: str,
    data: bytes,
    *,
    by_bytes: bool = False,
    answer: bool = False,
) -> Receipt:
    """As `store_deliveries`, for one."""
    return store_deliveries(place, source, [Handed(handle, name, data)], by_bytes=by_bytes, answer=answer)[0]


@repeated
def store_deliveries(
    place: Opened, source: int, handed: Sequence[Handed], *, by_bytes: bool = False, answer: bool = False
) -> list[Receipt]:
    """Keeps bytes for good: they are durable and hashed before anything parses them. A receipt for each, in order.

    Handed in before is what has the same handle and bytes; with `by_bytes`, the same bytes from this source.
    answer: the sender may be answered once the delivery is checked.
    """
    digests = place.archive.put_all([(ARRIVALS, one.data) for one in handed])
    with place.store.writing(people.SERVICE) as work:
        known = _known(work.session, source, digests, by_bytes=by_bytes)
        receipts: list[tuple[Delivery, bool]] = []
        new: list[tuple[Delivery, bytes]] = []
        for one, digest in zip(handed, digests, strict=True):
            key = digest, "" if by_bytes else storable(one.handle)
            if there := key in known:
                row = known[key]
            else:
                row = known[key] = _delivery(work, source, one, digest)
                new.append((row, one.data))
            receipts.append((row, there))
        _keep(place, work, new, answer=answer)
        unlink_again(work, [(ARRIVALS, row.sha256) for row, there in receipts if there])
    return [_receipt(row, known=there) for row, there in receipts]


def _delivery(work: Work, source: int, one: Handed, digest: str) -> Delivery:
    return made(
        Delivery,
        source_id=source,
        handle=storable(one.handle),
        name=storable(one.name),
        sha256=digest,
        size=len(one.data),
        received=work.time,
    )


def _keep(place: Opened, work: Work, new: Sequence[tuple[Delivery, bytes]], *, answer: bool) -> None:
    """Writes new deliveries with their objects, and the events that say so."""
    rows = [row for row, _ in new]
    work.number(*rows)
    first = _first_of(work.session, [row.sha256 for row in rows])
    for row in rows:
        twin = first.setdefault(row.sha256, row.id or 0)
        put(row, same_as=twin if twin != row.id else None)
    work.insert(*rows)
    objects = keep_objects(work, place.archive, [Kept(ARRIVALS, data, row.sha256, None) for row, data in new])
    if answer:
        work.add(*(_answer(work, row) for row in rows))
    for row in rows:
        kept = objects.pop((ARRIVALS, row.sha256), None)
        work.event("delivery-received", row, proves=[kept] if kept else [])


def _answer(work: Work, row: Delivery) -> Outbox:
    return Outbox(delivery_id=row.id, once=f"answer/{row.id}", state="waiting", made=work.time)


def receive(
    place: Opened, source: str, name: str, data: bytes, once: str | None = None, tenant: str | None = None
) -> Receipt:
    """Takes what somebody uploads; durable when it returns. The same door as that of all other sources.

    source: the name under which uploads are listed. tenant: whom the source is for. once: what the sender calls this
    upload, so that one sent again after a broken connection is the same delivery; without it every call is a delivery
    of its own.
    """
    import secrets

    number = source_id(place, source, "upload", tenant)
    return store_delivery(place, number, once or secrets.token_hex(16), name, data)


def storable(text: str) -> str:
    """A name as every database can hold it: bytes that are no UTF-8, and NUL, stand there as \\xNN; so does a
    backslash before an x, that no two names become one.
    """
    plain = text.replace("\\x", "\\x5cx").encode("utf-8", "surrogateescape")
    return plain.decode("utf-8", "backslashreplace").replace("\0", "\\x00")


def handles(place: Opened, source: int) -> frozenset[str]:
    """What a source called all that was taken from it."""
    with place.store.reading() as session:
        return frozenset(session.exec(select(Delivery.handle).where(Delivery.source_id == source)))


def cursor(place: Opened, source: int) -> Mapping[str, Any]:
    """How far a source was read."""
    with place.store.reading() as session:
        row = session.get(Cursor, source)
        return dict(row.value or {}) if row else {}


@repeated
def move_cursor(place: Opened, source: int, value: Mapping[str, Any]) -> None:
    """Notes how far a source was read: a hint that may be lost."""
    with place.store.writing(people.SERVICE) as work:
        row = work.session.get(Cursor, source) or Cursor(source_id=source)
        row.value = dict(value)
        work.add(row)


def _known(
    session: Session, source: int, digests: Collection[str], *, by_bytes: bool
) -> dict[tuple[str, str], Delivery]:
    """What was handed in before, by its hash and, where it counts, its handle; of several the first."""
    these = among(session, col(Delivery.sha256), digests)
    same = select(Delivery).where(Delivery.source_id == source, these)
    rows = session.exec(same.order_by(col(Delivery.id).desc())).all()
    return {(row.sha256, "" if by_bytes else row.handle): row for row in rows}


def _first_of(session: Session, digests: Collection[str]) -> dict[str, int]:
    """The first delivery of the same bytes, from whatever source."""
    these = among(session, col(Delivery.sha256), digests)
    same = select(Delivery.sha256, func.min(Delivery.id)).where(these)
    found = session.exec(same.group_by(col(Delivery.sha256))).all()
    return {digest: number or 0 for digest, number in found}


def _receipt(row: Delivery, *, known: bool) -> Receipt:
    return Receipt(row.id or 0, row.sha256, row.received, known)
