"""An invoice in the order in which a person reads it: sections with labelled values, and tables.

The outline is the same for the terminal, HTML and PDF. Everything the invoice states is in it: what no section of
schemas/outline.toml names follows under further details. Invoice text is data here, never markup.
"""

import functools
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from einvoice import data
from einvoice.model.content import Content, Value
from einvoice.model.terms import terms
from einvoice.render.words import label, shown
from einvoice.validation.report import Finding

FURTHER = {"de": "Weitere Angaben", "en": "Further details"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One value with its label; `findings` concern this term."""

    label: str
    value: str
    term: str
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """Repeated groups as rows: the ids and labels of the columns that are stated at all, and their cells."""

    terms: tuple[str, ...]
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(slots=True)
class Section:
    """A group as a person reads it: entries, perhaps a table, then the groups within."""

    title: str
    entries: list[Entry] = field(default_factory=list)
    table: Table | None = None
    within: list["Section"] = field(default_factory=list)
    findings: tuple[Finding, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to show."""
        return not (self.entries or self.table or self.within)


def outline(
    content: Content, lang: str, findings: Sequence[Finding] = (), further: Sequence[tuple[str, str]] = ()
) -> list[Section]:
    """The sections of an invoice. `further` are (place, text) of what no term holds."""
    drawer = _Drawer(content, lang, findings)
    sections = [section for row in _rows() for section in drawer.sections(row) if not section.empty]
    rest = drawer.rest()
    rest.entries += [Entry(place, text, "") for place, text in further]
    return sections if rest.empty else [*sections, rest]


@functools.cache
def _rows() -> tuple[Mapping[str, Any], ...]:
    return tuple(tomllib.loads((data.folder("schemas") / "outline.toml").read_text("utf-8"))["section"])


def _ranked(ids: Iterable[str]) -> list[str]:
    """Ids in the norm's order."""
    order = _order()
    return sorted(ids, key=order.__getitem__)


@functools.cache
def _order() -> dict[str, int]:
    return {term: rank for rank, term in enumerate(terms())}


class _Drawer:
    def __init__(self, content: Content, lang: str, findings: Sequence[Finding]) -> None:
        self.content, self.lang = content, lang
        self.findings: dict[str, list[Finding]] = {}
        for finding in findings:
            for term in finding.terms[:1]:
                self.findings.setdefault(term, []).append(finding)
        named = {term for row in _rows() if "group" not in row for term in row["only"]}
        self.left_terms = [term for term in content.values if term not in named]
        self.left_groups = [g for g in content.groups if g not in {row.get("group") for row in _rows()}]

    def sections(self, row: Mapping[str, Any]) -> Iterator[Section]:
        if "group" not in row:
            entries = self.entries(self.content, [t for t in row["only"] if t in self.content.values])
            yield Section(row[self.lang], entries)
            return
        group, occurrences = row["group"], self.content.groups.get(row["group"], [])
        if "table" in row and occurrences:
            yield self.tabled(group, occurrences, row["table"])
        else:
            yield from (self.section(group, one, number) for number, one in self.numbered(occurrences))

    def numbered(self, occurrences: Sequence[Content]) -> Iterator[tuple[int, Content]]:
        """Occurrences with their number; 0 where there is only one."""
        return ((number if len(occurrences) > 1 else 0, one) for number, one in enumerate(occurrences, 1))

    def section(self, group: str, content: Content, number: int = 0) -> Section:
        title = label(group, self.lang) + (f" {number}" if number else "")
        inner = [
            self.section(inside, one, count)
            for inside in _ranked(content.groups)
            for count, one in self.numbered(content.groups[inside])
        ]
        return Section(
            title, self.entries(content, _ranked(content.values)), within=inner, findings=self.about(group)
        )

    def tabled(self, group: str, occurrences: Sequence[Content], columns: Sequence[str]) -> Section:
        stated = [c for c in columns if any(self.cell(one, c) for one in occurrences)]
        rows = tuple(tuple(self.cell(one, column) for column in stated) for one in occurrences)
        table = Table(tuple(stated), tuple(label(column, self.lang) for column in stated), rows)
        about = tuple(f for column in columns for f in self.about(column))
        more = [self.beside(group, one, columns, n) for n, one in enumerate(occurrences, 1)]
        title, within = label(group, self.lang), [section for section in more if not section.empty]
        return Section(title, table=table, within=within, findings=(*self.about(group), *about))

    def beside(self, group: str, content: Content, columns: Sequence[str], number: int) -> Section:
        """What a row states beyond the table's columns."""
        section = self.section(group, content, number)
        section.entries = [entry for entry in section.entries if entry.term not in columns]
        return section

    def cell(self, content: Content, term: str) -> str:
        row = terms()[term]
        if row.is_component:
            values = content.values.get(row.parent, [])
            return ", ".join(value.parts[term] for value in values if term in value.parts)
        return "\n".join(shown(term, value.text, self.lang) for value in content.values.get(term, []))

    def entries(self, content: Content, ids: Sequence[str]) -> list[Entry]:
        return [entry for term in ids for value in content.values[term] for entry in self.stated(term, value)]

    def stated(self, term: str, value: Value) -> Iterator[Entry]:
        yield Entry(label(term, self.lang), shown(term, value.text, self.lang), term, self.about(term))
        for part, text in value.parts.items():
            yield Entry(label(part, self.lang), text, part, self.about(part))

    def about(self, term: str) -> tuple[Finding, ...]:
        """The findings about a term, each told once."""
        return tuple(self.findings.pop(term, ()))

    def rest(self) -> Section:
        """What no section names."""
        within = [
            self.section(group, one, number)
            for group in self.left_groups
            for number, one in self.numbered(self.content.groups[group])
        ]
        return Section(FURTHER[self.lang], self.entries(self.content, self.left_terms), within=within)
