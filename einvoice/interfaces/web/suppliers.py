"""The page of suppliers' bank accounts: which are confirmed, and by whom; proposed to be, or blocked at once; and of
two suppliers who are one."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import HTTPException, Request, Response
from sqlmodel import Session, col, select

from einvoice.approval import bank, looks
from einvoice.approval.creditors import status_of
from einvoice.approval.persons import holders
from einvoice.approval.proposals import propose
from einvoice.errors import EinvoiceError
from einvoice.interfaces.web.desk import desk_of
from einvoice.interfaces.web.forms import Fields, after, number_in, outcome
from einvoice.interfaces.web.guard import TooMany, pages
from einvoice.interfaces.web.limits import SEARCH
from einvoice.interfaces.web.rendering import page
from einvoice.interfaces.web.visitor import Person, Visitor
from einvoice.model.accounts import grouped
from einvoice.rulebook.releases import today
from einvoice.store.tables import Creditor, CreditorAccount, Proposal, Tenant
from einvoice.store.tables import Person as Somebody

router = pages()
PATH = "/suppliers"
_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Line:
    """An account of a supplier: who confirmed it, the open proposal to do so, what this person may do."""

    account: CreditorAccount
    supplier: Creditor
    town: Tenant
    status: str
    confirmed_by: Sequence[str]
    proposed: Proposal | None
    may: frozenset[str]

    @property
    def iban(self) -> str:
        """In groups of four."""
        return grouped(self.account.iban)


@router.get(PATH)
def listed(request: Request, who: Person, show: str = "open", q: str = "") -> Response:
    """Those that wait for confirmation, or all; by name or IBAN."""
    desk = desk_of(request)
    if q and (seconds := desk.limits.over("search", f"person/{who.actor.person_id}", SEARCH)):
        raise TooMany(seconds)
    if who.eyes.tenants:
        looks.at_administration(desk.store, who.actor.person_id, "suppliers", *sorted(who.eyes.tenants))
    return _page(request, who, show, q[:100])


@router.post(PATH)
def act(request: Request, who: Person, form: Fields) -> Response:
    """Proposes to confirm an account, or that its supplier is another one; or blocks an account."""
    desk = desk_of(request)
    with desk.store.reading() as session:
        found = session.get(CreditorAccount, number_in(form.get("account", "")))
        town = session.get(Tenant, found.tenant_id) if found else None
    if found is None or town is None or town.id not in who.eyes.tenants:
        raise HTTPException(404)
    row = None
    try:
        if form.get("act") == "withdraw":
            bank.withdraw(desk.store, who.actor, found.id or 0, form.get("source", ""))
        elif form.get("act") == "merge":
            into = {"into": number_in(form.get("into", ""))}
            row = propose(desk.store, who.actor, "creditor-merge", str(found.creditor_id), town.name, into)
        else:
            subject, new = f"{found.creditor_id}/{found.iban}", {"source": form.get("source", "")}
            row = propose(desk.store, who.actor, "creditor-account", subject, town.name, new)
    except EinvoiceError as error:
        return _page(request, who, form.get("show", "open"), "", 409, error.said(who.lang))
    return after(PATH, row)


def _page(
    request: Request, who: Visitor, show: str, q: str, status: int = 200, problem: str = ""
) -> Response:
    with desk_of(request).store.reading() as session:
        rows = _found(session, who, show, q)
    return page(
        request, "suppliers.html", status, rows=rows[:_SHOWN], more=len(rows) > _SHOWN, everything=show == "all", q=q,
        problem=problem, others=lambda line: _others(rows[:_SHOWN], line), **outcome(request),
    )  # fmt: skip


def _others(rows: Sequence[Line], line: Line) -> list[tuple[int, str]]:
    """The other suppliers of the same town that the page shows: number and name, each once."""
    found = {one.supplier.id or 0: one.supplier for one in rows if one.town.id == line.town.id}
    found.pop(line.supplier.id or 0)
    return [(number, f"{one.name} ({one.number or f'#{number}'})") for number, one in found.items()]


def _found(session: Session, who: Visitor, show: str, q: str) -> list[Line]:
    query = (
        select(CreditorAccount, Creditor, Tenant)
        .join(Creditor, col(Creditor.id) == CreditorAccount.creditor_id)
        .join(Tenant, col(Tenant.id) == CreditorAccount.tenant_id)
        .where(col(CreditorAccount.tenant_id).in_(who.eyes.tenants), col(Creditor.until).is_(None))
        .order_by(col(CreditorAccount.id).desc())
    )
    if show != "all":
        query = query.where(col(CreditorAccount.confirmed_by).is_(None), col(CreditorAccount.until).is_(None))
    for word in q.split()[:5]:
        named = col(Creditor.name).icontains(word, autoescape=True)
        query = query.where(named | col(CreditorAccount.iban).icontains(word, autoescape=True))
    found = session.exec(query.limit(_SHOWN + 1)).all()
    may = {town: _may(session, who, town) for town in {one.tenant_id for one, *_ in found}}
    return [
        Line(
            one,
            creditor,
            town,
            status_of(one),
            _by(session, one),
            bank.proposed(session, one),
            may[one.tenant_id],
        )
        for one, creditor, town in found
    ]


def _may(session: Session, who: Visitor, town: int) -> frozenset[str]:
    """What this person may do with the accounts of a town: `propose`, `withdraw`."""
    does = {"propose": bank.PROPOSERS, "withdraw": bank.STOPPERS}
    me = who.actor.person_id
    return frozenset(
        one for one, roles in does.items() if me in holders(session, roles, town, today(), everywhere=False)
    )


def _by(session: Session, row: CreditorAccount) -> list[str]:
    found = (session.get(Somebody, one) for one in bank.confirmers(session, row))
    return [(one.name or f"#{one.id}") for one in found if one]
