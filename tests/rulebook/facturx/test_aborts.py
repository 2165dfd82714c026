"""Where the official stylesheet stops with an error: found as EI-ABORT, besides what the other rules say."""

from einvoice.rulebook import facturx
from tests.rulebook.facturx.invoice import invoice, text, within

_TOTALS = "//ram:SpecifiedTradeSettlementHeaderMonetarySummation"


def test_a_total_stated_twice_stops_the_official_stylesheet() -> None:
    root = invoice("en16931", within(_TOTALS, "<ram:GrandTotalAmount>226.10</ram:GrandTotalAmount>"))
    (problem,) = facturx.aborts(root, "en16931")
    assert problem.rule == "EI-ABORT"
    assert problem.values["element"] == "ram:GrandTotalAmount"
    assert problem.values["count"] == "2"
    assert problem.location == (
        "/rsm:CrossIndustryInvoice[1]/rsm:SupplyChainTradeTransaction[1]/ram:ApplicableHeaderTradeSettlement[1]"
        "/ram:SpecifiedTradeSettlementHeaderMonetarySummation[1]/ram:GrandTotalAmount[1]"
    )
    assert facturx.judge(root, "en16931")


def test_a_text_where_a_number_is_compared_says_so() -> None:
    root = invoice("en16931", text(f"{_TOTALS}/ram:DuePayableAmount", "viel"))
    problems = {problem.values["element"]: problem.values for problem in facturx.aborts(root, "en16931")}
    assert problems["ram:DuePayableAmount"]["why"] == "number"
    assert problems["ram:DuePayableAmount"]["value"] == "viel"


def test_several_currencies_of_extended_stop_it() -> None:
    currency = "<ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode>"
    root = invoice("extended", within("//ram:ApplicableHeaderTradeSettlement", currency))
    assert [problem.values["element"] for problem in facturx.aborts(root, "extended")] == [
        "ram:InvoiceCurrencyCode"
    ]
