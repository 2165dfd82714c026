"""What is written is valid by schema, says what it was given, and names what it cannot carry."""

from typing import Any

import pytest
from lxml import etree

from einvoice.formats import reading
from einvoice.formats.bindings import SYNTAXES
from einvoice.formats.writing import Written, write
from einvoice.model.bases import base, example, names
from einvoice.model.content import Content
from einvoice.model.terms import terms
from tests.formats.schemas import errors


def read(written: Written) -> Content:
    """The content of a written document."""
    return reading.read(etree.fromstring(written.data)).content()


def without(content: Content, lost: tuple[str, ...]) -> dict[str, Any]:
    """The content without the terms and groups named."""
    for _, group in content.walk():
        for term in lost:
            group.values.pop(term, None)
            group.groups.pop(term, None)
    return content.plain()


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize("name", names())
def test_every_base_is_written_validly_and_comes_back(name: str, syntax: str) -> None:
    content = base(name, syntax)
    written = write(content, syntax)
    assert errors(written.data, syntax) == []
    assert read(written).plain() == without(content, written.losses)
    assert written.added == ()


def test_only_the_extension_loses_anything() -> None:
    losses = {(name, syntax): write(base(name), syntax).losses for name in names() for syntax in SYNTAXES}
    assert {case: lost for case, lost in losses.items() if lost} == {
        ("extension", "ubl-creditnote"): ("BG-DEX-09",),
        ("extension", "cii"): ("BG-DEX-01", "BG-DEX-09"),
    }


def test_together_the_bases_state_every_term() -> None:
    stated = {term for name in names() for _, group in base(name).walk() for term in _ids(group)}
    assert set(terms()) - stated == {"BT-7", "BG-DEX-03", "BG-DEX-04"}


def _ids(group: Content) -> set[str]:
    parts = {part for values in group.values.values() for value in values for part in value.parts}
    return {*group.values, *group.groups, *parts}


ODD: list[tuple[str, dict[str, Any], tuple[str, ...]]] = [
    ("ubl-invoice", {"BT-2": "gestern", "BT-106": "viel", "BT-1": ""}, ()),
    ("cii", {"BT-2": "gestern", "BT-72": "2026-02-30", "BT-106": "viel", "BT-1": ""}, ()),
    ("cii", {"BT-7": "2026-02-27"}, ()),
    ("cii", {"BT-8": "432"}, ()),
    ("cii", {"BT-7": "2026-02-27", "BG-23": False}, ("BT-7",)),
    ("ubl-invoice", {"BT-129": False}, ("BT-130",)),
    ("ubl-invoice", {"BT-81": False}, ("BT-82",)),
    ("cii", {"+BG-3": {"BT-25": "RE-2025-9"}}, ("BG-3",)),
    ("ubl-invoice", {"+BG-3": {"BT-25": "RE-2025-9"}}, ()),
    ("ubl-creditnote", {"BG-16": False}, ("BT-9",)),
    ("ubl-invoice", {"+BT-10": "second"}, ("BT-10",)),
    ("cii", {"+BT-31": "DE2"}, ()),
    ("ubl-invoice", {"BG-22/BT-111": "1.00"}, ("BT-111",)),
    ("ubl-invoice", {"BT-5": False}, ("BT-110",)),
    ("cii", {"+BT-41": "Buchhaltung"}, ()),
    ("ubl-invoice", {"+BT-41": "Buchhaltung"}, ("BT-41",)),
    ("cii", {"+BG-25[1]/BT-149": "2", "+BG-25[1]/BT-150": "KGM"}, ()),
    ("cii", {"+BG-17": {"BT-84": "12345 67"}}, ()),
    ("cii", {"BG-25": False, "BG-4": False, "BG-7": False, "BG-22": False, "BG-23": False}, ()),
]


@pytest.mark.parametrize(("syntax", "changes", "losses"), ODD)
def test_odd_content_is_written_as_it_is_and_losses_are_named(
    syntax: str, changes: dict[str, Any], losses: tuple[str, ...]
) -> None:
    content = example(changes, syntax)
    written = write(content, syntax)
    assert written.losses == losses
    assert without(read(written), losses) == without(content, losses)


@pytest.mark.parametrize(
    ("changes", "lost"),
    [
        ({"BG-1[1]/BT-21": "AAAA"}, "BT-21 BT-22"),
        ({"BG-1[2]/BT-22": "#AAI#not a code"}, "BT-22"),
        ({"BT-6": "EUR", "BG-22/BT-111": "1.00"}, "BT-111"),
    ],
)
def test_what_ubl_would_say_otherwise_is_written_and_named(changes: dict[str, Any], lost: str) -> None:
    written = write(example(changes), "ubl-invoice")
    assert written.losses == tuple(lost.split())
    assert changes[next(reversed(changes))].encode() in written.data


def test_what_ubl_asks_for_in_addition_is_named() -> None:
    content = example({"BT-13": False, "BG-25[1]/BT-147": False})
    written = write(content, "ubl-invoice")
    assert written.added == ("BT-13", "BT-147")
    assert errors(written.data, "ubl-invoice") == []
    back = read(written)
    assert back.text("BT-13") == "NA"
    assert back.groups["BG-25"][0].groups["BG-29"][0].text("BT-147") == "0"
    assert without(back, written.added) == content.plain()


def test_characters_that_xml_cannot_hold_are_left_out() -> None:
    written = write(example({"BT-1": "a\x00b\x0bc\ufffe"}), "cii")
    assert read(written).text("BT-1") == "abc"


def test_an_empty_group_is_written_as_an_empty_element() -> None:
    written = write(example({"+BG-20": {}}), "ubl-invoice")
    assert written.data.count(b"<cbc:ChargeIndicator>false<") == 4
