"""Accounts of the browser: invited by a link, made by whoever opens it; one person may have several."""

import re

from sqlmodel import Session, col, select

from einvoice.approval.access import passwords, secrecy, sessions
from einvoice.errors import Refused
from einvoice.store import times
from einvoice.store.store import Store
from einvoice.store.tables import Account, Credential, Invitation, Person, WebSession
from einvoice.store.work import Work

WEB, OIDC = "web", "oidc"
"""Kinds of accounts: ours with a password, and those that another identity provider proves."""

LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}")


def invite(store: Store, actor: int, login: str, hours: float) -> str:
    """The secret of a link by which the person of an account sets its password, once, within some hours.

    Earlier links of the account end. Raises Refused for an account there is not, or whose person has left.
    """
    secret = secrecy.fresh()
    with store.writing(actor) as work:
        found = named(work.session, WEB, login)
        if found is None or found[1].kind != "person":
            raise Refused(f"There is no account {login}.", f"Ein Konto {login} gibt es nicht.")
        account = found[0]
        _end_links(work, account)
        row = Invitation(
            account_id=account.id or 0,
            digest=secrecy.digest(secret),
            made=work.time,
            until=times.later(work.time, hours * 3600),
        )
        work.add(row)
        work.session.flush()
        work.event("account-invited", row, {"account": account.id, "hours": hours})
    return secret


def demand_login(login: str) -> None:
    """Raises Refused for what cannot be the name of an account."""
    if not LOGIN.fullmatch(login):
        raise Refused(
            f"{login}: a login has 2 to 64 characters of a-z, 0-9 and . _ @ -",
            f"{login}: Ein Kontoname hat 2 bis 64 Zeichen aus a-z, 0-9 und . _ @ -",
        )


def invited(session: Session, secret: str) -> tuple[Invitation, Account, Person] | None:
    """What a link is for; None for one that was used, is over or never was."""
    query = (
        select(Invitation, Account, Person)
        .join(Account, col(Account.id) == Invitation.account_id)
        .join(Person, col(Person.id) == Account.person_id)
        .where(Invitation.digest == secrecy.digest(secret), col(Invitation.used).is_(None))
    )
    found = session.exec(query.with_for_update(of=Invitation)).one_or_none()
    return found if found and found[0].until > times.utc_now() and found[2].left is None else None


def accept(store: Store, secret: str, password: str) -> Account:
    """Sets the password of the account a link is for; all its sessions end. Raises Refused for a link that is over,
    or a password that may not be."""
    with store.reading() as session:
        found = invited(session, secret)
    if found is not None:
        passwords.demand(password, found[1].name)
    kept = passwords.hashed(password)
    with store.writing(found[2].id or 0 if found else 0) as work:
        again = invited(work.session, secret)
        if again is None:
            raise Refused(
                "This link was used already or is over: ask for a new one.",
                "Dieser Link ist verbraucht oder abgelaufen: bitte einen neuen anfordern.",
            )
        invitation, account, _ = again
        invitation.used = work.time
        row = credential(work.session, account.id or 0) or Credential(
            account_id=account.id or 0, changed=work.time
        )
        row.password, row.changed = kept, work.time
        work.session.add(invitation)
        work.add(row)
        work.session.flush()
        sessions.end_all(work, account.person_id)
        work.event("password-set", row)
    return account


def credential(session: Session, account_id: int) -> Credential | None:
    """What proves an account."""
    return session.exec(select(Credential).where(Credential.account_id == account_id)).one_or_none()


def named(session: Session, kind: str, name: str) -> tuple[Account, Person] | None:
    """The account of a kind and name with its person, if he has not left."""
    query = (
        select(Account, Person)
        .join(Person, col(Person.id) == Account.person_id)
        .where(Account.kind == kind, Account.name == name, col(Person.left).is_(None))
    )
    return session.exec(query).one_or_none()


def cleared(work: Work, account: Account) -> None:
    """Takes away all that lets somebody in by an account: links, password, codes, sessions."""
    sessions.end_all(work, account.person_id)
    work.session.flush()
    for row in work.session.exec(select(WebSession).where(WebSession.account_id == account.id)):
        row.account_id = None
        work.session.add(row)
    for table in (Invitation, Credential):
        for one in work.session.exec(select(table).where(table.account_id == account.id)):
            work.session.delete(one)
    work.session.flush()


def forget_code(work: Work, account: Account) -> None:
    """Lets an account set up one-time codes anew; its sessions end."""
    row = credential(work.session, account.id or 0)
    if row is not None and row.onetime is not None:
        row.onetime = row.last_step = None
        work.session.add(row)
        sessions.end_all(work, account.person_id)
        work.event("onetime-forgotten", row)


def _end_links(work: Work, account: Account) -> None:
    query = select(Invitation).where(Invitation.account_id == account.id, col(Invitation.used).is_(None))
    for one in work.session.exec(query):
        one.used = work.time
        work.session.add(one)
