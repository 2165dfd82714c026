"""Persons who are new: taken up by who administers the installation or a town; what they may is decided apart."""

from sqlmodel import select

from einvoice.approval.persons import Actor
from einvoice.errors import Refused
from einvoice.store import people
from einvoice.store.store import Store
from einvoice.store.tables import Person


def take_up(store: Store, who: Actor, name: str, mail: str | None) -> Person:
    """A new person, without an account and without a role. Raises Refused for a name that is there already."""
    name = " ".join(name.split())
    if not name:
        raise Refused("A name is needed.", "Bitte einen Namen angeben.")
    with store.writing(who.person_id) as work:
        if work.session.exec(select(Person).where(Person.name == name)).first():
            raise Refused(f"{name} is there already.", f"{name} gibt es schon.")
        person = people.add_person(work, name, demo=who.demo)
        person.mail = mail
    return person
