"""EI-ABORT: repeated elements on which the official stylesheets give up, and those on which they do not."""

import pytest

from einvoice.formats.xml import parse
from einvoice.model.listing import Going
from einvoice.rulebook import Sources, release
from einvoice.validation.abort import aborts
from tests.validation.test_schema import CAC, CBC, RAM, RSM

UDT = "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100"
KOSIT, LATER = "kosit-2026-01-31", "en16931-1.3.16"

SUMS = "ram:SpecifiedTradeSettlementHeaderMonetarySummation"
SETTLED = "rsm:SupplyChainTradeTransaction/ram:ApplicableHeaderTradeSettlement"
LINE = "rsm:SupplyChainTradeTransaction/ram:IncludedSupplyChainTradeLineItem"


def nested(path: str, inner: str) -> str:
    """`inner` within the elements of a path."""
    steps = path.split("/")
    return "".join(f"<{step}>" for step in steps) + inner + "".join(f"</{step}>" for step in reversed(steps))


def cii(inner: str) -> str:
    """A CII document of that content."""
    spaces = f'xmlns:rsm="{RSM}" xmlns:ram="{RAM}" xmlns:udt="{UDT}"'
    return f"<rsm:CrossIndustryInvoice {spaces}>{inner}</rsm:CrossIndustryInvoice>"


def ubl(inner: str) -> str:
    """A UBL invoice of that content."""
    space = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
    return f'<Invoice xmlns="{space}" xmlns:cac="{CAC}" xmlns:cbc="{CBC}">{inner}</Invoice>'


def found(text: str, syntax: str, name: str = KOSIT, profile: str = "xrechnung") -> list[tuple[str, str]]:
    """Element and count of each abort."""
    root, version = parse(text.encode()), release(name).versions["en16931"]
    problems = aborts(root, syntax, Sources.shipped(), version, profile)
    going = Going(root)
    list(going.listings())
    met = going.repeated, going.by_tag
    assert aborts(root, syntax, Sources.shipped(), version, profile, None, True, *met) == problems
    assert all(problem.rule == "EI-ABORT" and problem.location for problem in problems)
    return [(problem.values["element"], problem.values["count"]) for problem in problems]


def twice(element: str, text: str = "1") -> str:
    """An element repeated."""
    return f"<{element}>{text}</{element}>" * 2


def breakdown(category: str, scheme: str = "VAT") -> str:
    """A CII breakdown with two base amounts."""
    said = f"<ram:TypeCode>{scheme}</ram:TypeCode>{twice('ram:BasisAmount')}"
    return cii(
        nested(f"{SETTLED}/ram:ApplicableTradeTax", said + f"<ram:CategoryCode>{category}</ram:CategoryCode>")
    )


@pytest.mark.parametrize(
    ("category", "scheme", "indicator", "fails"),
    [
        ("Z", "VAT", "", True),
        ("Z", "", "<ram:ChargeIndicator/>", True),
        ("O", "vat", "", True),
        ("O", "", "", False),
        ("E", "VAT", "", False),
        ("Z", "VAT", nested("ram:ChargeIndicator/udt:Indicator", "true"), False),
    ],
)
def test_an_allowance_or_charge_that_does_not_say_which_aborts_in_categories_z_and_o(
    category: str, scheme: str, indicator: str, fails: bool
) -> None:
    code = f"<ram:CategoryCode>{category}</ram:CategoryCode>"
    row = nested("ram:ApplicableTradeTax", f"<ram:TypeCode>{scheme}</ram:TypeCode>{code}")
    more = nested("ram:SpecifiedTradeAllowanceCharge", indicator + nested("ram:CategoryTradeTax", code))
    text = cii(nested(SETTLED, row + more))
    problems = aborts(parse(text.encode()), "cii", Sources.shipped(), "1.3.15", "en16931")
    assert [problem.values["part"] for problem in problems] == ["ram:ChargeIndicator/udt:Indicator"] * fails


def terms(*texts: str) -> str:
    """A UBL invoice with several terms of payment."""
    return ubl("".join(nested("cac:PaymentTerms/cbc:Note", text) for text in texts))


@pytest.mark.parametrize(
    ("text", "element"),
    [
        (cii(nested(f"{SETTLED}/{SUMS}", twice("ram:GrandTotalAmount"))), "ram:GrandTotalAmount"),
        (cii(nested(f"{LINE}/ram:SpecifiedTradeProduct", twice("ram:Name"))), "ram:Name"),
        (breakdown("S"), "ram:BasisAmount"),
        (breakdown("L", "X"), "ram:BasisAmount"),
    ],
)
def test_what_en16931_asks_once_aborts_when_repeated_in_cii(text: str, element: str) -> None:
    for name in (KOSIT, LATER):
        assert found(text, "cii", name, "en16931") == [(element, "2")]


@pytest.mark.parametrize("category", ["L", "M", "O"])
def test_breakdowns_that_other_rules_take_do_not_abort(category: str) -> None:
    assert found(breakdown(category), "cii") == []
    assert found(breakdown(category, "vat"), "cii") == []


def test_a_payable_amount_elsewhere_aborts_only_where_br_co_25_still_is() -> None:
    text = cii(nested(SETTLED, "<ram:DuePayableAmount>1</ram:DuePayableAmount>"))
    text = text.replace(
        "</ram:ApplicableHeader", f"{nested(f'{SUMS}/ram:DuePayableAmount', '1')}</ram:ApplicableHeader"
    )
    assert found(text, "cii", KOSIT) == [("ram:DuePayableAmount", "2")]
    assert found(text, "cii", LATER) == []


def test_the_stylesheet_of_xrechnung_does_not_abort_under_plain_en16931() -> None:
    text = cii(
        nested(
            f"{LINE}/ram:SpecifiedLineTradeAgreement/ram:NetPriceProductTradePrice", twice("ram:ChargeAmount")
        )
    )
    assert found(text, "cii") == [("ram:ChargeAmount", "2")]
    assert found(text, "cii", profile="en16931") == []


def test_names_of_a_party_in_ubl() -> None:
    text = ubl(
        nested(
            "cac:AccountingSupplierParty/cac:Party",
            nested("cac:PartyLegalEntity/cbc:RegistrationName", "A") * 2,
        )
    )
    assert found(text, "ubl-invoice") == [("cbc:RegistrationName", "2")]
    assert found(text.replace("SupplierParty", "ContractorParty"), "ubl-invoice") == []


def test_periods_abort_only_beside_a_period_of_a_line() -> None:
    period = nested("cac:InvoicePeriod/cbc:StartDate", "2026-01-01") * 2
    line = nested("cac:InvoiceLine/cac:InvoicePeriod/cbc:StartDate", "2026-01-01")
    assert found(ubl(period), "ubl-invoice") == []
    assert found(ubl(period + line), "ubl-invoice") == [("cbc:StartDate", "2")]


@pytest.mark.parametrize(
    ("texts", "fails"),
    [
        (("#SKONTO#TAGE=14#PROZENT=2.00#", "Danke"), True),
        (("Danke", "\n #SKONTO#TAGE=14#PROZENT=2.00#BASISBETRAG=-3.00# "), True),
        (("#SKONTO#TAGE=14#PROZENT=2.00#",), False),
        (("#SKONTO#TAGE=14#PROZENT=2.00#", ""), False),
        (("#SKONTO#TAGE=14#PROZENT=2#", "#SKONTO#TAGE=14#PROZENT=2.00#"), False),
        (("Danke", "Bitte"), False),
    ],
)
def test_several_terms_abort_once_one_of_them_states_a_discount(texts: tuple[str, ...], fails: bool) -> None:
    assert bool(found(terms(*texts), "ubl-invoice")) is fails
