"""What one person does only once a second has agreed: acts too large for the transaction of a decision (a rule set
installed, a town removed). The agreement is a policy `agreed/ACT`, proposed and accepted as any change; the act asks
for it (agreeing.py).
"""

from sqlmodel import Session, col, select

from einvoice.approval.kind import Change, Kind, Value
from einvoice.store import people
from einvoice.store.tables import Policy, Tenant
from einvoice.store.work import Work

# agreement: subject the act (`rules install NAME`, `tenant remove NAME`); new: what is agreed on


def agreed(session: Session, tenant: int | None, act: str) -> Value:
    """What was agreed on about an act of a town (None: of the installation); None if nothing, or it is used up."""
    query = select(Policy).where(Policy.name == f"agreed/{act}", col(Policy.until).is_(None))
    query = query.where(Policy.tenant_id == tenant if tenant else col(Policy.tenant_id).is_(None))
    rows = session.exec(query.order_by(col(Policy.id))).all()
    return (rows[-1].value or None) if rows else None


def _now(session: Session, tenant: int | None, subject: str, new: Value) -> Value:
    return agreed(session, tenant, subject)


def _apply(work: Work, change: Change) -> None:
    owner = work.session.get(Tenant, change.tenant_id) if change.tenant_id else None
    people.set_policy(work, owner, f"agreed/{change.subject}", change.new or {})


def _named(session: Session, tenant: int | None, subject: str) -> tuple[str, str]:
    """A town to be removed by its title, which the subject does not keep."""
    act, _, number = subject.rpartition(" ")
    town = session.get(Tenant, int(number)) if act == "tenant remove" and number.isdigit() else None
    named = f"{act} {town.title}" if town is not None else subject
    return named, named


AGREEMENT = Kind("Zustimmung zu", "agreement to", _now, _apply, named=_named)
