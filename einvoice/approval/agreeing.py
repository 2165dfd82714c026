"""Acts that take a second person's agreement first (see changes_agreed.py): asked for, and used up by the act."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from einvoice.approval.changes_agreed import agreed
from einvoice.approval.persons import Actor
from einvoice.approval.proposals import in_force, propose
from einvoice.errors import Refused
from einvoice.store import people
from einvoice.store.store import Store
from einvoice.store.tables import Proposal, Tenant
from einvoice.store.work import Work


def asked(store: Store, who: Actor, act: str, tenant: str | None, said: Mapping[str, Any]) -> Proposal | None:
    """Proposes an act, unless it is agreed on already, or one person alone may do it; None: it may be done now."""
    with store.reading() as session:
        owner = people.tenant(session, tenant).id if tenant else None
        if not in_force(session, owner) or agreed(session, owner, act) == said:
            return None
    row = propose(store, who, "agreement", act, tenant, dict(said))
    return row if row.state == "open" else None


def demand(session: Session, owner: Tenant | None, act: str, said: Mapping[str, Any]) -> None:
    """Raises Refused where two persons are there and did not agree on exactly this."""
    number = owner.id if owner else None
    if in_force(session, number) and agreed(session, number, act) != said:
        raise Refused(
            f"{act}: a second person has to agree first.",
            f"{act}: Erst muss eine zweite Person zustimmen.",
            "two-persons",
        )


def spend(work: Work, owner: Tenant | None, act: str, said: Mapping[str, Any]) -> None:
    """As `demand`; the agreement is good for this once."""
    demand(work.session, owner, act, said)
    use_up(work, owner, act)


def use_up(work: Work, owner: Tenant | None, act: str) -> None:
    """Ends an agreement on an act that is done: nothing is demanded any more."""
    if agreed(work.session, owner.id if owner else None, act) is not None:
        people.set_policy(work, owner, f"agreed/{act}", {})
