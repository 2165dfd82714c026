"""Where a new invoice is probably booked: by the town's posting rules, as the supplier's last invoice was, as usual.

A proposal says why; a person confirms it like anything else. What is paid already by the invoice's own words (BT-113)
is a deduction from the beginning.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import select as core_select
from sqlmodel import Session, col, select

from einvoice.approval.booked import posted
from einvoice.approval.orders import named
from einvoice.approval.postings import DIMENSIONS, THIRD_PARTY, Part, part_of, propose, usual
from einvoice.approval.register import Register
from einvoice.approval.said import said
from einvoice.approval.shares import shares
from einvoice.approval.standing import KIND, covering
from einvoice.render.posted import STATED
from einvoice.store import people, seals
from einvoice.store.asked import among, asked
from einvoice.store.tables import Creditor, Deduction, Invoice, Master, Posting

Ruled = Mapping[str, Any]
"""What posting rules say: `fits`, [rule, what it sets] each, in their order; `failed`: why not all were asked."""

_LOOKED_AT = ("confirmed", "authorised", "batched", "exported", "acknowledged")
"""States of invoices whose postings a person has stood for."""

_ROUNDING = Decimal("0.99")
"""What BT-114 can make of a total at most."""

_OWN = ("text", "budget_year", "commitment")
"""Dimensions that an earlier invoice tells nothing about."""


@dataclass(frozen=True, slots=True)
class Before:
    """An earlier invoice of the same supplier, and the parts it was booked in."""

    id: int
    number: str | None
    date: str | None
    parts: Sequence[Part]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known about an invoice: its supplier's last one, its town's settings, what its town has at all, and
    its supplier's number there.
    """

    last: Before | None
    settings: Mapping[str, Any]
    kinds: frozenset[str]
    supplier: str | None = None


def known(session: Session, invoices: Sequence[Invoice]) -> dict[int, Known]:
    """What is known about some invoices, by their numbers; asked for all at once."""
    policies = people.policies(session, "posting")
    lasts, kinds = befores(session, invoices), _kinds(session, {one.tenant_id for one in invoices})
    numbered = [one for one in invoices if "supplier" in kinds[one.tenant_id or 0]]
    register = Register(session, numbered)
    suppliers = {one.id: register.creditor(one) for one in numbered}
    found = {}
    for one in invoices:
        policy, creditor = policies.get(one.tenant_id or 0), suppliers.get(one.id)
        found[one.id or 0] = Known(
            lasts.get(one.id or 0),
            (policy.value or {}) if policy else {},
            frozenset(kinds[one.tenant_id or 0]),
            creditor.number if creditor else None,
        )
    return found


def begin(
    session: Session, new: Sequence[tuple[Invoice, Mapping[str, Any], Ruled]], time: str
) -> list[Deduction | Posting]:
    """The rows that book new invoices as proposed; fixes their approved sums.

    With each invoice: facts, what the run has read of it, and what its posting rules say.
    """
    about = known(session, [invoice for invoice, _, _ in new])
    found: list[Deduction | Posting] = []
    for invoice, facts, ruled in new:
        paid = _paid_already(invoice, time)
        parts = proposal(session, invoice, facts, ruled, about[invoice.id or 0])
        found += [*paid, *posted(invoice, parts, paid)]
    return found


def proposal(
    session: Session, invoice: Invoice, facts: Mapping[str, Any], ruled: Ruled, about: Known
) -> list[Part]:
    """The parts an invoice is proposed to be booked in, each with its codes and why.

    What rules set goes before the order it names, that before a standing order, that before the last invoice.
    """
    parts = propose(facts.get("vat", []), invoice.gross or Decimal("0.00"))
    others = [Part(category="O", line=THIRD_PARTY)] if invoice.payable and _for_others(invoice) else []
    codes, why = _by_rules(ruled)
    _by_master(session, invoice, facts, about, codes, why)
    last = about.last
    if last is not None and "account" not in codes:
        parts = _as_before(parts, last.parts)
        why.append({"by": "history", "of": last.id, "number": last.number, "date": last.date})
    for part in parts:
        part.said, part.why = {**part.said, **codes}, {"because": why} if why else None
    parts += others
    usual(invoice, parts, about.settings)
    return parts


def _by_master(
    session: Session,
    invoice: Invoice,
    facts: Mapping[str, Any],
    about: Known,
    codes: dict[str, str],
    why: list[dict[str, Any]],
) -> None:
    """Adds what the town's orders, standing orders and numbers of suppliers say, where it has such."""
    order = named(session, invoice, facts) if "order" in about.kinds and "commitment" not in codes else None
    if order is not None:
        codes["commitment"] = order[1].code
        why.append({"by": "order", "order": order[1].code, "term": order[0]})
    standing = covering(session, invoice) if KIND in about.kinds else None
    if standing is not None and standing.wrong is None:
        for key, code in standing.said.items():
            codes.setdefault(key, code)
        why.append({"by": "standing-order", "order": standing.code})
    if about.supplier:
        codes.setdefault("contra_account", about.supplier)


def _kinds(session: Session, tenants: Iterable[int | None]) -> defaultdict[int, set[str]]:
    """Which kinds of master data that name places some tenants have."""
    towns, found = list(tenants), defaultdict[int, set[str]](set)
    rows = select(Master.tenant_id, Master.kind).where(
        col(Master.tenant_id).in_(towns), col(Master.kind).in_(("order", KIND))
    )
    for tenant, kind in session.exec(rows.distinct()):
        found[tenant].add(kind)
    numbered = select(Creditor.tenant_id).where(
        col(Creditor.tenant_id).in_(towns), col(Creditor.number).is_not(None)
    )
    for tenant in session.exec(numbered.distinct()):
        found[tenant].add("supplier")
    return found


def befores(session: Session, invoices: Sequence[Invoice]) -> dict[int, Before]:
    """Of each invoice (by number) the last of the same supplier, else of the same IBAN, that somebody confirmed."""
    numbers = {
        **_lasts(session, "supplier", [one for one in invoices if one.supplier]),
        **_lasts(session, "iban", [one for one in invoices if one.iban and not one.supplier]),
    }
    if not numbers:
        return {}
    wanted = set(numbers.values())
    named = select(Invoice.id, Invoice.number, Invoice.issue_date).where(
        among(session, col(Invoice.id), wanted)
    )
    parts: defaultdict[int, list[Part]] = defaultdict(list)
    booked = (
        select(Posting).where(among(session, col(Posting.invoice_id), wanted)).order_by(col(Posting.position))
    )
    for row in session.exec(booked):
        parts[row.invoice_id].append(part_of(row))
    there = {n: Before(n or 0, number, day, parts[n or 0]) for n, number, day in session.exec(named)}
    return {invoice: there[number] for invoice, number in numbers.items()}


def _lasts(
    session: Session, name: Literal["supplier", "iban"], invoices: Sequence[Invoice]
) -> dict[int, int]:
    """Of each invoice the last that has the same in a column, in a state that counts; an index knows it."""
    if not invoices:
        return {}
    wanted = list({(one.tenant_id, getattr(one, name)) for one in invoices})
    source, its = asked(session, {"tenant_id": int, name: str}, wanted)
    there = seals.table_of(Invoice).c
    same = (there.tenant_id == its["tenant_id"], there[name] == its[name])
    last = (
        core_select(there.id).where(*same, there.state == state)
        .order_by(there.id.desc()).limit(1).correlate(source).scalar_subquery()
        for state in _LOOKED_AT
    )  # fmt: skip
    query = core_select(its["tenant_id"], its[name], *last).select_from(source)
    found = {
        (tenant, value): max(filter(None, rest), default=None)
        for tenant, value, *rest in session.execute(query)
    }
    numbers = ((one.id or 0, found.get((one.tenant_id, getattr(one, name)))) for one in invoices)
    return {invoice: last for invoice, last in numbers if last is not None}


def _by_rules(ruled: Ruled) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """What rules set, the first that sets a dimension wins; and which of them did, or why they could not."""
    found: dict[str, str] = {}
    why: list[dict[str, Any]] = []
    for rule, text in ruled.get("fits", ()):
        new = {key: code for key, code in said(text).items() if key not in found}
        if new:
            found |= new
            why.append({"by": "rule", "rule": rule})
    if ruled.get("failed"):
        why.append({"by": "failed", "text": ruled["failed"]})
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


def _paid_already(invoice: Invoice, time: str) -> list[Deduction]:
    """What is not to be paid any more, as the invoice itself says, or (negative) to be paid beside its total for
    others. One that is paid wholly is booked as it is.
    """
    if not invoice.gross or not invoice.payable or invoice.gross == invoice.payable:
        return []
    others = _for_others(invoice)
    return [
        Deduction(
            tenant_id=invoice.tenant_id or 0,
            invoice_id=invoice.id or 0,
            kind=THIRD_PARTY if others else "prepaid",
            line=THIRD_PARTY if others else None,
            amount=invoice.gross - invoice.payable,
            reason=STATED[THIRD_PARTY if others else "prepaid"][0],
            person_id=people.SERVICE,
            made=time,
        )
    ]


def _for_others(invoice: Invoice) -> bool:
    """Whether more is to be paid than the total, by more than a rounding: claims of others are passed on."""
    nothing = Decimal()
    return abs(invoice.payable or nothing) - abs(invoice.gross or nothing) > _ROUNDING
