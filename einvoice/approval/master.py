"""Master data of a tenant: what postings may name, and suppliers by number; brought from files, all or nothing."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, or_, select

from einvoice.approval.master_files import Entry, Shape, day_of
from einvoice.approval.persons import Actor, holders
from einvoice.errors import Refused
from einvoice.intake.duplicates import supplier
from einvoice.rulebook.releases import today
from einvoice.store import people
from einvoice.store.store import Store, repeated
from einvoice.store.tables import Creditor, CreditorAccount, Master
from einvoice.store.work import Work

MAY = frozenset({"administrator", "cash"})
"""Who may bring master data."""


@dataclass(frozen=True, slots=True)
class Change:
    """What an import does to one code: `new`, `changed`, `retired` or `revived`; texts before and after."""

    what: str
    code: str
    before: str | None
    after: str | None


@dataclass(slots=True)
class Brought:
    """What an import did, or would do; unchanged: how many stay as they are."""

    changes: list[Change] = field(default_factory=list)
    unchanged: int = 0


@repeated
def bring(
    store: Store,
    who: Actor,
    tenant: str,
    shape: Shape,
    entries: Sequence[Entry],
    *,
    retire: bool = False,
    dry: bool = False,
    as_of: date | None = None,
) -> Brought:
    """Makes a tenant's master data of a kind as a file says; retire: what it does not name is retired.

    as_of: the day of which open amounts are. dry: only says what would change. Raises Refused without the role.
    """
    found = Brought()
    with contextlib.suppress(_OnlyLooked), store.writing(who.person_id) as work:
        owner = people.tenant(work.session, tenant)
        _may(work.session, who, owner.id or 0)
        how = _suppliers if shape.name == "supplier" else _codes
        touched = how(work, owner.id or 0, shape, entries, found, as_of or today())
        if retire:
            touched += _retired(work.session, owner.id or 0, shape, entries, found)
        if dry:
            raise _OnlyLooked
        if touched:
            work.add(*touched)
            work.session.flush()
            said = {"kind": shape.name, "changes": len(found.changes), "unchanged": found.unchanged}
            work.event("master-imported", touched[0], said)
    return found


class _OnlyLooked(Exception):
    """Ends a transaction of which nothing shall stay."""


def known(session: Session, tenant_id: int, kind: str, code: str) -> bool:
    """Whether a code of a kind is in a tenant's master data and can be used today."""
    table: Any = Creditor if kind == "supplier" else Master
    query = select(table.id).where(table.tenant_id == tenant_id, _usable(table.until))
    query = (
        query.where(table.number == code)
        if kind == "supplier"
        else query.where(table.kind == kind, table.code == code)
    )
    return session.exec(query).first() is not None


def choices(
    session: Session, tenant_id: int, kind: str, text: str = "", most: int = 100
) -> list[tuple[str, str]]:
    """Code and text of what a tenant's master data of a kind have and can be used today, by code.

    text: words of which each is in the code or its text; none: all.
    """
    table: Any = Creditor if kind == "supplier" else Master
    code, name = (table.number, table.name) if kind == "supplier" else (table.code, table.text)
    query = select(code, name).where(table.tenant_id == tenant_id, code.is_not(None), _usable(table.until))
    if kind != "supplier":
        query = query.where(table.kind == kind)
    for word in text.split()[:5]:
        query = query.where(or_(code.icontains(word, autoescape=True), name.icontains(word, autoescape=True)))
    return [(str(one), str(said)) for one, said in session.exec(query.order_by(code).limit(most))]


def _may(session: Session, who: Actor, tenant_id: int) -> None:
    if who.person_id == people.SERVICE and people.installation(session).demo:
        return
    if who.person_id not in holders(session, MAY, tenant_id, today()):
        raise Refused(
            f"{who.name} may not bring master data: it takes the role {' or '.join(sorted(MAY))}.",
            f"{who.name} darf keine Stammdaten einspielen: dazu braucht es die Rolle {' oder '.join(sorted(MAY))}.",
            "role",
        )


def _codes(
    work: Work, tenant: int, shape: Shape, entries: Sequence[Entry], found: Brought, as_of: date
) -> list[Any]:
    query = select(Master).where(Master.tenant_id == tenant, Master.kind == shape.name)
    there = {row.code: row for row in work.session.exec(query)}
    touched: list[Any] = []
    for entry in entries:
        row = there.pop(entry.said["code"], None)
        content: dict[str, Any] = {k: v for k, v in entry.said.items() if k in ("supplier", "contract")}
        if shape.name == "order":
            content["as_of"] = as_of.isoformat()
        wanted = (entry.said.get("text", ""), entry.open_amount, content or None, _until(entry))
        if row is None:
            row = Master(tenant_id=tenant, kind=shape.name, code=entry.said["code"])
            _note(found, "new", row.code, None, wanted)
        else:
            before = (row.text, row.open_amount, row.content, row.until)
            if before == wanted:
                found.unchanged += 1
                continue
            _note(found, "revived" if row.until and not wanted[3] else "changed", row.code, before, wanted)
        row.text, row.open_amount, row.content, row.until = wanted
        touched.append(row)
    return touched


def _suppliers(
    work: Work, tenant: int, shape: Shape, entries: Sequence[Entry], found: Brought, as_of: date
) -> list[Any]:
    """Suppliers by number; one that is known by his VAT id only gets his. IBANs are noted, never confirmed."""
    rows = list(work.session.exec(select(Creditor).where(Creditor.tenant_id == tenant)))
    there = {row.number: row for row in rows if row.number}
    unnumbered = {row.vat_id: row for row in rows if not row.number and row.vat_id}
    touched: list[Any] = []
    for entry in entries:
        said = entry.said
        vat_id = supplier(said.get("vat_id"), None)
        row = there.pop(said["code"], None) or (unnumbered.pop(vat_id, None) if vat_id else None)
        until = row.until if row is not None and row.merged_into else None
        wanted = (said["code"], said.get("text", ""), vat_id, said.get("mail"), until)
        if row is None:
            row = Creditor(tenant_id=tenant, name="")
            _note(found, "new", said["code"], None, wanted)
        else:
            before = (row.number, row.name, row.vat_id, row.mail, row.until)
            if before == wanted and not said.get("iban"):
                found.unchanged += 1
                continue
            if before != wanted:
                _note(found, "changed", said["code"], before, wanted)
            if (row.vat_id, supplier(None, row.name)) != (vat_id, supplier(None, wanted[1])):
                touched += _doubted(work.session, row, found)
        row.number, row.name, row.vat_id, row.mail, row.until = wanted
        touched += [row, *_account(work, row, said.get("iban"), found)]
    return touched


def _doubted(session: Session, row: Creditor, found: Brought) -> list[CreditorAccount]:
    """The accounts confirmed for a supplier whom a file makes another: two persons have to confirm them again."""
    query = select(CreditorAccount).where(
        CreditorAccount.creditor_id == row.id, col(CreditorAccount.confirmed_by).is_not(None)
    )
    accounts = list(session.exec(query))
    for one in accounts:
        one.confirmed_by = one.confirmed_at = one.source = None
        found.changes.append(
            Change("changed", f"{row.number}/IBAN", one.iban, f"{one.iban} (unbestätigt, unconfirmed)")
        )
    return accounts


def _account(work: Work, row: Creditor, iban: str | None, found: Brought) -> list[CreditorAccount]:
    """An account that a file names: seen, and to be confirmed like any other."""
    if not iban:
        return []
    bare = "".join(iban.split()).upper()
    if row.id is None:
        work.add(row)
        work.session.flush()
    same = CreditorAccount.creditor_id == row.id, CreditorAccount.iban == bare
    if work.session.exec(select(CreditorAccount.id).where(*same)).first() is not None:
        return []
    found.changes.append(Change("new", f"{row.number}/IBAN", None, f"{bare} (unbestätigt, unconfirmed)"))
    return [CreditorAccount(tenant_id=row.tenant_id, creditor_id=row.id or 0, iban=bare, seen=work.time)]


def _retired(
    session: Session, tenant: int, shape: Shape, entries: Sequence[Entry], found: Brought
) -> list[Any]:
    """What a file does not name any more, usable until yesterday."""
    named = {entry.said["code"] for entry in entries}
    table: Any = Creditor if shape.name == "supplier" else Master
    query = select(table).where(table.tenant_id == tenant, _usable(table.until))
    rows = session.exec(query if shape.name == "supplier" else query.where(table.kind == shape.name)).all()
    gone = []
    for row in rows:
        code, text = (row.number, row.name) if shape.name == "supplier" else (row.code, row.text)
        if code and code not in named:
            row.until = (today() - timedelta(days=1)).isoformat()
            found.changes.append(Change("retired", code, text, None))
            gone.append(row)
    return gone


def _usable(until: Any) -> Any:
    return or_(until.is_(None), until >= today().isoformat())


def _until(entry: Entry) -> str | None:
    day = day_of(entry.said.get("until", ""))
    return day.isoformat() if day else None


def _note(found: Brought, what: str, code: str, before: Sequence[Any] | None, after: Sequence[Any]) -> None:
    found.changes.append(Change(what, code, _words(before) if before is not None else None, _words(after)))


def _words(values: Sequence[Any]) -> str:
    return ", ".join(_word(value) for value in values if value not in (None, ""))


def _word(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {one}" for key, one in value.items())
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
