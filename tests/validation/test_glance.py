"""The invoice at a glance says what XPath finds, whether or not the walk has met the elements before."""

import random

import pytest
from lxml import etree

from einvoice.formats.writing import write
from einvoice.formats.xml import parse
from einvoice.model.bases import base, names
from einvoice.model.listing import Going
from einvoice.model.namespaces import NAMESPACES
from einvoice.model.terms import terms
from einvoice.validation.glance import AT_ONCE, Glance
from einvoice.validation.summary import TERMS

ASKED = (*AT_ONCE, *TERMS.values())


def said(root: etree._Element, syntax: str, term: str) -> str | None:
    """What XPath finds first."""
    found = root.xpath(terms()[term].path(syntax), namespaces=dict(NAMESPACES))
    return (found[0].text or "") if isinstance(found, list) and found else None  # type: ignore[union-attr]


def disturbed(root: etree._Element, seed: int) -> None:
    """Elements are repeated, emptied and put into another order, as no schema allows."""
    dice = random.Random(seed)
    for element in list(root.iter()):
        if (parent := element.getparent()) is not None and dice.random() < 0.2:
            parent.insert(dice.randrange(len(parent) + 1), parse(etree.tostring(element)))
        if dice.random() < 0.1:
            element.text = dice.choice([None, " ", "x"])


@pytest.mark.parametrize("syntax", ["ubl-invoice", "ubl-creditnote", "cii"])
@pytest.mark.parametrize("name", names())
def test_a_glance_says_what_xpath_finds(name: str, syntax: str) -> None:
    for seed in (None, 1, 2):
        root = parse(write(base(name, syntax), syntax).data)
        if seed is not None:
            disturbed(root, seed)
        expected = {term: said(root, syntax, term) for term in ASKED}
        unmet, met = Glance(root, syntax), Glance(root, syntax)
        going = Going(root)
        assert len(list(going.listings())) == 1
        met.going = going
        for glance in (unmet, met):
            assert {term: glance[term] for term in ASKED} == expected
