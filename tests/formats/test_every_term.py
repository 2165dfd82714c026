"""Each term and group of the norm and the extension, alone with what it stands in, there and back in each syntax."""

import pytest

from einvoice.formats.bindings import SYNTAXES
from einvoice.formats.converting import carry
from einvoice.model.content import Content, Value
from einvoice.model.differences import differences
from einvoice.model.terms import components, homes, terms, way

TEXTS = {
    "Date": "2026-03-02",
    "Amount": "12.30",
    "Unit price amount": "1.2345",
    "Quantity": "3",
    "Percentage": "19.00",
    "Binary object": "JVBERg==",
}
BESIDE: dict[str, tuple[str | None, str, str]] = {
    "BT-7": ("BG-23", "BT-118", "S"),
    "BT-8": ("BG-23", "BT-118", "S"),
    "BT-111": ("", "BT-6", "USD"),
    "BT-9": ("BG-16", "BT-81", "58"),
    "BT-82": ("BG-16", "BT-81", "58"),
    "BT-130": (None, "BT-129", "1"),
    "BT-150": (None, "BT-149", "1"),
    "BT-86": ("BG-17", "BT-84", "DE19499999600123456789"),
}
"""Terms that stand only where another does: its group (None: the same), id and text."""


def alone(term: str, home: str) -> Content:
    """An invoice that says nothing but one term with all its components, and what it cannot stand without."""
    content = Content.parse(
        {"BT-3": "380", "BT-5": "EUR"} if term not in ("BT-3", "BT-5") else {"BT-5": "EUR"}
    )
    if term in BESIDE:
        group, other, text = BESIDE[term]
        content.descend(way("", home if group is None else group) or ()).values[other] = [Value(text)]
    parts = dict.fromkeys(components(term), "SCHEME")
    text = {"BT-8": "3", "BT-21": "AAI"}.get(term, TEXTS.get(terms()[term].datatype, "text"))
    owner = content.descend(way("", home) or ())
    owner.values[term] = [Value(text, parts)]
    if term == "BT-21":
        owner.values["BT-22"] = [Value("text")]
    return content


EVERY = [
    (row.id, home)
    for row in terms().values()
    if not row.is_group and not row.is_component
    for home in homes(row.id)
]


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize(("term", "home"), EVERY)
def test_a_term_is_carried_wherever_the_syntax_has_it(term: str, home: str, syntax: str) -> None:
    content = alone(term, home)
    carried = carry(content, syntax)
    held = bool(terms()[home].path(syntax) if home else True) and bool(terms()[term].path(syntax))
    lost = {one.term for one in carried.losses}
    assert not lost if held else {term, *components(term)} <= lost
    places = {one.place for one in (*carried.losses, *carried.added)}
    assert {one.place for one in differences(content, carried.content)} == places
