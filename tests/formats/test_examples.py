"""Examples of rules that change the written XML: what is put where, and what is refused."""

from typing import Any

import pytest

from einvoice.formats.examples import document
from einvoice.formats.xml import parse
from einvoice.model.namespaces import NAMESPACES

AT = "cac:InvoiceLine/cbc:ID"


def text(path: str, *edits: dict[str, str]) -> str | None:
    """What stands at a path of the changed document."""
    return parse(document({"xml": list(edits)}, "ubl-invoice")).findtext(path, namespaces=dict(NAMESPACES))


def test_texts_attributes_and_elements_are_put_where_they_belong() -> None:
    assert text(AT, {"at": AT, "text": "Ä&1"}) == "Ä&1"
    assert text(f"{AT}[@schemeID='x']", {"at": AT, "attribute": "schemeID", "text": "x"}) == "1"
    assert text("cac:InvoiceLine/cbc:Note", {"at": AT, "after": "<cbc:Note>neu</cbc:Note>"}) == "neu"


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ({"at": "cac:NoSuchThing", "text": "1"}, "there is no such element"),
        ({"at": "xx:Line", "text": "1"}, "xx"),
        ({"at": AT}, "it has the keys"),
        ({"at": AT, "after": "<cbc:Note>"}, "is not one element"),
        ({"at": AT, "after": "<cbc:Note/><cbc:Note/>"}, "is not one element"),
    ],
)
def test_what_cannot_be_changed_is_refused(edit: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        document({"xml": [edit]}, "ubl-invoice")
