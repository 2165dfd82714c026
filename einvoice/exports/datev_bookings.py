"""The bookings of one invoice: one for each account, tax key and cost centre, equal postings merged exactly."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from einvoice.approval.discount import Claim
from einvoice.approval.shares import shares
from einvoice.errors import Refused
from einvoice.exports import extf
from einvoice.exports.datev_settings import DIMENSIONS, Datev, Rate

CENT = Decimal("0.01")
_CODES = "AT BE BG CY CZ DK EE EL ES FI FR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK XI"
EU = frozenset(_CODES.split())
"""How VAT ids of the other member states begin (Greece: EL, Northern Ireland: XI)."""

_SAME = ("account", "contra_account", "tax_key", "vat_category", "vat_rate", *DIMENSIONS)
Booking = dict[str, extf.Cell]


def bookings(said: Mapping[str, Any], settings: Datev, account_length: int) -> list[Booking]:
    """The rows of the content of a batch row; none where all of it comes to nothing.

    Raises Refused, naming the invoice, for an account that cannot be, or a currency without a rate.
    """
    merged = _merged(said["postings"])
    rate = _rate(said, settings)
    euros = _euros([amount for _, amount in merged], rate)
    return [
        _booking(said, posting, amount, euro, rate, settings, account_length)
        for (posting, amount), euro in zip(merged, euros, strict=True)
    ]


def guid(digest: str) -> str:
    """The GUID of a document by its SHA-256: always the same, as Beleglink and package say it."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"urn:sha256:{digest}")).upper()


def _merged(postings: Sequence[Mapping[str, Any]]) -> list[tuple[Mapping[str, Any], Decimal]]:
    """Postings that differ in nothing that is booked are one; in the order of the first of them, none of 0."""
    found: dict[tuple[Any, ...], tuple[Mapping[str, Any], Decimal]] = {}
    for posting in postings:
        key = tuple(posting.get(name) for name in _SAME)
        first, amount = found.get(key, (posting, Decimal()))
        if posting.get("text") != first.get("text"):
            first = {**first, "text": ""}
        found[key] = (first, amount + Decimal(posting["amount"]))
    return [(posting, amount) for posting, amount in found.values() if amount]


def _rate(said: Mapping[str, Any], settings: Datev) -> Rate | None:
    currency = said["currency"]
    if currency == "EUR":
        return None
    if currency not in settings.rates:
        raise Refused(
            f"Invoice {said['number']} is in {currency}: no rate is configured (see `tenant datev --help`).",
            f"Rechnung {said['number']} lautet auf {currency}: kein Kurs hinterlegt (siehe `tenant datev --help`).",
        )
    return settings.rates[currency]


def _euros(amounts: Sequence[Decimal], rate: Rate | None) -> list[Decimal]:
    """The amounts in EUR: the sum is converted and rounded once, its parts make it up to the cent."""
    if rate is None:
        return list(amounts)
    whole = sum(amounts, Decimal())
    if not whole:
        return [(amount / rate.rate).quantize(CENT, ROUND_HALF_UP) for amount in amounts]
    return shares((whole / rate.rate).quantize(CENT, ROUND_HALF_UP), amounts)


def _booking(
    said: Mapping[str, Any],
    posting: Mapping[str, Any],
    amount: Decimal,
    euro: Decimal,
    rate: Rate | None,
    settings: Datev,
    length: int,
) -> Booking:
    """Supplier invoice: creditor in credit (H); a credit note, or a part below zero, swaps to debit (S)."""
    number, due = str(said["number"] or ""), said["due_date"]
    row: Booking = {
        "Soll/Haben-Kennzeichen": "S" if bool(said["credit"]) != (amount < 0) else "H",
        "Konto": _account(said, posting["contra_account"], length + 1, length + 1),
        "Gegenkonto (ohne BU-Schlüssel)": _account(said, posting["account"], 1, length),
        "BU-Schlüssel": posting["tax_key"],
        "Belegdatum": date.fromisoformat(said["issue_date"]) if said["issue_date"] else None,
        "Belegfeld 1": extf.document_number(number),
        "Buchungstext": (posting["text"] or f"{said['seller'] or ''} {number}").strip()[:60],
        "KOST1 - Kostenstelle": _cost(posting.get(settings.kost1)),
        "KOST2 - Kostenstelle": _cost(posting.get(settings.kost2)),
        "Festschreibung": int(settings.locked),
        "Fälligkeit": date.fromisoformat(due) if due else None,
    }
    row |= _amounts(said["currency"], amount, euro, rate) | _vat_id(said, posting, settings)
    if settings.links:
        row["Beleglink"] = f'BEDI "{guid(said["delivery_sha256"] or said["sha256"])}"'
    if settings.supply_date and (day := _supplied(said)):
        row["Leistungsdatum"] = day
    return row | _pairs(
        "Beleginfo - Art", "Beleginfo - Inhalt", _told(said, posting, settings, amount, rate), 8
    )


def _amounts(currency: str, amount: Decimal, euro: Decimal, rate: Rate | None) -> Booking:
    """Amount in the invoice's currency with rate and EUR beside it. A rate below 1 has no place: then EUR alone."""
    if rate is None or rate.rate < 1:
        return {"Umsatz (ohne Soll/Haben-Kz)": abs(euro), "WKZ Umsatz": "EUR"}
    digits = max(2, min(6, -int(rate.rate.as_tuple().exponent)))
    return {
        "Umsatz (ohne Soll/Haben-Kz)": abs(amount),
        "WKZ Umsatz": currency,
        "Kurs": f"{rate.rate:.{digits}f}".replace(".", ","),
        "Basis-Umsatz": abs(euro),
        "WKZ Basis-Umsatz": "EUR",
    }


def _vat_id(said: Mapping[str, Any], posting: Mapping[str, Any], settings: Datev) -> Booking:
    """The VAT id of a seller elsewhere in the EU, and the rate: intra-community supply or reverse charge."""
    seller = "".join(str(said["seller_vat_id"] or "").split()).upper()
    if settings.eu == "none" or posting["vat_category"] not in ("K", "AE") or seller[:2] not in EU:
        return {}
    place = settings.eu.capitalize()
    rate = Decimal(posting["vat_rate"] or 0)
    row: Booking = {f"EU-Land u. UStID ({place})": seller[:15]}
    if rate:
        row[f"EU-Steuersatz ({place})"] = f"{rate:05.2f}".replace(".", ",")
    return row


def _supplied(said: Mapping[str, Any]) -> date | None:
    supply = said.get("supply") or {}
    text = supply.get("delivered") or supply.get("until") or ""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _told(
    said: Mapping[str, Any], posting: Mapping[str, Any], settings: Datev, amount: Decimal, rate: Rate | None
) -> Iterator[tuple[str, str]]:
    """What has no column of its own, as (kind, words)."""
    number = str(said["number"] or "")
    if extf.document_number(number) != number:
        yield "Rechnungsnummer", number
    if rate is not None:
        yield "Fremdwährung", f"{amount} {said['currency']}, 1 EUR = {rate.rate} ({rate.day}, {rate.source})"
    for kind, key in (
        ("Leitweg-ID", "buyer_reference"),
        ("Bestellung", "order_reference"),
        ("Vertrag", "contract"),
    ):
        if said.get(key):
            yield kind, str(said[key])
    for kind, key in (("Produkt", "product"), ("Kostenträger", "cost_object"), ("Investition", "investment")):
        if posting.get(key) and key not in (settings.kost1, settings.kost2):
            yield kind, str(posting[key])
    if tiers := Claim.parse(said["claim"]).tiers if said.get("claim") else ():
        yield "Skonto", ", ".join(f"{tier.percent} % bis {tier.until}: {tier.off}" for tier in tiers)


def _pairs(kind: str, words: str, told: Iterator[tuple[str, str]], most: int) -> Booking:
    row: Booking = {}
    for place, (one, text) in zip(range(1, most + 1), told, strict=False):
        row[f"{kind} {place}"], row[f"{words} {place}"] = one[:20], text[:210]
    return row


def _cost(code: str | None) -> str | None:
    """A cost centre as the column takes it: letters, digits, underscore and blank."""
    return (
        "".join(c if c.isascii() and (c.isalnum() or c in "_ ") else " " for c in code)[:36] if code else None
    )


def _account(said: Mapping[str, Any], text: Any, least: int, most: int) -> int:
    """An account by its digits. A personal account has exactly one digit more than those of the ledger."""
    digits = str(text or "")
    if (
        not (digits.isascii() and digits.isdigit() and int(digits))
        or not least <= len(str(int(digits))) <= most
    ):
        wanted = str(most) if least == most else f"{least}-{most}"
        raise Refused(
            f"Invoice {said['number']}: account {text!r} is none of {wanted} digits (account_length in posting).",
            f"Rechnung {said['number']}: Konto {text!r} ist keines mit {wanted} Stellen (account_length in posting).",
        )
    return int(digits)
