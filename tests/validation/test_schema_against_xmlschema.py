"""What xmlschema, which shares no line with us or libxml2, finds wrong, our explanation finds as well."""

import importlib.util
from pathlib import Path

import pytest
import xmlschema

from einvoice.formats import xml
from einvoice.formats.writing import write
from einvoice.model.bases import base
from einvoice.validation import schema

STANDARD = write(base("standard", "ubl-invoice"), "ubl-invoice").data
FAULTS = {
    "bad date": (b">2026-03-02</cbc:IssueDate>", b">2026-03-99</cbc:IssueDate>"),
    "decimal comma": (b">606.20</cbc:TaxInclusiveAmount>", b">606,20</cbc:TaxInclusiveAmount>"),
    "no currency": (b'<cbc:PayableAmount currencyID="EUR">', b"<cbc:PayableAmount>"),
    "unknown element": (b"<cac:AccountingCustomerParty>", b"<cbc:Bogus/><cac:AccountingCustomerParty>"),
}


@pytest.fixture(scope="module")
def independent() -> xmlschema.XMLSchema:
    found = importlib.util.find_spec("facturx")
    assert found is not None
    assert found.origin is not None
    (main,) = Path(found.origin).parent.rglob("UBL-Invoice-2.1.xsd")
    return xmlschema.XMLSchema(str(main), allow="local")


@pytest.mark.parametrize("faults", [*([name] for name in FAULTS), list(FAULTS)], ids=", ".join)
def test_every_fault_it_finds_we_find(independent: xmlschema.XMLSchema, faults: list[str]) -> None:
    data = STANDARD
    for name in faults:
        assert FAULTS[name][0] in data
        data = data.replace(*FAULTS[name], 1)
    root = xml.parse(data)
    theirs = {error.sourceline for error in independent.iter_errors(root)}
    ours = {problem.line for problem in schema.check(root, "ubl-invoice")}
    assert len(ours) >= len(faults)
    assert theirs - {root.sourceline} <= ours  # it names the parent of a superfluous element, we the element


def test_both_accept_what_is_right(independent: xmlschema.XMLSchema) -> None:
    root = xml.parse(STANDARD)
    assert independent.is_valid(root)
    assert schema.check(root, "ubl-invoice") == []
