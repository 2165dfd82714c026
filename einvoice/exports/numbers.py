"""Counters of exports: numbers per town and year, without gaps, the same again for the same batch.

They stand in the protocol of the export that first needed them (`numbers`), so a number is used exactly if a file
that says it was made. Two profiles that use a counter of one name share it, and its numbers.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from einvoice.store.tables import Batch, Export, Tenant

Numbers = Mapping[tuple[str, str], int]
"""By counter and key: see profiles/case.py."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A counter an export needs: its first number, whether it begins anew each year, and the keys it counts."""

    counter: str
    first: int
    yearly: bool
    keys: tuple[str, ...]


def allot(session: Session, batch: Batch, wanted: Iterable[Wanted]) -> dict[tuple[str, str], int]:
    """The numbers of a batch: those it has, and the next free ones for what has none. Nothing is written."""
    found: dict[tuple[str, str], int] = {}
    there = _stated(session, batch)
    for one in wanted:
        spans = [
            (batch_id, numbers)
            for batch_id, year, numbers in there.get(one.counter, ())
            if not one.yearly or year == batch.year
        ]
        own = {
            key: number
            for batch_id, numbers in spans
            if batch_id == batch.id
            for key, number in numbers.items()
        }
        last = max((number for _, numbers in spans for number in numbers.values()), default=one.first - 1)
        for key in one.keys:
            if key not in own:
                last = max(last + 1, one.first)
                own[key] = last
            found[one.counter, key] = own[key]
    return found


def still_free(session: Session, batch: Batch, numbers: Numbers, wanted: Iterable[Wanted]) -> bool:
    """Whether these are the numbers that would be given now; nobody else is given any until this transaction ends."""
    if not numbers:
        return True
    session.exec(select(Tenant).where(Tenant.id == batch.tenant_id).with_for_update()).one()
    return allot(session, batch, wanted) == dict(numbers)


def plain(numbers: Numbers) -> dict[str, dict[str, int]]:
    """Numbers as a protocol keeps them."""
    found: dict[str, dict[str, int]] = {}
    for (counter, key), number in numbers.items():
        found.setdefault(counter, {})[key] = number
    return found


_Stated = dict[str, list[tuple[int, int | None, Mapping[str, int]]]]


def _stated(session: Session, batch: Batch) -> _Stated:
    """Per counter, the numbers each export of the town says: (batch, its year, number by key)."""
    query = select(Export.batch_id, Batch.year, Export.protocol).where(
        Export.batch_id == Batch.id, Export.tenant_id == batch.tenant_id, col(Export.protocol).is_not(None)
    )
    found: _Stated = {}
    for batch_id, year, protocol in session.exec(query):
        said: Mapping[str, Any] = (protocol or {}).get("numbers") or {}
        for counter, numbers in said.items():
            found.setdefault(counter, []).append((batch_id, year, numbers))
    return found
