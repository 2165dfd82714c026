"""Signing in: a login and its password, then a one-time code where one is asked for. Whoever is refused learns
nothing: not whether the login exists, not what was wrong."""

import time
from dataclasses import dataclass, field

from einvoice.approval.access import accounts, onetime, passwords, secrecy, sessions, throttling
from einvoice.approval.access.sealing import Seal
from einvoice.approval.access.sessions import Signed, Terms
from einvoice.errors import Refused
from einvoice.store import people
from einvoice.store.store import Store
from einvoice.store.tables import Account, Credential, Person


@dataclass(frozen=True, slots=True)
class Gate:
    """What signing in needs: the store, the key of one-time codes, and how long sessions last.

    proved_elsewhere: the other identity provider asks for two proofs itself.
    """

    store: Store
    seal: Seal
    terms: Terms = field(default_factory=Terms)
    proved_elsewhere: bool = False

    def signed(self, secret: str) -> Signed | None:
        """Who a session's secret stands for."""
        return sessions.signed(self.store, secret, self.terms, proved_elsewhere=self.proved_elsewhere)


class Wait(Refused):
    """Too many attempts: heard again in `seconds`."""

    def __init__(self, seconds: float) -> None:
        whole = max(1, round(seconds + 0.5))
        super().__init__(
            f"Too many attempts: please wait {whole} seconds.",
            f"Zu viele Versuche: bitte {whole} Sekunden warten.",
        )
        self.seconds = whole


def by_password(gate: Gate, login: str, password: str) -> str:
    """The secret of a session that a login and its password begin. Raises Refused, or Wait."""
    login = login.strip().lower()[:64]
    _heard(gate.store, f"login:{login}")
    with gate.store.reading() as session:
        found = accounts.named(session, accounts.WEB, login)
        row = accounts.credential(session, found[0].id or 0) if found else None
    if not passwords.matches(row.password if row else None, password) or found is None:
        if found is not None:
            _refused(gate.store, found[0])
        raise Refused("Login or password is wrong.", "Kontoname oder Passwort ist falsch.")
    throttling.succeeded(gate.store, f"login:{login}")
    return proved(gate, *found)


def by_provider(gate: Gate, issuer: str, subject: str) -> str:
    """The secret of a session for whom an identity provider has proved. Raises Refused for one nobody has linked:
    no right comes from elsewhere."""
    with gate.store.reading() as session:
        found = accounts.named(session, accounts.OIDC, f"{issuer} {subject}")
    if found is None:
        raise Refused(
            "This account is no person here: ask your administrator to link it (einvoice user web-link).",
            "Dieses Konto ist hier keine Person: bitte vom Administrator verknüpfen lassen (einvoice user web-link).",
        )
    return proved(gate, *found)


def proved(gate: Gate, account: Account, person: Person) -> str:
    """The secret of a session of somebody who has proved an account once."""
    with gate.store.writing(person.id or 0) as work:
        elsewhere = gate.proved_elsewhere and account.kind == accounts.OIDC
        stage = "in" if elsewhere else sessions.stage_after(work.session, person, account)
        return sessions.begin(work, person, account, stage, gate.terms)


def as_demo(gate: Gate, name: str) -> str:
    """The secret of a session of a demo person; only in a workplace made by `init --demo`. Raises Refused."""
    with gate.store.writing(people.SERVICE) as work:
        return sessions.begin(work, people.demo_person(work.session, name), None, "in", gate.terms)


def by_code(gate: Gate, who: Signed, given: str) -> str:
    """The secret of the session that a one-time code completes. Raises Refused, or Wait."""
    _heard(gate.store, f"code:{who.account_id}")
    with gate.store.writing(who.person_id) as work:
        person, account, row = _of(work.session, who)
        secret = gate.seal.open(row.onetime, _about(account)) if row and row.onetime else None
        step = onetime.step_of(secret, given, time.time(), row.last_step) if secret and row else None
        if step is not None and row is not None:
            row.last_step = step
            work.session.add(row)
            work.event("code-used", row)
            made = sessions.step_up(work, who.session_id, person, account, gate.terms)
    if step is None:
        _refused(gate.store, account)
        raise Refused(
            "This code is wrong or was used already.", "Dieser Code ist falsch oder schon verbraucht."
        )
    throttling.succeeded(gate.store, f"code:{who.account_id}")
    return made


def offered(session_secret: str) -> str:
    """The secret of one-time codes that a session sets up: the same on each look at its page, kept nowhere before."""
    import base64

    return base64.b32encode(bytes.fromhex(secrecy.derived(session_secret, "onetime"))[:20]).decode()


def enrol(gate: Gate, who: Signed, session_secret: str, given: str) -> str:
    """Keeps the offered secret once a code of it was given; the secret of the completed session.

    Raises Refused for a wrong code, or if the account has one-time codes already.
    """
    _heard(gate.store, f"code:{who.account_id}")
    secret = offered(session_secret)
    step = onetime.step_of(secret, given, time.time())
    if step is None:
        raise Refused(
            "This code is wrong: is the clock of the telephone right?",
            "Dieser Code ist falsch: geht die Uhr des Telefons richtig?",
        )
    with gate.store.writing(who.person_id) as work:
        person, account, row = _of(work.session, who)
        row = row or Credential(account_id=account.id or 0, changed=work.time)
        if row.onetime is not None:
            raise Refused("This account has one-time codes already.", "Dieses Konto hat schon Einmalcodes.")
        row.onetime, row.last_step = gate.seal.close(secret, _about(account)), step
        row.changed = work.time
        work.add(row)
        work.session.flush()
        work.event("onetime-set", row)
        made = sessions.step_up(work, who.session_id, person, account, gate.terms)
    throttling.succeeded(gate.store, f"code:{who.account_id}")
    return made


def _of(session, who: Signed) -> tuple[Person, Account, Credential | None]:  # type: ignore[no-untyped-def]
    person, account = session.get(Person, who.person_id), session.get(Account, who.account_id)
    if person is None or account is None:
        raise Refused("This session is over.", "Diese Sitzung ist beendet.")
    return person, account, accounts.credential(session, account.id or 0)


def _about(account: Account) -> str:
    return f"onetime/{account.id}"


def _heard(store: Store, name: str) -> None:
    if (seconds := throttling.admitted(store, name)) > 0:
        raise Wait(seconds)


def _refused(store: Store, account: Account) -> None:
    with store.writing(people.SERVICE) as work:
        work.event("sign-in-refused", f"account/{account.id}")
