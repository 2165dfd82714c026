"""An invoice as text for a terminal, at most `width` columns wide; findings stand below the field they concern."""

import textwrap
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from einvoice.render.remarks import Remark
from einvoice.render.sections import Entry, Row, Section, Table
from einvoice.render.sheet import Sheet
from einvoice.render.wording import WORDING
from einvoice.validation.reports.text_report import WORDS, printable

_WIDEST_LABEL = 44


def render(sheet: Sheet, width: int) -> Iterator[str]:
    """The lines of the page. Control characters of the invoice cannot reach the terminal."""
    yield from _Writer(sheet, width).lines()


class _Writer:
    def __init__(self, sheet: Sheet, width: int) -> None:
        self.sheet, self.width = sheet, width
        self.words, self.levels = WORDING[sheet.lang], WORDS[sheet.lang]

    def lines(self) -> Iterator[str]:
        report = self.sheet.report
        if report:
            about = f"  ({report.profile or report.reason})" if report.profile or report.reason else ""
            yield printable(f"{self.levels[report.verdict]}  {report.file}{about}")
        yield printable(self.sheet.title)
        if self.sheet.unreadable:
            yield from self.wrapped(self.sheet.unreadable, "")
        for section in self.sheet.sections:
            yield from self.section(section, 0)
        rest = [remark for remark in self.sheet.remarks if remark.number not in self.sheet.placed]
        if rest:
            title = self.words["whole"] if self.sheet.sections else self.words["findings"]
            yield from self.heading(title)
            yield from self.remarks(rest, "")

    def heading(self, title: str) -> Iterator[str]:
        title = printable(title)
        yield from ("", title, "─" * min(self.width, max(len(title), 24)))

    def section(self, section: Section, depth: int) -> Iterator[str]:
        indent = "  " * depth
        yield from self.heading(section.title) if depth == 0 else [indent + printable(section.title)]
        yield from self.body(section, indent + ("  " if depth else ""), depth)

    def body(self, section: Section, indent: str, depth: int) -> Iterator[str]:
        yield from self.remarks(section.remarks, indent)
        yield from self.entries(section.entries, indent)
        if section.table:
            yield from self.table(section.table, indent)
        for inner in section.within:
            yield from self.section(inner, depth + 1)

    def entries(self, entries: Sequence[Entry], indent: str) -> Iterator[str]:
        gap = min(max((_columns(entry.label) for entry in entries), default=0), _WIDEST_LABEL)
        for entry in entries:
            yield from self.entry(entry, indent, gap)

    def entry(self, entry: Entry, indent: str, gap: int) -> Iterator[str]:
        label = _wrapped(entry.label, gap) or [""]
        texts = [self.words["missing"] if entry.missing else entry.value, *entry.notes]
        room = self.width - gap - 2 - len(indent)
        lines = [
            line for text in texts for part in text.splitlines() or [""] for line in _wrapped(part, room)
        ]
        for number in range(max(len(label), len(lines))):
            left = label[number] if number < len(label) else ""
            right = lines[number] if number < len(lines) else ""
            yield f"{indent}{left}{' ' * (gap - _columns(left))}  {right}".rstrip()
        yield from self.remarks(entry.remarks, indent + " " * (gap + 2))

    def remarks(self, remarks: Iterable[Remark], indent: str) -> Iterator[str]:
        for remark in remarks:
            found = remark.finding
            text = (
                f"! {self.levels[found.severity]}: {found.message} {found.hint}".rstrip() + f" [{found.rule}]"
            )
            yield from self.wrapped(text, indent)

    def wrapped(self, text: str, indent: str) -> Iterator[str]:
        yield from (indent + line for line in _wrapped(text, self.width - len(indent)))

    def table(self, table: Table, indent: str) -> Iterator[str]:
        """Columns side by side where they fit, else one block per row."""
        cells = [[printable(head.label) for head in table.heads], *(_texts(row, table) for row in table.rows)]
        widths = [max(_columns(row[i]) for row in cells) for i in range(len(table.heads))]
        fits = sum(widths) + 2 * len(widths) + len(indent) <= self.width
        if fits:
            yield indent + _side_by_side(cells[0], widths, table)
        for row, texts in zip(table.rows, cells[1:], strict=True):
            inner = indent + "  " * row.depth
            if fits:
                yield indent + _side_by_side(texts, widths, table)
            else:
                heads = [
                    Entry(head.label, text, "") for head, text in zip(table.heads, texts, strict=True) if text
                ]
                yield from self.entries(heads, inner)
            for head, cell in zip(table.heads, row.cells, strict=True):
                for number, entry in enumerate(cell):
                    yield from self.beside(entry, inner + "    ", told=not (head.below and number))
            yield from self.body(row.more, inner + "    ", row.depth + 2)
            if not fits:
                yield ""

    def beside(self, entry: Entry, indent: str, *, told: bool) -> Iterator[str]:
        """What a cell has besides its value, and the value itself if it is not yet `told`."""
        for part in [*([] if told else entry.value.splitlines()), *entry.notes]:
            yield from self.wrapped(part, indent)
        yield from self.remarks(entry.remarks, indent)


def _texts(row: Row, table: Table) -> list[str]:
    cells = [
        printable(" ".join(entry.value for entry in (cell[:1] if head.below else cell)))
        for head, cell in zip(table.heads, row.cells, strict=True)
    ]
    return ["  " * row.depth + cells[0], *cells[1:]]


def _side_by_side(texts: Sequence[str], widths: Sequence[int], table: Table) -> str:
    cells = []
    for text, width, head in zip(texts, widths, table.heads, strict=True):
        space = " " * (width - _columns(text))
        cells.append(space + text if head.is_figure else text + space)
    return "  ".join(cells).rstrip()


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(printable(text), max(width, 20), break_long_words=True) or ([""] if not text else [])


def _columns(text: str) -> int:
    """How many columns a text takes: wide characters two, combining ones none."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )
