"""Keys to the API: for one town, for some purposes, until a day; kept as digests, revoked at once."""

from dataclasses import dataclass

from sqlmodel import col, select

from einvoice.approval.access import secrecy
from einvoice.approval.persons import involved
from einvoice.errors import Refused
from einvoice.store import times
from einvoice.store.store import Store
from einvoice.store.tables import ApiToken, Person, Tenant

SCOPES = {
    "upload": (
        "Rechnungen einreichen, Stand der eigenen Einreichungen",
        "hand in invoices, state of one's own",
    ),
    "read": ("Stand, Bericht und Daten der Rechnungen lesen", "read state, report and data of invoices"),
    "batches": (
        "Zahlungsstapel auflisten, bilden, schließen, exportieren",
        "list, build, close and export batches",
    ),
}
"""What a token may be for."""

PREFIX = "ei_"


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who calls with a token: its number, its person, its town, and what it is for."""

    token_id: int
    person_id: int
    tenant_id: int
    tenant: str
    scopes: frozenset[str]


def make(
    store: Store, actor: int, person_id: int, tenant: Tenant, name: str, scopes: tuple[str, ...], days: int
) -> str:
    """A new token of a person for a town; shown once. Raises Refused for one without a role there, or no scope."""
    if not scopes or not set(scopes) <= set(SCOPES):
        raise Refused(f"Scopes: {', '.join(SCOPES)}.", f"Zwecke: {', '.join(SCOPES)}.")
    if not 1 <= days <= 366:
        raise Refused("A token lasts 1 to 366 days.", "Ein Token gilt 1 bis 366 Tage.")
    secret = PREFIX + secrecy.fresh()
    with store.writing(actor) as work:
        if not involved(work.session, person_id, tenant.id):
            raise Refused(
                f"This person has no role in {tenant.title}.",
                f"Diese Person hat in {tenant.title} keine Rolle.",
            )
        row = ApiToken(
            digest=secrecy.digest(secret),
            name=name,
            tenant_id=tenant.id or 0,
            person_id=person_id,
            scopes=sorted(set(scopes)),
            made=work.time,
            until=times.later(work.time, days * 86_400),
        )
        work.add(row)
        work.session.flush()
        work.event("token-made", row, {"scopes": row.scopes, "until": row.until})
    return secret


def listed(store: Store) -> list[tuple[ApiToken, Person, Tenant]]:
    """All tokens with their persons and towns."""
    query = (
        select(ApiToken, Person, Tenant)
        .join(Person, col(Person.id) == ApiToken.person_id)
        .join(Tenant, col(Tenant.id) == ApiToken.tenant_id)
        .order_by(col(ApiToken.id))
    )
    with store.reading() as session:
        return list(session.exec(query).all())


def revoke(store: Store, actor: int, number: int) -> None:
    """Ends a token at once. Raises Refused if there is none."""
    with store.writing(actor) as work:
        row = work.session.get(ApiToken, number)
        if row is None:
            raise Refused(f"There is no token {number}.", f"Das Token {number} gibt es nicht.")
        if row.revoked is None:
            row.revoked = work.time
            work.session.add(row)
            work.event("token-revoked", row)


def bearer(store: Store, secret: str) -> Bearer | None:
    """Who a token stands for; None for one that is revoked, over or never was, whose person has left or lost his
    roles in its town, or whose town is gone."""
    query = (
        select(ApiToken, Person, Tenant)
        .join(Person, col(Person.id) == ApiToken.person_id)
        .join(Tenant, col(Tenant.id) == ApiToken.tenant_id)
        .where(ApiToken.digest == secrecy.digest(secret), col(ApiToken.revoked).is_(None))
        .where(col(Person.left).is_(None), col(Tenant.removed).is_(None))
    )
    with store.reading() as session:
        found = session.exec(query).one_or_none()
        if found is None or found[0].until <= times.utc_now():
            return None
        token, person, tenant = found
        if not involved(session, person.id or 0, tenant.id):
            return None
    return Bearer(token.id or 0, person.id or 0, tenant.id or 0, tenant.name, frozenset(token.scopes or ()))
