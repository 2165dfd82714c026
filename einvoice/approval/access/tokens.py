"""Keys to the API: for one town, for some purposes, until a day; kept as digests, revoked at once."""

from dataclasses import dataclass

from sqlmodel import Session, col, select

from einvoice.approval.access import secrecy
from einvoice.approval.persons import involved
from einvoice.errors import Refused
from einvoice.store import people, times
from einvoice.store.store import Store
from einvoice.store.tables import ApiToken, Person, Tenant

SCOPES = {
    "upload": (
        "Rechnungen einreichen, Stand der eigenen Einreichungen",
        "hand in invoices, state of one's own",
    ),
    "read": ("Stand, Bericht und Daten der Rechnungen lesen", "read state, report and data of invoices"),
    "batches": ("Zahlungsstapel auflisten, ihre Dateien holen", "list batches, fetch their files"),
    "cash": ("Zahlungsstapel bilden, schließen, exportieren", "build, close and export batches"),
}
"""What a token may be for."""

PERSONAL = frozenset({"read", "batches", "cash"})
"""What shows content or pays: such a token is made by its own person, since whoever makes one sees its secret and
acts in that name.
"""

PREFIX = "ei_"

DAYS = 90
"""How long a token lasts if nothing else is said."""


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
    """A new token of a person for a town; shown once.

    Raises Refused for a person without a role there, no scope, or a PERSONAL one made by somebody else, other than by
    the service of a demo.
    """
    if not scopes or not set(scopes) <= set(SCOPES):
        raise Refused(f"Scopes: {', '.join(SCOPES)}.", f"Zwecke: {', '.join(SCOPES)}.")
    if not 1 <= days <= 366:
        raise Refused("A token lasts 1 to 366 days.", "Ein Token gilt 1 bis 366 Tage.")
    secret = PREFIX + secrecy.fresh()
    with store.writing(actor) as work:
        _demand_own(work.session, actor, person_id, PERSONAL & set(scopes))
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


def _demand_own(session: Session, actor: int, person_id: int, personal: frozenset[str]) -> None:
    if (
        personal
        and actor != person_id
        and not (actor == people.SERVICE and people.installation(session).demo)
    ):
        which = ", ".join(sorted(personal))
        raise Refused(
            f"A key for {which} sees and acts as its person: only he makes it, at “My account” or with "
            "`einvoice user token add`.",
            f"Ein Schlüssel für {which} sieht und handelt als seine Person: Nur sie stellt ihn aus, unter "
            "„Mein Konto“ oder mit `einvoice user token add`.",
            "own-key",
        )


def listed(store: Store, person_id: int | None = None) -> list[tuple[ApiToken, Person, Tenant]]:
    """All tokens, or those of a person, with their persons and towns."""
    query = (
        select(ApiToken, Person, Tenant)
        .join(Person, col(Person.id) == ApiToken.person_id)
        .join(Tenant, col(Tenant.id) == ApiToken.tenant_id)
        .order_by(col(ApiToken.id))
    )
    if person_id is not None:
        query = query.where(ApiToken.person_id == person_id)
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
