"""One invoice with all that its pages need: where it stands, what is missing, who could be asked, what was done."""

from dataclasses import dataclass
from typing import Any

from fastapi import HTTPException
from sqlmodel import Session, col, select

from einvoice.approval import acts, postings
from einvoice.approval.assigning import questions
from einvoice.approval.bank import proposed
from einvoice.approval.creditors import Payee, payee
from einvoice.approval.hints import hints
from einvoice.approval.listing import one, relatives
from einvoice.approval.obstacle import Obstacle
from einvoice.approval.obstacles import obstacles
from einvoice.approval.progress import Progress, progress
from einvoice.approval.signing import shown
from einvoice.interfaces.web.desk import Desk
from einvoice.interfaces.web.visitor import Visitor
from einvoice.store.tables import (
    Act,
    Deduction,
    Invoice,
    Office,
    Person,
    Posting,
    Proposal,
    Report,
    Role,
    Tenant,
)


@dataclass(frozen=True, slots=True)
class Case:
    """One invoice as a page shows it. version: what it looks like (`signing.shown`); missing: what stands in the way
    of its next step; account: how it stands with the account to be paid to, and who has vouched for it so far.
    """

    invoice: Invoice
    town: Tenant | None
    report: dict[str, Any] | None
    history: list[tuple[Act, str]]
    postings: list[Posting]
    deductions: list[Deduction]
    relatives: list[Invoice]
    run: Progress | None
    version: str
    missing: list[Obstacle]
    hints: list[Obstacle]
    account: Payee | None
    vouched: Proposal | None

    @property
    def tenant(self) -> int:
        """The number of its town, 0 for none."""
        return self.invoice.tenant_id or 0

    def asked(self, person: int) -> list[Act]:
        """The open questions to a person."""
        open_ = questions([act for act, _ in self.history])
        return [act for act in open_ if (act.content or {}).get("to") == person]

    def since(self, version: str) -> list[tuple[Act, str]]:
        """What was done since it looked as a page noted it, first to last."""
        last, _, _ = version.partition("_")
        number = int(last) if last.isascii() and last.isdigit() and len(last) < 18 else 0
        return [(act, name) for act, name in self.history if (act.id or 0) > number]


def found(desk: Desk, who: Visitor, number: int) -> Case:
    """The case, if it is one this person may see. Raises 404 for every other, whether it is there or not."""
    past = acts.history(desk.store, number)
    with desk.store.reading() as session:
        known = one(session, who.eyes, number)
        if known is None:
            raise HTTPException(404)
        return _case(session, who, *known, past)


def _case(
    session: Session, who: Visitor, invoice: Invoice, town: Tenant | None, past: list[tuple[Act, str]]
) -> Case:
    number = invoice.id or 0
    run = progress(session, invoice) if town else None
    account = payee(session, invoice) if town else None
    report = session.exec(
        select(Report).where(Report.invoice_id == number).order_by(col(Report.id).desc()).limit(1)
    ).first()
    return Case(
        invoice=invoice,
        town=town,
        report=(report.content or {}).get("report") if report else None,
        history=past,
        postings=postings.rows(session, number),
        deductions=postings.deductions(session, number),
        relatives=relatives(session, who.eyes, invoice),
        run=run,
        version=shown(session, [invoice])[number],
        missing=obstacles(session, invoice, run.next.step.act) if run and run.next else [],
        hints=hints(session, invoice) if town else [],
        account=account,
        vouched=proposed(session, account.account) if account and account.account else None,
    )


def offices(session: Session, case: Case) -> list[tuple[str, str]]:
    """Code and name of the offices of the town."""
    rows = session.exec(select(Office).where(Office.tenant_id == case.tenant).order_by(col(Office.code)))
    return [(one.code, f"{one.code} {one.name}") for one in rows]


def colleagues(session: Session, case: Case, person: int) -> list[tuple[int, str]]:
    """Number and name of the others who have a role in the town."""
    query = select(Person.id, Person.name).join(Role, col(Role.person_id) == Person.id)
    query = query.where(
        Role.tenant_id == case.tenant,
        Person.kind == "person",
        col(Person.left).is_(None),
        Person.id != person,
    )
    return [
        (number or 0, name or f"#{number}")
        for number, name in session.exec(query.distinct().order_by(col(Person.name)))
    ]
