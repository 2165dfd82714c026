"""The page of persons: who is there, with accounts and roles; taking up a new one."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from fastapi import Request, Response
from sqlmodel import Session, col, or_, select

from einvoice.approval.access import accounts
from einvoice.approval.changes_people import ROLES
from einvoice.approval.newcomers import take_up
from einvoice.approval.proposals import propose
from einvoice.approval.sight import Sight
from einvoice.errors import EinvoiceError, Refused
from einvoice.formats.mail import address
from einvoice.interfaces.web.administration.access import Administrator, looked, persons, shown, town, towns
from einvoice.interfaces.web.desk import desk_of
from einvoice.interfaces.web.forms import Fields, after
from einvoice.interfaces.web.guard import pages
from einvoice.interfaces.web.visitor import Visitor
from einvoice.interfaces.web.words import Words
from einvoice.rulebook.releases import today
from einvoice.store.tables import Account, Person, Role, Tenant

router = pages()
PATH = "/administration/persons"


@dataclass(slots=True)
class Entry:
    """A person with the names of his accounts in the browser and his roles that hold or will hold."""

    person: Person
    accounts: list[str] = field(default_factory=list)
    roles: list[tuple[Role, Tenant | None]] = field(default_factory=list)


@router.get(PATH)
def listed(request: Request, who: Administrator, q: str = "") -> Response:
    """The list."""
    looked(request, who, "persons")
    return _page(request, who, q[:100])


@router.post(PATH)
def add(request: Request, who: Administrator, form: Fields) -> Response:
    """Takes up a person, and proposes his first role."""
    desk, row = desk_of(request), None
    try:
        mail = mail_of(form.get("mail", ""))
        role, where = form.get("role", ""), form.get("town", "")
        with desk.store.reading() as session:
            named = town(session, who.eyes, where).name if where else None
        if role and role not in ROLES:
            raise Refused(f"{role}: {', '.join(ROLES)}")
        if not who.eyes.operator and not (role and named):
            raise Refused(
                "Say the role and the town, too: otherwise nobody there would see this person.",
                "Bitte auch Rolle und Kommune angeben: sonst sähe dort niemand diese Person.",
            )
        login = form.get("login", "").lower() if who.eyes.operator else ""
        if login:
            accounts.demand_login(login)
        if role == "administrator" and who.eyes.operator and not login:
            raise no_account()
        made = take_up(desk.store, who.actor, form.get("name", ""), mail)
        if login:  # before the role: from then on this person has to agree, and could not come in
            account = {"person": made.id}
            row = propose(desk.store, who.actor, "account", f"{accounts.WEB}:{login}", None, account)
        row = propose(desk.store, who.actor, "role", f"{made.id}/{role}", named, {}) if role else row
    except EinvoiceError as error:
        return _page(request, who, "", 409, problem=error.said(who.lang), given=form)
    return after(f"{PATH}/{made.id}", row)


def no_account() -> Refused:
    """An administrator has to come in, to be the second person: without an account nobody could agree any more."""
    return Refused(
        "An administrator needs an account first: else nobody could agree to one.",
        "Wer verwaltet, braucht zuerst ein Konto: sonst könnte niemand mehr einem zustimmen.",
    )


def mail_of(given: str) -> str | None:
    """A mail address, or none. Raises Refused for what is neither."""
    found = address(given) if given else None
    if given and found is None:
        raise Refused(f"{given} is no mail address.", f"{given} ist keine Mailadresse.")
    return found


def entries(session: Session, eyes: Sight, found: Sequence[Person]) -> list[Entry]:
    """Persons with their accounts and roles; of a town's administrator only the roles in his towns."""
    numbers = [one.id for one in found]
    known: dict[int | None, Entry] = {one.id: Entry(one) for one in found}
    query = select(Account).where(col(Account.person_id).in_(numbers), Account.kind != "os")
    for account in session.exec(query.order_by(col(Account.id))):
        known[account.person_id].accounts.append(account.name)
    for role, tenant in session.exec(roles_of(eyes).where(col(Role.person_id).in_(numbers))):
        known[role.person_id].roles.append((role, tenant))
    return list(known.values())


def roles_of(eyes: Sight):  # type: ignore[no-untyped-def]
    """The query of the roles that hold or will hold, with their towns, as somebody may see them."""
    query = (
        select(Role, Tenant)
        .join(Tenant, col(Tenant.id) == Role.tenant_id, isouter=True)
        .where(or_(col(Role.until).is_(None), col(Role.until) >= today().isoformat()))
        .order_by(col(Tenant.title), col(Role.id))
    )
    return query if eyes.operator else query.where(col(Role.tenant_id).in_(eyes.administers))


def role_names(who: Visitor) -> list[tuple[str, str]]:
    """The roles there are, with what they are called."""
    words = Words(who.lang)
    return [(one, words(f"role.{one}")) for one in ROLES]


def options(session: Session, who: Visitor) -> dict[str, list[tuple[str, str]]]:
    """What forms about persons let one choose: towns; offices of these towns."""
    mine = [(one.name, one.title) for one in towns(session, who.eyes)]
    if who.eyes.operator:
        mine.insert(0, ("", who.say("Installation (Betreiber)", "Installation (operator)")))
    return {"towns": mine}


def _page(request: Request, who: Visitor, q: str, status: int = 200, **values: object) -> Response:
    with desk_of(request).store.reading() as session:
        words = q.casefold().split()
        found = [
            one
            for one in persons(session, who.eyes)
            if all(word in (one.name or "").casefold() for word in words)
        ]
        rows = entries(session, who.eyes, found[:200])
        values = {"given": defaultdict[str, str](str), **options(session, who), **values}
    return shown(
        request,
        "persons.html",
        status,
        rows=rows,
        q=q,
        more=len(found) > 200,
        roles=role_names(who),
        **values,
    )
