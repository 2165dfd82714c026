"""Reads a plain invoice straight into the tables of the public model, in one walk.

`reading`, `stating` and `model.mapping` take everything as it stands: terms repeated or without their group, numbers
that are none, texts between elements. Most invoices have none of that: here they are read the short way, and a
document that is not so plain is given up and read the long way. Both give the same invoice: a test reads the
corpus, and changed documents, both ways. Beside a verdict no walk of its own is needed (`along`).
"""

from typing import Any

from einvoice.formats.directing import BETWEEN, Told, Unplain, told_at
from einvoice.formats.placing import Chain
from einvoice.formats.plain import Plain, Read
from einvoice.formats.walk.names import SYNTAXES, Element
from einvoice.formats.walk.plan import plan
from einvoice.model.lexical import BLANKS


def read_plainly(root: Element) -> Read | None:
    """What a UBL or CII document states, as `model.mapping.table_of` gives it, and what no term holds; None for a
    document that takes the long way.
    """
    syntax = SYNTAXES.get(root.tag)
    if syntax is None:
        return None
    start = told_at(plan(syntax).automaton.start, syntax)
    try:
        here = start[root.tag]
        return _Direct(syntax).read(root, here)
    except Unplain:
        return None


Around = tuple[Told, Chain, int, "Around | None"]
"""What is left of the elements that were entered: the place, the groups open there, how many elements, and the same
of the element around."""


class _Direct(Plain):
    """Reads one document as lxml has it."""

    def read(self, root: Element, here: Told) -> Read:
        """The whole invoice, and what no term holds."""
        chain: Chain = ("", self.invoice, None)
        self.enter(root, here, chain)
        self.attributes(root.items(), root, here, chain)
        self.walk(root, here, chain)
        return self.result()

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
            if (here.terms or here.parts) and len(element):
                raise Unplain
            return self.rare(element, element.text or "", here, chain)
        text: Any = element.text
        if text not in here.silent and not here.silence.covers(text):
            if len(element):
                raise Unplain
            self.tell(element, None, text)
        return chain
