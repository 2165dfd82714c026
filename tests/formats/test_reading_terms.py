"""The walk reads the same terms as the XPaths of schemas/terms.tsv evaluated one by one."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from einvoice.formats.further import further
from einvoice.formats.reading import Reading, read, syntax_of
from einvoice.formats.walk.groups import Group
from einvoice.formats.walk.names import string_value
from einvoice.formats.walk.plan import plan
from einvoice.formats.xml import parse
from einvoice.model.namespaces import NAMESPACES
from einvoice.model.terms import SUB_LINE_GROUPS, terms
from tests.formats.corpus import EVERY
from tests.parts import CORPUS, needs

LINE = {"ubl-invoice": "InvoiceLine", "ubl-creditnote": "CreditNoteLine", "cii": "-"}
COMPILED: dict[str, list[tuple[str, etree.XPath]]] = {}


def xpaths(syntax: str) -> list[tuple[str, etree.XPath]]:
    """(term, XPath) of one syntax; the terms of a line once more for sub lines."""
    if syntax not in COMPILED:
        found = []
        for term in terms().values():
            path = term.path(syntax)
            line, sub = f"/cac:{LINE[syntax]}/", f"//cac:Sub{LINE[syntax]}/"
            found += [(term.id, path)] if path else []
            found += [(term.id, path.replace(line, sub))] if line in path and not term.is_group else []
        COMPILED[syntax] = [(term, etree.XPath(path, namespaces=dict(NAMESPACES))) for term, path in found]
    return COMPILED[syntax]


def by_xpath(root: etree._Element, syntax: str) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for term, xpath in xpaths(syntax):
        for node in xpath(root):  # type: ignore[union-attr]
            text = string_value(node) if isinstance(node, etree._Element) else str(node)
            found[term, "" if terms()[term].is_group else text] += 1
    return found


def by_walk(reading: Reading) -> Counter[tuple[str, str]]:
    found = Counter((said.term, said.text) for said in reading.invoice.everything())
    found.update((group.term, "") for group in groups(reading.invoice))
    return found


def groups(group: Group) -> Iterator[Group]:
    for inner in group.groups:
        yield inner
        yield from groups(inner)


def documents() -> list[Path]:
    suite = sorted((CORPUS / "kosit-testsuite").rglob("*.xml"))
    listed = (CORPUS / "accepted-files.txt").read_text(encoding="utf-8").splitlines()
    accepted = [CORPUS / line for line in listed if line.endswith(".xml")]
    return list(dict.fromkeys(suite + accepted))[::EVERY]


@needs("shared")
def test_same_multiset_of_terms_as_by_xpath() -> None:
    read_in: Counter[str] = Counter()
    for path in documents():
        root = parse(path.read_bytes())
        syntax = syntax_of(root)
        if syntax is None:
            continue
        reading = read(root)
        assert by_walk(reading) == by_xpath(root, syntax), path
        read_in[syntax] += 1
    assert set(read_in) == {"ubl-invoice", "ubl-creditnote", "cii"}


@needs("shared")
def test_every_text_is_an_occurrence_a_discriminator_or_a_further_detail() -> None:
    """Counted apart from the walk: each non-blank text of an element is found exactly once as one of the three."""
    for path in documents()[::3]:
        root = parse(path.read_bytes())
        if syntax_of(root) is None:
            continue
        reading = read(root)
        said = {(o.element, o.attribute) for o in reading.invoice.everything()}
        beyond = {(detail.element, detail.attribute) for detail in reading.further}
        assert not said & beyond, path
        known = {"ChargeIndicator", "Indicator", "DocumentTypeCode", "TypeCode", "NetworkID", "UBLVersionID"}
        for element in root.iter("*"):
            name = etree.QName(element).localname
            if not len(element) and (element.text or "").strip() and name not in known:
                parent = element.getparent()
                scheme = parent is not None and etree.QName(parent).localname == "TaxScheme"
                project = parent is not None and etree.QName(parent).localname == "SpecifiedProcuringProject"
                assert (element, None) in said | beyond or scheme or project, (path, name)


@needs("shared")
def test_content_keeps_every_text_of_the_corpus() -> None:
    """What reading finds stands in the content too, whatever group it had to be put in."""
    for path in documents()[::3]:
        root = parse(path.read_bytes())
        if (syntax := syntax_of(root)) is None:
            continue
        reading = read(root)
        stated = {
            (t, v.text) for _, one in reading.content().walk() for t, vs in one.values.items() for v in vs
        }
        parts = {
            (t, text)
            for _, one in reading.content().walk()
            for vs in one.values.values()
            for v in vs
            for t, text in v.parts.items()
        }
        for said in reading.invoice.everything():
            if terms()[said.term].datatype == "Date" or said.term in ("BT-8", "BT-21", "BT-22"):
                continue
            assert (said.term, said.text) in stated | parts, (path, said.term)
        assert further(root, plan(syntax).automaton, reading.invoice) == reading.further


def test_sub_line_groups_are_groups_of_the_table() -> None:
    assert all(terms()[group].is_group for pair in SUB_LINE_GROUPS.items() for group in pair)


@pytest.mark.parametrize("syntax", ["ubl-invoice", "ubl-creditnote", "cii"])
def test_every_path_of_the_table_is_bound(syntax: str) -> None:
    bound = {mark.term for p in plan(syntax).automaton.start.awaited if hasattr(mark := p[0].mark, "term")}
    assert bound == {term.id for term in terms().values() if term.path(syntax)}
