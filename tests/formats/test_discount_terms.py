"""Skonto that Factur-X EXTENDED states as data is read as if BT-20 said it; the official schema agrees."""

from datetime import date
from decimal import Decimal

import pytest
from lxml import etree

import einvoice
from einvoice.approval.discount import claim
from einvoice.formats.discount_terms import discount_terms
from einvoice.formats.writing import write
from einvoice.intake.checking import check
from einvoice.model.bases import base
from einvoice.model.discounts import Discount
from einvoice.model.namespaces import NAMESPACES
from einvoice.pipeline.cases import described
from einvoice.store.tables import Invoice
from einvoice.validation.options import Options

EXTENDED = "urn:cen.eu:en16931:2017#conformant#urn:factur-x.eu:1p0:extended"
RAM, UDT = NAMESPACES["ram"], NAMESPACES["udt"]


def document(*rows: str) -> bytes:
    """An invoice of the profile with these discounts; days of the base as they are."""
    root = etree.fromstring(write(base(syntax="cii"), "cii").data)
    (guideline,) = root.iterfind(f".//{{{RAM}}}GuidelineSpecifiedDocumentContextParameter/{{{RAM}}}ID")
    guideline.text = EXTENDED
    settlement = next(root.iter(f"{{{RAM}}}ApplicableHeaderTradeSettlement"))
    for old in settlement.findall(f"{{{RAM}}}SpecifiedTradePaymentTerms"):
        settlement.remove(old)
    totals = settlement.find(f"{{{RAM}}}SpecifiedTradeSettlementHeaderMonetarySummation")
    assert totals is not None
    for row in rows:
        text = (
            f'<ram:SpecifiedTradePaymentTerms xmlns:ram="{RAM}" xmlns:udt="{UDT}"><ram:Description>Skonto'
            f"</ram:Description><ram:ApplicableTradePaymentDiscountTerms>{row}"
            "</ram:ApplicableTradePaymentDiscountTerms></ram:SpecifiedTradePaymentTerms>"
        )
        totals.addprevious(etree.fromstring(text))
    return etree.tostring(root)


PERCENT = "<ram:CalculationPercent>2.00</ram:CalculationPercent>"
BASIS = (
    '<ram:BasisDateTime><udt:DateTimeString format="102">20260131</udt:DateTimeString></ram:BasisDateTime>'
)


def period(count: str, unit: str) -> str:
    return f'<ram:BasisPeriodMeasure unitCode="{unit}">{count}</ram:BasisPeriodMeasure>'


READ = {
    period("14", "DAY") + PERCENT: [Discount(14, Decimal("2.00"))],
    period("2", "WEE") + PERCENT: [Discount(14, Decimal("2.00"))],
    BASIS + period("1", "MON") + PERCENT: [Discount(43, Decimal("2.00"))],
    BASIS + PERCENT: [Discount(15, Decimal("2.00"))],
    period("7", "DAY") + "<ram:BasisAmount>500.00</ram:BasisAmount>" + PERCENT: [
        Discount(7, Decimal("2.00"), Decimal("500.00"))
    ],
    period("14", "HUR") + PERCENT: [],
    period("1.5", "DAY") + PERCENT: [],
    period("9999", "ANN") + PERCENT: [],
    period("14", "DAY"): [],
    PERCENT: [],
}


@pytest.mark.parametrize("row", READ)
def test_a_discount_counts_from_the_invoice_date(row: str) -> None:
    assert discount_terms(etree.fromstring(document(row)), "2026-01-16") == READ[row]
    assert discount_terms(etree.fromstring(document(row)), None) == []


def test_the_official_schema_and_rules_take_it_and_the_cockpit_reckons_with_it() -> None:
    data = document(period("7", "DAY") + PERCENT.replace("2", "3"), period("14", "DAY") + PERCENT)
    assert einvoice.validate(data).verdict == "accepted"
    ((report, facts),) = check(data, "x.xml", Options())
    said = described(report, facts)
    issued = date.fromisoformat(said["issue_date"])
    row = Invoice(delivery_id=1, position=1, file="", received="", state="routed", since="", **said)
    tiers = claim(row).tiers
    assert [(tier.until - issued).days for tier in tiers] == [7, 14]
    assert [tier.percent for tier in tiers] == [Decimal("3.00"), Decimal("2.00")]
    assert said["skonto_until"] == tiers[0].until.isoformat()
