"""Founding an installation; its tenants and how they are addressed; its persons, accounts and roles."""

import os
import pwd
import secrets
import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import text
from sqlmodel import Session, col, or_, select

from einvoice.errors import ConfigurationError, Refused, StoreError
from einvoice.store.store import Store
from einvoice.store.tables import (
    Account,
    Address,
    Installation,
    LeitwegPattern,
    Office,
    Person,
    Policy,
    Role,
    Row,
    Tenant,
)
from einvoice.store.work import Work

SERVICE = 1
"""The id of the person `einvoice`: the service that fetches, checks and delivers."""


def found(store: Store, *, demo: bool = False) -> Installation:
    """Makes the one installation of an empty store, with its service person; the one there is, if there is
    one.
    """
    with store.writing(SERVICE) as work:
        store.alone(work.session.connection())
        there = work.session.exec(select(Installation)).one_or_none()
        if there is not None:
            return there
        made = Installation(uuid=str(uuid.uuid4()), archive=str(uuid.uuid4()), created=work.time, demo=demo)
        work.add(made, Person(id=SERVICE, kind="service", name="einvoice", created=work.time, demo=demo))
        work.session.flush()
        if store.postgres:  # it counts only the numbers it gave itself
            work.session.execute(text("SELECT setval(pg_get_serial_sequence('person', 'id'), 1)"))
        work.event("founded", made)
    return made


def installation(session: Session) -> Installation:
    """The installation of a store; raises StoreError if there is none."""
    there = session.exec(select(Installation)).one_or_none()
    if there is None:
        raise StoreError(
            "The store is empty: run `einvoice init`.",
            "Der Speicher ist leer: bitte `einvoice init` ausführen.",
        )
    return there


def add_tenant(
    work: Work,
    name: str,
    title: str,
    patterns: tuple[str, ...] = (),
    mails: tuple[str, ...] = (),
    *,
    demo: bool = False,
) -> Tenant:
    """A new town with its claims on Leitweg-IDs. Raises ConfigurationError if another town has an equal
    claim.
    """
    claimed = {row.pattern: row.tenant_id for row in work.session.exec(select(LeitwegPattern))}
    for pattern in patterns:
        if pattern in claimed:
            other = work.session.get(Tenant, claimed[pattern])
            raise ConfigurationError(
                f"Leitweg-ID {pattern} of {title} is claimed by {other.title if other else 'another town'} already.",
                f"Die Leitweg-ID {pattern} von {title} beansprucht schon "
                f"{other.title if other else 'eine andere Kommune'}.",
            )
    tenant = Tenant(name=name, title=title, created=work.time, demo=demo)
    work.add(tenant)
    work.session.flush()
    assert tenant.id is not None
    work.event("tenant-added", tenant, {"name": name, "title": title})
    rows: list[Row] = [LeitwegPattern(tenant_id=tenant.id, pattern=pattern) for pattern in patterns]
    rows += [Address(tenant_id=tenant.id, kind="mail", value=mail.lower()) for mail in mails]
    if rows:
        work.add(*rows)
        work.session.flush()
        work.event("addresses-changed", rows[0], {"patterns": list(patterns), "mails": list(mails)})
    return tenant


def add_person(work: Work, name: str, accounts: tuple[str, ...] = (), *, demo: bool = False) -> Person:
    """A new person with his accounts of the operating system."""
    person = Person(name=name, salt=secrets.token_hex(8), demo=demo, created=work.time)
    work.add(person)
    work.session.flush()
    assert person.id is not None
    work.add(*(Account(name=account, person_id=person.id) for account in accounts))
    work.event("person-added", person)
    return person


def add_role(work: Work, person: Person, tenant: Tenant | None, role: str) -> Role:
    """A role of a person in a tenant."""
    assert person.id is not None
    row = Role(person_id=person.id, tenant_id=tenant.id if tenant else None, role=role)
    work.add(row)
    work.session.flush()
    work.event("role-given", row)
    return row


def name_office(work: Work, tenant: Tenant, code: str, title: str) -> None:
    """Gives a tenant's office of that code its name; one that is not there is made."""
    there = select(Office).where(Office.tenant_id == tenant.id, Office.code == code)
    row = work.session.exec(there).one_or_none() or Office(tenant_id=tenant.id or 0, code=code, name=title)
    row.name = title
    work.add(row)
    work.session.flush()
    work.event("office-named", row, {"code": code, "name": title})


def tenants(session: Session) -> list[Tenant]:
    """All tenants that are not removed, by name."""
    return list(session.exec(select(Tenant).where(col(Tenant.removed).is_(None)).order_by(col(Tenant.name))))


def tenant(session: Session, name: str) -> Tenant:
    """A tenant by its name or title; raises ConfigurationError with the names there are."""
    there = session.exec(
        select(Tenant).where(or_(col(Tenant.name) == name, col(Tenant.title) == name))
    ).first()
    if there is None:
        names = ", ".join(one.name for one in tenants(session))
        raise ConfigurationError(
            f"There is no town called {name}. Known: {names or 'none'}.",
            f"Eine Kommune {name} gibt es nicht. Bekannt: {names or 'keine'}.",
        )
    return there


def policy(session: Session, tenant_id: int, name: str) -> dict[str, Any]:
    """A tenant's policy in force; empty if there is none."""
    found = policies(session, name, tenant_id).get(tenant_id)
    return dict(found.value or {}) if found else {}


def policies(session: Session, name: str, tenant_id: int | None = None) -> dict[int, Policy]:
    """The policies of a name that are in force, by tenant; of one tenant or of all that are not removed."""
    query = select(Policy).where(Policy.name == name, col(Policy.until).is_(None))
    query = (
        query.where(Policy.tenant_id == tenant_id)
        if tenant_id is not None
        else query.join(Tenant, col(Tenant.id) == Policy.tenant_id).where(col(Tenant.removed).is_(None))
    )
    return {row.tenant_id: row for row in session.exec(query.order_by(col(Policy.since))) if row.tenant_id}


def set_policy(
    work: Work, tenant: Tenant | None, name: str, value: Mapping[str, Any], **payload: Any
) -> Policy:
    """Puts a policy of a tenant (None: of the installation) into force in place of the one there was."""
    owner = tenant.id if tenant else None
    there = select(Policy).where(Policy.name == name, col(Policy.until).is_(None))
    there = there.where(Policy.tenant_id == owner if owner else col(Policy.tenant_id).is_(None))
    for old in work.session.exec(there):
        old.until = work.time
        work.session.add(old)
    row = Policy(tenant_id=owner, name=name, value=dict(value), since=work.time)
    work.add(row)
    work.session.flush()
    work.event("policy-set", row, {"name": name, **payload})
    return row


def os_account() -> str:
    """The account this process runs as. The environment is not asked: anyone can call himself what he likes there."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def person_of(session: Session, account: str | None = None) -> Person:
    """The person of an account of the operating system, by default of the one that runs this process.

    Raises Refused where there is none: an act without a person is no act.
    """
    account = account or os_account()
    query = select(Person).join(Account).where(Account.kind == "os", Account.name == account)
    there = session.exec(query).one_or_none()
    if there is None:
        raise Refused(
            f"The account {account} is no person of this store: run `einvoice user add`.",
            f"Das Konto {account} ist keine Person dieses Speichers: bitte `einvoice user add` ausführen.",
        )
    return there


def demo_person(session: Session, name: str) -> Person:
    """A demo person by name, for `--as`. Raises Refused outside a workplace made by `init --demo`."""
    if not installation(session).demo:
        raise Refused(
            "--as works only in a workplace made by `einvoice init --demo`.",
            "--as gilt nur an einem Arbeitsplatz aus `einvoice init --demo`.",
        )
    there = session.exec(select(Person).where(Person.name == name, col(Person.demo).is_(True))).first()
    if there is None:
        raise Refused(f"There is no demo person called {name}.", f"Eine Demo-Person {name} gibt es nicht.")
    return there


def demo_persons(session: Session) -> list[tuple[str, list[str]]]:
    """The demo persons with their roles, for the sign-in of a demo; nobody anywhere else."""
    if not installation(session).demo:
        return []
    query = (
        select(Person.name, Role.role).join(Role).where(col(Person.demo).is_(True), Person.kind == "person")
    )
    found: dict[str, list[str]] = {}
    for name, role in session.exec(query.order_by(col(Person.id), col(Role.id))):
        known = found.setdefault(name or "", [])
        if role not in known:
            known.append(role)
    return list(found.items())
