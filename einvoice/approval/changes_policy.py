"""Changes of a policy, and of where exports go."""

from collections.abc import Callable
from typing import Any

from sqlmodel import Session, col, select

from einvoice.approval import chain, conditions
from einvoice.approval.kind import Change, Kind, Value
from einvoice.errors import UsageError
from einvoice.store import people
from einvoice.store.tables import ExportTarget, Policy, Tenant
from einvoice.store.work import Work

# policy: subject its name; new: its value, None: no such policy any more


def _policy_now(session: Session, tenant: int | None, subject: str, new: Value) -> Value:
    query = select(Policy).where(Policy.name == subject, col(Policy.until).is_(None))
    query = query.where(Policy.tenant_id == tenant if tenant else col(Policy.tenant_id).is_(None))
    rows = session.exec(query.order_by(col(Policy.since))).all()
    return rows[-1].value if rows else None


def _chain_check(new: dict[str, Any]) -> None:
    conditions.check(chain.chain_from(new))


_CHECKS: dict[str, Callable[[dict[str, Any]], object]] = {chain.POLICY: _chain_check}
"""Policies whose value the approval itself relies on, and what refuses one that cannot be."""


def _policy_check(session: Session, tenant: int | None, subject: str, new: Value) -> None:
    if subject in _CHECKS and new:
        _CHECKS[subject](new)


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


POLICY = Kind("Regel", "policy", _policy_now, _policy_apply, _policy_check)
TARGET = Kind("Exportziel", "export target", _target_now, _target_apply, _target_check)
