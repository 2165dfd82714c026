"""An invoice as one HTML page: no script, nothing loaded from anywhere, readable aloud, on paper and in the dark.

What the invoice says is text, never markup: every value passes through `text`, stands in a `bdi` of its own, and a
content security policy inside the page forbids everything but its one style sheet.
"""

from collections.abc import Iterable, Iterator, Sequence

from einvoice.render.remarks import Remark
from einvoice.render.sections import Entry, Head, Row, Section, Table
from einvoice.render.sheet import Sheet
from einvoice.render.wording import WORDING
from einvoice.validation.reports.html_page import closing, opening, own, text
from einvoice.validation.reports.text_report import WORDS


def page(sheet: Sheet) -> Iterator[str]:
    """The page, piece by piece."""
    writer = _Writer(sheet)
    yield opening(sheet.title, sheet.lang)
    yield from writer.header()
    yield from writer.contents()
    yield '<main id="inhalt" tabindex="-1">\n'
    yield from writer.findings()
    yield from writer.sections()
    yield "</main>\n"
    yield from writer.footer()
    yield closing()


def fragment(sheet: Sheet, mark: str = "", most: int | None = None) -> str:
    """The page without its title and frame, to stand within another. mark: begins all its ids, so that several may
    stand in one page. most: so many findings, and rows of a table (of those with remarks beyond as many again); the
    page around it shows the rest at `?lines=all`.
    """
    writer = _Writer(sheet, mark, most)
    parts = [writer.findings(), writer.sections(), writer.footer()]
    if not mark:
        parts.insert(0, writer.contents())
    return "".join(piece for part in parts for piece in part)


class _Writer:
    def __init__(self, sheet: Sheet, mark: str = "", most: int | None = None) -> None:
        self.sheet, self.lang, self.mark, self.most = sheet, sheet.lang, mark, most
        self.words, self.levels = WORDING[sheet.lang], WORDS[sheet.lang]
        self.anchored: set[int] = set()

    def name(self, heading: str) -> str:
        """The name of a section, by its heading; none where several pages would give the same names."""
        return "" if self.mark else f' aria-labelledby="{heading}"'

    def header(self) -> Iterator[str]:
        yield f'<header>\n<p class="kicker">{self.words["kicker"]}</p>\n<h1>{own(self.sheet.title)}</h1>\n'
        report = self.sheet.report
        if report:
            about = f" <span>{text(report.profile or '')}</span>" if report.profile else ""
            yield f'<p><span class="verdict {report.verdict}">{self.levels[report.verdict]}</span>{about}</p>\n'
            if report.reason:
                yield f"<p>{text(report.reason)}</p>\n"
        if self.sheet.facts:
            yield '<dl class="facts">\n'
            for fact in self.sheet.facts:
                yield f"<div><dt>{text(fact.label)}</dt><dd>{own(fact.value)}</dd></div>\n"
            yield "</dl>\n"
        if self.sheet.unreadable:
            yield f"<p>{text(self.sheet.unreadable)}</p>\n"
        yield "</header>\n"

    def contents(self) -> Iterator[str]:
        if not self.sheet.sections:
            return
        yield f'<nav class="toc" aria-label="{self.words["contents"]}">\n<ul>\n'
        if self.sheet.remarks:
            yield f'<li><a href="#{self.mark}befunde">{self.words["findings"]} ({len(self.sheet.remarks)})</a></li>\n'
        for number, section in enumerate(self.sheet.sections, 1):
            yield f'<li><a href="#{self.mark}abschnitt-{number}">{text(section.title)}</a></li>\n'
        yield "</ul>\n</nav>\n"

    def findings(self) -> Iterator[str]:
        if not self.sheet.remarks:
            if self.sheet.report:
                yield f"<p>{self.words['none']}</p>\n"
            return
        yield f'<section{self.name("befunde")}>\n<h2 id="{self.mark}befunde">{self.words["findings"]}</h2>\n'
        yield '<ol class="findings">\n'
        told = self.sheet.remarks[: self.most]
        yield from map(self.finding, told)
        yield "</ol>\n"
        if len(told) < len(self.sheet.remarks):
            left = self.words["findings left"].format(shown=len(told), count=len(self.sheet.remarks))
            yield f"<p>{text(left)}</p>\n"
        yield "</section>\n"

    def finding(self, remark: Remark) -> str:
        found = remark.finding
        places = []
        if remark.number in self.sheet.placed:
            places.append(f'<a href="#{self.mark}stelle-{remark.number}">{self.words["to field"]}</a>')
        if found.line:
            places.append(f"{self.levels['line']} {found.line}")
        places.append(text(found.rule))
        hint = f"<p>{text(found.hint)}</p>" if found.hint else ""
        return (
            f'<li id="{self.mark}befund-{remark.number}" class="{found.severity}">'
            f"<b>{self.levels[found.severity].capitalize()}</b>"
            f'<p>{own(found.message)}</p>{hint}<p class="place">{" · ".join(places)}</p></li>\n'
        )

    def sections(self) -> Iterator[str]:
        beside = False
        for number, section in enumerate(self.sheet.sections, 1):
            if (section.style == "beside") != beside:
                yield "</div>\n" if beside else '<div class="beside">\n'
                beside = not beside
            yield f"<section{self.name(f'abschnitt-{number}')}>\n"
            yield f'<h2 id="{self.mark}abschnitt-{number}">{text(section.title)}</h2>\n'
            yield from self.inside(section, 3)
            yield "</section>\n"
        if beside:
            yield "</div>\n"

    def inside(self, section: Section, level: int) -> Iterator[str]:
        yield from self.remarks(section.remarks)
        if section.entries:
            yield from self.entries(section)
        if section.table:
            yield from self.table(section.table, section.title)
        for inner in section.within:
            tag = f"h{min(level, 6)}"
            yield f"<{tag}>{text(inner.title)}</{tag}>\n"
            yield from self.inside(inner, level + 1)

    def entries(self, section: Section) -> Iterator[str]:
        sums = section.style == "sums"
        yield f'<dl class="entries{" sums" if sums else ""}">\n'
        for number, entry in enumerate(section.entries, 1):
            last = ' class="last"' if sums and number == len(section.entries) else ""
            figure = ' class="figure"' if entry.is_figure else ""
            term = f'<span class="bt">{entry.term}</span>' if entry.term else ""
            label = text(entry.label) if entry.term else f'<span class="path">{text(entry.label)}</span>'
            about = "".join(self.remarks(entry.remarks))
            apart = f'<dd class="about">{about}</dd>' if sums and about else ""
            value = self.value(entry) + ("" if apart else about)
            yield f"<div{last}><dt>{label}{term}</dt><dd{figure}>{value}</dd>{apart}</div>\n"
        yield "</dl>\n"

    def value(self, entry: Entry) -> str:
        shown = f'<span class="note">{self.words["missing"]}</span>' if entry.missing else own(entry.value)
        notes = "".join(f'<p class="note">{text(note)}</p>' for note in entry.notes)
        return shown + notes

    def remarks(self, remarks: Iterable[Remark]) -> Iterator[str]:
        for remark in remarks:
            found = remark.finding
            anchor = "" if remark.number in self.anchored else f' id="{self.mark}stelle-{remark.number}"'
            self.anchored.add(remark.number)
            yield (
                f'<p class="remark {found.severity}"{anchor}><b>{self.levels[found.severity].capitalize()}</b>: '
                f'{own(found.message)} <a href="#{self.mark}befund-{remark.number}">{text(found.rule)}</a></p>'
            )

    def table(self, table: Table, title: str) -> Iterator[str]:
        rows = table.rows if self.most is None else _first(table.rows, self.most)
        whole = len(rows) == len(table.rows)
        said = {"title": title, "count": len(table.rows), "shown": len(rows)}
        caption = self.words["rows" if whole else "some"].format(**said)
        heads = "".join(
            f'<th scope="col"{_figure(head.is_figure)}>{text(head.label)}</th>' for head in table.heads
        )
        yield f'<div class="scroll">\n<table class="stack">\n<caption>{text(caption)}</caption>\n'
        yield f"<thead><tr>{heads}</tr></thead>\n"
        for row in rows:
            yield "<tbody>\n"
            yield from self.row(table.heads, row)
            yield "</tbody>\n"
        yield "</table>\n</div>\n"
        if not whole:
            yield f'<p><a href="?lines=all">{text(self.words["all"].format(**said))}</a></p>\n'

    def row(self, heads: Sequence[Head], row: Row) -> Iterator[str]:
        depth = f' class="depth{min(row.depth, 3)}"' if row.depth else ""
        yield f"<tr{depth}>"
        for number, (head, cell) in enumerate(zip(heads, row.cells, strict=True)):
            name = f' data-label="{text(head.label)}"'
            if number == 0:
                yield f'<th scope="row"{_figure(head.is_figure)}{name}><div>{self.cell(head, cell)}</div></th>'
            else:
                yield f"<td{_figure(head.is_figure)}{name}><div>{self.cell(head, cell)}</div></td>"
        yield "</tr>\n"
        if not row.more.empty:
            deeper = f" depth{min(row.depth, 3)}" if row.depth else ""
            yield f'<tr class="more{deeper}"><td colspan="{len(heads)}">'
            yield from self.inside_row(row.more)
            yield "</td></tr>\n"

    def inside_row(self, section: Section) -> Iterator[str]:
        """What a row states beyond its columns; titles here are no headings, the page would have thousands."""
        yield from self.remarks(section.remarks)
        if section.entries:
            yield from self.entries(section)
        for inner in section.within:
            yield f"<p><b>{text(inner.title)}</b></p>\n"
            yield from self.inside_row(inner)

    def cell(self, head: Head, entries: Sequence[Entry]) -> str:
        values = [own(entry.value) for entry in entries]
        if head.below and len(values) > 1:
            values[1:] = [f'<span class="sub">{value}</span>' for value in values[1:]]
        notes = "".join(f'<span class="sub">{text(note)}</span>' for entry in entries for note in entry.notes)
        about = "".join(part for entry in entries for part in self.remarks(entry.remarks))
        return " ".join(values) + notes + about

    def footer(self) -> Iterator[str]:
        yield f"<footer>\n<p>{self.words['footer']}</p>\n"
        report = self.sheet.report
        if report:
            ran = ", ".join(f"{rules.name} {rules.version}" for rules in report.rules)
            yield f"<p>{self.words['file']}: {own(report.name)}</p>\n"
            yield (
                f'<p>SHA-256 (XML): <span class="path">{report.sha256}</span></p>\n' if report.sha256 else ""
            )
            yield f"<p>{self.words['rules']}: {text(ran)}</p>\n" if ran else ""
        yield "</footer>\n"


def _first(rows: Sequence[Row], most: int) -> Sequence[Row]:
    """The first rows, and of the others the first ones at which a remark stands."""
    if len(rows) <= most:
        return rows
    return [*rows[:most], *[row for row in rows[most:] if row.remarked][:most]]


def _figure(is_figure: bool) -> str:
    return ' class="figure"' if is_figure else ""
