"""What one element of a plain invoice says, whichever way it was reached: see `direct` and `along`."""

from typing import Any

from einvoice.formats.directing import Place, Table, Told, Unplain
from einvoice.formats.further import SCHEMA_INSTANCE, Further, place_of
from einvoice.formats.placing import Chain, Placing
from einvoice.formats.walk.conditions import Seen
from einvoice.formats.walk.known import everywhere
from einvoice.formats.walk.marks import Binding
from einvoice.formats.walk.names import Element
from einvoice.model.lexical import BLANKS
from einvoice.model.terms import terms

_FEW = 20
"""Documents with more further details take the long way, which finds their places in one go."""

_CURRENCIES = {"$BT-5": "currency_code", "$BT-6": "vat_accounting_currency_code"}

Read = tuple[Table, list[Further]]
"""A whole invoice, and what no term holds."""


class Plain(Placing):
    """One invoice while it is read. All raise Unplain as soon as it is not plain."""

    def __init__(self, syntax: str) -> None:
        super().__init__()
        self.syntax = syntax
        self.seen: Seen = {}
        self.further: list[tuple[Element, str | None, str]] = []
        self.everywhere: set[tuple[Any, Any]] = set()
        self.owners: dict[str, tuple[Element, Table]] = {}

    def result(self) -> Read:
        """The invoice, once every element was read."""
        self.finish()
        self.see_what_stands_everywhere()
        return self.invoice, [Further(text, one, name, place_of(one)) for one, name, text in self.further]

    def begin(self, one: Place, chain: Chain) -> Chain:
        """Begins a group."""
        group, around, _ = chain
        field = one.field
        table: Table = {}
        begun = one.term, table, chain
        if one.group != group or (field in around and not one.repeats):
            self.put(one, chain, table)
            return begun
        self.begun.append(begun)
        if not one.repeats:
            around[field] = table
        elif field in around:
            around[field].append(table)
        else:
            around[field] = [table]
        return begun

    def rare(self, element: Element, text: str, here: Told, chain: Chain) -> Chain:
        """Reads an element that states several terms, or a value with components, or a group and terms, or a part
        of what stands beside it."""
        for one in here.groups:
            chain = self.begin(one, chain)
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
            elif told.part is not None:
                self.owners[told.owner][1][told.part] = text
            elif told.term is not None:
                value = text if told.term.read is None else told.term.read(text)
                if value is None:
                    raise Unplain
                self.put(told.term, chain, value)
            elif not told.silence.covers(text):
                self.tell(element, name, text)

    def tell(self, element: Element, attribute: str | None, text: str) -> None:
        """Keeps what no term holds."""
        self.further.append((element, attribute, text))
        if len(self.further) > _FEW:
            raise Unplain

    def see_what_stands_everywhere(self) -> None:
        """Raises Unplain where an attribute that may stand anywhere says what is not meant, such as a currency."""
        known, usual = everywhere(self.syntax), self.invoice.get("currency_code")
        for name, text in self.everywhere:
            if text == usual and "$BT-5" in known[name]:
                continue
            stated = {
                one: (self.invoice.get(field) or "").strip(BLANKS) for one, field in _CURRENCIES.items()
            }
            if text.strip(BLANKS) not in {stated.get(one, one) for one in known[name]}:
                raise Unplain
