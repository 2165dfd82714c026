"""What a profile is filled from: a frozen batch as records, with the invoices behind it read when asked for."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any

from einvoice.exports.profiles.names import owner_of
from einvoice.model.content import Content
from einvoice.model.terms import terms
from einvoice.rulebook.names import Names
from einvoice.rulebook.records import Record, Spent

Plain = Mapping[str, Any]
"""Values by name: texts, numbers, or lists of such tables."""

Numbers = Mapping[tuple[str, str], int]
"""Counted numbers by counter and key: "" is the batch, `7` the row of invoice 7, `7/2` its second posting."""


@dataclass(frozen=True, slots=True)
class Row:
    """An invoice of the batch: what was frozen, and the companions that go along."""

    invoice_id: int
    position: int
    amount: Decimal
    content: Plain
    attachments: tuple[Plain, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """A batch to be exported. `invoice`: reads the whole invoice of a row, None where it cannot be had.

    `known`: the codes of the master data by kind.
    """

    batch: Plain
    rows: Sequence[Row]
    invoice: Callable[[Row], Content | None] = lambda row: None
    numbers: Numbers = field(default_factory=dict)
    known: Mapping[str, frozenset[str]] = field(default_factory=dict)


class Records:
    """The records of one file of a case."""

    def __init__(self, case: Case, names: Names, rows: Sequence[Row]) -> None:
        self.case, self.doc, self.rows = case, Spent(names), rows
        self.counts: dict[str, int] = {}
        self.lines = self.total = 0
        self.keys: dict[int, tuple[str, str]] = {}
        self.row_records = [self._row(row) for row in rows]

    def roots(self) -> dict[str, Record]:
        """What every expression may speak of."""
        batch = self._record("batch", {**self.case.batch, "rows": self.row_records})
        return {"batch": batch, **self.tellers({})}

    def tellers(self, here: Mapping[str, Record]) -> dict[str, Record]:
        """What counts: numbers so far in the file, and counters for the records that are in view."""
        said = {name: str(number) for name, number in self.counts.items()}
        lines = {"line": str(self.lines), "records": str(self.total)}
        keys = {"batch": "", "row": "", "posting": ""}
        for record in here.values():
            owner, key = self.keys.get(id(record), ("", ""))
            if owner:
                keys[owner] = key
        return {
            "file": self._record("file", lines),
            "count": Record("count", self.doc, lambda name: [said.get(name, "0")]),
            "counter": Record("counter", self.doc, partial(self._counted, keys)),
        }

    def _counted(self, keys: Mapping[str, str], counter: str) -> list[str]:
        """The number of a counter for whatever it counts."""
        for key in (keys["posting"], keys["row"], ""):
            number = self.case.numbers.get((counter, key))
            if number is not None:
                return [str(number)]
        return []

    def _row(self, row: Row) -> Record:
        sign = -1 if str(row.content.get("credit")).lower() == "true" else 1
        postings = [
            self._kept("posting", self._record("posting", _signed(one, sign)), f"{row.invoice_id}/{number}")
            for number, one in enumerate(row.content.get("postings", ()), 1)
        ]
        digits = re.sub("[^0-9]", "", str(row.content.get("iban") or ""))
        values = {
            **row.content,
            **{str(one["kind"]): one["name"] for one in row.attachments},
            "position": row.position,
            "amount": row.amount,
            "iban_digits": digits or None,
            "postings": postings,
            "deductions": [self._record("deduction", one) for one in row.content.get("deductions", ())],
            "acts": [self._record("act", one) for one in row.content.get("acts", ())],
            "attachments": [self._record("attachment", one) for one in row.attachments],
            "invoice": lambda: self._invoice(row),
        }
        return self._kept("row", self._record("row", values), str(row.invoice_id))

    def _kept(self, owner: str, record: Record, key: str) -> Record:
        self.keys[id(record)] = owner, key
        return record

    def _record(self, owner: str, values: Plain) -> Record:
        return Record(owner, self.doc, lambda name: _occurrences(values.get(name)))

    def _invoice(self, row: Row) -> list[Record]:
        content = self.case.invoice(row)
        return [] if content is None else [self._group("", content)]

    def _group(self, group: str, content: Content) -> Record:
        owner = owner_of(group)
        return Record(
            owner, self.doc, lambda name: list(self._of_term(self.doc.names[owner, name].term, content))
        )

    def _of_term(self, id_: str, content: Content) -> Iterator[Any]:
        row = terms()[id_]
        if row.is_group:
            yield from (self._group(id_, one) for one in content.groups.get(id_, ()))
        elif row.is_component:
            yield from (
                value.parts[id_] for value in content.values.get(row.parent, ()) if id_ in value.parts
            )
        else:
            yield from (value.text for value in content.values.get(id_, ()))


def _signed(posting: Plain, sign: int) -> Plain:
    amount = posting.get("amount")
    return posting if amount is None else {**posting, "signed": sign * Decimal(str(amount))}


def _occurrences(value: Any) -> Sequence[Any]:
    if callable(value) and not isinstance(value, Record):
        value = value()
    if value is None or value == "":
        return ()
    if isinstance(value, list | tuple):
        return value
    if isinstance(value, bool):
        return ("true" if value else "false",)
    return (f"{value:f}" if isinstance(value, Decimal) else str(value),)
