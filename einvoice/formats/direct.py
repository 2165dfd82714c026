"""Reads a plain invoice straight into the tables of the public model, in one walk.

`reading`, `stating` and `model.mapping` take everything as it stands: terms repeated or without their group, numbers
that are none, texts between elements. Most invoices have none of that: here they are read the short way, and a
document that is not so plain is given up and read the long way. Both give the same invoice: a test reads the
corpus, and changed documents, both ways.
"""

from typing import Any

from einvoice.formats.directing import BETWEEN, Place, Table, Told, Unplain, told_at
from einvoice.formats.further import SCHEMA_INSTANCE, Further, place_of
from einvoice.formats.placing import Chain, Placing
from einvoice.formats.walk.conditions import Seen
from einvoice.formats.walk.known import everywhere
from einvoice.formats.walk.marks import Binding
from einvoice.formats.walk.names import SYNTAXES, Element
from einvoice.formats.walk.plan import plan
from einvoice.model.lexical import BLANKS
from einvoice.model.terms import terms

_FEW = 20
"""Documents with more further details take the long way, which finds their places in one go."""

_CURRENCIES = {"$BT-5": "currency_code", "$BT-6": "vat_accounting_currency_code"}


def read_plainly(root: Element) -> tuple[Table, list[Further]] | None:
    """What a UBL or CII document states, as `model.mapping.table_of` gives it, and what no term holds; None for a
    document that takes the long way."""
    syntax = SYNTAXES.get(root.tag)
    if syntax is None:
        return None
    try:
        return _Reading(syntax).read(root)
    except Unplain:
        return None


Around = tuple[Told, Chain, int, "Around | None"]
"""What is left of the elements that were entered: the place, the groups open there, how many elements, and the same
of the element around."""


class _Reading(Placing):
    """Reads one document. Raises Unplain as soon as it is not plain."""

    def __init__(self, syntax: str) -> None:
        super().__init__()
        self.syntax = syntax
        self.seen: Seen = {}
        self.further: list[tuple[Element, str | None, str]] = []
        self.everywhere: set[tuple[Any, str]] = set()
        self.owners: dict[str, tuple[Element, Table]] = {}

    def read(self, root: Element) -> tuple[Table, list[Further]]:
        """The whole invoice, and what no term holds."""
        here = told_at(plan(self.syntax).automaton.start, self.syntax)[root.tag]
        chain: Chain = ("", self.invoice, None)
        self.enter(root, here, chain)
        self.attributes(root.items(), root, here, chain)
        self.walk(root, here, chain)
        self.finish()
        self.see_what_stands_everywhere()
        return self.invoice, [Further(text, one, name, place_of(one)) for one, name, text in self.further]

    def walk(self, root: Element, place: Told, chain: Chain) -> None:
        """Goes over all elements: one loop, because each of them passes through here. `left` is how many are left
        in the innermost element that was entered, `around` what was left when it was entered.

        Whether there are elements in one that states a term is not asked: more come then than are left.
        """
        around: Around | None = None
        left = len(root)
        elements = root.iter()
        next(elements)
        for element in elements:
            while not left:
                if around is None:
                    raise Unplain
                place, chain, left, around = around
            left -= 1
            here, tail = place[element.tag], element.tail
            if tail not in BETWEEN and tail and tail.strip(BLANKS):
                raise Unplain
            one = here.leaf
            if one is not None:
                value: Any = element.text or ""
                if one.read is not None and (value := one.read(value)) is None:
                    raise Unplain
                group, table, _ = chain
                if one.group == group and one.field not in table:
                    table[one.field] = value
                else:
                    self.put(one, chain, value)
                if stated := element.items():
                    self.attributes(stated, element, here, chain)
                continue
            if here.fork is not None:
                here = here.follow(element, self.seen)
            around = place, chain, left, around
            place, chain, left = here, self.enter(element, here, chain), len(element)
            if stated := element.items():
                self.attributes(stated, element, here, chain)

    def enter(self, element: Element, here: Told, chain: Chain) -> Chain:
        """Reads an element that leads to others, or says nothing, or where a group begins; gives the groups that
        are open in it."""
        one = here.begins
        if one is not None:
            chain = self.begin(one, chain)
        elif here.is_rare:
            return self.rare(element, here, chain)
        text: Any = element.text
        if text not in here.silent and not here.silence.covers(text):
            if len(element):
                raise Unplain
            self.tell(element, None, text)
        return chain

    def begin(self, one: Place, chain: Chain) -> Chain:
        """Begins a group."""
        group, around, _ = chain
        field, table = one.field, Table()
        if one.group != group or (field in around and not one.repeats):
            self.put(one, chain, table)
        else:
            self.begun.append((one.term, table, around, field))
            if not one.repeats:
                around[field] = table
            elif field in around:
                around[field].append(table)
            else:
                around[field] = [table]
        return one.term, table, chain

    def rare(self, element: Element, here: Told, chain: Chain) -> Chain:
        """Reads an element that states several terms, or a value with components, or a group and terms, or a part
        of what stands beside it."""
        for one in here.groups:
            chain = self.begin(one, chain)
        if (here.terms or here.parts) and len(element):
            raise Unplain
        text = element.text or ""
        for one in here.terms:
            value = text if one.read is None else one.read(text)
            if value is None:
                raise Unplain
            if one.wrapped:
                value = {one.wrapped: value}
                self.owners[one.term] = element, value
            self.put(one, chain, value)
        for part in here.parts:
            self.complete(part, element, text)
        return chain

    def complete(self, part: Binding, element: Element, text: str) -> None:
        """A part that stands in an element beside that of its value (CII: BT-18-1)."""
        row = terms()[part.term]
        owner, value = self.owners.get(row.parent, (None, {}))
        if owner is None or owner.getparent() is not element.getparent() or row.field in value:
            raise Unplain
        value[row.field] = text

    def attributes(self, stated: Any, element: Element, here: Told, chain: Chain) -> None:
        """What the attributes of an element say: parts of its value, terms of their own, or nothing."""
        for name, text in stated:
            told = here.attributes.get(name)
            if told is None:
                if text.strip(BLANKS) and not name.startswith(SCHEMA_INSTANCE):
                    self.tell(element, name, text)
            elif told.is_everywhere:
                self.everywhere.add((name, text))
            elif told.term is not None:
                value = text if told.term.read is None else told.term.read(text)
                if value is None:
                    raise Unplain
                self.put(told.term, chain, value)
            elif told.part is not None:
                self.owners[told.owner][1][told.part] = text
            elif not told.silence.covers(text):
                self.tell(element, name, text)

    def tell(self, element: Element, attribute: str | None, text: str) -> None:
        """Keeps what no term holds."""
        self.further.append((element, attribute, text))
        if len(self.further) > _FEW:
            raise Unplain

    def see_what_stands_everywhere(self) -> None:
        """Raises Unplain where an attribute that may stand anywhere says what is not meant, such as a currency."""
        stated = {one: (self.invoice.get(field) or "").strip(BLANKS) for one, field in _CURRENCIES.items()}
        for name, text in self.everywhere:
            meant = {stated.get(one, one) for one in everywhere(self.syntax)[name]}
            if text.strip(BLANKS) not in meant:
                raise Unplain
