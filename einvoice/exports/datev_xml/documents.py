"""The two kinds of XML of a package: a ledger for each invoice, and document.xml that lists them with their files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from lxml import etree

from einvoice.exports.datev_bookings import Booking, guid
from einvoice.model.accounts import bare

DOCUMENT = "http://xml.datev.de/bedi/tps/document/v06.0"
LEDGER = "http://xml.datev.de/bedi/tps/ledger/v060"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"


@dataclass(frozen=True, slots=True)
class Entry:
    """One invoice of a package: its digest, number and posting period (`2026-11`), the names of its files."""

    digest: str
    number: str
    period: str
    ledger: str
    file: str


def ledger(said: Mapping[str, Any], bookings: Sequence[Booking], posting: Mapping[str, Any]) -> bytes:
    """The ledger file of an invoice: one line for each booking; amounts of a credit note are below zero."""
    number, currency = str(said["number"] or "")[:36], str(said["currency"])
    total = sum((_signed(one) for one in bookings), Decimal())
    root = etree.Element(
        f"{{{LEDGER}}}LedgerImport",
        nsmap={None: LEDGER, "xsi": _XSI},  # type: ignore[dict-item]
        attrib={
            "version": "6.0",
            "generator_info": "einvoice",
            "generating_system": "einvoice",
            "xml_data": "Kopie nur zur Verbuchung berechtigt nicht zum Vorsteuerabzug",
        },
    )
    whole = etree.SubElement(
        root,
        f"{{{LEDGER}}}consolidate",
        attrib={
            "consolidatedAmount": _amount(total),
            "consolidatedDate": said["issue_date"],
            "consolidatedInvoiceId": number,
            "consolidatedCurrencyCode": currency,
        },
    )
    for booking in bookings:
        line = etree.SubElement(whole, f"{{{LEDGER}}}accountsPayableLedger")
        for name, text in _line(said, booking, number, currency).items():
            if text:
                etree.SubElement(line, f"{{{LEDGER}}}{name}").text = text
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _line(said: Mapping[str, Any], booking: Booking, number: str, currency: str) -> dict[str, str | None]:
    """The elements of a line in their order."""
    due, key = said["due_date"], booking["BU-Schlüssel"]
    return {
        "date": said["issue_date"],
        "amount": _amount(_signed(booking)),
        "accountNo": str(booking["Gegenkonto (ohne BU-Schlüssel)"]),
        "buCode": str(int(str(key))) if key else None,
        "costCategoryId": _text(booking["KOST1 - Kostenstelle"], 36),
        "costCategoryId2": _text(booking["KOST2 - Kostenstelle"], 36),
        "information": _text(booking["Buchungstext"], 120),
        "currencyCode": currency,
        "invoiceId": number,
        "bookingText": _text(booking["Buchungstext"], 60),
        "partyId": _text((said["creditor"] or {}).get("number"), 15),
        "iban": bare(said["creditor"]["iban"]) or None,
        "dueDate": due,
        "bpAccountNo": str(booking["Konto"]),
    }


def document(entries: Sequence[Entry], label: str, created: datetime, folder: str) -> bytes:
    """document.xml: each invoice with its ledger (month and folder it is filed under) and its file."""
    root = etree.Element(
        f"{{{DOCUMENT}}}archive",
        nsmap={None: DOCUMENT, "xsi": _XSI},  # type: ignore[dict-item]
        attrib={"version": "6.0", "generatingSystem": "einvoice"},
    )
    head = etree.SubElement(root, f"{{{DOCUMENT}}}header")
    etree.SubElement(head, f"{{{DOCUMENT}}}date").text = created.strftime("%Y-%m-%dT%H:%M:%S")
    etree.SubElement(head, f"{{{DOCUMENT}}}description").text = label
    content = etree.SubElement(root, f"{{{DOCUMENT}}}content")
    for entry in entries:
        one = etree.SubElement(content, f"{{{DOCUMENT}}}document", attrib={"guid": guid(entry.digest)})
        etree.SubElement(one, f"{{{DOCUMENT}}}description").text = entry.number
        booked = _extension(one, "accountsPayableLedger", datafile=entry.ledger)
        for key, value in (("1", entry.period), ("3", folder)):
            etree.SubElement(booked, f"{{{DOCUMENT}}}property", attrib={"key": key, "value": value})
        _extension(one, "File", name=entry.file)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _extension(owner: etree._Element, kind: str, **attributes: str) -> etree._Element:
    return etree.SubElement(owner, f"{{{DOCUMENT}}}extension", attrib={f"{{{_XSI}}}type": kind, **attributes})


def _signed(booking: Booking) -> Decimal:
    """What the creditor gets; below zero where he gives it back. In the currency of the invoice."""
    amount = booking["Umsatz (ohne Soll/Haben-Kz)"]
    assert isinstance(amount, Decimal)
    return amount if booking["Soll/Haben-Kennzeichen"] == "H" else -amount


def _amount(amount: Decimal) -> str:
    return f"{amount:.2f}"


def _text(value: object, most: int) -> str | None:
    return str(value)[:most] if value else None
