"""Who may come here, and what of it he sees."""

from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request, Response
from sqlmodel import Session, col, select

from einvoice.approval import looks
from einvoice.approval.persons import wholly
from einvoice.approval.sight import Sight
from einvoice.interfaces.web.desk import desk_of
from einvoice.interfaces.web.forms import outcome
from einvoice.interfaces.web.rendering import page
from einvoice.interfaces.web.visitor import Person, Visitor
from einvoice.store import people
from einvoice.store.tables import Deputy, Proposal, Role, Tenant
from einvoice.store.tables import Person as Somebody


def administrator(who: Person) -> Visitor:
    """Who administers the installation or a town. Raises 404 for everybody else."""
    if not who.administers:
        raise HTTPException(404)
    return who


def operator(who: Person) -> Visitor:
    """Who administers the installation. Raises 404 for everybody else."""
    if not who.eyes.operator:
        raise HTTPException(404)
    return who


Administrator = Annotated[Visitor, Depends(administrator)]
Operator = Annotated[Visitor, Depends(operator)]


def towns(session: Session, eyes: Sight) -> list[Tenant]:
    """The towns somebody administers, by title."""
    found = [one for one in people.tenants(session) if eyes.governs(one.id)]
    return sorted(found, key=lambda one: one.title)


def town(session: Session, eyes: Sight, name: str) -> Tenant:
    """One of them by its name. Raises 404 for any other, whether it is there or not."""
    found = next((one for one in towns(session, eyes) if one.name == name), None)
    if found is None:
        raise HTTPException(404)
    return found


def persons(session: Session, eyes: Sight) -> list[Somebody]:
    """The persons somebody administers, who have not left: all, or those with a part in his towns, now, before, or
    proposed."""
    query = select(Somebody).where(Somebody.kind == "person", col(Somebody.left).is_(None))
    if not eyes.operator:
        query = query.where(col(Somebody.id).in_(_of_towns(session, eyes.administers)))
    return list(session.exec(query.order_by(col(Somebody.name), col(Somebody.id))))


def _of_towns(session: Session, numbers: frozenset[int]) -> set[int]:
    held = session.exec(select(Role.person_id).where(col(Role.tenant_id).in_(numbers))).all()
    deputies = session.exec(
        select(Deputy.person_id, Deputy.deputy_id).where(col(Deputy.tenant_id).in_(numbers))
    ).all()
    proposed = session.exec(
        select(Proposal.subject).where(
            Proposal.state == "open", Proposal.kind == "role", col(Proposal.tenant_id).in_(numbers)
        )
    ).all()
    return {
        *held,
        *(one for pair in deputies for one in pair),
        *(int(one.partition("/")[0]) for one in proposed),
    }


def person(session: Session, eyes: Sight, number: int) -> Somebody:
    """One of them. Raises 404 for any other."""
    found = session.get(Somebody, number)
    if found is None or found.kind != "person" or found.left is not None:
        raise HTTPException(404)
    if not eyes.operator and number not in _of_towns(session, eyes.administers):
        raise HTTPException(404)
    return found


def mandate(session: Session, eyes: Sight, number: int) -> str | None:
    """In whose name somebody decides about a person's account: the town the person belongs to alone, if he
    administers it; None for the installation."""
    if eyes.operator:
        return None
    mine = (one.name for one in towns(session, eyes) if wholly(session, number, one.id or 0))
    return next(mine, None)


def decides(session: Session, eyes: Sight, number: int) -> bool:
    """Whether somebody decides about a person's account."""
    return eyes.operator or mandate(session, eyes, number) is not None


def looked(request: Request, who: Visitor, page: str, tenant: int | None = None) -> None:
    """Writes down the look."""
    looks.at_administration(desk_of(request).store, who.actor.person_id, page, *([tenant] if tenant else []))


def shown(request: Request, template: str, status: int = 200, **values: Any) -> Response:
    """A page of administration, with what became of the change before it."""
    said = {**outcome(request), "problem": "", **values}
    return page(request, f"administration/{template}", status, **said)
