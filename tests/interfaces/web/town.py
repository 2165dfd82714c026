"""Real (not demo) towns with persons of every role and a few invoices, made once and copied for each site; browsers
that are signed in as one of them."""

import contextlib
import functools
import io
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import select
from starlette.testclient import TestClient

from einvoice.approval.access import sessions
from einvoice.approval.persons import Actor
from einvoice.interfaces.web.application import create_app
from einvoice.pipeline.course import Journal
from einvoice.pipeline.run import run
from einvoice.pipeline.workplace import Opened, init, opened, read_workplace
from einvoice.store import people
from einvoice.store.tables import Account, Credential, Person
from tests.parts import ROOT

PERSONS = {
    "clerk": ("Klara Klerk", "musterlippe", "clerk"),
    "confirmer": ("Sabine Sander", "musterlippe", "confirmer"),
    "second": ("Rolf Rechner", "musterlippe", "confirmer"),
    "authoriser": ("Anton Albers", "musterlippe", "authoriser"),
    "cash": ("Karin Kruse", "musterlippe", "cash"),
    "audit": ("Vera Visa", "musterlippe", "audit"),
    "other": ("Fritz Fuchs", "beispielhausen", "confirmer"),
    "admin": ("Ada Admin", "musterlippe", "administrator"),
    "operator": ("Otto Operator", None, "administrator"),
    "nobody": ("Norbert Niemand", None, None),
}
"""Actor → name, town, role."""

SAMPLES = ("01-skonto.xml", "02-gutschrift.xml", "08-falsche-summe.xml", "11-unterpositionen.xml")


@functools.cache
def _made() -> Path:
    home = Path(tempfile.mkdtemp()) / "place"
    init(home)
    settings = home / "einvoice.toml"
    settings.write_text(settings.read_text().replace("quiet_seconds = 2", "quiet_seconds = 0"))
    with opened(read_workplace(settings)) as place:
        with place.store.writing(people.SERVICE) as work:
            towns = {
                name: people.add_tenant(work, name, title, (pattern,))
                for name, title, pattern in (
                    ("musterlippe", "Stadt Musterlippe", "05766999*"),
                    ("beispielhausen", "Gemeinde Beispielhausen", "05758998*"),
                )
            }
            for actor, (name, town, role) in PERSONS.items():
                person = people.add_person(work, name)
                if role:
                    people.add_role(work, person, towns.get(town or ""), role)
                account = Account(kind="web", name=actor, person_id=person.id or 0)
                work.add(account)
                work.session.flush()
                work.add(Credential(account_id=account.id or 0, onetime="00", changed=work.time))
                work.event("account-added", account)
            people.set_policy(work, towns["musterlippe"], "portal", {"mode": "submit"})
            people.set_policy(work, towns["musterlippe"], "duplicates", {"payees": ["Lippe-Factoring AG"]})
        for name in SAMPLES:
            shutil.copyfile(ROOT / "samples" / name, place.workplace.inbox / name)
        taken_in(place)
    return home


def taken_in(place: Opened) -> None:
    """Runs until nothing is left over: on a busy machine a document's time may be up, and the next takes it."""
    for _ in range(20):
        if not (left := run(place).problems):
            return
    raise AssertionError(left)


@dataclass(frozen=True)
class Site:
    """A workplace with its web application."""

    place: Opened
    app: object
    log: io.StringIO

    def browser(self, actor: str | None = None, lang: str = "de", address: str = "192.0.2.7") -> "Browser":
        """A browser, of somebody signed in or of nobody."""
        made = Browser(self.app, lang, address)
        if actor is not None:
            made.cookies.set("einvoice", self.session(actor))
        return made

    def session(self, actor: str) -> str:
        """The secret of a new session of an actor."""
        with self.place.store.writing(people.SERVICE) as work:
            person, account = self.who(work.session, actor)
            return sessions.begin(work, person, account, "in", sessions.Terms())

    def actor(self, name: str) -> Actor:
        """An actor as acts take him."""
        with self.place.store.reading() as session:
            person, _ = self.who(session, name)
        return Actor(person.id or 0, person.name or "")

    def who(self, session, actor: str) -> tuple[Person, Account]:  # type: ignore[no-untyped-def]
        """The person and account of an actor."""
        person = session.exec(select(Person).where(Person.name == PERSONS[actor][0])).one()
        account = session.exec(
            select(Account).where(Account.person_id == person.id, Account.kind == "web")
        ).one()
        return person, account


class Browser(TestClient):
    """A browser without script: keeps cookies, sends forms with the token of its page."""

    def __init__(self, app: object, lang: str = "de", address: str = "192.0.2.7") -> None:
        super().__init__(
            app,  # type: ignore[arg-type]
            base_url="http://127.0.0.1",
            headers={"accept-language": lang},
            follow_redirects=False,
            client=(address, 50000),
        )

    def token(self, path: str = "/login") -> str:
        """The token of a page's forms."""
        found = re.search(r'name="csrf" value="([0-9a-f]{64})"', self.get(path).text)
        assert found, path
        return found[1]

    def form(self, path: str, page: str = "/login", **fields: str):  # type: ignore[no-untyped-def]
        """Sends a form of a page."""
        return self.post(path, data={"csrf": self.token(page), **fields})


def send(browser: Browser, page: str, to: str = "", files=None, /, **fields: object):  # type: ignore[no-untyped-def]
    """Sends a form of a page, with its token, version and the proposal it shows."""
    text = browser.get(page).text
    found = {
        name: re.search(rf'name="{name}" value="(\w+)"', text) for name in ("csrf", "version", "proposal")
    }
    said = {name: match[1] for name, match in found.items() if match}
    return browser.post(to or page, data={**said, **fields}, files=files)


@contextlib.contextmanager
def site(folder: Path, settings: str = "", *, faults: bool = False) -> Iterator[Site]:
    """A site of its own in a folder, with further settings; faults: whether faults of ours are expected."""
    home = folder / "place"
    shutil.copytree(_made(), home)
    file = home / "einvoice.toml"
    file.write_text(file.read_text() + settings)
    with opened(read_workplace(file)) as place:
        log = io.StringIO()
        yield Site(place, create_app(place, Journal(log)), log)
        assert faults or '"fault"' not in log.getvalue(), log.getvalue()
