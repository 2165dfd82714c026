"""What a document's elements are listed as is what XPath finds, whoever goes over them, as a whole or in parts."""

from typing import Any

import pytest
from lxml import etree

from einvoice.formats import xml
from einvoice.formats.walk import Judging, plan
from einvoice.model import listing
from einvoice.model.listing import Going, Listing
from einvoice.rulebook.syntax import syntax_rules
from tests.sizes import many_lines

_BLANK = etree.XPath("//*[not(*) and not(normalize-space())]")
_REPEATED = etree.XPath("//*[name(preceding-sibling::*[1]) = name()]")


def _document(syntax: str) -> etree._Element:
    root = xml.parse(many_lines(4, syntax, "full"))
    for place, text in ((3, ""), (9, " \n"), (12, "\u00a0")):
        leaf = [one for one in root.iter() if not len(one)][place]
        leaf.text = text
    return root


def _walked(root: etree._Element, syntax: str, by_walk: bool) -> tuple[list[Listing], set[str]]:
    going = Judging(root) if by_walk else Going(root)
    start = plan(syntax, syntax_rules("1.3.15", syntax), terms=False).automaton.start
    return list(going.listings(start)), going.repeated


@pytest.mark.parametrize("by_walk", [False, True])
@pytest.mark.parametrize("many", [2_000, 30])
@pytest.mark.parametrize("syntax", ["ubl-invoice", "ubl-creditnote", "cii"])
def test_a_listing_holds_what_xpath_finds(
    syntax: str, many: int, by_walk: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MANY", many)
    monkeypatch.setattr(listing, "PART", 9)
    monkeypatch.setattr(listing, "FEW", 3)
    root = _document(syntax)
    parts, repeated = _walked(root, syntax, by_walk)
    assert (len(parts) == 1) == (many == 2_000)
    assert [one for part in parts for one in part.elements] == list(root.iter())
    assert [one for part in parts for one in part.blank] == _BLANK(root)
    several: Any = _REPEATED(root)
    assert {one.tag for one in several} <= repeated
    for tag in {one.tag for one in root.iter()}:
        assert [one for part in parts for one in part.by_tag.get(tag, ())] == list(root.iter(tag))
    for part in parts:
        for element, children in part.kids.items():
            assert [one for alike in children.values() for one in alike] == sorted(
                element, key=lambda one: list(children).index(one.tag)
            )
        assert all(part.said[one] == one.xpath("string()") for one in part.elements)
