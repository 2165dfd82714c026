"""Batches as they are frozen, made up for tests: rows with any sums, splits, currencies, terms and ways to pay."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from hypothesis import strategies as st

from einvoice.approval import discount
from einvoice.approval.batches import digest
from einvoice.approval.reconciling import reconciled
from einvoice.exports.closed import Closed
from einvoice.store.tables import Batch, BatchRow, Invoice, Tenant

CENT = Decimal("0.01")
TOWN = Tenant(id=1, name="musterlippe", title="Stadt Musterlippe", created="2026-01-01T00:00:00.000000Z")
DAY = date(2026, 11, 25)
IBANS = (
    "DE75512108001245126199",
    "DE19499999600123456789",
    "FR7630006000011234567890189",
    "CH9300762011623852957",
)
POSTING: dict[str, Any] = {
    "consultant": "29098", "client": "55003", "account_length": "4", "expense": "5400", "creditor": "70001",
    "tax_keys": {"S-19": "0009", "S-7": "0008"},
}  # fmt: skip
PAYMENT: dict[str, Any] = {"name": "Stadt Musterlippe", "iban": "DE75 5121 0800 1245 1261 99"}


def posting(amount: str, **more: Any) -> dict[str, Any]:
    """A posting of a gross amount; net and VAT follow from the rate."""
    rate = Decimal(more.get("vat_rate", "19"))
    net = (Decimal(amount) / (1 + rate / 100)).quantize(CENT, ROUND_HALF_UP)
    said: dict[str, Any] = {
        "position": "1", "amount": amount, "net": str(net), "vat": str(Decimal(amount) - net), "vat_rate": str(rate),
        "vat_category": "S" if rate else "E", "tax_key": {"19": "0009", "7": "0008"}.get(str(rate)),
        "account": "5400", "contra_account": "70001", "product": None, "cost_centre": None, "cost_object": None,
        "investment": None, "budget_year": None, "commitment": None, "text": "", "full": amount, "line": None,
    }  # fmt: skip
    return said | more


def row(position: int, postings: Sequence[Mapping[str, Any]], **more: Any) -> BatchRow:
    """A row of a batch; by default an invoice of 2 November 2026 that is transferred within 30 days."""
    total = sum((Decimal(one["amount"]) for one in postings), Decimal())
    said: dict[str, Any] = {
        "number": f"RE-{position}", "type_code": "380", "issue_date": "2026-11-02", "due_date": "2026-12-02",
        "seller": "Bürobedarf Müller & Söhne", "seller_vat_id": "DE123456789", "supplier": "DE123456789",
        "buyer": "Stadt Musterlippe", "buyer_reference": "04011000-1", "order_reference": None, "contract": None,
        "preceding": None, "currency": "EUR", "payable": str(total), "gross": str(total), "approved": str(total),
        "iban": IBANS[0], "payee": None, "means": "58", "terms": None, "sha256": f"{position:064x}",
        "delivery_sha256": None, "file": f"{position}.xml", "path": None, "received": "2026-11-03T08:00:00.000000Z",
        "syntax": "ubl-invoice", "credit": False, "round": 1, "deductions": [], "acts": [], "office": None,
        "breakdown": [], "payment": {"remittance": None, "accounts": []},
        "supply": {"delivered": "2026-10-30", "from": None, "until": None, "buyer_vat_id": None, "project": None},
        "tenant": {"name": TOWN.name, "title": TOWN.title}, "postings": [dict(one) for one in postings],
        "skonto_until": None, "state_digest": "", "verdict": "accepted", "profile": "xrechnung",
    }  # fmt: skip
    said |= more
    said.setdefault("net", str(sum((Decimal(one["net"]) for one in postings), Decimal())))
    said.setdefault("vat", str(sum((Decimal(one["vat"]) for one in postings), Decimal())))
    said.setdefault("creditor", creditor(said))
    said.setdefault("claim", _claim(said).plain())
    approved = Decimal(said["approved"])
    amount = -approved if said["credit"] else approved
    return BatchRow(
        tenant_id=1, batch_id=1, position=position, invoice_id=position, amount=amount, content=said
    )


def creditor(said: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """The creditor of a row, its IBAN confirmed."""
    address = {"line_1": "Hauptstr. 5", "city": "Köln", "post_code": "50667", "country": "DE"}
    known: dict[str, Any] = {
        "number": "70001", "name": said["seller"], "vat_id": said["seller_vat_id"], "iban": said["iban"],
        "bic": "SOGEDEFFXXX", "account_name": None, "address": address,
        "confirmed": {"by": "4", "at": "2026-01-01T00:00:00.000000Z", "source": "Telefon"},
    }  # fmt: skip
    return known | more


def _claim(said: Mapping[str, Any]) -> discount.Claim:
    return discount.claim(
        Invoice(
            delivery_id=1, position=1, file="", received="", state="batched", since="", verdict="accepted",
            container="xml",
            payable=Decimal(said["payable"]), gross=Decimal(said["gross"]), approved=Decimal(said["approved"]),
            issue_date=said["issue_date"], due_date=said["due_date"], currency=said["currency"], terms=said["terms"],
            type_code=said["type_code"],
        )
    )  # fmt: skip


def closed(rows: Sequence[BatchRow], day: date = DAY, demo: bool = False, **policies: Any) -> Closed:
    """A closed and reconciled batch of rows, with the policies posting and payment unless others are given."""
    total, sums = reconciled(rows)
    batch = Batch(
        id=1, tenant_id=1, state="closed", year=2026, number=7, created="2026-11-25T09:00:00.000000Z", created_by=5,
        closed="2026-11-25T10:11:12.345000Z", closed_by=5, rows=len(rows), total=total, sums=sums,
        digest=digest(rows), demo=demo, currency=(rows[0].content or {})["currency"],
    )  # fmt: skip
    given = {"posting": POSTING, "payment": PAYMENT, **policies}
    return Closed(TOWN, batch, rows, given, day, {5: "Karin Kruse"})


AMOUNTS = st.integers(1, 5_000_000).map(lambda cents: str(Decimal(cents) / 100 + Decimal("0.00")))


@st.composite
def postings(draw: st.DrawFn) -> list[dict[str, Any]]:
    """One to five postings: mixed rates, accounts, cost centres, parts below zero; together above zero."""
    found = []
    for number in range(1, draw(st.integers(1, 5)) + 1):
        amount = draw(AMOUNTS)
        if number > 1 and draw(st.integers(0, 4)) == 0:
            amount = "-" + amount
        found.append(
            posting(
                amount,
                position=str(number),
                vat_rate=draw(st.sampled_from(["19", "7", "0"])),
                account=draw(st.sampled_from(["5400", "5410"])),
                cost_centre=draw(st.sampled_from([None, "KST 1", "4711"])),
                cost_object=draw(st.sampled_from([None, "KTR-9"])),
            )
        )
    total = sum((Decimal(one["amount"]) for one in found), Decimal())
    if total <= 0:
        found[0] = posting(str(Decimal(found[0]["amount"]) - total + 1), vat_rate=found[0]["vat_rate"])
    return found


@st.composite
def batches(draw: st.DrawFn, currencies: Sequence[str] = ("EUR",)) -> list[BatchRow]:
    """The rows of a batch: invoices and credit notes with Skonto, prepaid sums, deductions and other ways to pay."""
    currency = draw(st.sampled_from(currencies))
    rows = []
    for position in range(1, draw(st.integers(1, 6)) + 1):
        parts = draw(postings())
        approved = sum((Decimal(one["amount"]) for one in parts), Decimal())
        taken = [
            {"kind": kind, "amount": amount, "reason": "Test"}
            for kind, amount in (("cut", "1.23"), ("prepaid", "0.50"))
            if draw(st.integers(0, 3)) == 0
        ]
        gross = approved + sum((Decimal(one["amount"]) for one in taken), Decimal())
        prepaid = sum((Decimal(one["amount"]) for one in taken if one["kind"] == "prepaid"), Decimal())
        payable = Decimal("0.00") if draw(st.integers(0, 5)) == 0 else gross - prepaid
        supplier = draw(st.sampled_from(["DE1", "DE2"]))
        issued = DAY - timedelta(days=draw(st.integers(0, 30)))
        days, percent = draw(st.integers(0, 40)), draw(st.sampled_from(["2.00", "3.00", "33.33"]))
        rows.append(
            row(
                position,
                parts,
                approved=str(approved),
                gross=str(gross),
                payable=str(payable),
                deductions=taken,
                credit=(credit := draw(st.integers(0, 3)) == 0),
                type_code="381" if credit else "380",
                currency=currency,
                supplier=supplier,
                seller=f"Lieferant {supplier} Müller",
                iban=draw(st.sampled_from([*IBANS[:2], *IBANS, "DE00123", ""])),
                means=draw(st.sampled_from(["58", "30", None, "58", "59", "48", "20"])),
                issue_date=issued.isoformat(),
                terms=f"#SKONTO#TAGE={days}#PROZENT={percent}#\n" if draw(st.booleans()) else None,
            )
        )
    return rows
