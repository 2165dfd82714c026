"""The page of one's own account: who one is here, what one may, where else one is signed in."""

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import col, select

from einvoice.approval.access import sessions
from einvoice.interfaces.web.desk import desk_of
from einvoice.interfaces.web.guard import pages
from einvoice.interfaces.web.rendering import page
from einvoice.interfaces.web.visitor import Person
from einvoice.store.tables import Role, Tenant, WebSession

router = pages()


@router.get("/account")
def account(request: Request, who: Person) -> Response:
    """Roles and open sessions."""
    with desk_of(request).store.reading() as session:
        roles = session.exec(
            select(Role, Tenant)
            .join(Tenant, col(Tenant.id) == Role.tenant_id, isouter=True)
            .where(Role.person_id == who.actor.person_id)
            .order_by(col(Tenant.title), col(Role.id))
        ).all()
        open_ones = session.exec(
            select(WebSession)
            .where(WebSession.person_id == who.actor.person_id, col(WebSession.ended).is_(None))
            .order_by(col(WebSession.seen).desc())
            .limit(20)
        ).all()
    return page(request, "account.html", roles=roles, sessions=open_ones)


@router.post("/account/sign-out-everywhere")
def everywhere(request: Request, who: Person) -> Response:
    """Ends all sessions of this person, this one too."""
    with desk_of(request).store.writing(who.actor.person_id) as work:
        sessions.end_all(work, who.actor.person_id)
    return RedirectResponse("/login", 303)
