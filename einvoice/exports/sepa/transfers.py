"""From the rows of a batch to transfers: what is paid to whom and when, and which rows are not, each with its reason.

Amounts in EUR. Credit notes are set off against invoices of the same creditor and account; Skonto is taken where the
day of execution still reaches it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from einvoice.approval import workdays
from einvoice.approval.choosing import TRANSFERS, creditor
from einvoice.approval.discount import Claim, arrival, payment_due
from einvoice.approval.netting import Group, Item, item, netted
from einvoice.exports.files import Left, left
from einvoice.exports.sepa import settings
from einvoice.exports.sepa.accounts import EEA, is_bic
from einvoice.exports.sepa.remittance import remittance
from einvoice.model.accounts import bare, problem
from einvoice.store.tables import BatchRow

MOST = Decimal("999999999.99")
"""The greatest amount of one transfer (EPC132-08)."""

_OTHER_WAYS = {
    "10": ("cash", "bar zu zahlen", "to be paid in cash"),
    "48": ("card", "mit Karte bezahlt", "paid by card"),
    "54": ("card", "mit Karte bezahlt", "paid by card"),
    "55": ("card", "mit Karte bezahlt", "paid by card"),
    "49": ("debited", "wird abgebucht (Lastschrift)", "is debited (direct debit)"),
    "59": ("debited", "wird abgebucht (SEPA-Lastschrift)", "is debited (SEPA direct debit)"),
    "57": ("standing", "läuft über einen Dauerauftrag", "runs by a standing order"),
    "97": ("clearing", "wird zwischen den Partnern verrechnet", "is cleared between the partners"),
}
"""Codes of BT-81 that ask for something else than a transfer: code, German, English."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one row has in a transfer: what would be paid, what is paid; below zero for a credit note."""

    position: int
    full: Decimal
    paid: Decimal


@dataclass(frozen=True, slots=True)
class Transfer:
    """One transfer. rows: those it pays, credit notes set off last; address: by part, empty where none is sent."""

    execution: date
    name: str
    iban: str
    bic: str | None
    address: Mapping[str, str]
    amount: Decimal
    remittance: str
    rows: tuple[Part, ...]


def transfers(
    rows: Sequence[BatchRow], policy: settings.Payment, day: date
) -> tuple[list[Transfer], list[Left]]:
    """The transfers of rows for a file made on a day, and the rows that are not paid. Each row is in one of both."""
    refused = {row.position: why for row in rows if (why := _not_paid(row, policy)) is not None}
    by_key = {row.position: row for row in rows}
    groups, waiting = netted([_item(row) for row in rows if row.position not in refused])
    for one in waiting:
        refused[one.key] = left(
            by_key[one.key],
            "credit-carried",
            "Gutschrift übersteigt, was derselbe Kreditor auf dieses Konto bekommt: von Hand verrechnen oder fordern",
            "the credit note exceeds what the creditor gets to this account: set it off by hand, or claim it",
        )
    made: list[Transfer] = []
    earliest = workdays.value_date(day, policy.lead)
    for group in groups:
        for alone in _split(group):
            paid = _transfer(alone, by_key, policy, earliest)
            if paid.amount > min(MOST, policy.most_amount):
                refused |= {part.position: _too_much(by_key[part.position]) for part in paid.rows}
            else:
                made.append(paid)
    return made, [refused[position] for position in sorted(refused)]


def _too_much(row: BatchRow) -> Left:
    return left(row, "amount", "mehr, als die Bank auf einmal nimmt", "more than the bank takes at once")


def _item(row: BatchRow) -> Item:
    said: dict[str, Any] = row.content or {}
    who = creditor(said.get("supplier"), said["seller"])
    return item(row.position, who, bare(said["creditor"]["iban"]), _signed(said))


def _signed(said: Mapping[str, Any]) -> Decimal:
    """What is to be paid; below zero what comes back: of a credit note, or of an invoice below zero."""
    amount = Decimal(said["claim"]["amount"])
    return -amount if said["credit"] else amount


def _split(group: Group) -> list[Group]:
    """Invoices without anything to set off are paid one by one."""
    if group.credits:
        return [group]
    return [Group(group.creditor, group.iban, [one]) for one in group.due]


def _transfer(
    group: Group, rows: Mapping[int, BatchRow], policy: settings.Payment, earliest: date
) -> Transfer:
    claims = {one.key: Claim.parse((rows[one.key].content or {})["claim"]) for one in group.due}
    execution = min((_execution(claim, policy, earliest) for claim in claims.values()), default=earliest)
    arrives = workdays.value_date(execution, 1)
    paid = {key: payment_due(claim, arrives) for key, claim in claims.items()}
    parts = [Part(key, abs(one.full), abs(one.amount)) for key, one in paid.items()]
    parts += [Part(one.key, -one.amount, -one.amount) for one in group.credits]
    if sum((part.paid for part in parts), Decimal()) <= 0:  # Skonto took what the credit notes had left
        parts = [Part(part.position, part.full, part.full) for part in parts]
    first = rows[group.due[0].key].content or {}
    who = first["creditor"]
    return Transfer(
        execution=execution,
        name=who["account_name"] or first["payee"] or who["name"] or "",
        iban=group.iban,
        bic=who["bic"] if is_bic(who["bic"]) else None,
        address=_address(who["address"]) if policy.addresses or group.iban[:2] not in EEA else {},
        amount=sum((part.paid for part in parts), Decimal()),
        remittance=remittance([(rows[part.position].content or {}, part.full, part.paid) for part in parts]),
        rows=tuple(parts),
    )


def _execution(claim: Claim, policy: settings.Payment, earliest: date) -> date:
    """The bank day on which the bank carries it out; the money arrives on the next."""
    if policy.execution == "at-once":
        return earliest
    return max(earliest, workdays.last_to_order(arrival(claim, workdays.value_date(earliest, 1)), 1))


def _address(said: Mapping[str, Any]) -> dict[str, str]:
    """The parts of an address that a message can say; empty without town and country."""
    if not (said.get("city") and said.get("country")):
        return {}
    kept = {
        "StrtNm": said.get("line_1"),
        "PstCd": said.get("post_code"),
        "TwnNm": said["city"],
        "Ctry": said["country"],
    }
    return {name: str(text) for name, text in kept.items() if text}


def _not_paid(row: BatchRow, policy: settings.Payment) -> Left | None:
    """Why a row is not paid by transfer; None where it can be."""
    said: dict[str, Any] = row.content or {}
    means, iban = said["means"], bare(said["creditor"]["iban"])
    if said["currency"] != "EUR":
        money = said["currency"]
        return left(row, "currency", f"lautet auf {money}, nicht EUR", f"is in {money}, not EUR")
    if means in _OTHER_WAYS:
        return left(row, *_OTHER_WAYS[means])
    if not _signed(said):
        return left(row, "paid", "nichts zu zahlen: schon bezahlt", "nothing to pay: paid already")
    if _signed(said) < 0:
        return None
    if means is not None and means not in TRANSFERS:
        return left(
            row, "means", f"Zahlungsweg {means} ist keine Überweisung", f"means {means} is no transfer"
        )
    return _no_account(row, said, iban, policy)


def _no_account(row: BatchRow, said: Mapping[str, Any], iban: str, policy: settings.Payment) -> Left | None:
    if not iban:
        return left(row, "iban", "keine IBAN angegeben", "no IBAN is stated")
    if wrong := problem(iban):
        return left(row, "iban", f"IBAN {iban} {wrong[0]}", f"IBAN {iban} {wrong[1]}")
    if policy.accounts == "confirmed" and said["creditor"]["confirmed"] is None:
        return left(
            row,
            "iban-unconfirmed",
            "IBAN ist gegen keine Quelle außerhalb der Rechnung bestätigt: zurückgehalten",
            "the IBAN is not confirmed against a source outside the invoice: held",
        )
    if iban[:2] not in EEA and not _address(said["creditor"]["address"]):
        return left(
            row,
            "address",
            f"für ein Konto in {iban[:2]} braucht es Ort und Land des Empfängers",
            f"an account in {iban[:2]} needs town and country of the creditor",
        )
    return None
