"""Who acts for the cash office of a town: who has the role cash today, or stands in for somebody who has.

Whoever authorised an invoice, himself or by a deputy, neither puts it into a batch nor closes that batch (KomHVO NRW
§31 (3)): the role cash excludes authorising, but a deputy may be an authoriser on other days.
"""

from collections.abc import Iterable
from datetime import date

from sqlmodel import Session, and_, col, select

from einvoice.approval.persons import alike, roles
from einvoice.approval.rights import Capacity, absent
from einvoice.errors import Refused
from einvoice.store.asked import asked
from einvoice.store.tables import Act, Invoice, Person, Tenant


def capacity_for_cash(session: Session, person: int, tenant: int, day: date) -> Capacity | None:
    """As what a person acts for the cash office of a town on a day: by his own role, or for somebody absent; None: he
    does not.
    """
    row = session.get(Person, person)
    if row is None or row.kind != "person" or row.left is not None:
        return None
    for one in (Capacity(person), *absent(session, person, tenant, day)):
        if "cash" in roles(session, one.for_person or one.person_id, tenant, day):
            return one
    return None


def needs_cash(session: Session, person: int, name: str, owner: Tenant, day: date) -> Capacity:
    """As what a person acts for the cash office. Raises Refused unless he may."""
    found = capacity_for_cash(session, person, owner.id or 0, day)
    if found is None:
        raise Refused(
            f"{name} has not the role cash in {owner.title}.",
            f"{name} hat in {owner.title} die Rolle „cash“ (Kasse) nicht.",
            "role",
        )
    return found


def said_of(who: Capacity | None) -> dict[str, int]:
    """What an event says of a deputy: for whom he acted; nothing of anybody else."""
    return {"for": who.for_person} if who is not None and who.for_person is not None else {}


def demand_others(session: Session, who: Capacity, invoices: Iterable[Invoice]) -> None:
    """Raises Refused, naming an invoice, where one of these persons authorised it, or had it
    authorised for him; in the round it is in.
    """
    source, these = asked(session, {"invoice": int, "round": int}, [(one.id, one.round) for one in invoices])
    same = and_(col(Act.invoice_id) == these["invoice"], col(Act.round) == these["round"])
    query = (
        select(Act.invoice_id, Act.person_id, Act.for_person_id)
        .join_from(source, Act, same)
        .where(Act.step == "authorise", col(Act.undone).is_(None))
    )
    by: dict[int, int] = {}
    for invoice, person, other in session.exec(query):
        by |= {one: invoice for one in (person, other) if one is not None}
    for person, invoice in by.items():
        if any(alike(session, mine, person) for mine in who.persons):
            raise Refused(
                f"Invoice {invoice}: whoever authorised it does not pay it.",
                f"Rechnung {invoice}: Wer sie angeordnet hat, zahlt sie nicht aus.",
                "four-eyes",
            )
