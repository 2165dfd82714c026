"""Loading: names and paths, code lists, and a cache that only its owner can fill."""

import os
import threading
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from einvoice import data
from einvoice.errors import RulebookError
from einvoice.rulebook import cache, codelists, load, releases
from einvoice.rulebook.document import Document, Group
from einvoice.rulebook.filling import straight
from einvoice.rulebook.names import SYNTAXES, read_names
from einvoice.rulebook.paths import NAMESPACES, translate
from einvoice.rulebook.texts import named, string, trimmed
from einvoice.rulebook.variants import Scope
from einvoice.rulebook.views import joined, merged, up
from tests.rulebook.town import INVOICE, Town, assert_german, rule

CAC, CBC = NAMESPACES["cac"], NAMESPACES["cbc"]
TREE = etree.fromstring(
    f"""<Invoice xmlns="{NAMESPACES["ubl"]}" xmlns:cac="{CAC}" xmlns:cbc="{CBC}">
    <cbc:ID>1</cbc:ID><cbc:Note/><cbc:ID schemeID="a"> x  y </cbc:ID>
    <cac:Party><cbc:ID schemeID="b">2</cbc:ID><cbc:Note>\u00a0</cbc:Note></cac:Party>
    <cac:Party><cac:Party><cbc:ID>50</cbc:ID></cac:Party><cbc:Name>n</cbc:Name><cbc:ID>3</cbc:ID></cac:Party>
    </Invoice>"""
)
PATHS = [
    ".",
    "cbc:ID",
    "*",
    "cac:Party/cbc:ID",
    "cac:Party/cbc:ID/@schemeID",
    "cbc:ID/@schemeID",
    "@schemeID",
    "cbc:ID[1]",
    "cac:Party/cbc:ID[1]",
    "//cbc:ID",
    "//cbc:ID[@schemeID]",
    "//cbc:ID[not(@schemeID)]",
    "//cac:Party/cbc:ID",
    "//cac:Party[cbc:Name]/cbc:ID",
    "//cbc:ID[not(ancestor::cac:Party) or @schemeID]",
    "//cbc:ID[parent::cac:Party and not(../cbc:Name)]",
    "//cac:Party[normalize-space(cbc:ID)='50']",
    "//cbc:ID[normalize-space()='x y']",
    "//cbc:ID[. = '3']",
    "//cbc:ID[.='3']",
    "//cac:Party[cbc:ID='3']",
    "//cac:Party[cbc:ID!='3']",
    "//cbc:ID[(@schemeID='a' or @schemeID='b') and not(normalize-space(.)='2')]",
    "/*/cbc:ID",
    "/*/cac:Party/cac:Party",
    "cbc:Name|cbc:ID",
    "cac:Party/cbc:ID|cac:Party/cbc:Name",
    "//cbc:Name|//cbc:ID|//cbc:Note",
    "//*[not(*) and not(normalize-space())]",
    "//*[not(name()='cbc:Note') and not(*) and not(normalize-space())]",
    "//cbc:Name/../cbc:ID",
    "//cbc:Name/preceding-sibling::cac:Party",
    "//cbc:Name/following-sibling::cbc:ID",
    "//cac:Party/descendant::cbc:ID",
    "//cbc:ID[position()=1]",
    "//cbc:ID[string-length(.) > 1]",
]


def followed(path: str) -> list[object]:
    """What the translated path finds from the root of TREE."""
    way = translate(path)
    doc = Document(TREE, {"invoice": lambda element, doc: Group()})
    tools = {f.__name__: f for f in (merged, joined, string, up, named)} | {"trimmed": trimmed}
    xpath = etree.XPath(way.xpath or ".", namespaces=dict(NAMESPACES))
    known = {"XPATH": xpath, "NONE": (), "element": TREE, "doc": doc, "kids": doc.kids}
    found = list(eval(way.source, {**tools, **known}))
    assert set(eval(way.unordered or way.source, {**tools, **known})) == set(found)
    return found


@pytest.mark.parametrize("path", PATHS)
def test_a_path_finds_what_xpath_finds(path: str) -> None:
    official: Any = etree.XPath(path, namespaces=dict(NAMESPACES))(TREE)
    found = followed(path)
    assert len(found) == len(official)
    assert set(found) == set(official)


def test_a_union_of_values_stands_in_document_order() -> None:
    path = "//cbc:Name|//cbc:ID|//cbc:Note"
    assert followed(path) == etree.XPath(path, namespaces=dict(NAMESPACES))(TREE)


def test_paths_of_the_table_need_no_xpath() -> None:
    for syntax in SYNTAXES:
        for name in read_names(data.folder("schemas") / "names.txt", syntax).values():
            assert translate(name.path).xpath is None, name


def test_straight_paths() -> None:
    assert straight("cbc:ID/@schemeID|@x") == [((f"{{{CBC}}}ID",), "schemeID"), ((), "x")]
    assert straight(".") == [((), None)]
    assert [straight(path) for path in ("//cbc:ID", "cbc:ID[1]", "..", "cbc:ID|../cbc:ID")] == [None] * 4


NAMES = [
    ("invoice.x  text  BT-1  cbc:ID", "names.txt:2: a name has"),
    ("invoice  text  BT-1  cbc:ID  ram:ID", "names.txt:2: a name has"),
    ("invoice._x  text  BT-1  cbc:ID  ram:ID", "names.txt:2: a name has"),
    ("invoice.x__y  text  BT-1  cbc:ID  ram:ID", "names.txt:2: a name has"),
    ("invoice.x  group  BT-1  cbc:ID  ram:ID", "invoice.x: unknown kind 'group'"),
    ("invoice.x  text  -  a  b\ninvoice.x  text  -  a  b", "names.txt:3: invoice.x: stands twice"),
]


def _reasons(table: Any) -> Iterator[dict[str, Any]]:
    """Every table of a chapter that gives a reason."""
    if isinstance(table, dict):
        if {"why", "why_de"} & table.keys():
            yield table
        for inner in table.values():
            yield from _reasons(inner)


def test_every_reason_in_the_book_is_given_in_both_languages() -> None:
    chapters = [path for path in data.folder("rules").glob("*/*.toml") if path.parent.name != "factur-x"]
    found = [reason for path in chapters for reason in _reasons(tomllib.loads(path.read_text("utf-8")))]
    assert len(found) > 40
    assert all(reason["why"] and reason["why_de"] for reason in found)


@pytest.mark.parametrize(("text", "complaint"), NAMES)
def test_a_table_of_names_that_makes_no_sense(tmp_path: Path, text: str, complaint: str) -> None:
    table = tmp_path / "names.txt"
    table.write_text(f"# head\n{text}\n")
    with pytest.raises(RulebookError, match=complaint) as error:
        read_names(table, "cii")
    assert_german(error.value)


@pytest.mark.parametrize(
    ("release", "there", "gone"), [("kosit-2026-01-31", "BGN", "XCG"), ("en16931-1.3.16", "XCG", "BGN")]
)
def test_a_code_list_is_that_of_the_release(release: str, there: str, gone: str) -> None:
    folder = data.folder("rules") / "codelists"
    scope = Scope("cii", releases()[release].versions)
    codes = codelists.read(codelists.files(folder, scope))["iso4217_currency"]
    assert there in codes
    assert gone not in codes
    assert ("0244" in codelists.read(codelists.files(folder, scope))["iso6523_icd"]) is (gone == "BGN")


def test_a_code_list_that_makes_no_sense(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("# x\nA\nB\nA\n")
    (tmp_path / "b.tsv").write_text("# x\n")
    for name, complaint in (("a", "a.tsv:4: 'A' stands twice"), ("b", "b.tsv:1: has no codes")):
        with pytest.raises(RulebookError, match=complaint) as error:
            codelists.read({name: tmp_path / f"{name}.tsv"})
        assert_german(error.value)


def _books(own: Town) -> list[Path]:
    return sorted((own.rules.parent / "cache").rglob("*.book"))


def test_a_book_is_kept_and_found_again(own: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    text = rule("invoice.type")
    assert own.breaks(text) == ["X-1"]
    (kept,) = _books(own)
    assert oct(kept.parent.stat().st_mode & 0o777) == "0o700"
    monkeypatch.setattr("einvoice.rulebook.building.build", None)
    assert own.breaks(text) == ["X-1"]


@pytest.mark.parametrize("harm", ["cut", "changed", "writable", "folder"])
def test_a_cache_that_cannot_be_trusted_is_not_used(own: Town, harm: str) -> None:
    own.breaks(rule("invoice.type"))
    (kept,) = _books(own)
    content = kept.read_bytes()
    if harm == "cut":
        kept.write_bytes(content[:-9])
    elif harm == "changed":
        kept.write_bytes(content[:200] + bytes([content[200] ^ 1]) + content[201:])
    else:
        (kept if harm == "writable" else kept.parent).chmod(0o777)
    assert cache.fetch(kept.stem) is None
    assert own.breaks(rule("invoice.type")) == ["X-1"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_without_a_writable_cache_books_are_built(own: Town) -> None:
    (own.rules.parent / "cache").mkdir(mode=0o500)
    assert own.breaks(rule("invoice.type")) == ["X-1"]
    assert _books(own) == []


def test_many_threads_may_judge_with_one_book() -> None:
    book = load("kosit-2026-01-31", "xrechnung", "ubl-invoice")
    roots = [etree.fromstring(INVOICE) for _ in range(8)]
    expected = [breach.rule.id for breach in book.judge(roots[0])]
    found: list[list[str]] = []

    def judge(root: etree._Element) -> None:
        for _ in range(20):
            found.append([breach.rule.id for breach in book.judge(root)])

    threads = [threading.Thread(target=judge, args=(root,)) for root in roots]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 160
    assert len(expected) > 20


def test_judging_leaves_nothing_behind() -> None:
    import gc

    book = load("kosit-2026-01-31", "xrechnung", "ubl-invoice")
    book.judge(etree.fromstring(INVOICE))
    gc.collect()
    gc.disable()
    try:
        for _ in range(5):
            book.judge(etree.fromstring(INVOICE))
        left = [one for one in gc.get_objects() if isinstance(one, Group | Document)]
    finally:
        gc.enable()
    assert left == []
