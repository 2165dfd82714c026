"""schemas/order.tsv is what the official schemas say, and has a place for every element that is written."""

import pytest

from einvoice import data
from einvoice.formats.bindings import SYNTAXES, alternatives, order
from einvoice.formats.element import Drawing, place, root
from einvoice.model.terms import homes, terms
from tests.formats.order import table


def test_the_table_is_fresh() -> None:
    assert (data.folder("schemas") / "order.tsv").read_text(encoding="utf-8") == table()


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_every_step_of_every_path_has_a_place_in_the_schema(syntax: str) -> None:
    document = root(Drawing(syntax, {}))
    for term in terms():
        for home in homes(term):
            for path in alternatives(term, home, syntax):
                steps = tuple(step for step in path[1:] if not step.name.startswith("@"))
                if any("Sub" in step.name for step in steps):
                    continue
                for element in place(document, steps, 0)[1:]:
                    assert element.rank < len(order(syntax)), (term, element.name)
