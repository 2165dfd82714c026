"""Who may check a file and hand it in: whoever is signed in, for his towns; anyone, where a town lets him."""

from sqlmodel import col, select

from einvoice.interfaces.web.desk import Desk
from einvoice.interfaces.web.visitor import SignInNeeded, Visitor
from einvoice.pipeline import portal
from einvoice.store.tables import Tenant


def open_to_all(desk: Desk) -> bool:
    """Whether some town lets suppliers check without an account."""
    with desk.store.reading() as session:
        return bool(portal.towns(session, "check", "submit"))


def demand(desk: Desk, who: Visitor) -> None:
    """Raises SignInNeeded for one who is not signed in, where no town lets suppliers check."""
    if not who.here and not open_to_all(desk):
        raise SignInNeeded("/login")


def receivers(desk: Desk, who: Visitor) -> list[Tenant]:
    """The towns a visitor may hand in to: those he works for, or those whose portal is open."""
    with desk.store.reading() as session:
        if not who.here:
            return portal.towns(session, "submit")
        mine = select(Tenant).where(col(Tenant.id).in_(who.eyes.tenants), col(Tenant.removed).is_(None))
        return list(session.exec(mine.order_by(col(Tenant.title))))
