"""Who is paid: the creditor an invoice comes from, and whether the account it names was confirmed for him.

Nothing that an invoice says makes an account trusted. It is confirmed by two persons against a source outside the
invoice (a known telephone number, a contract), for one creditor of one tenant; see bank.py. A payee other than
the seller (BG-10, a factoring company too) is paid to an account confirmed for that seller in the same way.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from sqlmodel import Session, col, select

from einvoice.approval.discount import to_pay
from einvoice.approval.obstacle import Obstacle
from einvoice.intake.duplicates import supplier
from einvoice.model import accounts
from einvoice.model.credit import is_credit
from einvoice.store.tables import Creditor, CreditorAccount, Invoice

Status = Literal["none-needed", "none-stated", "invalid", "unknown", "unconfirmed", "withdrawn", "confirmed"]
"""How it stands with the account of an invoice; only `confirmed` and `none-needed` let it be paid."""

WORDS: dict[str, tuple[str, str]] = {
    "none-needed": ("keine nötig", "none needed"),
    "none-stated": ("keine IBAN angegeben", "no IBAN stated"),
    "invalid": ("IBAN ungültig", "IBAN not valid"),
    "unknown": ("neue IBAN, nicht bestätigt", "new IBAN, not confirmed"),
    "unconfirmed": ("IBAN nicht bestätigt", "IBAN not confirmed"),
    "withdrawn": ("IBAN zurückgezogen", "IBAN withdrawn"),
    "confirmed": ("IBAN bestätigt", "IBAN confirmed"),
}
WHY_NONE: dict[str, tuple[str, str]] = {
    "cash": ("bar bezahlt (BT-81)", "paid in cash (BT-81)"),
    "card": ("mit Karte bezahlt (BT-81)", "paid by card (BT-81)"),
    "direct-debit": ("Lastschrift (BT-81)", "direct debit (BT-81)"),
    "netting": ("Verrechnung (BT-81)", "netting (BT-81)"),
    "credit": ("Gutschrift: es kommt Geld zurück", "a credit note: money comes back"),
    "nothing": ("nichts zu zahlen", "nothing to pay"),
}
"""Why an invoice needs no account."""


@dataclass(frozen=True, slots=True)
class Payee:
    """Whom an invoice wants paid, and how his account stands. why: for `none-needed`, or what is wrong with it.

    iban: in groups as compared, "" for none; account: its row, if the tenant knows it.
    """

    status: Status
    iban: str = ""
    holder: str | None = None
    creditor: Creditor | None = None
    account: CreditorAccount | None = None
    why: tuple[str, str] = ("", "")

    def plain(self) -> dict[str, Any]:
        """As texts, to be kept in a row of a batch."""
        return {"status": self.status, "iban": self.iban, "holder": self.holder, "why": list(self.why)}

    @property
    def payable(self) -> bool:
        """Whether nothing about the account stands in the way of paying."""
        return self.status in ("confirmed", "none-needed")


def recognised(session: Session, invoice: Invoice) -> Creditor | None:
    """The creditor an invoice comes from: by VAT id; else by name and account; else by name, if only one has it.

    By name alone nobody is found whose VAT id is another than the one stated. What was merged leads to its target.
    """
    vat_id, name = supplier(invoice.seller_vat_id, None), supplier(None, invoice.seller)
    mine = select(Creditor.id, Creditor.name, Creditor.vat_id).where(Creditor.tenant_id == invoice.tenant_id)
    if vat_id:
        stated = mine.where(col(Creditor.vat_id).in_({invoice.seller_vat_id, vat_id}))
        rows = session.exec(stated).all() or session.exec(mine.where(col(Creditor.vat_id).is_not(None))).all()
        if same := [number for number, _, theirs in rows if supplier(theirs, None) == vat_id]:
            return standing(session, same)
    known = session.exec(mine).all() if name else ()
    named = [
        number
        for number, called, theirs in known
        if supplier(None, called) == name and not (vat_id and supplier(theirs, None))
    ]
    if len(named) > 1:
        query = select(CreditorAccount.creditor_id).where(CreditorAccount.iban == accounts.bare(invoice.iban))
        having = set(session.exec(query))
        named = [number for number in named if number in having]
    return standing(session, named)


def standing(session: Session, numbers: Iterable[int | None]) -> Creditor | None:
    """Of several creditors the first that is not retired, else the one that the first was merged into."""
    found = [session.get_one(Creditor, number) for number in numbers]
    for one in found:
        if one.until is None:
            return one
    return standing(session, [found[0].merged_into]) if found and found[0].merged_into else None


def account_of(session: Session, creditor: Creditor | None, iban: str) -> CreditorAccount | None:
    """The row of an account of a creditor."""
    if creditor is None:
        return None
    query = select(CreditorAccount).where(
        CreditorAccount.creditor_id == creditor.id, CreditorAccount.iban == accounts.bare(iban)
    )
    return session.exec(query).one_or_none()


def payee(session: Session, invoice: Invoice) -> Payee:
    """Whom an invoice wants paid, and how his account stands now."""
    creditor = recognised(session, invoice)
    if reason := needs_none(invoice):
        return Payee("none-needed", creditor=creditor, why=WHY_NONE[reason])
    holder = invoice.payee or invoice.seller
    iban = accounts.bare(invoice.iban)
    if not iban:
        only = _only_confirmed(session, creditor)
        if only is None:
            return Payee("none-stated", "", holder, creditor)
        return Payee("confirmed", only.iban, holder, creditor, only)
    if wrong := accounts.problem(iban):
        return Payee("invalid", iban, holder, creditor, why=wrong)
    row = account_of(session, creditor, iban)
    return Payee(status_of(row), iban, holder, creditor, row)


def needs_none(invoice: Invoice) -> str | None:
    """Why nobody has to be paid by transfer (a key of WHY_NONE); None if somebody has."""
    if is_credit(invoice.type_code, invoice.syntax):
        return "credit"
    if to_pay(invoice) <= 0:
        return "nothing"
    return accounts.WITHOUT_TRANSFER.get((invoice.means or "").strip())


def status_of(row: CreditorAccount | None) -> Status:
    """How an account of a creditor stands."""
    if row is None:
        return "unknown"
    if row.until is not None:
        return "withdrawn"
    return "confirmed" if row.confirmed_by is not None else "unconfirmed"


def _only_confirmed(session: Session, creditor: Creditor | None) -> CreditorAccount | None:
    """The account of a creditor who has exactly one that was confirmed: for invoices that state none."""
    if creditor is None:
        return None
    rows = session.exec(select(CreditorAccount).where(CreditorAccount.creditor_id == creditor.id))
    found = [row for row in rows if status_of(row) == "confirmed"]
    return found[0] if len(found) == 1 else None


def of_tenant(session: Session, tenant_id: int) -> list[tuple[Creditor, list[CreditorAccount]]]:
    """The creditors of a tenant by name, each with his accounts, oldest first."""
    query = (
        select(Creditor).where(Creditor.tenant_id == tenant_id).order_by(col(Creditor.name), col(Creditor.id))
    )
    rows = (
        select(CreditorAccount)
        .where(CreditorAccount.tenant_id == tenant_id)
        .order_by(col(CreditorAccount.id))
    )
    owned: dict[int, list[CreditorAccount]] = {}
    for row in session.exec(rows):
        owned.setdefault(row.creditor_id, []).append(row)
    return [(one, owned.get(one.id or 0, [])) for one in session.exec(query)]


ACTS = ("authorise", "pay")
"""The acts for which an account must be confirmed: ordering the payment, and putting it into a batch."""


def unconfirmed(session: Session, invoice: Invoice, act: str) -> list[Obstacle]:
    """What about the account of an invoice stands in the way of paying it.

    Where none is stated nothing is redirected: the books of the town know the account, or nobody is paid.
    """
    if act not in ACTS:
        return []
    found = payee(session, invoice)
    if found.payable or found.status == "none-stated":
        return []
    de, en = WORDS[found.status]
    whose = f"{accounts.grouped(found.iban)}, {found.holder or '–'}"
    why = [f" ({one})" if one else "" for one in found.why]
    how = f"einvoice supplier confirm-iban --invoice {invoice.id} --source"
    return [
        Obstacle(
            f"iban-{found.status}",
            f"{de}: {whose}{why[0]}. Zwei Personen bestätigen sie gegen eine Quelle außerhalb der Rechnung: "
            f"{how} „…“.",
            f'{en}: {whose}{why[1]}. Two persons confirm it against a source outside the invoice: {how} "…".',
        )
    ]
