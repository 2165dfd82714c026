"""A batch as tables: invoices, lines, VAT groups, postings; each with its usual columns, or those a town chose.

A column is a name of profiles (`number`, `creditor_number`, `amount`), a term (`BT-131`), or a field of the public
model (`seller.postal_address.city`, `line.net_amount`). Cells are texts: decimals with their digits, days ISO.
"""

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from einvoice.errors import UsageError
from einvoice.exports import invoices
from einvoice.exports.closed import Closed
from einvoice.exports.profiles.batches import plain_batch, plain_row
from einvoice.exports.profiles.case import Plain
from einvoice.exports.profiles.names import table as spoken
from einvoice.formats.extracting import Extract
from einvoice.formats.tables import Column, TableName, by_term, columns, rows
from einvoice.formats.understanding import invoice_of
from einvoice.store.tables import BatchRow

GridName = Literal["invoices", "lines", "vat", "postings"]
POLICY = "tables"
"""The policy that chooses columns: `{"lines": ["number", "BT-131"]}`."""

GRIDS: Mapping[GridName, tuple[str, str]] = {
    "invoices": ("Rechnungen", "Invoices"),
    "lines": ("Positionen", "Lines"),
    "vat": ("Umsatzsteuer", "VAT"),
    "postings": ("Kontierungen", "Postings"),
}
_OWNERS: Mapping[GridName, tuple[str, ...]] = {
    "invoices": ("batch", "row"), "lines": ("batch", "row"), "vat": ("batch", "row"),
    "postings": ("batch", "posting", "row"),
}  # fmt: skip
_USUAL: Mapping[GridName, tuple[str, ...]] = {
    "invoices": (
        "batch.number", "row.position", "row.number", "row.type_code", "row.issue_date", "row.due_date",
        "row.received", "row.seller", "row.seller_vat_id", "row.creditor_number", "row.buyer_reference",
        "row.currency", "row.net", "row.vat", "row.gross", "row.payable", "row.amount",
        "row.credit", "row.iban", "row.office", "row.sha256",
    ),
    "lines": (
        "batch.number", "row.position", "row.number", "BT-126", "BT-153", "BT-129", "BT-130", "BT-146", "BT-131",
        "BT-151", "BT-152", "BT-133",
    ),
    "vat": ("batch.number", "row.position", "row.number", "BT-118", "BT-119", "BT-116", "BT-117", "BT-120"),
    "postings": (
        "batch.number", "row.position", "row.number", "row.seller", "posting.position", "posting.amount",
        "posting.signed", "posting.net", "posting.vat", "posting.vat_category", "posting.vat_rate", "posting.tax_key",
        "posting.account", "posting.contra_account", "posting.product", "posting.cost_centre", "posting.cost_object",
        "posting.investment", "posting.budget_year", "posting.commitment", "posting.text",
    ),
}  # fmt: skip
_DAYS = ("issue_date", "due_date", "closed", "received", "delivered", "skonto_until")
_COUNTED = ("position", "serial", "year", "budget_year", "vat_rate", "iban_digits")


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: its name, its columns, its rows by column name."""

    name: GridName
    columns: tuple[Column, ...]
    rows: Sequence[Mapping[str, str]]


def grids(closed: Closed) -> list[Grid]:
    """The four tables of a batch. Raises UsageError for a chosen column there is not."""
    chosen = closed.policy(POLICY)
    held = {name: chosen_columns(name, chosen.get(name) or _USUAL[name]) for name in GRIDS}
    cells: dict[GridName, list[Mapping[str, str]]] = {name: [] for name in GRIDS}
    batch = _texts("batch", plain_batch(closed))
    for row in closed.rows:
        said = plain_row(closed, row)
        head = batch | _texts("row", {**said.content, "position": row.position, "amount": row.amount})
        for name in GRIDS:
            cells[name] += [{**head, **more} for more in _parts(closed, row, name, said.content)]
    return [Grid(name, held[name], cells[name]) for name in GRIDS]


def chosen_columns(name: GridName, wanted: Sequence[str]) -> tuple[Column, ...]:
    """The columns of these names. Raises UsageError for one there is not, or that stands twice."""
    there = _known(name)
    found = []
    for one in wanted:
        column = there.get(one)
        if column is None:
            raise UsageError(
                f"{name}: there is no column {one} (einvoice export profile names, or a term such as BT-131).",
                f"{name}: Keine Spalte heißt {one} (einvoice export profile names, oder ein Begriff wie BT-131).",
            )
        found.append(column)
    if len({column.name for column in found}) < len(found):
        raise UsageError(f"{name}: a column stands twice.", f"{name}: Eine Spalte steht zweimal da.")
    return tuple(found)


@functools.cache
def _known(name: GridName) -> Mapping[str, Column]:
    """Every column a table can have, by each of its names."""
    found: dict[str, Column] = {}
    table = _table(name)
    for column in columns(table):
        found[column.name] = column
    for term, column_name in by_term(table).items():
        found[term] = found[column_name]
    for one in spoken():
        owner, _, field = one.name.partition(".")
        if owner in _OWNERS[name] and one.kind in ("text", "code", "number", "flag"):
            column = Column(one.name, _datatype(field, one.kind), one.de, one.en)
            found[one.name] = column
    return found


def _table(name: GridName) -> TableName:
    return "invoices" if name == "postings" else name


def _datatype(field: str, kind: str) -> str:
    if field in _DAYS:
        return "Date"
    if kind == "number":
        return "Quantity" if field in _COUNTED else "Amount"
    return "Text"


def _parts(closed: Closed, row: BatchRow, name: GridName, said: Plain) -> Iterator[Mapping[str, str]]:
    """The rows an invoice has in a table."""
    if name == "postings":
        sign = -1 if said.get("credit") else 1
        for one in said.get("postings", ()):
            signed = sign * Decimal(one["amount"]) if one.get("amount") else None
            yield _texts("posting", {**one, "signed": signed})
        return
    reading = invoices.reading(closed, row)
    if reading is None:
        yield from ({},) if name == "invoices" else ()
        return
    extract = Extract(said["file"], said.get("path"), said["sha256"], invoice_of(reading.root), {})
    yield from rows(extract, name)


def _texts(owner: str, values: Mapping[str, Any]) -> dict[str, str]:
    """The values that are one text or number, by column name; what is not stated is not there."""
    found = {}
    for key, value in values.items():
        if isinstance(value, bool):
            found[f"{owner}.{key}"] = "true" if value else "false"
        elif isinstance(value, Decimal):
            found[f"{owner}.{key}"] = f"{value:f}"
        elif isinstance(value, str | int) and value != "":
            found[f"{owner}.{key}"] = str(value)
    return found
