"""Changes of who is there and what he may: accounts, mail, roles with limits, deputies, leaving.

Nothing is deleted: a role that is replaced or taken away ends with yesterday, so that what was done under it stays
explained.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, select

from einvoice.approval.access import accounts
from einvoice.approval.kind import Change, Kind, Value
from einvoice.approval.own import KINDS
from einvoice.approval.persons import alike, ours
from einvoice.errors import Refused, UsageError
from einvoice.model.lexical import decimal
from einvoice.rulebook.releases import today
from einvoice.store.tables import Account, Deputy, Interest, Office, Person, Role
from einvoice.store.times import in_berlin
from einvoice.store.work import Work

ROLES = ("clerk", "confirmer", "authoriser", "cash", "audit", "administrator")


def _person(session: Session, number: str) -> Person:
    row = session.get(Person, int(number)) if number.isdigit() else None
    if row is None or row.kind != "person":
        raise Refused(f"There is no person {number}.", f"Die Person {number} gibt es nicht.")
    return row


def _yesterday(work: Work) -> str:
    return (in_berlin(work.time).date() - timedelta(days=1)).isoformat()


def _named(session: Session, tenant: int | None, subject: str) -> tuple[str, str]:
    """Persons by name; the rest of the subject as it is."""
    head, *rest = subject.split("/")
    row = session.get(Person, int(head)) if head.isdigit() else None
    name = " / ".join([row.name or f"#{head}" if row else head, *rest])
    return name, name


# role: subject PERSON/ROLE or PERSON/ROLE/OFFICE; new: limit, since, until (each may be left out), None: no more


def _roles(session: Session, tenant: int | None, subject: str) -> list[Role]:
    number, role, *office = subject.split("/", 2)
    query = select(Role).where(Role.person_id == int(number), Role.role == role)
    query = query.where(
        Role.tenant_id == tenant if tenant else col(Role.tenant_id).is_(None),
        Role.office_id == _office(session, tenant, office[0]) if office else col(Role.office_id).is_(None),
    )
    return [one for one in session.exec(query) if (one.until or "9999") >= today().isoformat()]


def _office(session: Session, tenant: int | None, code: str) -> int:
    row = session.exec(select(Office.id).where(Office.tenant_id == tenant, Office.code == code)).first()
    if row is None:
        raise Refused(f"There is no office {code} in this town.", f"Ein Amt {code} gibt es dort nicht.")
    return row


def _role_now(session: Session, tenant: int | None, subject: str, new: Value) -> Value:
    rows = _roles(session, tenant, subject)
    if not rows:
        return None
    said: dict[str, Any] = {
        "limit": None if rows[-1].limit is None else str(rows[-1].limit),
        "since": rows[-1].since,
        "until": rows[-1].until,
    }
    return {key: value for key, value in said.items() if value is not None}


def _role_check(session: Session, tenant: int | None, subject: str, new: Value) -> None:
    number, role, *_ = subject.split("/", 2)
    _person(session, number)
    if role not in ROLES:
        raise UsageError(f"{role}: {', '.join(ROLES)}")
    if tenant is None and role != "administrator":
        raise UsageError(
            "Every role but administrator is one in a town.",
            "Jede Rolle außer administrator gilt in einer Kommune.",
        )
    _roles(session, tenant, subject)
    if new and new.get("limit") is not None and decimal(str(new["limit"])) is None:
        raise UsageError(f"limit {new['limit']}: 5000.00")


def _role_apply(work: Work, change: Change) -> None:
    for row in _roles(work.session, change.tenant_id, change.subject):
        row.until = _yesterday(work)
        work.session.add(row)
        work.event("role-ended", row)
    if change.new is None:
        return
    number, role, *office = change.subject.split("/", 2)
    limit = change.new.get("limit")
    made = Role(
        person_id=int(number),
        tenant_id=change.tenant_id,
        role=role,
        office_id=_office(work.session, change.tenant_id, office[0]) if office else None,
        limit=None if limit is None else Decimal(limit),
        since=change.new.get("since"),
        until=change.new.get("until"),
    )
    work.add(made)
    work.session.flush()
    work.event("role-given", made)


# account: subject os:NAME; new: person (his number), None: the account acts for nobody any more


def _account(session: Session, subject: str) -> Account | None:
    kind, _, name = subject.partition(":")
    return session.exec(select(Account).where(Account.kind == kind, Account.name == name)).one_or_none()


def _account_now(session: Session, tenant: int | None, subject: str, new: Value) -> Value:
    row = _account(session, subject)
    return {"person": row.person_id} if row else None


def _account_check(session: Session, tenant: int | None, subject: str, new: Value) -> None:
    there = _account(session, subject)
    if there is not None:
        ours(session, tenant, there.person_id)
    if new is not None:
        ours(session, tenant, _person(session, str(new.get("person"))).id or 0)


def _account_apply(work: Work, change: Change) -> None:
    row = _account(work.session, change.subject)
    if change.new is None:
        if row is not None:
            accounts.cleared(work, row)
            work.session.delete(row)
            work.event("account-removed", row)
        return
    if row is not None and row.person_id != int(change.new["person"]):
        accounts.cleared(work, row)
    if row is None:
        kind, _, name = change.subject.partition(":")
        row = Account(kind=kind, name=name, person_id=0)
    row.person_id = int(change.new["person"])
    work.add(row)
    work.session.flush()
    work.event("account-given", row)


def _account_named(session: Session, tenant: int | None, subject: str) -> tuple[str, str]:
    name = subject.partition(":")[2]
    return name, name


# person: subject PERSON; new: name, mail, left (true: no longer here; roles end)


def _person_now(session: Session, tenant: int | None, subject: str, new: Value) -> Value:
    row = _person(session, subject)
    said = {"name": row.name, "mail": row.mail, "left": True if row.left else None}
    return {key: said[key] for key in new or {} if key in said}


def _person_check(session: Session, tenant: int | None, subject: str, new: Value) -> None:
    ours(session, tenant, _person(session, subject).id or 0)
    if not new or set(new) - {"name", "mail", "left"} or not str(new.get("name", "x")).strip():
        raise UsageError("person: name, mail, left")


def _person_apply(work: Work, change: Change) -> None:
    row, new = _person(work.session, change.subject), change.new or {}
    if "mail" in new:
        row.mail = new["mail"]
    row.name = new.get("name", row.name)
    if new.get("left"):
        row.left = work.time
        for role in work.session.exec(select(Role).where(Role.person_id == row.id)):
            if (role.until or "9999") > _yesterday(work):
                role.until = _yesterday(work)
                work.session.add(role)
                work.event("role-ended", role)
    work.session.add(row)
    work.event("person-changed", row)


# deputy: subject ABSENT/DEPUTY; new: since, until (both days), None: no more


def _deputies(session: Session, tenant: int | None, subject: str) -> list[Deputy]:
    absent, _, deputy = subject.partition("/")
    query = select(Deputy).where(
        Deputy.tenant_id == tenant, Deputy.person_id == int(absent), Deputy.deputy_id == int(deputy)
    )
    return [one for one in session.exec(query) if one.until >= today().isoformat()]


def _deputy_now(session: Session, tenant: int | None, subject: str, new: Value) -> Value:
    rows = _deputies(session, tenant, subject)
    return {"since": rows[-1].since, "until": rows[-1].until} if rows else None


def _deputy_check(session: Session, tenant: int | None, subject: str, new: Value) -> None:
    absent, _, deputy = subject.partition("/")
    one, other = _person(session, absent), _person(session, deputy)
    if alike(session, one.id or 0, other.id or 0):
        raise Refused("Nobody is his own deputy.", "Niemand vertritt sich selbst.", "own-deputy")
    if tenant is None:
        raise UsageError("A deputy stands in in a town.", "Eine Vertretung gilt in einer Kommune.")
    if new is not None and not (new.get("since") and new.get("until") and new["since"] <= new["until"]):
        raise UsageError(
            "A deputy stands in from a day until a day.",
            "Eine Vertretung gilt von einem Tag bis zu einem Tag.",
        )


def _deputy_apply(work: Work, change: Change) -> None:
    for row in _deputies(work.session, change.tenant_id, change.subject):
        row.until = _yesterday(work)
        work.session.add(row)
        work.event("deputy-ended", row)
    if change.new is None:
        return
    absent, _, deputy = change.subject.partition("/")
    made = Deputy(
        tenant_id=change.tenant_id or 0,
        person_id=int(absent),
        deputy_id=int(deputy),
        since=change.new["since"],
        until=change.new["until"],
    )
    work.add(made)
    work.session.flush()
    work.event("deputy-given", made)


def _deputy_named(session: Session, tenant: int | None, subject: str) -> tuple[str, str]:
    names = [_named(session, tenant, one)[0] for one in subject.split("/")]
    return f"{names[1]} für {names[0]}", f"{names[1]} for {names[0]}"


ROLE = Kind("Rolle", "role", _role_now, _role_apply, _role_check, _named)
ACCOUNT = Kind("Konto", "account", _account_now, _account_apply, _account_check, _account_named)
PERSON = Kind("Person", "person", _person_now, _person_apply, _person_check, _named, personal=True)
DEPUTY = Kind("Vertretung", "deputy", _deputy_now, _deputy_apply, _deputy_check, _deputy_named)


# own: subject PERSON; new: vat, iban, mail, name (lists): what is his own, wholly


def _own_now(session: Session, tenant: int | None, subject: str, new: Value) -> Value:
    query = select(Interest).where(Interest.person_id == int(subject), col(Interest.until).is_(None))
    rows = list(session.exec(query))
    found = {kind: sorted(row.value for row in rows if row.kind == kind) for kind in KINDS}
    return {kind: values for kind, values in found.items() if values}


def _own_check(session: Session, tenant: int | None, subject: str, new: Value) -> None:
    _person(session, subject)
    if new is None or set(new) - set(KINDS):
        raise UsageError(f"own: {', '.join(KINDS)}")


def _own_apply(work: Work, change: Change) -> None:
    query = select(Interest).where(Interest.person_id == int(change.subject), col(Interest.until).is_(None))
    for row in work.session.exec(query):
        row.until = work.time
        work.session.add(row)
        work.event("interest-ended", row)
    for kind, values in (change.new or {}).items():
        for value in values:
            made = Interest(person_id=int(change.subject), kind=kind, value=value, since=work.time)
            work.add(made)
            work.session.flush()
            work.event("interest-declared", made)


OWN = Kind("Eigenes von", "own matters of", _own_now, _own_apply, _own_check, _named, personal=True)
