"""Who may do a step on an invoice, for himself or as a deputy; and the rules that no chain can switch off:

* nobody authorises what he confirmed, in any capacity: not as a deputy, not for whom a deputy confirmed, not by a
  second entry of the same person; nor does the audit office put its visa on what it did itself;
* nobody acts on an invoice of his own (§ 31 GO NRW: own.py);
* who has the role cash does not authorise; services do nothing; who left does nothing;
* no act above the limit of the role, as it is at that moment.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlmodel import Session, col, select

from einvoice.approval.chain import Chain, Step
from einvoice.approval.own import WORDS, own
from einvoice.approval.persons import alike, held_by, known
from einvoice.errors import Refused
from einvoice.store.once import once
from einvoice.store.tables import Act, Deputy, Invoice, Office, Role


@dataclass(frozen=True, slots=True)
class Capacity:
    """As what a person does a step: by his own role, or for somebody absent."""

    person_id: int
    for_person: int | None = None

    @property
    def persons(self) -> tuple[int, ...]:
        """All persons this act is one of."""
        return (self.person_id,) if self.for_person is None else (self.person_id, self.for_person)


def amount_of(invoice: Invoice) -> Decimal | None:
    """The sum that limits are compared with (EUR): the greater of what is to be paid and what is approved.

    None: not known, or in another currency: then it is above every limit.
    """
    if invoice.currency != "EUR" or invoice.payable is None:
        return None
    approved = invoice.approved if invoice.approved is not None else invoice.gross
    return max(abs(invoice.payable), abs(approved or Decimal()))


def capacity(
    session: Session, person: int, invoice: Invoice, step: Step, chain: Chain, done: Iterable[Act], day: date
) -> Capacity:
    """As what a person may do a step now. done: the acts of this round. Raises Refused: which rule forbids it."""
    _is_somebody(session, person)
    acts, refusals = list(done), list[Refused]()
    for one in (Capacity(person), *absent(session, person, invoice.tenant_id, day)):
        try:
            _holds(session, one, invoice, step, day)
            _four_eyes(session, one, invoice, step, chain, acts)
            not_his_own(session, one, invoice)
        except Refused as error:
            refusals.append(error)
            continue
        return one
    raise max(refusals, key=lambda error: _GRAVITY.index(error.code or "role"))


_GRAVITY = ("role", "office", "limit", "cash", "own-invoice", "four-eyes")
"""Which refusal is told where several capacities are refused: the last of these."""


def _is_somebody(session: Session, person: int) -> None:
    row = known(session, person)
    if row is None or row.kind != "person" or row.left is not None:
        raise Refused(
            "A service, or a person who left, does not act on invoices.",
            "Ein Dienst oder eine ausgeschiedene Person handelt nicht an Rechnungen.",
            "service",
        )


def absent(session: Session, person: int, tenant: int | None, day: date) -> Iterator[Capacity]:
    """For whom a person stands in in a town on a day: for those persons only, never for those they stand in for."""
    query = select(Deputy).where(
        Deputy.tenant_id == tenant,
        Deputy.deputy_id == person,
        col(Deputy.since) <= day.isoformat(),
        col(Deputy.until) >= day.isoformat(),
    )
    asked = ("deputies", person, tenant, day)
    for row in once(session, asked, lambda: list(session.exec(query.order_by(col(Deputy.id))))):
        absent = known(session, row.person_id)
        if absent is not None and absent.left is None and not alike(session, person, row.person_id):
            yield Capacity(person, row.person_id)


def acting(session: Session, person: int, tenant: int, day: date) -> frozenset[str]:
    """The roles a person has in a town on a day, or stands in with for somebody absent."""
    held = {one.role for one in held_by(session, person, tenant, day)}
    for one in absent(session, person, tenant, day):
        held |= {role.role for role in held_by(session, one.for_person or person, tenant, day)}
    return frozenset(held)


def _holds(session: Session, who: Capacity, invoice: Invoice, step: Step, day: date) -> None:
    """Raises Refused without a role of the step in a fitting office up to the sum; for authorising also with cash."""
    holder = who.for_person or who.person_id
    held = [row for row in held_by(session, holder, invoice.tenant_id, day) if row.role in step.roles]
    if not held:
        wanted = {"de": " oder ".join(step.roles), "en": " or ".join(step.roles)}
        raise Refused(
            f"{_name(session, who.person_id)} is no {wanted['en']} of this tenant.",
            f"{_name(session, who.person_id)} hat in dieser Kommune die Rolle „{wanted['de']}“ nicht.",
            "role",
        )
    held = [row for row in held if _in_office(session, row, invoice, step)]
    if not held:
        raise Refused(
            f"{_name(session, who.person_id)} has that role in another office.",
            f"{_name(session, who.person_id)} hat diese Rolle in einem anderen Amt.",
            "office",
        )
    amount = amount_of(invoice)
    if not any(row.limit is None or (amount is not None and amount <= row.limit) for row in held):
        limit = max(row.limit for row in held if row.limit is not None)
        shown = amount if amount is not None else f"{invoice.payable} {invoice.currency}"
        raise Refused(
            f"{shown} is above the limit of {limit} for {_name(session, who.person_id)}.",
            f"{shown} liegt über der Wertgrenze {limit} von {_name(session, who.person_id)}.",
            "limit",
        )
    if step.act == "authorise":
        _no_cash(session, who, invoice, day)


def _in_office(session: Session, row: Role, invoice: Invoice, step: Step) -> bool:
    if not step.offices:
        return row.office_id is None or row.office_id == invoice.office_id
    office = session.get(Office, row.office_id) if row.office_id else None
    return office is not None and office.code in step.offices


def _no_cash(session: Session, who: Capacity, invoice: Invoice, day: date) -> None:
    for person in who.persons:
        if any(row.role == "cash" for row in held_by(session, person, invoice.tenant_id, day)):
            raise Refused(
                f"{_name(session, person)} has the role cash and may not authorise.",
                f"{_name(session, person)} hat die Rolle „cash“ (Kasse) und darf nicht anordnen.",
                "cash",
            )


def _four_eyes(
    session: Session, who: Capacity, invoice: Invoice, step: Step, chain: Chain, done: Iterable[Act]
) -> None:
    """Raises Refused if one of these persons did, or had done for him, what does not go together with the step."""
    amount = amount_of(invoice)
    for act in done:
        before = act.step or act.kind
        if chain.combinable(before, step.act, amount):
            continue
        involved = {act.person_id, *(() if act.for_person_id is None else (act.for_person_id,))}
        if any(alike(session, mine, theirs) for mine in who.persons for theirs in involved):
            if step.act == "authorise":
                raise Refused(
                    f"Invoice {invoice.id}: whoever confirmed it may not authorise it (four eyes).",
                    f"Rechnung {invoice.id}: Wer bestätigt hat, darf nicht anordnen (Vier-Augen-Prinzip).",
                    "four-eyes",
                )
            raise Refused(
                f"Invoice {invoice.id}: another person has to do this step ({before} was done by the same one).",
                f"Rechnung {invoice.id}: Diesen Schritt muss eine andere Person tun ({before} war dieselbe).",
                "four-eyes",
            )


def not_his_own(session: Session, who: Capacity, invoice: Invoice) -> None:
    """Raises Refused where an invoice is one of the own matters of these persons (§ 31 GO NRW)."""
    for person in who.persons:
        if kind := own(session, person, invoice):
            raise Refused(
                f"Invoice {invoice.id} is one of {_name(session, person)}'s own ({WORDS[kind][1]}): "
                "somebody else has to act.",
                f"Rechnung {invoice.id} betrifft {_name(session, person)} selbst "
                f"({WORDS[kind][0]}, Mitwirkungsverbot): "
                "jemand anderes muss handeln.",
                "own-invoice",
            )


def _name(session: Session, person: int) -> str:
    row = known(session, person)
    return (row.name if row else None) or f"#{person}"
