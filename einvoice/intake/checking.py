"""What a delivery holds: a report per invoice, and the terms that routing, lists and postings need."""

import contextlib
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from lxml import etree

from einvoice import confined
from einvoice.errors import NotAnInvoice, Unchecked
from einvoice.formats.canonical import content_digest
from einvoice.formats.discount_terms import discount_terms
from einvoice.formats.reading import read
from einvoice.formats.writing import write
from einvoice.model.bases import base
from einvoice.model.content import Content
from einvoice.model.lexical import decimal
from einvoice.model.listing import Going
from einvoice.validation.batch import options_from, options_plain, unchecked
from einvoice.validation.deliveries import Look, examined
from einvoice.validation.examined import completed, packed, unpacked
from einvoice.validation.options import Options
from einvoice.validation.report import Report

Facts = dict[str, Any]
"""Terms of one invoice beyond the summary: addresses, references, payment, VAT breakdown; texts as stated."""

GROUPS = frozenset(
    {
        "BG-3",
        "BG-4",
        "BG-5",
        "BG-7",
        "BG-10",
        "BG-13",
        "BG-14",
        "BG-16",
        "BG-17",
        "BG-19",
        "BG-23",
        "BG-25",
        "BG-30",
    }
)
"""The groups that facts are taken from."""

_LOADING = 60.0
"""Seconds that a limited process may take to load what it needs, on a busy machine."""

_DIRECT = {"BT-12": "contract", "BT-13": "order_reference"}


def check(data: bytes, name: str, options: Options) -> list[tuple[Report, Facts]]:
    """The reports and facts of a delivery, found in a limited process; never raises for what it holds."""
    (found,) = check_all([(data, name)], options)
    if isinstance(found, confined.Failed):
        raise found.error
    return found


def check_all(
    deliveries: Sequence[tuple[bytes, str]], options: Options
) -> Iterator[list[tuple[Report, Facts]] | confined.Failed]:
    """As `check` for each (bytes, name), in order, all in one limited process that is sent them together.

    Failed: an error of ours, met by this one.
    """
    plain = options_plain(options)
    asked = [
        ({"data": data, "name": name, "options": plain}, options.seconds(len(data)))
        for data, name in deliveries
    ]
    with confined.borrowed(options.limit_memory) as child:
        if child.fresh:
            with contextlib.suppress(Unchecked):
                child.call("einvoice.intake.checking:load", {"options": plain}, _LOADING)
        answers = child.calls("einvoice.intake.checking:checked", asked)
        for (data, name), (_, seconds), found in zip(deliveries, asked, answers, strict=True):
            yield _completed(data, name, options, seconds, found)


def _completed(
    data: bytes, name: str, options: Options, seconds: float, found: Any
) -> list[tuple[Report, Facts]] | confined.Failed:
    """What a limited process found, the official engine heard where it was asked for."""
    if isinstance(found, confined.Failed):
        if not isinstance(found.error, Unchecked):
            return found
        return [(unchecked(data, name, found.error.said(options.lang), 0.0), {})]
    (judged,) = unpacked(found)
    reports = completed(judged, options, seconds)
    return [(report, one.looked or {}) for report, one in zip(reports, judged, strict=True)]


def load(options: dict[str, Any]) -> None:
    """Loads rules and schemas by checking an invoice of our own, so that no document waits for it."""
    checked(write(base(syntax="ubl-invoice"), "ubl-invoice").data, "", options)


def checked(data: bytes, name: str, options: dict[str, Any]) -> list[Any]:
    """What a limited process runs: reports, what the official engine needs, and facts, packed."""
    return packed([examined(data, name, options_from(options), Look(_facts))])


def _facts(root: etree._Element, _walked: Going | None) -> Facts:
    try:
        return facts(root)
    except NotAnInvoice:
        return {}


def facts(root: etree._Element) -> Facts:
    """The facts of one document. Raises NotAnInvoice for roots that are none."""
    content = read(root).content(GROUPS)
    said: Facts = {name: content.text(term) for term, name in _DIRECT.items()}
    said["terms"] = "\n".join(value.text for value in content.values.get("BT-20", [])) or None
    said["discounts"] = [one.plain() for one in discount_terms(root, content.text("BT-2"))]
    buyer, payment, payee = (content.group(name) for name in ("BG-7", "BG-16", "BG-10"))
    address = (buyer.values.get("BT-49") if buyer else None) or []
    said["buyer_address"] = (
        {"scheme": address[0].parts.get("BT-49-1"), "id": address[0].text} if address else None
    )
    said["seller_mail"] = _mail(content.group("BG-4") or Content())
    said["means"] = payment.text("BT-81") if payment else None
    said["payee"] = payee.text("BT-59") if payee else None
    said["content"] = content_digest(root)
    said["preceding"] = [one.text("BT-25") for one in content.groups.get("BG-3", [])]
    said["vat"] = [_vat(row) for row in content.groups.get("BG-23", [])]
    said["deducted"] = _deducted(content)
    said["payment"], said["supply"] = _payment(payment or Content()), _supply(content)
    return said


def _mail(seller: Content) -> str | None:
    """The seller's mail address: of the contact (BT-43), else the electronic address (BT-34) where that is one."""
    contact, address = seller.group("BG-6"), seller.values.get("BT-34") or []
    electronic = [one.text for one in address if one.parts.get("BT-34-1") == "EM"]
    return (contact.text("BT-43") if contact else None) or next(iter(electronic), None)


def _deducted(content: Content) -> str | None:
    """What lines take off, gross: their negative nets (BT-131) with the VAT of their rates (BT-152)."""
    total = Decimal()
    for line in content.groups.get("BG-25", []):
        net = decimal(line.text("BT-131") or "") or Decimal()
        vat = line.group("BG-30")
        rate = (decimal(vat.text("BT-152") or "") if vat else None) or Decimal()
        total -= min(net, Decimal()) * (100 + rate) / 100
    return f"{total:.2f}" if total else None


def _payment(said: Content) -> dict[str, Any]:
    """What a payment needs: reference, accounts in the order stated, mandate; texts as stated."""
    debit = said.group("BG-19")
    return {
        "remittance": said.text("BT-83"),
        "accounts": [
            {"iban": one.text("BT-84"), "name": one.text("BT-85"), "bic": one.text("BT-86")}
            for one in said.groups.get("BG-17", [])
        ],
        "mandate": debit.text("BT-89") if debit else None,
        "creditor_id": debit.text("BT-90") if debit else None,
        "debited": debit.text("BT-91") if debit else None,
    }


_ADDRESS = {
    "line_1": "BT-35",
    "line_2": "BT-36",
    "line_3": "BT-162",
    "city": "BT-37",
    "post_code": "BT-38",
    "subdivision": "BT-39",
    "country": "BT-40",
}


def _supply(said: Content) -> dict[str, Any]:
    """When was supplied, by whom from where, to whom for VAT: days as stated, the seller's address by part."""
    delivery, period = said.group("BG-13") or Content(), said.group("BG-14") or Content()
    seller, buyer = said.group("BG-4") or Content(), said.group("BG-7") or Content()
    address = seller.group("BG-5") or Content()
    return {
        "delivered": delivery.text("BT-72"),
        "from": period.text("BT-73"),
        "until": period.text("BT-74"),
        "address": {name: address.text(term) for name, term in _ADDRESS.items()},
        "buyer_vat_id": buyer.text("BT-48"),
        "project": said.text("BT-11"),
    }


def _vat(row: Content) -> dict[str, str | None]:
    return {term: row.text(term) for term in ("BT-116", "BT-117", "BT-118", "BT-119")}
