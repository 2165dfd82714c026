"""Changes of a policy, of where exports go, and of a creditor's bank account."""

from typing import Any

from sqlmodel import Session, col, select

from einvoice.approval.kind import ADMINISTRATORS, Change, Kind, Value
from einvoice.errors import Refused, UsageError
from einvoice.store import people
from einvoice.store.tables import Creditor, CreditorAccount, ExportTarget, Policy, Tenant
from einvoice.store.work import Work

# policy: subject its name; new: its value, None: no such policy any more


def _policy_now(session: Session, tenant: int | None, subject: str, new: Value) -> Value:
    query = select(Policy).where(Policy.name == subject, col(Policy.until).is_(None))
    query = query.where(Policy.tenant_id == tenant if tenant else col(Policy.tenant_id).is_(None))
    rows = session.exec(query.order_by(col(Policy.since))).all()
    return rows[-1].value if rows else None


def _policy_apply(work: Work, change: Change) -> None:
    owner = work.session.get(Tenant, change.tenant_id) if change.tenant_id else None
    people.set_policy(work, owner, change.subject, change.new or {})


# export-target: subject its name; new: kind, format, settings, None: no more


def _target(session: Session, tenant: int | None, name: str) -> ExportTarget | None:
    query = select(ExportTarget).where(ExportTarget.tenant_id == tenant, ExportTarget.name == name)
    return session.exec(query).one_or_none()


def _target_now(session: Session, tenant: int | None, subject: str, new: Value) -> Value:
    row = _target(session, tenant, subject)
    if row is None or row.until is not None:
        return None
    return {"kind": row.kind, "format": row.format, "settings": row.settings or {}}


def _target_check(session: Session, tenant: int | None, subject: str, new: Value) -> None:
    if tenant is None or (new is not None and {*new} != {"kind", "format", "settings"}):
        raise UsageError("export-target: kind, format, settings")


def _target_apply(work: Work, change: Change) -> None:
    row = _target(work.session, change.tenant_id, change.subject)
    if change.new is None:
        if row is not None:
            row.until = work.time
            work.session.add(row)
            work.event("export-target-ended", row)
        return
    if row is None:
        row = ExportTarget(tenant_id=change.tenant_id or 0, name=change.subject, kind="", format="")
    row.kind, row.format, row.settings = change.new["kind"], change.new["format"], change.new["settings"]
    row.until = None
    work.add(row)
    work.session.flush()
    work.event("export-target-set", row, {"old": change.old, "new": change.new})


# creditor-account: subject CREDITOR/IBAN; new: source (where it was confirmed, outside the invoice), None: no more


def _bank(session: Session, tenant: int | None, subject: str) -> CreditorAccount | None:
    number, _, iban = subject.partition("/")
    query = select(CreditorAccount).where(
        CreditorAccount.tenant_id == tenant,
        CreditorAccount.creditor_id == int(number),
        CreditorAccount.iban == iban,
    )
    return session.exec(query).one_or_none()


def _bank_now(session: Session, tenant: int | None, subject: str, new: Value) -> Value:
    row = _bank(session, tenant, subject)
    return {"source": row.source} if row and row.confirmed_by and row.until is None else None


def _bank_check(session: Session, tenant: int | None, subject: str, new: Value) -> None:
    number = subject.partition("/")[0]
    known = session.get(Creditor, int(number)) if number.isdigit() else None
    if known is None or known.tenant_id != tenant:
        raise Refused(f"There is no creditor {number}.", f"Es gibt keinen Kreditor {number}.")
    if new is not None and not str(new.get("source") or "").strip():
        raise Refused(
            "Say against which source outside the invoice the IBAN was confirmed.",
            "Bitte nennen, gegen welche Quelle außerhalb der Rechnung die IBAN bestätigt wurde.",
        )


def _bank_apply(work: Work, change: Change) -> None:
    number, _, iban = change.subject.partition("/")
    row = _bank(work.session, change.tenant_id, change.subject) or CreditorAccount(
        tenant_id=change.tenant_id or 0, creditor_id=int(number), iban=iban, seen=work.time
    )
    if change.new is None:
        row.until, row.confirmed_by = work.time, None
    else:
        row.until, row.source = None, change.new["source"]
        row.confirmed_by, row.confirmed_at = change.decided_by, work.time
    work.add(row)
    work.session.flush()
    said: dict[str, Any] = {"old": change.old, "new": change.new, "proposed_by": change.proposed_by}
    work.event("creditor-account-changed", row, said)


def _bank_named(session: Session, tenant: int | None, subject: str) -> tuple[str, str]:
    number, _, iban = subject.partition("/")
    row = session.get(Creditor, int(number)) if number.isdigit() else None
    name = f"{iban} ({row.name if row else number})"
    return name, name


POLICY = Kind("Regel", "policy", _policy_now, _policy_apply)
TARGET = Kind("Exportziel", "export target", _target_now, _target_apply, _target_check)
BANK = Kind(
    "Bankverbindung",
    "bank account",
    _bank_now,
    _bank_apply,
    _bank_check,
    _bank_named,
    proposers=ADMINISTRATORS | {"clerk", "confirmer"},
    deciders=ADMINISTRATORS | {"clerk", "confirmer", "authoriser"},
)
