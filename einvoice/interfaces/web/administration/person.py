"""The page of one person: accounts, links and codes, roles with limits, deputies, open sessions."""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import HTTPException, Request, Response
from sqlmodel import Session, col, or_, select

from einvoice.approval.access import accounts, sessions
from einvoice.approval.proposals import described, pending, propose
from einvoice.errors import EinvoiceError, Refused
from einvoice.interfaces.web.administration.access import (
    Administrator,
    decides,
    looked,
    mandate,
    person,
    persons,
    shown,
    town,
)
from einvoice.interfaces.web.administration.people import (
    PATH,
    mail_of,
    no_account,
    options,
    role_names,
    roles_of,
)
from einvoice.interfaces.web.desk import Desk, desk_of
from einvoice.interfaces.web.forms import Fields, Number, after, day_in, number_in
from einvoice.interfaces.web.guard import pages
from einvoice.interfaces.web.visitor import Visitor
from einvoice.model.lexical import decimal
from einvoice.rulebook.releases import today
from einvoice.store.tables import Account, Credential, Deputy, Office, Person, Proposal, Role, Tenant

router = pages()
FIRST, AGAIN = 24.0, 0.25
"""Hours a link is valid: the first of an account; one by which a password that is there is set anew."""

Form = Mapping[str, str]


@router.get(PATH + "/{number}")
def show(request: Request, who: Administrator, number: Number) -> Response:
    """The page."""
    return _page(request, who, number, look=True)


@router.post(PATH + "/{number}")
def act(request: Request, who: Administrator, number: Number, form: Fields) -> Response:
    """One change; what decides is proposed."""
    desk, path = desk_of(request), f"{PATH}/{number}"
    with desk.store.reading() as session:
        person(session, who.eyes, number)
    does = form.get("act", "")
    try:
        if does == "invite":
            return _invited(request, who, number, form)
        if does == "session":
            _session_ended(desk, who, number, form)
            return after(path)
        if does not in _PROPOSES:
            raise HTTPException(422)
        return after(path, _PROPOSES[does](desk, who, number, form))
    except EinvoiceError as error:
        return _page(request, who, number, 409, problem=error.said(who.lang))


def _invited(request: Request, who: Visitor, number: int, form: Form) -> Response:
    """A link by which the person sets the password of an account; shown once."""
    desk = desk_of(request)
    with desk.store.reading() as session:
        _demand(session, who, number)
        account = _account(session, number, form, accounts.WEB)
        proof = accounts.credential(session, account.id or 0)
    hours = AGAIN if proof and proof.password else FIRST
    secret = accounts.invite(desk.store, who.actor.person_id, account.name, hours)
    base = (desk.settings.url or str(request.base_url)).rstrip("/")
    link = f"{base}/welcome/{secret}"
    return _page(request, who, number, link=link, login=account.name, span=_span(who, hours))


def _span(who: Visitor, hours: float) -> str:
    minutes = round(hours * 60)
    if hours < 1:
        return who.say(f"{minutes} Minuten", f"{minutes} minutes")
    return who.say(f"{hours:g} Stunden", f"{hours:g} hours")


def _session_ended(desk: Desk, who: Visitor, number: int, form: Form) -> None:
    with desk.store.reading() as session:
        mine = {
            one.id for one, person, _ in sessions.running(session, desk.gate.terms) if person.id == number
        }
    wanted = number_in(form.get("session", ""))
    if wanted in mine:
        sessions.revoke(desk.store, who.actor.person_id, wanted)


def _rename(desk: Desk, who: Visitor, number: int, form: Form) -> Proposal:
    new = {"name": " ".join(form.get("name", "").split()), "mail": mail_of(form.get("mail", ""))}
    return _personal(desk, who, number, "person", str(number), new)


def _leave(desk: Desk, who: Visitor, number: int, form: Form) -> Proposal:
    return _personal(desk, who, number, "person", str(number), {"left": True})


def _add_account(desk: Desk, who: Visitor, number: int, form: Form) -> Proposal:
    login = form.get("login", "").lower()
    accounts.demand_login(login)
    with desk.store.reading() as session:
        there = accounts.named(session, accounts.WEB, login)
    if there is not None:
        raise Refused(f"The account {login} is there already.", f"Das Konto {login} gibt es schon.")
    return _personal(desk, who, number, "account", f"{accounts.WEB}:{login}", {"person": number})


def _drop_account(desk: Desk, who: Visitor, number: int, form: Form) -> Proposal:
    return _personal(desk, who, number, "account", _subject(desk, number, form), None)


def _forget_codes(desk: Desk, who: Visitor, number: int, form: Form) -> Proposal:
    return _personal(desk, who, number, "onetime", _subject(desk, number, form), None)


def _give_role(desk: Desk, who: Visitor, number: int, form: Form) -> Proposal:
    stated = {"limit": _limit(form.get("limit", "")), **_days(form, needed=False)}
    office = f"/{form['office']}" if form.get("office") else ""
    subject = f"{number}/{form.get('role', '')}{office}"
    if form.get("role") == "administrator":
        with desk.store.reading() as session:
            if not _accounts(session, number):
                raise no_account()
    new = {key: one for key, one in stated.items() if one}
    return propose(desk.store, who.actor, "role", subject, _town(desk, who, form), new)


def _limit(text: str) -> str | None:
    """A greatest amount as written, with comma or point; None for none. Raises Refused."""
    plain = text.replace(".", "").replace(",", ".") if "," in text else text
    amount = decimal(plain) if plain else None
    if plain and (amount is None or amount < 0):
        raise Refused(f"{text}: an amount, as 5000.00", f"{text}: ein Betrag wie 5000,00")
    return None if amount is None else str(amount)


def _end_role(desk: Desk, who: Visitor, number: int, form: Form) -> Proposal:
    return propose(desk.store, who.actor, "role", _mine(number, form), _town(desk, who, form), None)


def _give_deputy(desk: Desk, who: Visitor, number: int, form: Form) -> Proposal:
    with desk.store.reading() as session:
        other = person(session, who.eyes, number_in(form.get("deputy", "")))
    where = _town(desk, who, form)
    return propose(desk.store, who.actor, "deputy", f"{number}/{other.id}", where, _days(form, needed=True))


def _end_deputy(desk: Desk, who: Visitor, number: int, form: Form) -> Proposal:
    return propose(desk.store, who.actor, "deputy", _mine(number, form), _town(desk, who, form), None)


_PROPOSES: dict[str, Callable[[Desk, Visitor, int, Form], Proposal]] = {
    "rename": _rename,
    "leave": _leave,
    "account": _add_account,
    "no-account": _drop_account,
    "codes": _forget_codes,
    "role": _give_role,
    "no-role": _end_role,
    "deputy": _give_deputy,
    "no-deputy": _end_deputy,
}
"""Act → what proposes it."""


def _personal(
    desk: Desk, who: Visitor, number: int, kind: str, subject: str, new: dict[str, Any] | None
) -> Proposal:
    """Proposes what concerns the person himself, in the name of his town or of the installation."""
    with desk.store.reading() as session:
        _demand(session, who, number)
        where = mandate(session, who.eyes, number)
    return propose(desk.store, who.actor, kind, subject, where, new)


def _demand(session: Session, who: Visitor, number: int) -> None:
    """Raises Refused for a person who is not of one's own towns alone."""
    if not decides(session, who.eyes, number):
        raise Refused(
            "This person has a part elsewhere, or none in your town yet: the operator decides about accounts.",
            "Diese Person hat auch anderswo eine Rolle oder bei Ihnen noch keine: über Konten entscheidet der "
            "Betreiber.",
        )


def _account(session: Session, number: int, form: Form, *kinds: str) -> Account:
    """The account a form names, of this person. Raises 422."""
    found = session.get(Account, number_in(form.get("account", "")))
    if found is None or found.person_id != number or (kinds and found.kind not in kinds):
        raise HTTPException(422)
    return found


def _subject(desk: Desk, number: int, form: Form) -> str:
    with desk.store.reading() as session:
        found = _account(session, number, form)
    return f"{found.kind}:{found.name}"


def _mine(number: int, form: Form) -> str:
    """A subject a form names, about this person. Raises 422."""
    subject = form.get("subject", "")
    if not subject.startswith(f"{number}/"):
        raise HTTPException(422)
    return subject


def _town(desk: Desk, who: Visitor, form: Form) -> str | None:
    """The town a form names; None for the installation. Raises 404 for one that is not one's own."""
    name = form.get("town", "")
    if not name and who.eyes.operator:
        return None
    with desk.store.reading() as session:
        return town(session, who.eyes, name).name


def _days(form: Form, *, needed: bool) -> dict[str, str]:
    """The first and last day a form names. Raises Refused for what is no day, or missing where it is needed."""
    found = {key: form[key] for key in ("since", "until") if form.get(key)}
    for one in found.values():
        day_in(one)
    if needed and len(found) < 2:
        raise Refused("First and last day are needed.", "Erster und letzter Tag werden gebraucht.")
    return found


def _page(
    request: Request, who: Visitor, number: int, status: int = 200, *, look: bool = False, **values: object
) -> Response:
    desk = desk_of(request)
    with desk.store.reading() as session:
        one = person(session, who.eyes, number)
        known = {
            "one": one,
            "accounts": _accounts(session, number),
            "held": session.exec(roles_of(who.eyes).where(Role.person_id == number)).all(),
            "codes": {office.id: office.code for office in session.exec(select(Office))},
            "deputies": _deputies(session, who, number),
            "sessions": [
                row
                for row, person_of, _ in sessions.running(session, desk.gate.terms)
                if person_of.id == number
            ],
            "others": [
                (str(p.id), p.name or f"#{p.id}") for p in persons(session, who.eyes) if p.id != number
            ],
            "decides": decides(session, who.eyes, number),
            "waiting": _waiting(session, who, number),
            **options(session, who),
        }
    if look:
        looked(request, who, f"person/{number}")
    return shown(
        request,
        "person.html",
        status,
        roles=role_names(who),
        day0=today().isoformat(),
        **{"link": "", **known, **values},
    )


def _accounts(session: Session, number: int) -> list[tuple[Account, Credential | None]]:
    query = (
        select(Account, Credential)
        .join(Credential, col(Credential.account_id) == Account.id, isouter=True)
        .where(Account.person_id == number)
        .order_by(col(Account.id))
    )
    return [(account, proof) for account, proof in session.exec(query)]


def _deputies(session: Session, who: Visitor, number: int) -> list[tuple[Deputy, Tenant, str, str]]:
    """Who stands in for this person, and for whom he does, today or later: row, town, absent, deputy."""
    query = (
        select(Deputy, Tenant)
        .join(Tenant, col(Tenant.id) == Deputy.tenant_id)
        .where(or_(Deputy.person_id == number, Deputy.deputy_id == number))
        .where(col(Deputy.until) >= today().isoformat())
    )
    names = {one.id: one.name or f"#{one.id}" for one in session.exec(select(Person))}
    return [
        (row, tenant, names[row.person_id], names[row.deputy_id])
        for row, tenant in session.exec(query.order_by(col(Deputy.since)))
        if who.eyes.governs(tenant.id)
    ]


def _waiting(session: Session, who: Visitor, number: int) -> list[tuple[int | None, str]]:
    """Changes about this person that wait for a second one."""
    kinds = ("role", "deputy", "person", "own", "account", "onetime")
    about = {f"{one.kind}:{one.name}" for one, _ in _accounts(session, number)}
    found = []
    for row in pending(session):
        named = {
            *row.subject.split("/")[: 2 if row.kind == "deputy" else 1],
            str((row.new or {}).get("person", "")),
        }
        if (
            row.kind in kinds
            and who.eyes.governs(row.tenant_id)
            and (str(number) in named or row.subject in about)
        ):
            found.append((row.id, described(session, row)[who.lang != "de"]))
    return found
