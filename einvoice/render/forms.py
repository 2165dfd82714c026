"""A form of one page: facts, parts with labelled values or tables, who signed, small print. Plain values.

What an Anordnungsbeleg and its like are made of; form_pdf, form_html and form_text show it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from einvoice.render.plain import visible


@dataclass(frozen=True, slots=True)
class Line:
    """A labelled value; `strong` for what counts. note: small print below it."""

    label: str
    value: str
    strong: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: heads, which of them are figures, rows, and the last row set apart as their sum (empty: none)."""

    heads: tuple[str, ...]
    figures: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a form: lines (sums: set flush right), a table, paragraphs."""

    title: str
    lines: Sequence[Line] = ()
    grid: Grid | None = None
    texts: Sequence[str] = ()
    sums: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """A form. kicker: above the title; mark: what is stamped across it (DEMO, draft); time: its date, seconds since
    1970; author: who issues it.
    """

    lang: str
    kicker: str
    title: str
    author: str
    time: int
    facts: Sequence[Line] = ()
    parts: Sequence[Part] = ()
    colophon: Sequence[str] = ()
    mark: str = ""
    words: dict[str, str] = field(default_factory=dict)


def plain(form: Form) -> dict[str, Any]:
    """The form as values that are safe to show."""
    return {
        "lang": form.lang, "kicker": visible(form.kicker), "title": visible(form.title),
        "author": visible(form.author), "mark": visible(form.mark), "words": form.words,
        "facts": [_line(one) for one in form.facts],
        "parts": [_part(one) for one in form.parts],
        "colophon": [visible(one) for one in form.colophon],
    }  # fmt: skip


def _line(one: Line) -> dict[str, Any]:
    return {
        "label": visible(one.label), "value": visible(one.value), "strong": one.strong, "note": visible(one.note),
    }  # fmt: skip


def _part(one: Part) -> dict[str, Any]:
    grid = one.grid
    return {
        "title": visible(one.title),
        "sums": one.sums,
        "lines": [_line(line) for line in one.lines],
        "texts": [visible(text) for text in one.texts],
        "grid": grid
        and {
            "heads": list(grid.heads),
            "figures": list(grid.figures),
            "widths": _widths(grid),
            "rows": [[visible(cell) for cell in row] for row in grid.rows],
            "total": [visible(cell) for cell in grid.total],
        },
    }


def _widths(grid: Grid) -> list[int]:
    """How wide each column is: 0 for figures, as wide as they need; of the others a share by their longest text."""
    found = []
    for number, figure in enumerate(grid.figures):
        longest = max((len(row[number]) for row in grid.rows), default=0)
        found.append(0 if figure else max(len(grid.heads[number]), min(longest, 42), 6))
    return found
