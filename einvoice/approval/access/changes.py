"""The change by which an account sets up one-time codes anew: a telephone was lost, or one claims so. It takes two.

Subject web:NAME or oidc:ISSUER SUBJECT; new: None.
"""

from sqlmodel import Session, select

from einvoice.approval.access import accounts
from einvoice.approval.kind import Change, Kind, Value
from einvoice.approval.persons import ours
from einvoice.errors import UsageError
from einvoice.store.tables import Account
from einvoice.store.work import Work


def _account(session: Session, subject: str) -> Account | None:
    kind, _, name = subject.partition(":")
    return session.exec(select(Account).where(Account.kind == kind, Account.name == name)).one_or_none()


def _now(session: Session, tenant: int | None, subject: str, new: Value) -> Value:
    row = _account(session, subject)
    proof = accounts.credential(session, row.id or 0) if row else None
    return {"since": proof.changed} if proof and proof.onetime else None


def _check(session: Session, tenant: int | None, subject: str, new: Value) -> None:
    if new is not None:
        raise UsageError("onetime: null")
    row = _account(session, subject)
    if row is not None:
        ours(session, tenant, row.person_id)


def _apply(work: Work, change: Change) -> None:
    row = _account(work.session, change.subject)
    if row is not None:
        accounts.forget_code(work, row)


def _named(session: Session, tenant: int | None, subject: str) -> tuple[str, str]:
    name = subject.partition(":")[2]
    return name, name


ONETIME = Kind("Einmalcodes neu einrichten", "new one-time codes", _now, _apply, _check, _named)
