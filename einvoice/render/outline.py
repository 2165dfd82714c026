"""An invoice in the order in which a person reads it (schemas/outline.toml), the same for terminal, HTML and PDF.

Everything the invoice states is in it: each value is shown once and ticked off, and what no section of the table
has shown follows under further details. Invoice text is data here, never markup.
"""

import functools
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from einvoice import data
from einvoice.model.content import Content, Value
from einvoice.model.terms import terms
from einvoice.render import attachments, discounts, words
from einvoice.render.codes import meaning
from einvoice.render.remarks import Remarks, Trail
from einvoice.render.sections import Entry, Head, Row, Section, Table

_NAMED = ("BG-32", "BG-DEX-08")
"""Groups of a name and a value."""

FURTHER = {"de": "Weitere Angaben", "en": "Further details"}


def outline(
    content: Content, lang: str, remarks: Remarks, further: Sequence[tuple[str, str]] = ()
) -> list[Section]:
    """The sections of an invoice. `further` are (place, text) of what no term holds."""
    drawer = _Drawer(content, lang, remarks)
    sections = [section for row in _rows() for section in drawer.sections(row) if not section.empty]
    rest = drawer.rest()
    rest.entries += [Entry(place, text, "") for place, text in further]
    return sections if rest.empty else [*sections, rest]


@functools.cache
def _rows() -> tuple[Mapping[str, Any], ...]:
    return tuple(tomllib.loads((data.folder("schemas") / "outline.toml").read_text("utf-8"))["section"])


@functools.cache
def _order() -> dict[str, int]:
    return {term: rank for rank, term in enumerate(terms())}


def _ranked(ids: Iterable[str]) -> list[str]:
    """Ids in the norm's order."""
    return sorted(ids, key=_order().__getitem__)


def _numbered(
    group: str, occurrences: Sequence[Content], trail: Trail = ()
) -> Iterator[tuple[Trail, Content]]:
    """Occurrences of a group, each with the way to it."""
    return (((*trail, (group, number)), one) for number, one in enumerate(occurrences, 1))


class _Drawer:
    def __init__(self, content: Content, lang: str, remarks: Remarks) -> None:
        self.content, self.lang, self.remarks = content, lang, remarks
        self.told: set[int] = set()
        self.currency, self.tax_currency = content.text("BT-5"), content.text("BT-6")

    def sections(self, row: Mapping[str, Any]) -> Iterator[Section]:
        if "group" not in row:
            section = Section(row[self.lang], self.entries(self.content, row["only"], ()))
            if "BT-1" in row["only"]:
                section.entries += self.missing("", self.content, ())
            yield section
            return
        group = row["group"]
        occurrences = self.content.groups.get(group, [])
        if "columns" in row and occurrences:
            yield self.tabled(row, occurrences)
        else:
            for trail, one in _numbered(group, occurrences):
                section = self.section(one, trail, alone=len(occurrences) == 1)
                section.style = "beside" if row.get("beside") else "sums" if row.get("sums") else ""
                yield section
        yield Section(words.label(group, self.lang), remarks=self.remarks.take(group, ()))

    def section(self, content: Content, trail: Trail, *, alone: bool = True) -> Section:
        """All that a group states and no section has shown yet."""
        group, number = trail[-1]
        title = words.label(group, self.lang) + ("" if alone else f" {number}")
        about = self.remarks.take(group, trail)
        entries = self.named(content, trail) if group in _NAMED else []
        entries += self.entries(content, _ranked(content.values), trail)
        entries += self.missing(group, content, trail)
        within = [
            self.section(one, way, alone=len(content.groups[inside]) == 1)
            for inside in _ranked(content.groups)
            for way, one in _numbered(inside, content.groups[inside], trail)
        ]
        return Section(title, entries, None, [one for one in within if not one.empty], about)

    def tabled(self, row: Mapping[str, Any], occurrences: Sequence[Content]) -> Section:
        group = row["group"]
        columns = [column if isinstance(column, dict) else {"terms": [column]} for column in row["columns"]]
        every = list(self.deep(group, row.get("within"), occurrences))
        columns = [c for c in columns if any(_below(one, t) for _, one in every for t in c["terms"])]
        rows = tuple(self.row(columns, trail, one, row.get("within")) for trail, one in every)
        heads = tuple(self.head(column) for column in columns)
        title = row.get(self.lang) or words.label(group, self.lang)
        return Section(title, table=Table(heads, rows), remarks=self.remarks.take(group, ()))

    def deep(
        self, group: str, inside: str | None, occurrences: Sequence[Content], trail: Trail = ()
    ) -> Iterator[tuple[Trail, Content]]:
        """Occurrences, each followed by those of the group `inside` within it."""
        for way, one in _numbered(group, occurrences, trail):
            yield way, one
            if inside:
                yield from self.deep(inside, inside, one.groups.get(inside, []), way)

    def head(self, column: Mapping[str, Any]) -> Head:
        title = column.get(self.lang) or words.label(column["terms"][0], self.lang)
        below = bool(column.get("below"))
        return Head(title, words.is_figure(column["terms"][-1]) or words.is_figure(column["terms"][0]), below)

    def row(
        self, columns: Sequence[Mapping[str, Any]], trail: Trail, content: Content, inside: str | None
    ) -> Row:
        cells = tuple(
            tuple(
                self.entry(term, value, trail, brief=bool(column.get("brief")))
                for term in column["terms"]
                for value in _below(content, term)
            )
            for column in columns
        )
        rest = Content(content.values, {g: found for g, found in content.groups.items() if g != inside})
        return Row(cells, self.section(rest, trail), len(trail) - 1)

    def entries(self, content: Content, ids: Iterable[str], trail: Trail) -> list[Entry]:
        return [
            self.entry(term, value, trail)
            for term in ids
            for value in content.values.get(term, [])
            if id(value) not in self.told
        ]

    def entry(self, term: str, value: Value, trail: Trail, *, brief: bool = False) -> Entry:
        self.told.add(id(value))
        about = self.remarks.take(term, trail)
        for part in value.parts:
            about += self.remarks.take(part, trail)
        label = words.label(term, self.lang)
        notes: tuple[str, ...] = ()
        if term == "BT-125":
            shown, notes = attachments.described(attachments.embedded(value), self.lang)
            return Entry(label, shown, term, about, notes)
        if term == "BT-20":
            notes = tuple(discounts.explained(value.text, self.content, self.lang))
        currency = self.tax_currency if term == "BT-111" else self.currency
        shown = words.shown(term, value.text, self.lang, currency, brief=brief).rstrip("\r\n")
        return Entry(label, shown + self.parts(value), term, about, notes, is_figure=words.is_figure(term))

    def named(self, content: Content, trail: Trail) -> list[Entry]:
        """An item attribute as one entry: its name is the label, where it states one name and one value."""
        name, value = content.values.get("BT-160", []), content.values.get("BT-161", [])
        if not (
            len(name) == len(value) == 1 and name[0].text and not self.told & {id(name[0]), id(value[0])}
        ):
            return []
        self.told.add(id(name[0]))
        entry = self.entry("BT-161", value[0], trail)
        return [
            replace(entry, label=name[0].text, remarks=self.remarks.take("BT-160", trail) + entry.remarks)
        ]

    def parts(self, value: Value) -> str:
        """The scheme of an identifier, in words and as a code."""
        said = []
        for part, text in value.parts.items():
            known = meaning(part, text, self.lang)
            said.append(f"{known}, {text}" if known else text)
        return f" ({', '.join(said)})" if said else ""

    def missing(self, group: str, content: Content, trail: Trail) -> list[Entry]:
        """Entries for what is not stated though findings ask for it."""
        return [
            Entry(words.label(term, self.lang), "", term, about, missing=True)
            for term in self.remarks.missing(group, content.values)
            if (about := self.remarks.take(term, trail))
        ]

    def rest(self) -> Section:
        """What no section has shown."""
        shown = {row.get("group") for row in _rows()}
        within = [
            self.section(one, trail, alone=len(self.content.groups[group]) == 1)
            for group in _ranked(self.content.groups)
            if group not in shown
            for trail, one in _numbered(group, self.content.groups[group])
        ]
        entries = self.entries(self.content, _ranked(self.content.values), ())
        return Section(FURTHER[self.lang], entries, None, [one for one in within if not one.empty])


def _below(content: Content, term: str) -> list[Value]:
    """The values of a term in a group, or in the groups in it that stand there once."""
    found = list(content.values.get(term, ()))
    for group, occurrences in content.groups.items():
        if len(occurrences) == 1 and not terms()[group].repeats:
            found += _below(occurrences[0], term)
    return found
