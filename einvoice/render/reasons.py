"""Why an invoice is where it is, in words."""

import re
from collections.abc import Mapping
from typing import Any

REASONS: Mapping[str, tuple[str, str]] = {
    "same-bytes": ("dieselbe Datei wie #{of}", "the same file as #{of}"),
    "same-content": ("derselbe Inhalt wie #{of}", "the same content as #{of}"),
    "twin": ("PDF und XML einer Rechnung: #{of}", "PDF and XML of one invoice: #{of}"),
    "same-number": ("Verkäufer, Nummer und Jahr wie #{of}", "seller, number and year as #{of}"),
    "corrects": ("berichtigt #{of}, die noch offen ist", "corrects #{of}, which is still open"),
    "same-amount": (
        "Verkäufer und Betrag wie #{of} vom {date}",
        "seller and amount as #{of} of {date}",
    ),
    "same-account": (
        "IBAN und Betrag wie #{of}, aber anderer Verkäufer",
        "IBAN and amount as #{of}, but another seller",
    ),
    "payee": (
        "Zahlungsempfänger {payee} ist nicht der Verkäufer",
        "the payee {payee} is not the seller",
    ),
    "iban-changed": (
        "neue IBAN dieses Verkäufers, bisher {before} (#{of})",
        "a new IBAN of this seller, so far {before} (#{of})",
    ),
    "amount-unusual": (
        "Betrag weit über dem bisher größten, {greatest} (#{of})",
        "amount far above the greatest so far, {greatest} (#{of})",
    ),
    "rejected-duplicate": ("doppelt wie #{of}: {text}", "a duplicate of #{of}: {text}"),
    "dunned": ("eilig: gemahnt am {day}", "urgent: dunned on {day}"),
    "dunning": ("Mahnung zu #{of}", "dunning letter about #{of}"),
    "reopened": ("erneut zu bestätigen: {text}", "to be confirmed anew: {text}"),
    "iban-unknown": ("neue IBAN {iban}, nicht bestätigt", "new IBAN {iban}, not confirmed"),
    "iban-unconfirmed": ("IBAN {iban} nicht bestätigt", "IBAN {iban} not confirmed"),
    "iban-withdrawn": ("IBAN {iban} zurückgezogen", "IBAN {iban} withdrawn"),
    "iban-invalid": ("IBAN {iban} ungültig", "IBAN {iban} not valid"),
    "policy": ("so von der Kommune festgelegt: {rules}", "set so by the town: {rules}"),
    "house-unchecked": (
        "Hausregeln nicht anwendbar: {text}",
        "house rules could not be applied: {text}",
    ),
    "credit-carried": (
        "Gutschrift, die sich noch nicht verrechnen lässt: sie wartet auf eine Rechnung desselben Kreditors",
        "a credit note that cannot be set off yet: it waits for an invoice of the same creditor",
    ),
    "taken-out": ("aus dem Stapel genommen: {text}", "taken out of the batch: {text}"),
    "batch-rejected": (
        "von der Kasse abgelehnt (Stapel {batch}): {text}",
        "rejected by the cash office (batch {batch}): {text}",
    ),
    "retention-released": (
        "freigegebener Sicherheitseinbehalt zu #{of}: {text}",
        "a retained sum of #{of}, released: {text}",
    ),
    "batch-reopened": ("Stapel {batch} wieder geöffnet: {text}", "batch {batch} was reopened: {text}"),
}
"""Code of a reason → German and English; the braces name its values."""


def words(reason: Mapping[str, Any] | None, lang: str) -> str:
    """A reason as the store keeps it, as a person reads it; "" for none."""
    if not reason:
        return ""
    code = str(reason.get("code", ""))
    if code not in REASONS:
        return str(reason.get("text") or code)
    values = {
        name: ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        for name, value in reason.items()
    }
    text = REASONS[code][lang != "de"]
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return re.sub(r"\{\w+\}", "…", text)


def bare(reason: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What of a reason is no content: its code, and the number of another invoice."""
    return {key: reason[key] for key in ("code", "of") if key in reason} if reason else None
