"""The tables of rules/syntax: complete, checked when loaded, each rule broken by a document made for it alone."""

import re
import shutil
from collections import Counter
from pathlib import Path

import pytest
from lxml import etree

from einvoice import data
from einvoice.errors import RulebookError
from einvoice.formats.walk import plan, walk
from einvoice.formats.walk.names import SYNTAXES, clark
from einvoice.formats.walk.paths import split
from einvoice.model.namespaces import NAMESPACES
from einvoice.rulebook import syntax
from einvoice.rulebook.syntax import SyntaxRule, syntax_rules, versions
from tests.formats.walk_trees import tree
from tests.rulebook.town import assert_german

ROOTS = {"ubl-invoice": "ubl:Invoice", "ubl-creditnote": "cn:CreditNote", "cii": "rsm:CrossIndustryInvoice"}
MET = {
    "a charge": ("cbc:ChargeIndicator", " true "),
    "an allowance": ("cbc:ChargeIndicator", "0"),
    "indicates an allowance": ("udt:Indicator", "false"),
    "names the invoiced object": ("cbc:DocumentTypeCode", "130"),
    "does not name the invoiced object": ("cbc:DocumentTypeCode", "50"),
    "of VAT": ("cac:TaxScheme/cbc:ID", "Vat"),
    "of another tax": ("cac:TaxScheme", ""),
    "a SEPA creditor": ("@schemeID", "sepa"),
    "type 50": ("ram:TypeCode", "50"),
    "type 130": ("ram:TypeCode", "130"),
    "type 916": ("ram:TypeCode", "916"),
    "type 130, trimmed": ("ram:TypeCode", " 130 "),
    "type 916, trimmed": ("ram:TypeCode", "916\n"),
    "a transfer without account": ("ram:TypeCode", "58"),
    "in format 102": ("@format", "102"),
}
"""condition -> what makes it true"""
COUNTS = {"UBL-CR": 678, "UBL-SR": 54, "UBL-DT": 24, "CII-SR": 482, "CII-DT": 101}
"""ids over both versions"""
NEVER_BROKEN = {"CII-DT-010", "CII-DT-011", "CII-DT-012"}
"""Their context, ExchangedDocument/TypeCode, is taken by the earlier //ram:TypeCode, as officially."""


@pytest.mark.parametrize(("version", "ubl", "cii"), [("1.3.15", 755, 554), ("1.3.16", 756, 583)])
def test_number_of_rules(version: str, ubl: int, cii: int) -> None:
    assert len(syntax_rules(version, "ubl-invoice").rows) == ubl
    assert len(syntax_rules(version, "cii").rows) == cii


def test_1339_ids_over_both_versions() -> None:
    ids = {
        row.id
        for version in versions()
        for kind in ("ubl-invoice", "cii")
        for row in syntax_rules(version, kind).rows
    }
    assert len(ids) == 1339
    assert Counter(re.split(r"-\d", rule)[0] for rule in ids) == COUNTS


def test_both_ubl_documents_have_the_same_rules() -> None:
    assert syntax_rules("1.3.16", "ubl-invoice") is syntax_rules("1.3.16", "ubl-creditnote")


def test_rows_of_one_version_only() -> None:
    old, new = (syntax_rules(version, "ubl-invoice").by_id for version in versions())
    assert "UBL-SR-56" not in old
    assert new["UBL-SR-56"].severity == "error"
    assert old["UBL-SR-23"].path == "cac:Party/cac:PartyTaxScheme/cbc:CompanyID"
    assert new["UBL-SR-23"].path == "cac:PartyTaxScheme/cbc:CompanyID"


def test_no_official_expression_stands_in_the_tables() -> None:
    for name in ("ubl.tsv", "cii.tsv", "conditions.toml"):
        text = (data.folder("rules") / "syntax" / name).read_text(encoding="utf-8")
        assert not re.search(r"normalize-space|ends-with|count\(|not\(|upper-case|true\(\)|\[[^]]*=", text), (
            name
        )


def made(row: SyntaxRule, path: str, number: int, root_name: str) -> etree._Element:
    """A document in which `path` is reached `number` times from one context node of the row."""
    contexts = split(row.context, "|")
    start = next((context for context in contexts if context.startswith(f"/{root_name}")), contexts[0])
    root = etree.Element(clark(root_name), nsmap=NAMESPACES)
    node = grown(root, [step for step in steps(start) if step != root_name])
    if path.startswith("/"):
        node = root
        path = path.removeprefix(f"/{root_name}").removeprefix("/").removeprefix("/")
    way = steps(path)
    attribute = way.pop()[1:] if way and way[-1].startswith("@") else None
    if not way:
        put(node, attribute if number else None)
        return root
    above = grown(node, way[:-1]) if number else node
    for _ in range(number):
        put(grown(above, way[-1:]), attribute)
    return root


def steps(path: str) -> list[str]:
    """The steps of a path; of alternatives the first; a wildcard is given a name."""
    path = re.sub(r"^\(([^|]*)\|[^)]*\)", r"\1", path)
    prefix = "ram" if "ram:" in path else "cbc"
    named = [
        re.sub(r"^(?:(\w+):)?\*", lambda found: f"{found[1] or prefix}:Some", step)
        for step in split(path, "/")
    ]
    return [step for step in named if step not in ("", ".")]


def put(node: etree._Element, attribute: str | None) -> None:
    if attribute is not None:
        node.set(attribute, "x")


def grown(node: etree._Element, way: list[str]) -> etree._Element:
    """The end of a chain of new elements, in which the conditions of the steps are met."""
    for step in way:
        name, _, condition = step.rstrip("]").partition("[")
        node = etree.SubElement(node, clark(name))
        if condition.startswith("code "):
            node.text = condition.removeprefix("code ")
        elif condition:
            where, text = MET[condition]
            if where.startswith("@"):
                node.set(where[1:], text)
            else:
                for child in [inner := node, *where.split("/")][1:]:
                    inner = etree.SubElement(inner, clark(str(child)))
                inner.text = text
    return node


def fires(row: SyntaxRule, version: str, kind: str, number: int) -> bool:
    root = made(row, row.path, number, ROOTS[kind])
    broken = walk(root, plan(kind, syntax_rules(version, kind), terms=False)).broken
    return row.id in {rule for rule, _ in broken}


def numbers(row: SyntaxRule) -> tuple[list[int], list[int]]:
    """How many of its path break a row, and how many keep it; nothing for kinds that do not count."""
    match row.kind:
        case "absent":
            breaks, keeps = [1, 2], [0]
        case "at_most" | "exactly":
            breaks, keeps = [int(row.limit) + 1, int(row.limit) + 2], [int(row.limit)]
        case "present":
            breaks, keeps = [0], [1, 2]
        case _:
            return [], []
    if row.path.startswith("@"):  # an element has an attribute once
        return [number for number in breaks if number < 2], [number for number in keeps if number < 2]
    return breaks, keeps


@pytest.mark.parametrize("version", versions())
@pytest.mark.parametrize("kind", ROOTS)
def test_each_rule_is_broken_by_its_own_document_and_kept_by_its_neighbour(version: str, kind: str) -> None:
    judged = 0
    for row in syntax_rules(version, kind).rows:
        breaks, keeps = numbers(row)
        judged += bool(breaks)
        never = row.id in NEVER_BROKEN or (row.id, kind) == ("UBL-CR-412", "ubl-creditnote")
        assert [number for number in breaks if fires(row, version, kind, number)] == (
            [] if never else breaks
        ), row
        assert [number for number in keeps if fires(row, version, kind, number)] == [], row
    assert judged > 500


INVOICE = "<ubl:Invoice>{}</ubl:Invoice>"
CII = "<rsm:CrossIndustryInvoice>{}</rsm:CrossIndustryInvoice>"
REFERENCE = INVOICE.format("<cac:AdditionalDocumentReference>{}</cac:AdditionalDocumentReference>")
NAMED = (
    "<cac:AccountingSupplierParty><cac:Party><cac:PartyLegalEntity><cbc:RegistrationName>A</cbc:RegistrationName>"
    "</cac:PartyLegalEntity></cac:Party></cac:AccountingSupplierParty>"
)
PAYEE = INVOICE.format(NAMED + "<cac:PayeeParty>{}</cac:PayeeParty>")
NAME = "<cac:PartyName><cbc:Name>{}</cbc:Name></cac:PartyName>"
ID = "<cac:PartyIdentification><cbc:ID{}>1</cbc:ID></cac:PartyIdentification>"


TAX = "<ram:ApplicableTradeTax><ram:TypeCode>{}</ram:TypeCode></ram:ApplicableTradeTax>"
DAY = '<ram:X><udt:DateTimeString format="{}">20261301</udt:DateTimeString></ram:X>'


@pytest.mark.parametrize(
    ("xml", "rule", "fired"),
    [
        (REFERENCE.format("<cbc:ID/>"), "UBL-SR-43", False),
        (REFERENCE.format('<cbc:ID schemeID="x"/>'), "UBL-SR-43", True),
        (REFERENCE.format('<cbc:ID schemeID="x"/><cbc:DocumentTypeCode>130</cbc:DocumentTypeCode>'),
         "UBL-SR-43", False),
        (REFERENCE.format("<cbc:ID/><cbc:DocumentTypeCode>50</cbc:DocumentTypeCode>"), "UBL-SR-43", True),
        (REFERENCE.format("<cbc:DocumentTypeCode>50</cbc:DocumentTypeCode>").replace("ubl:Invoice", "cn:CreditNote"),
         "UBL-SR-43", False),
        (INVOICE.format("<cac:PartyTaxScheme><cbc:CompanyID/></cac:PartyTaxScheme>"), "UBL-SR-53", True),
        (INVOICE.format("<cbc:UBLVersionID>2.1</cbc:UBLVersionID>"), "UBL-CR-002", False),
        (INVOICE.format("<cbc:UBLVersionID>2.3</cbc:UBLVersionID>"), "UBL-CR-002", True),
        (INVOICE.format("<cbc:UBLVersionID> 2.1</cbc:UBLVersionID>"), "UBL-CR-002", True),
        (INVOICE.format("<cbc:PaidAmount>1.234</cbc:PaidAmount>"), "UBL-DT-01", True),
        (INVOICE.format("<cbc:PriceAmount>1.234</cbc:PriceAmount>"), "UBL-DT-01", False),
        (INVOICE.format("<cac:Price><cac:AllowanceCharge><cbc:Amount>1.234</cbc:Amount></cac:AllowanceCharge>"
                        "</cac:Price>"),
         "UBL-DT-01", False),
        (INVOICE.format("<cac:A><cbc:PaymentMeansCode>58</cbc:PaymentMeansCode></cac:A><cbc:PaymentMeansCode/>"),
         "UBL-SR-47", True),
        (PAYEE.format(NAME.format("B")), "UBL-SR-19", False),
        (PAYEE.format(NAME.format("A")), "UBL-SR-19", True),
        (PAYEE.format(""), "UBL-SR-19", True),
        (PAYEE.format(NAME.format("B") * 2), "UBL-SR-19", True),
        (PAYEE.format(NAME.format("B") + ID.format("") + ID.format(' schemeID="sepa"')), "UBL-SR-20", False),
        (PAYEE.format(NAME.format("B") + ID.format("") * 2), "UBL-SR-20", True),
        (PAYEE.format(NAME.format("B")), "UBL-SR-21", False),
        (PAYEE.format(NAME.format("A")), "UBL-SR-21", True),
        (CII.format(TAX.format("VAT")), "CII-DT-037", False),
        (CII.format(TAX.format("GST")), "CII-DT-037", True),
        (CII.format(DAY.format("102")), "CII-DT-097", True),
        (CII.format(DAY.format("610")), "CII-DT-097", False),
        (CII.format('<ram:BasisQuantity unitCode="C62"/>'), "CII-DT-033", True),
        (CII.format("<ram:BasisQuantity/>"), "CII-DT-033", False),
    ],
)  # fmt: skip
def test_rules_that_do_not_merely_count(xml: str, rule: str, fired: bool) -> None:
    root = tree(xml)
    kind = SYNTAXES[root.tag]
    broken = walk(root, plan(kind, syntax_rules("1.3.16", kind), terms=False)).broken
    assert (rule in {found for found, _ in broken}) is fired


def test_tax_scheme_of_each_kind_counts_apart() -> None:
    tax = "<cac:TaxScheme><cbc:ID>{}</cbc:ID></cac:TaxScheme>"
    scheme = f"<cac:PartyTaxScheme><cbc:CompanyID/>{tax}</cac:PartyTaxScheme>"
    xml = "<cac:AccountingSupplierParty><cac:Party>{}</cac:Party></cac:AccountingSupplierParty>"
    for ids, expected in [
        (("VAT", "FC"), set()),
        (("VAT", "vat"), {"UBL-SR-12"}),
        (("FC", "TAX"), {"UBL-SR-13"}),
    ]:
        root = tree(INVOICE.format(xml.format("".join(map(scheme.format, ids)))))
        broken = walk(root, plan("ubl-invoice", syntax_rules("1.3.16", "ubl-invoice"), terms=False)).broken
        assert {rule for rule, _ in broken} & {"UBL-SR-12", "UBL-SR-13"} == expected


# ------------------------------------------------------------------ words


@pytest.mark.parametrize("version", versions())
@pytest.mark.parametrize("kind", ["ubl-invoice", "cii"])
def test_every_rule_has_words_in_both_languages(version: str, kind: str) -> None:
    rules = syntax_rules(version, kind)
    element = etree.Element(clark("cbc:ID"))
    element.text = "x" * 1000
    for row in rules.rows:
        german, english = rules.message("de", row.id, element), rules.message("en", row.id, element)
        assert german != english, row.id
        for sentence in (german, english, rules.hint("de", row.id), rules.hint("en", row.id)):
            assert sentence.endswith("."), row.id
            assert len(sentence) < 300, row.id
            assert not re.search(r"[{}]", sentence), row.id


def test_own_words_are_of_rules_that_exist() -> None:
    rules = syntax_rules("1.3.16", "ubl-invoice")
    ids = {
        row.id
        for version in versions()
        for kind in ("ubl-invoice", "cii")
        for row in syntax_rules(version, kind).rows
    }
    assert set(rules.words["rule"]) <= ids
    needed = {row.id for kind in ("ubl-invoice", "cii") for row in syntax_rules("1.3.16", kind).rows
              if row.kind in ("counts", "special")}  # fmt: skip
    assert needed <= set(rules.words["rule"])


@pytest.mark.parametrize(
    ("xml", "rule", "german"),
    [
        (INVOICE.format("<cbc:UUID/>"), "UBL-CR-005", "cbc:UUID darf hier nicht stehen"),
        (
            INVOICE.format('<cbc:ID schemeName="x"/>'),
            "UBL-DT-08",
            "Das Attribut schemeName darf an cbc:ID nicht stehen",
        ),
        (
            INVOICE.format("<cac:Delivery/><cac:Delivery/>"),
            "UBL-SR-24",
            "In ubl:Invoice steht cac:Delivery zu oft",
        ),
        (INVOICE.format("<cbc:PaidAmount>1.234</cbc:PaidAmount>"), "UBL-DT-01", "cbc:PaidAmount ist „1.234“"),
    ],
)
def test_messages_name_what_was_found(xml: str, rule: str, german: str) -> None:
    rules = syntax_rules("1.3.16", "ubl-invoice")
    found = dict(walk(tree(xml), plan("ubl-invoice", rules, terms=False)).broken)
    assert rules.message("de", rule, found[rule]).startswith(german)


# ------------------------------------------------------------------ what the loader refuses


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("\twarning\t", "\tfatal\t", "severity"),
        ("\tabsent\t", "\tforbidden\t", "kind forbidden"),
        ("[a charge]", "[a surcharge]", "a surcharge"),
        ("\tat_most\tcac:AddressLine\t1", "\tat_most\tcac:AddressLine\tone", "number"),
        ("\t1.3.16\t", "\t1.4\t", "versions"),
        ("UBL-CR-004", "UBL-CR-003", "as well"),
        ("id\tseverity", "rule\tseverity", "columns"),
        ("UBL-SR-51\t", "UBL-SR-51", "columns"),
    ],
)
def test_a_wrong_row_is_named_with_file_and_line(old: str, new: str, said: str, tmp_path: Path) -> None:
    shutil.copytree(data.folder("rules") / "syntax", tmp_path / "syntax")
    table = tmp_path / "syntax" / "ubl.tsv"
    text = table.read_text(encoding="utf-8")
    assert old in text
    table.write_text(text.replace(old, new, 1), encoding="utf-8")
    shutil.copytree(data.folder("rules") / "releases", tmp_path / "releases")
    with pytest.raises(RulebookError, match=said) as refused:
        syntax._of_table.__wrapped__("1.3.15" if said != "versions" else "1.3.16", "ubl", tmp_path)
    assert re.match(rf"{re.escape(str(table))}:\d+: ", str(refused.value))
    assert_german(refused.value)


def test_an_unknown_version_is_refused() -> None:
    with pytest.raises(RulebookError, match=r"1\.3\.14"):
        syntax_rules("1.3.14", "cii")
