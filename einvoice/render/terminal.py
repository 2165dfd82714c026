"""An invoice as text for a terminal, at most `width` columns wide; findings stand below the field they concern."""

import textwrap
import unicodedata
from collections.abc import Iterator, Sequence

from einvoice.render.outline import Entry, Section, Table
from einvoice.validation.report import Finding
from einvoice.validation.reports.text_report import WORDS, printable


def render(sections: Sequence[Section], width: int, lang: str) -> Iterator[str]:
    """The lines of the invoice. Control characters of the invoice cannot reach the terminal."""
    for section in sections:
        yield from _section(section, width, lang, 0)


def _section(section: Section, width: int, lang: str, depth: int) -> Iterator[str]:
    indent = "  " * depth
    title = printable(section.title)
    if depth == 0:
        yield ""
        yield title
        yield "─" * min(width, max(len(title), 24))
    else:
        yield f"{indent}{title}"
    yield from (line for finding in section.findings for line in _finding(finding, indent, width, lang))
    gap = max((_columns(entry.label) for entry in section.entries), default=0)
    for entry in section.entries:
        yield from _entry(entry, indent + ("  " if depth else ""), min(gap, 44), width, lang)
    if section.table:
        yield from _table(section.table, indent, width)
    for inner in section.within:
        yield from _section(inner, width, lang, depth + 1)


def _entry(entry: Entry, indent: str, gap: int, width: int, lang: str) -> Iterator[str]:
    label = _wrapped(entry.label, gap) or [""]
    lines = [
        line
        for part in entry.value.splitlines() or [""]
        for line in _wrapped(part, width - gap - 2 - len(indent))
    ]
    for number in range(max(len(label), len(lines))):
        left = label[number] if number < len(label) else ""
        right = lines[number] if number < len(lines) else ""
        yield f"{indent}{left}{' ' * (gap - _columns(left))}  {right}".rstrip()
    for finding in entry.findings:
        yield from _finding(finding, indent + " " * (gap + 2), width, lang)


def _finding(finding: Finding, indent: str, width: int, lang: str) -> Iterator[str]:
    text = f"! {WORDS[lang][finding.severity]}: {finding.message} [{finding.rule}]"
    yield from (indent + line for line in _wrapped(text, width - len(indent)))


def _table(table: Table, indent: str, width: int) -> Iterator[str]:
    """Columns side by side where they fit, else one block per row."""
    cells = [[printable(cell.replace("\n", " ")) for cell in row] for row in (table.heads, *table.rows)]
    widths = [max(_columns(row[i]) for row in cells) for i in range(len(table.heads))]
    if sum(widths) + 2 * len(widths) + len(indent) <= width:
        for row in cells:
            yield (
                indent
                + "  ".join(c + " " * (w - _columns(c)) for c, w in zip(row, widths, strict=True)).rstrip()
            )
        return
    gap = max(_columns(head) for head in cells[0])
    for number, row in enumerate(cells[1:], 1):
        yield f"{indent}{number}."
        for head, cell in zip(cells[0], row, strict=True):
            if cell:
                yield from _entry(Entry(head, cell, ""), indent + "  ", min(gap, 44), width, "de")


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(printable(text), max(width, 20), break_long_words=True) or ([""] if not text else [])


def _columns(text: str) -> int:
    """How many columns a text takes: wide characters two, combining ones none."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )
