"""Reads a plain invoice straight into the tables of the public model, in one walk.

`reading`, `stating` and `model.mapping` take everything as it stands: terms repeated or without their group, numbers
that are none, texts that no term holds. Most invoices have none of that: here they are read the short way, and a
document that is not so plain is given up and read the long way. Both give the same invoice: a test reads the
corpus, and changed documents, both ways.
"""

import functools
from typing import Any, NamedTuple

from lxml import etree

from einvoice.formats.directing import Place, Table, Told, Unplain
from einvoice.formats.walk.automaton import State
from einvoice.formats.walk.bindings import group_of
from einvoice.formats.walk.conditions import Seen
from einvoice.formats.walk.known import everywhere
from einvoice.formats.walk.marks import Binding
from einvoice.formats.walk.names import SYNTAXES, Element
from einvoice.formats.walk.plan import plan
from einvoice.formats.walk.walk import MAX_DEPTH
from einvoice.model.lexical import BLANKS
from einvoice.model.terms import terms

Chain = tuple[str, Table, "Chain | None"]
"""The groups open at a place, innermost first: id, what it states, what it lies in."""

_CURRENCIES = {"$BT-5": "currency_code", "$BT-6": "vat_accounting_currency_code"}


def table_of_plain(root: Element) -> Table | None:
    """A UBL or CII document as `model.mapping.table_of` gives it; None for one that takes the long way."""
    syntax = SYNTAXES.get(root.tag)
    try:
        return _Reading(root, syntax).table() if syntax else None
    except Unplain:
        return None


class Begun(NamedTuple):
    """A group that was begun: its table, the one around it, and its name there."""

    table: Table
    around: Table
    field: str


class _Reading:
    """Reads one document. Raises Unplain as soon as it is not plain."""

    def __init__(self, root: Element, syntax: str) -> None:
        self.root, self.syntax = root, syntax
        self.invoice: Table = {}
        self.seen: Seen = {}
        self.elements, self.attributes = 1, 0
        self.begun: list[Begun] = []
        self.first: dict[str, Table] = {}
        self.astray: list[tuple[Place, Chain, Any]] = []
        self.owners: dict[str, tuple[Element, Table]] = {}
        self.means: list[Table] = []

    def table(self) -> Table:
        """The whole invoice."""
        start = plan(self.syntax).automaton.start[self.root.tag]
        self.fill(self.root, start, ("", self.invoice, None), 1)
        self.settle()
        self.see_that_all_is_read()
        for mean in self.means:
            self.join(mean)
        for one in reversed(self.begun):
            if not one.table:
                self.drop(one)
        return self.invoice

    def fill(self, element: Element, place: State, chain: Chain, depth: int) -> None:
        """Reads what is in an element. Nearly all that a document has passes through here."""
        children = element.getchildren()  # type: ignore[attr-defined]
        self.elements += len(children)
        group, table, _ = chain
        for child in children:
            here = place[child.tag]
            if here.fork is not None:
                here = here.fork.follow(child, self.seen)
            told: Told = here.told or _told(here, self.syntax)
            one = told.single
            if one is not None:
                value = child.text or ""
                if one.read is not None and (value := one.read(value)) is None:
                    raise Unplain
                if one.group == group and one.field not in table and not one.repeats:
                    table[one.field] = value
                else:
                    self.put(one, chain, value)
            elif told.is_way:
                if not len(child):
                    told.skip(child.text)
                elif depth < MAX_DEPTH:
                    self.fill(child, here, chain, depth + 1)
                else:
                    raise Unplain
            else:
                self.rare(told, element, child, here, chain, depth)

    def rare(
        self, told: Told, above: Element, element: Element, here: State, chain: Chain, depth: int
    ) -> None:
        """Reads an element where a group begins, or whose value has parts, or that states several terms."""
        for begins in told.groups:
            table: Table = {}
            self.put(begins, chain, table)
            chain = begins.term, table, chain
        parts = self.parts(told, element, chain) if told.attributes else {}
        if told.terms or told.parts:
            text = element.text or ""
            for one in told.terms:
                value = text if one.read is None else one.read(text)
                if value is None:
                    raise Unplain
                if one.wrapped:
                    value = {one.wrapped: value, **parts}
                    self.owners[one.term] = above, value
                self.put(one, chain, value)
            for part in told.parts:
                self.complete(part, above, text)
        elif len(element):
            if depth >= MAX_DEPTH:
                raise Unplain
            self.fill(element, here, chain, depth + 1)
        else:
            told.skip(element.text)

    def parts(self, told: Told, element: Element, chain: Chain) -> Table:
        """What the attributes of an element say of its value; terms of their own are put in their place."""
        found: Table = {}
        for name, part, term, known in told.attributes:
            text = element.get(name)
            if text is None:
                continue
            self.attributes += 1
            if part is not None:
                found[part] = text
            elif term is not None:
                if (value := text if term.read is None else term.read(text)) is None:
                    raise Unplain
                self.put(term, chain, value)
            else:
                known.skip(text)
        return found

    def complete(self, part: Binding, above: Element, text: str) -> None:
        """A part that stands in an element beside that of its value (CII: BT-18-1)."""
        row = terms()[part.term]
        owner = self.owners.get(row.parent)
        if owner is None or owner[0] is not above or row.field in owner[1]:
            raise Unplain
        owner[1][row.field] = text

    def put(self, one: Place, chain: Chain, value: Any) -> None:
        """Puts a value or group into the innermost group that it belongs to; without one it waits."""
        around: Chain | None = chain
        while around is not None and around[0] != one.group:
            around = around[2]
        if around is None:
            self.astray.append((one, chain, value))
        else:
            self.add(one, around[1], value)

    def add(self, one: Place, table: Table, value: Any) -> None:
        """Puts a value or group into its table; only a text may be stated twice, if it is the same."""
        if one.is_group:
            self.begun.append(Begun(value, table, one.field))
            self.first.setdefault(one.term, value)
        if one.repeats:
            table.setdefault(one.field, []).append(value)
        elif one.field not in table:
            table[one.field] = value
        elif one.term == "BG-16":
            self.means.append(value)
        elif one.is_group or one.read is not None or table[one.field] != value:
            raise Unplain

    def settle(self) -> None:
        """Finds a home for what stands outside the element of its group, as `walk.settle` and `stating` do."""
        homeless = []
        for one, chain, value in self.astray:
            around: Chain | None = chain
            while around is not None and around[0] != one.within:
                around = around[2]
            if around is None or not around[0]:
                home = self.first.get(one.group)
            else:
                home = _first(around[1].get(terms()[one.group].field))
            if home is None:
                homeless.append((one, chain, value))
            else:
                self.add(one, home, value)
        for one, chain, value in homeless:
            self.add(one, self.made(one.group, chain), value)

    def made(self, group: str, chain: Chain) -> Table:
        """The first group of that id below the place, made with those around it where the document has none."""
        ids, above = [group], group_of(terms()[group]) if group else ""
        while above not in ("", chain[0]):
            ids.append(above)
            above = group_of(terms()[above])
        home = chain[1] if above == chain[0] else self.invoice
        for one in reversed(ids if group else []):
            row = terms()[one]
            found = _first(home.get(row.field))
            if found is None:
                found = {}
                home[row.field] = [found] if row.repeats else found
                self.begun.append(Begun(found, home, row.field))
            home = found
        return home

    def join(self, mean: Table) -> None:
        """Payment means that only add an account to the first ones, as `stating` joins them."""
        kept: Table = self.invoice[terms()["BG-16"].field]
        accounts = terms()["BG-17"].field
        others = {field: value for field, value in mean.items() if field != accounts}
        code = terms()["BT-81"].field
        if accounts not in mean or kept.get(code) != mean.get(code) or not all(mean[accounts]):
            raise Unplain
        if any(kept.get(field) != value for field, value in others.items()):
            raise Unplain
        kept.setdefault(accounts, []).extend(mean[accounts])

    def drop(self, one: Begun) -> None:
        """Groups that say nothing are no content."""
        there = one.around.get(one.field)
        if there is one.table:
            del one.around[one.field]
        elif isinstance(there, list):
            there[:] = [group for group in there if group is not one.table]
            if not there:
                del one.around[one.field]

    def see_that_all_is_read(self) -> None:
        """Raises Unplain where an element, an attribute or a text between elements was passed by."""
        for attribute, texts in everywhere(self.syntax).items():
            found: Any = _attributes(attribute)(self.root)
            self.attributes += len(found)
            meant = {
                str(self.invoice.get(_CURRENCIES[one], "")) if one in _CURRENCIES else one for one in texts
            }
            if not {text.strip(BLANKS) for text in set(found)} <= {one.strip(BLANKS) for one in meant}:
                raise Unplain
        if _WHOLE(self.root) != self.elements + 1e6 * self.attributes:
            raise Unplain


_WHOLE = etree.XPath(
    "count(//*) + 1000000 * count(//@*[namespace-uri() != 'http://www.w3.org/2001/XMLSchema-instance'])"
    " + 0.5 * count(//*[*]/text()[normalize-space()])"
)
"""How many elements and attributes there are; no whole number where there is text beside elements."""


@functools.cache
def _attributes(name: str) -> etree.XPath:
    return etree.XPath(f"//@{name}", smart_strings=False)


def _told(here: State, syntax: str) -> Told:
    here.told = told = Told(here, syntax)
    return told


def _first(stated: Any) -> Any:
    """The first of what a table states under a name; None if there is nothing."""
    if isinstance(stated, list):
        return stated[0] if stated else None
    return stated
