"""Where a new invoice is probably booked: by the town's posting rules, as the supplier's last invoice was, as usual.

A proposal says why; a person confirms it like anything else. What is paid already by the invoice's own words (BT-113)
is a deduction from the beginning.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, select

from einvoice.approval.booked import replace, rows
from einvoice.approval.postings import DIMENSIONS, Part, part_of, propose, usual
from einvoice.approval.said import said
from einvoice.approval.shares import shares
from einvoice.store import people
from einvoice.store.tables import Deduction, Invoice
from einvoice.store.work import Work

Fits = tuple[str, str]
"""A posting rule that fits an invoice, and the dimensions it sets (as `said` reads them)."""

_LOOKED_AT = ("confirmed", "authorised", "batched", "exported", "acknowledged")
"""States of invoices whose postings a person has stood for."""

_OWN = ("text", "budget_year", "commitment")
"""Dimensions that an earlier invoice tells nothing about."""


def begin(work: Work, invoice: Invoice, facts: Mapping[str, Any], ruled: Sequence[Fits] = ()) -> None:
    """Books a new invoice as proposed, and fixes its approved sum. facts: what the run has read of it."""
    work.session.add(invoice)
    work.session.flush()
    _paid_already(work, invoice)
    replace(work, invoice, proposal(work.session, invoice, facts, ruled))


def proposal(
    session: Session, invoice: Invoice, facts: Mapping[str, Any], ruled: Sequence[Fits] = ()
) -> list[Part]:
    """The parts an invoice is proposed to be booked in, each with its codes and why."""
    parts = propose(facts.get("vat", []), invoice.gross or Decimal("0.00"))
    by_rule, why = _by_rules(ruled)
    last = None if "account" in by_rule else like(session, invoice)
    if last is not None:
        parts = _as_before(parts, [part_of(row) for row in rows(session, last.id or 0)])
        why = [*why, {"by": "history", "of": last.id, "number": last.number, "date": last.issue_date}]
    for part in parts:
        part.said, part.why = {**part.said, **by_rule}, {"because": why} if why else None
    usual(invoice, parts, people.policy(session, invoice.tenant_id or 0, "posting"))
    return parts


def like(session: Session, invoice: Invoice) -> Invoice | None:
    """The last invoice of the same supplier (VAT id or name, else IBAN) whose postings somebody confirmed."""
    query = select(Invoice).where(
        Invoice.tenant_id == invoice.tenant_id,
        Invoice.id != invoice.id,
        col(Invoice.state).in_(_LOOKED_AT),
    )
    if invoice.supplier:
        query = query.where(Invoice.supplier == invoice.supplier)
    elif invoice.iban:
        query = query.where(Invoice.iban == invoice.iban)
    else:
        return None
    return session.exec(query.order_by(col(Invoice.id).desc()).limit(1)).first()


def _by_rules(ruled: Sequence[Fits]) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """What rules set, the first that sets a dimension wins; and which of them did."""
    found: dict[str, str] = {}
    why: list[dict[str, Any]] = []
    for rule, text in ruled:
        new = {key: code for key, code in said(text).items() if key not in found}
        if new:
            found |= new
            why.append({"by": "rule", "rule": rule})
    return found, why


def _as_before(parts: Sequence[Part], before: Sequence[Part]) -> list[Part]:
    """The parts placed, and where a VAT group was split by shares split, as an earlier invoice was."""
    found: list[Part] = []
    for part in parts:
        same = [one for one in before if one.group == part.group and one.line is None]
        alike = [one for one in before if one.group == part.group] or list(before)
        if len(same) < 2 or len(same) != len(alike):
            same = [max(alike, key=lambda one: abs(one.amount))] if alike else []
        found += _split(part, same) if same else [part]
    return found


def _split(part: Part, before: Sequence[Part]) -> list[Part]:
    amounts = shares(part.amount, [one.amount for one in before])
    vats = shares(part.vat, amounts)
    return [
        Part(amount, amount - vat, vat, part.rate, part.category, None, _kept(one.said))
        for amount, vat, one in zip(amounts, vats, before, strict=True)
        if amount or len(before) == 1
    ]


def _kept(codes: Mapping[str, str]) -> dict[str, str]:
    return {key: codes[key] for key in DIMENSIONS if key in codes and key not in _OWN}


def _paid_already(work: Work, invoice: Invoice) -> None:
    """What is not to be paid any more, as the invoice itself says. One that is paid wholly is booked as it is."""
    if not invoice.gross or not invoice.payable or invoice.gross == invoice.payable:
        return
    work.add(
        Deduction(
            tenant_id=invoice.tenant_id or 0,
            invoice_id=invoice.id or 0,
            kind="prepaid",
            amount=invoice.gross - invoice.payable,
            reason="Laut Rechnung schon bezahlt oder gerundet (BT-113, BT-114).",
            person_id=people.SERVICE,
            made=work.time,
        )
    )
    work.session.flush()
