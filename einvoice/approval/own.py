"""Which invoices are a person's own matter (§ 31 GO NRW, Mitwirkungsverbot): known, or declared by `user own`.

His name, in seller (BT-27) or payee (BT-59); a firm of his; a VAT id, an account or a mail address of his, stated in
the invoice (BT-31, BT-84, BT-43, else BT-34) or known of the supplier whom the town recognises in it.
"""

from collections import defaultdict
from collections.abc import Collection

from sqlmodel import Session, col, func, select

from einvoice.approval.creditors import recognised
from einvoice.store.once import once
from einvoice.store.tables import Creditor, CreditorAccount, Interest, Invoice, Person

KINDS = ("name", "vat", "iban", "mail")
"""What can be a person's own."""

WORDS = {
    "name": ("Name", "name"),
    "vat": ("USt-IdNr.", "VAT id"),
    "iban": ("IBAN", "IBAN"),
    "mail": ("Mailadresse", "mail address"),
    "creditor": ("Kreditor", "creditor"),
}
"""What made an invoice somebody's own, in German and English."""


def own(session: Session, person: int, invoice: Invoice) -> str | None:
    """What makes an invoice a person's own: a key of WORDS; None if nothing does."""
    his = once(session, ("his", person), lambda: _his(session, person))
    if any(_within(name, text) for name in his["name"] for text in (invoice.seller, invoice.payee)):
        return "name"
    stated = {"vat": invoice.seller_vat_id, "iban": invoice.iban, "mail": invoice.seller_mail}
    for kind, value in stated.items():
        if value and _bare(value) in his[kind]:
            return kind
    suppliers = ("his suppliers", person, invoice.tenant_id)
    known = once(session, suppliers, lambda: _creditors(session, his, invoice.tenant_id))
    if known and (creditor := recognised(session, invoice)) is not None and creditor.id in known:
        return "creditor"
    return None


def _his(session: Session, person: int) -> defaultdict[str, set[str]]:
    """What is a person's own, by kind; all but names as they are compared."""
    row = session.get(Person, person)
    declared = select(Interest).where(Interest.person_id == person, col(Interest.until).is_(None))
    said = [(one.kind, one.value) for one in session.exec(declared)]
    said += [("name", row.name)] if row and row.name else []
    said += [("mail", row.mail)] if row and row.mail else []
    found: defaultdict[str, set[str]] = defaultdict(set)
    for kind, value in said:
        found[kind].add(value if kind == "name" else _bare(value))
    return found


def _creditors(
    session: Session, his: defaultdict[str, set[str]], tenant: int | None
) -> Collection[int | None]:
    """The suppliers of a town that have something of his."""
    mine = select(Creditor).where(Creditor.tenant_id == tenant)
    found: set[int | None] = set()
    if his["vat"]:
        found |= {one.id for one in session.exec(mine.where(col(Creditor.vat_id).in_(his["vat"])))}
    if his["mail"]:
        found |= {one.id for one in session.exec(mine.where(func.upper(Creditor.mail).in_(his["mail"])))}
    if his["iban"]:
        theirs = select(CreditorAccount).where(CreditorAccount.tenant_id == tenant)
        named = session.exec(theirs.where(col(CreditorAccount.iban).in_(his["iban"])))
        found |= {one.creditor_id for one in named}
    return found


def _within(name: str, text: str | None) -> bool:
    """Whether a name stands in a text, as whole words in this order."""
    return bool(text) and f" {_words(name)} " in f" {_words(text or '')} "


def _words(text: str) -> str:
    kept = "".join(sign if sign.isalnum() else " " for sign in text.casefold())
    return " ".join(kept.split())


def _bare(text: str) -> str:
    return "".join(text.split()).upper()
