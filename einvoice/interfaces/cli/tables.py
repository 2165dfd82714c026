"""Rows in columns for a terminal: as wide as needed, cut where the terminal ends, tab-separated in a pipe."""

import shutil
import sys
from collections.abc import Sequence

from einvoice.interfaces.cli.session import say
from einvoice.render.states import STATES, state
from einvoice.store.times import in_berlin
from einvoice.validation.reports.text_report import printable

__all__ = ["STATES", "berlin", "show", "state"]


def berlin(time: str | None) -> str:
    """A stored time as it was in Berlin, to the minute; "" for none."""
    if not time:
        return ""
    return in_berlin(time).strftime(say("%d.%m.%Y %H:%M", "%Y-%m-%d %H:%M"))


def show(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Prints a table."""
    cells = [["" if cell is None else printable(str(cell)) for cell in row] for row in (heads, *rows)]
    if not sys.stdout.isatty():
        for row in cells:
            print("\t".join(row))
        return
    widths = [max(len(row[i]) for row in cells) for i in range(len(heads))]
    room = shutil.get_terminal_size((100, 24)).columns - 2 * (len(widths) - 1)
    while sum(widths) > room and max(widths) > 8:
        widths[widths.index(max(widths))] -= 1
    for row in cells:
        print("  ".join(_fit(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _fit(text: str, width: int) -> str:
    return text.ljust(width) if len(text) <= width else text[: max(width - 1, 0)] + "…"
