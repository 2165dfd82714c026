"""Compares the archive with the rows that say what lies in it: every object read and hashed, in both directions."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from sqlalchemy import func
from sqlmodel import col, select

from einvoice.errors import StoreError
from einvoice.store.archive import Archive
from einvoice.store.differences import Difference
from einvoice.store.store import Store
from einvoice.store.tables import ArchiveObject, Waiting

_READERS = 8
T = TypeVar("T")
R = TypeVar("R")


def objects(store: Store, archive: Archive, step: Callable[[int], None]) -> tuple[int, list[Difference]]:
    """How many objects there are, and what differs from the rows."""
    there = list(archive.objects())  # before the rows: what is put meanwhile is then not asked for
    expected, leaving = _known(store)
    found: list[Difference] = []
    ours: list[tuple[str, str]] = []
    for one in there:
        if one in expected:
            expected.discard(one)
            ours.append(one)
        elif one not in leaving:
            found.append(Difference("object-stray", "/".join(one)))
    for one, whole in side_by_side(lambda one: _whole(archive, *one), ours):
        if not whole:
            found.append(Difference("object-changed", "/".join(one)))
        step(1)
    found += (
        Difference("object-missing", f"{a}/{n}") for a, n in sorted(expected) if not _there(archive, a, n)
    )
    return len(ours), found


def side_by_side(act: Callable[[T], R], items: Iterable[T]) -> Iterator[tuple[T, R]]:
    """Each item with what `act` makes of it, several at a time, in order; memory stays flat."""
    rest = iter(items)
    with ThreadPoolExecutor(_READERS) as pool:
        while chunk := list(islice(rest, 64 * _READERS)):
            yield from zip(chunk, pool.map(act, chunk), strict=True)


def _known(store: Store) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """The objects that should be there, and those that left their area but may not be unlinked yet."""
    with store.reading() as session:
        rows = session.exec(select(ArchiveObject.area, ArchiveObject.sha256, ArchiveObject.gone)).all()
        waiting = set(session.exec(select(Waiting.area, Waiting.sha256)).all())
    here = {(area, digest) for area, digest, gone in rows if gone is None}
    left = {(area, digest) for area, digest, gone in rows if gone is not None}
    return here, left & {(area, digest) for area, digest in waiting}


def present(store: Store) -> Iterator[tuple[str, str, int]]:
    """(area, SHA-256, bytes) of all objects that lie in the archive, in order."""
    with store.reading() as session:
        query = select(ArchiveObject.area, ArchiveObject.sha256, ArchiveObject.size)
        here = query.where(col(ArchiveObject.gone).is_(None))
        yield from session.exec(here.order_by(col(ArchiveObject.area), col(ArchiveObject.sha256)))


def count(store: Store) -> int:
    """How many objects lie in the archive."""
    with store.reading() as session:
        here = select(func.count()).select_from(ArchiveObject).where(col(ArchiveObject.gone).is_(None))
        return int(session.exec(here).one())


def _there(archive: Archive, area: str, name: str) -> bool:
    """Whether an object has come since; what the rows name may be no possible name."""
    try:
        return archive.has(area, name)
    except StoreError:
        return False


def _whole(archive: Archive, area: str, name: str) -> bool:
    try:
        archive.read(area, name)
    except StoreError:
        return False
    return True
