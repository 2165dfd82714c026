"""What a row of a payment batch keeps of its invoice: all that an export may say, frozen when the row is made.

Texts throughout, decimals with their digits, days ISO. Persons are ids: their names stand in one table.
"""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session, col, select

from einvoice.approval.bank import confirmers
from einvoice.approval.creditors import account_of, payee, recognised, status_of
from einvoice.approval.discount import claim
from einvoice.model.accounts import bare
from einvoice.model.credit import is_credit
from einvoice.store.tables import (
    Act,
    Creditor,
    Deduction,
    Delivery,
    Invoice,
    Office,
    Posting,
    Report,
    Tenant,
)

INVOICE = (
    "number", "type_code", "issue_date", "due_date", "seller", "seller_vat_id", "buyer", "buyer_reference",
    "order_reference", "contract", "preceding", "currency", "net", "vat", "gross", "payable", "iban", "payee",
    "means", "terms", "skonto_until", "supplier", "sha256", "content_sha256", "file", "path", "received", "syntax",
    "profile", "verdict", "release", "state_digest", "approved",
)  # fmt: skip
"""The columns of an invoice that a row keeps under their own names."""

_ASIDE = (
    "note",
    "hold",
    "release",
    "assign",
    "question",
    "reply",
    "undo",
    "return",
    "open-to-operator",
    "post",
    "deduct",
    "take-back",
    "release-retention",
    "dunning",
)
"""Acts that let nothing pass."""


def frozen(session: Session, tenant: Tenant, invoice: Invoice) -> dict[str, Any]:
    """The content of a row: the columns of INVOICE, `credit` (whether its amounts count against others), and

    * `delivery_sha256` (of the file it came in), `round`, `office`, `tenant`
    * `postings` (every column of Posting), `deductions` (every column of Deduction)
    * `creditor`: number, name, vat_id, iban, bic, account_name, address by part, `confirmed` (of the IBAN: by, at,
      source; None where nobody did)
    * `payment`: remittance, accounts, mandate, creditor_id, debited; `supply`: delivered, from, until, address,
      buyer_vat_id, project; `breakdown`: the rows of BG-23 by term; all as stated
    * `claim`: what is to be paid, until when, with which Skonto (approval.discount.Claim)
    * `account`: how it stands with the account to be paid to (approval.creditors.Payee)
    * `findings`: the rules that found something, by severity
    * `acts`: who confirmed and authorised in this round, for whom, when, with which words.
    """
    facts, findings = _checked(session, invoice)
    said: dict[str, Any] = {name: plain(getattr(invoice, name)) for name in INVOICE}
    said |= {
        "credit": is_credit(invoice.type_code, invoice.syntax),
        "delivery_sha256": session.exec(
            select(Delivery.sha256).where(Delivery.id == invoice.delivery_id)
        ).one_or_none(),
        "round": invoice.round,
        "claim": claim(invoice).plain(),
        "postings": [_columns(row) for row in _of(session, Posting, invoice, col(Posting.position))],
        "deductions": [_columns(row) for row in _of(session, Deduction, invoice, col(Deduction.id))],
        "creditor": _creditor(session, invoice, facts),
        "payment": facts.get("payment") or {},
        "supply": facts.get("supply") or {},
        "breakdown": facts.get("vat") or [],
        "account": payee(session, invoice).plain(),
        "findings": findings,
        "acts": _acts(session, invoice),
        "office": _office(session, invoice),
        "tenant": {"name": tenant.name, "title": tenant.title},
    }
    return said


def plain(value: object) -> str | None:
    """A value as a row keeps it."""
    return None if value is None else str(value)


def _of(session: Session, table: Any, invoice: Invoice, order: Any) -> list[Any]:
    return list(session.exec(select(table).where(table.invoice_id == invoice.id).order_by(order)))


def _columns(row: Posting | Deduction) -> dict[str, str | None]:
    kept = row.model_dump(exclude={"id", "tenant_id", "invoice_id", "proposed_from"})
    return {key: plain(value) for key, value in kept.items()}


def facts_of(session: Session, invoice: Invoice) -> Mapping[str, Any]:
    """What the run has read of an invoice beyond its columns, as its newest report keeps it."""
    return _checked(session, invoice)[0]


def _checked(session: Session, invoice: Invoice) -> tuple[Mapping[str, Any], dict[str, list[str]]]:
    """The facts of the newest report, and which rules had findings, by severity."""
    last = select(Report).where(Report.invoice_id == invoice.id).order_by(col(Report.id).desc())
    report = session.exec(last).first()
    content = (report.content or {}) if report else {}
    found: dict[str, list[str]] = {}
    for one in (content.get("report") or {}).get("findings") or ():
        found.setdefault(one["severity"], []).append(one["rule"])
    return content.get("facts") or {}, {level: sorted(rules) for level, rules in sorted(found.items())}


def _creditor(session: Session, invoice: Invoice, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Who is paid: as the tenant's books know him, and as the invoice states it."""
    accounts = (facts.get("payment") or {}).get("accounts") or []
    stated: Mapping[str, Any] = next((a for a in accounts if bare(a["iban"]) == bare(invoice.iban)), {})
    known = recognised(session, invoice)
    return {
        "number": known.number if known else None,
        "name": known.name if known else invoice.seller,
        "vat_id": invoice.seller_vat_id or (known.vat_id if known else None),
        "iban": bare(invoice.iban) or None,
        "bic": stated.get("bic"),
        "account_name": stated.get("name"),
        "address": (facts.get("supply") or {}).get("address") or {},
        "confirmed": _confirmed(session, known, invoice),
    }


def _confirmed(session: Session, known: Creditor | None, invoice: Invoice) -> dict[str, str | None] | None:
    account = account_of(session, known, invoice.iban or "")
    if account is None or status_of(account) != "confirmed":
        return None
    by = confirmers(session, account)
    return {
        "by": plain(account.confirmed_by),
        "at": account.confirmed_at,
        "source": account.source,
        "proposed_by": plain(by[0]) if by else None,
    }


def _acts(session: Session, invoice: Invoice) -> list[dict[str, Any]]:
    query = select(Act).where(
        Act.invoice_id == invoice.id, Act.round == invoice.round, col(Act.undone).is_(None)
    )
    return [
        {
            "kind": act.kind,
            "person": act.person_id,
            "for": act.for_person_id,
            "time": act.time,
            "statement": act.statement,
            "state_digest": act.state_digest,
        }
        for act in session.exec(query.order_by(col(Act.id)))
        if act.kind not in _ASIDE
    ]


def _office(session: Session, invoice: Invoice) -> dict[str, str] | None:
    office = session.get(Office, invoice.office_id) if invoice.office_id else None
    return {"code": office.code, "name": office.name} if office else None
