"""Received → stored: the one door through which bytes come in, from whatever source."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from einvoice.pipeline.workplace import Opened
from einvoice.store import people
from einvoice.store.archive import ARRIVALS
from einvoice.store.objects import keep_object
from einvoice.store.store import repeated
from einvoice.store.tables import Cursor, Delivery, Outbox, Source


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


@repeated
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
    """Keeps bytes for good: they are durable and hashed before anything parses them.

    Handed in before is what has the same handle and bytes; with `by_bytes`, the same bytes from this source.
    answer: the sender may be answered once the delivery is checked.
    """
    handle, name = storable(handle), storable(name)
    digest = place.archive.put(ARRIVALS, data)
    with place.store.writing(people.SERVICE) as work:
        known = _known(work.session, source, None if by_bytes else handle, digest)
        if known is not None:
            return _receipt(known, known=True)
        twin = work.session.exec(
            select(Delivery.id).where(Delivery.sha256 == digest).order_by(col(Delivery.id))
        ).first()
        row = Delivery(
            source_id=source,
            handle=handle,
            name=name,
            sha256=digest,
            size=len(data),
            received=work.time,
            same_as=twin,
        )
        work.add(row)
        keep_object(work, place.archive, ARRIVALS, data, None)
        work.session.flush()
        if answer:
            work.add(Outbox(delivery_id=row.id, once=f"answer/{row.id}", state="waiting", made=work.time))
        work.event("delivery-received", row)
    return _receipt(row, known=False)


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


def _known(session: Session, source: int, handle: str | None, digest: str) -> Delivery | None:
    query = select(Delivery).where(Delivery.source_id == source, Delivery.sha256 == digest)
    if handle is not None:
        query = query.where(Delivery.handle == handle)
    return session.exec(query.order_by(col(Delivery.id))).first()


def _receipt(row: Delivery, *, known: bool) -> Receipt:
    return Receipt(row.id or 0, row.sha256, row.received, known)
