"""What a command says that changes what decides: it is in force, or it waits for a second person."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from einvoice.errors import Refused
from einvoice.interfaces.cli.session import leave, note, say

if TYPE_CHECKING:
    from sqlmodel import Session

    from einvoice.approval.persons import Actor
    from einvoice.pipeline.workplace import Opened
    from einvoice.store.tables import Person, Proposal


def acting(here: "Opened", acting_as: str | None = None) -> "Actor":
    """The person of this account; in a demo workplace, where none is a person, the service, or who `--as` names."""
    from einvoice.approval import persons
    from einvoice.store import people

    with here.store.reading() as reading:
        demo = people.installation(reading).demo
    if demo and acting_as is None:
        return persons.Actor(people.SERVICE, "einvoice", True)
    return persons.actor(here.store, acting_as)


def change(
    here: "Opened", kind: str, subject: str, tenant: str | None, new: dict[str, Any] | None, said: str
) -> None:
    """Proposes a change and says what became of it; said: what is so from now on, as a sentence."""
    from einvoice.approval.proposals import propose

    tell(propose(here.store, acting(here), kind, subject, tenant, new), said)


def agreed(here: "Opened", act: str, tenant: str | None, said: dict[str, Any]) -> None:
    """Leaves, once an act is proposed that a second person has to agree to; comes back where it may be done now."""
    from einvoice.approval.agreeing import asked

    row = asked(here.store, acting(here), act, tenant, said)
    if row is not None:
        tell(row, f"einvoice {act}")
        note(
            say(
                "Nach der Zustimmung denselben Befehl noch einmal.", "Once agreed on, the same command again."
            )
        )
        leave(0)


def tell(row: "Proposal", said: str, out: Callable[[str], None] = print) -> None:
    """What became of a proposal; said: what is so from now on, once it is in force."""
    if row.state == "open":
        waits = say(
            f"vorgeschlagen als Nr. {row.id}; wirksam, sobald eine zweite Person zustimmt "
            f"(einvoice approve accept {row.id}).",
            f"proposed as No {row.id}; in force once a second person agrees (einvoice approve accept {row.id}).",
        )
        out(f"{said} – {waits}")
        return
    out(said)
    if row.state == "accepted":
        note(
            say(
                "Allein geändert und sofort wirksam: es gibt keine zweite Person, die zustimmen könnte.",
                "Changed alone and in force at once: there is no second person who could agree.",
            )
        )


def person(session: "Session", name: str) -> "Person":
    """The person of a name or account; raises Refused if there is none."""
    from sqlmodel import select

    from einvoice.store.tables import Account, Person

    by_name = select(Person).where(Person.name == name, Person.kind == "person")
    by_account = select(Person).join(Account).where(Account.kind == "os", Account.name == name)
    found = session.exec(by_name).first() or session.exec(by_account).first()
    if found is None:
        raise Refused(f"There is no person {name}.", f"Die Person {name} gibt es nicht.")
    return found
