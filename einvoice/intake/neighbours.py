"""What the towns have that may matter to some new invoices: looked up for all of them in a few questions, each
answered by an index however many invoices there are. What is placed is added, so that the next one sees it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ScalarSelect, and_
from sqlmodel import Session, select

from einvoice.model.lexical import iso_date, trim
from einvoice.store import seals
from einvoice.store.asked import Asked, Kinds, among, asked
from einvoice.store.tables import Identity, Invoice

GONE = ("rejected", "returned", "duplicate", "expired")
"""States of invoices that will not be paid."""

HISTORY = 3
"""So many of a supplier's invoices are a history."""

_IN = seals.table_of(Invoice).c
_UNSETTLED = (*GONE, "held")


@dataclass(frozen=True, slots=True)
class Other:
    """An invoice of a tenant as the next one sees it."""

    id: int
    tenant_id: int
    delivery_id: int
    state: str
    sha256: str | None
    supplier: str | None
    number: str | None
    type_code: str | None
    syntax: str | None
    issue_date: str | None
    currency: str | None
    net: Decimal | None
    vat: Decimal | None
    gross: Decimal | None
    payable: Decimal | None
    payable_cents: int | None
    iban: str | None
    payee: str | None

    @property
    def pays(self) -> bool:
        """Whether it may be paid."""
        return self.state not in GONE

    @property
    def settled(self) -> bool:
        """Whether nobody stopped it."""
        return self.state not in _UNSETTLED


_NAMES = tuple(one.name for one in fields(Other))


def identities(row: Invoice) -> list[tuple[str, str]]:
    """What makes two invoices one, strongest first: (kind, value). The database keeps each once per tenant."""
    number, year = trim(row.number or "").upper(), (row.issue_date or "")[:4]
    stated = [("bytes", row.sha256), ("content", row.content_sha256)]
    if row.supplier and number:
        stated.append(("number", f"{row.supplier}|{number}|{year}"))
    return [(kind, value) for kind, value in stated if value]


def near(day: str | None, days: int) -> tuple[str, str] | None:
    """The first and the last day that are near a day; None without one."""
    found: date | None = iso_date(day or "")
    if found is None:
        return None
    ahead = timedelta(days=days)
    return (found - ahead).isoformat(), (found + ahead).isoformat()


class Neighbours:
    """All invoices that a rule of `duplicates` may ask for about these new ones; `answered`: those they answer.

    near_days: the widest of the limits that towns have set.
    """

    def __init__(
        self,
        session: Session,
        rows: Sequence[Invoice],
        near_days: int,
        answered: Collection[int] = (),
    ) -> None:
        self._session = session
        self.holders: dict[tuple[int, str, str], int] = {}
        """(tenant, kind, value) of an identity → the invoice that has it."""
        self._known: dict[int, Other] = {}
        self._by: dict[tuple[str, int, str | None], dict[int, Other]] = defaultdict(dict)
        new = {row.id for row in rows}
        wanted = {one for one in (*self._asked(rows, near_days), *answered) if one is not None} - new
        columns = [_IN[name] for name in _NAMES]
        query = select(*columns).where(among(session, _IN.id, sorted(wanted)))
        for found in session.execute(query) if wanted else ():
            self._see(Other(*found))

    def add(self, row: Invoice) -> None:
        """An invoice has its place: from now on it is one of the others."""
        self._see(Other(*(seals.value_of(row, name) for name in _NAMES)))

    def get(self, number: int | None) -> Other | None:
        """One of them."""
        return self._known.get(number or 0)

    def of_supplier(self, row: Invoice) -> list[Other]:
        """Those of the same supplier, in the order they came."""
        return self._alike("supplier", row, row.supplier)

    def of_account(self, row: Invoice) -> list[Other]:
        """Those to be paid to the same account."""
        return self._alike("iban", row, row.iban)

    def of_number(self, row: Invoice, number: str | None) -> list[Other]:
        """Those of a number and the same supplier."""
        return [one for one in self._alike("number", row, number) if one.supplier == row.supplier]

    def payee_seen(self, row: Invoice) -> bool:
        """Whether the same supplier's payee had an earlier invoice on the same account that nobody stopped."""
        if any(
            one.settled and one.iban == row.iban and one.payee == row.payee for one in self.of_supplier(row)
        ):
            return True
        same = [_IN[name] == getattr(row, name) for name in ("tenant_id", "supplier", "iban", "payee")]
        query = select(_IN.id).where(*same, _IN.id != row.id, _IN.state.not_in(_UNSETTLED)).limit(1)
        return self._session.execute(query).first() is not None

    def _see(self, other: Other) -> None:
        self._known[other.id] = other
        for name in ("supplier", "iban", "number"):
            self._by[name, other.tenant_id, getattr(other, name)][other.id] = other

    def _alike(self, name: str, row: Invoice, value: str | None) -> list[Other]:
        there = self._by.get((name, row.tenant_id or 0, value), {})
        return [there[number] for number in sorted(there) if number != row.id]

    def _asked(self, rows: Sequence[Invoice], near_days: int) -> Iterator[int | None]:
        """The numbers of all that may matter."""
        yield from self._holders([(row.tenant_id, *one) for row in rows for one in identities(row)])
        yield from self._ids(
            {"tenant_id": int, "number": str, "supplier": str},
            [(row.tenant_id, n, row.supplier) for row in rows for n in {row.number, row.preceding} if n],
            lambda its: its["supplier"].is_not_distinct_from(_IN.supplier),
        )
        yield from self._ids(
            {"tenant_id": int, "supplier": str, "payable_cents": int, "first": str, "last": str},
            [
                (row.tenant_id, row.supplier, row.payable_cents, *days)
                for row in rows
                if row.supplier and row.payable_cents and (days := near(row.issue_date, near_days))
            ],
            lambda its: _IN.issue_date.between(its["first"], its["last"]),
        )
        yield from self._ids(
            {"tenant_id": int, "iban": str, "payable_cents": int, "supplier": str},
            [
                (row.tenant_id, row.iban, row.payable_cents, row.supplier)
                for row in rows
                if row.iban and row.payable_cents
            ],
            lambda its: its["supplier"].is_distinct_from(_IN.supplier),
        )
        yield from self._histories({(row.tenant_id, row.supplier, row.iban) for row in rows if row.supplier})

    def _holders(self, wanted: list[tuple[Any, ...]]) -> Iterable[int]:
        source, its = asked(self._session, {"tenant_id": int, "kind": str, "value": str}, wanted)
        table = seals.table_of(Identity)
        same = and_(*(table.c[name] == one for name, one in its.items()))
        query = select(table.c.tenant_id, table.c.kind, table.c.value, table.c.invoice_id)
        found = self._session.execute(query.select_from(source).join(table, same))
        self.holders = {(tenant, kind, value): number for tenant, kind, value, number in found}
        return self.holders.values()

    def _ids(self, columns: Kinds, wanted: list[tuple[Any, ...]], further: Any) -> Iterator[int]:
        """Invoices whose columns (the first ones, which an index begins with) are as wanted."""
        if not wanted:
            return
        source, its = asked(self._session, columns, wanted)
        by_index = [name for name in columns if name in _INDEXED[tuple(columns)[1:3]]]
        same = and_(*(_IN[name] == its[name] for name in by_index), further(its), _IN.position > 0)
        query = select(_IN.id).select_from(source).join(seals.table_of(Invoice), same)
        yield from self._session.execute(query).scalars()

    def _histories(self, wanted: Collection[tuple[Any, ...]]) -> Iterator[int | None]:
        """Of each supplier: its greatest amounts, an account it had, and one on the account it names now."""
        if not wanted:
            return
        these = asked(self._session, {"tenant_id": int, "supplier": str, "iban": str}, wanted)
        _, its = these
        with_amount, with_account = _IN.payable_cents.is_not(None), _IN.iban.is_not(None)
        columns = [
            *(_first(these, with_amount, _IN.payable_cents.desc(), at) for at in range(HISTORY)),
            _first(these, with_account, _IN.iban),
            _first(these, _IN.iban == its["iban"], _IN.id),
        ]
        for row in self._session.execute(select(*columns).select_from(these[0])):
            yield from row


_INDEXED: dict[tuple[str, ...], tuple[str, ...]] = {
    ("number", "supplier"): ("tenant_id", "number"),
    ("supplier", "payable_cents"): ("tenant_id", "supplier", "payable_cents"),
    ("iban", "payable_cents"): ("tenant_id", "iban", "payable_cents"),
}


def _first(these: Asked, condition: Any, order: Any, skipped: int = 0) -> ScalarSelect[Any]:
    """The first of a supplier's invoices that nobody stopped, in an order."""
    source, its = these
    query = select(_IN.id).where(
        _IN.tenant_id == its["tenant_id"],
        _IN.supplier == its["supplier"],
        _IN.state.not_in(_UNSETTLED),
        condition,
    )
    return query.order_by(order).limit(1).offset(skipped).correlate(source).scalar_subquery()
