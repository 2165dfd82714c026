"""What a page consists of: sections with labelled values, and tables. Plain values; nothing here knows a format."""

from dataclasses import dataclass, field
from typing import Literal

from einvoice.render.remarks import Remark


@dataclass(frozen=True, slots=True)
class Entry:
    """One value with its label; `remarks` are the findings about it.

    `notes` explain the value (what a Skonto row means). `missing`: the invoice does not state it, but a finding is
    about it. `is_figure`: set flush right in a column.
    """

    label: str
    value: str
    term: str
    remarks: tuple[Remark, ...] = ()
    notes: tuple[str, ...] = ()
    missing: bool = False
    is_figure: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """A column: its label, and whether its cells are figures."""

    label: str
    is_figure: bool = False
    below: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A repeated group: a cell (its entries) for each column, what else it states, and its depth (sub lines: 1…)."""

    cells: tuple[tuple[Entry, ...], ...]
    more: "Section"
    depth: int = 0

    @property
    def remarked(self) -> bool:
        """Whether a remark stands at it."""
        return any(entry.remarks for cell in self.cells for entry in cell) or self.more.remarked


@dataclass(frozen=True, slots=True)
class Table:
    """Repeated groups as rows."""

    heads: tuple[Head, ...]
    rows: tuple[Row, ...]


Style = Literal["", "beside", "sums"]


@dataclass(slots=True)
class Section:
    """A group as a person reads it: entries, perhaps a table, then the groups within."""

    title: str
    entries: list[Entry] = field(default_factory=list)
    table: Table | None = None
    within: list["Section"] = field(default_factory=list)
    remarks: tuple[Remark, ...] = ()
    style: Style = ""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to show."""
        return not (self.entries or self.table or self.within or self.remarks)

    @property
    def remarked(self) -> bool:
        """Whether a remark stands at it, or within."""
        return bool(
            self.remarks
            or any(entry.remarks for entry in self.entries)
            or any(row.remarked for row in (self.table.rows if self.table else ()))
            or any(inner.remarked for inner in self.within)
        )
