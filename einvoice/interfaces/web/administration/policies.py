"""A town's policies and its chain of approval: those in force, shown as TOML; changed by two persons."""

import tomllib
from collections.abc import Callable
from typing import Any

from fastapi import HTTPException, Request, Response
from sqlmodel import Session, col, select

from einvoice.approval import conditions
from einvoice.approval.chain import chain_from, chain_of
from einvoice.approval.proposals import propose
from einvoice.errors import EinvoiceError, UsageError
from einvoice.intake.returns import checked_settings
from einvoice.interfaces.web.administration.access import Administrator, looked, shown, town
from einvoice.interfaces.web.administration.towns import MODES, PATH
from einvoice.interfaces.web.administration.written import toml
from einvoice.interfaces.web.desk import desk_of
from einvoice.interfaces.web.forms import Fields, after
from einvoice.interfaces.web.guard import pages
from einvoice.interfaces.web.visitor import Visitor
from einvoice.pipeline.tenants import policy_from
from einvoice.store.tables import Policy

router = pages()
LONGEST = 100_000
"""Characters of a policy in a form."""


def _chain(value: dict[str, Any]) -> dict[str, Any]:
    wanted = chain_from(value)
    conditions.check(wanted)
    return wanted.stored()


def _mode(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda value: policy_from(name, name, value.get("mode"))


def _stated(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda value: policy_from(name, name, value)


CHANGED: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "chain": _chain,
    "reply": checked_settings,
    **{name: _mode(name) for name in MODES},
    **{name: _stated(name) for name in ("duplicates", "findings", "deadlines", "posting", "retention")},
}
"""Policies that are changed here, and what makes of what a person writes what is stored. The others name folders of
the machine or are files of rules: they are the command line's."""


@router.get(PATH + "/{name}/policies")
def listed(request: Request, who: Administrator, name: str) -> Response:
    """All policies in force, and those there could be."""
    with desk_of(request).store.reading() as session:
        row = town(session, who.eyes, name)
        found = {one.name: one for one in _in_force(session, row.id)}
        rows = [
            (key, found.get(key), _text(session, row.id, key, found.get(key))) for key in {**CHANGED, **found}
        ]
    looked(request, who, "policies", row.id)
    return shown(request, "policies.html", row=row, rows=rows, changed=CHANGED)


@router.get(PATH + "/{name}/policies/{policy}")
def show(request: Request, who: Administrator, name: str, policy: str) -> Response:
    """One policy, to be changed."""
    return _page(request, who, name, policy)


@router.post(PATH + "/{name}/policies/{policy}")
def change(request: Request, who: Administrator, name: str, policy: str, form: Fields) -> Response:
    """Proposes another value."""
    desk, text = desk_of(request), form.get("text", "")[:LONGEST]
    with desk.store.reading() as session:
        town(session, who.eyes, name)
    if policy not in CHANGED:
        raise HTTPException(404)
    try:
        value = CHANGED[policy](_read(text))
        row = propose(desk.store, who.actor, "policy", policy, name, value)
    except EinvoiceError as error:
        return _page(request, who, name, policy, 409, problem=error.said(who.lang), text=text)
    except (TypeError, ValueError, AttributeError, KeyError):
        wrong = who.say(
            "Das geht nicht: siehe docs/approval.md und docs/tenants.md.", "That cannot be: see docs."
        )
        return _page(request, who, name, policy, 409, problem=wrong, text=text)
    return after(f"{PATH}/{name}/policies", row)


def _read(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"No valid TOML: {error}", f"Kein gültiges TOML: {error}") from None


def _in_force(session: Session, tenant: int | None) -> list[Policy]:
    query = select(Policy).where(Policy.tenant_id == tenant, col(Policy.until).is_(None))
    return list(session.exec(query.order_by(col(Policy.name), col(Policy.since))))


def _text(session: Session, tenant: int | None, name: str, row: Policy | None) -> str:
    """The value in force as TOML; of the chain also where it is the usual one."""
    if name == "chain":
        return toml(chain_of(session, tenant or 0).stored())
    value = dict((row.value if row else None) or {})
    return str(value["text"]) if {*value} == {"text"} else toml(value)


def _page(
    request: Request, who: Visitor, name: str, policy: str, status: int = 200, **values: str
) -> Response:
    with desk_of(request).store.reading() as session:
        row = town(session, who.eyes, name)
        found = {one.name: one for one in _in_force(session, row.id)}.get(policy)
        if policy not in CHANGED:
            raise HTTPException(404)
        known = {"text": _text(session, row.id, policy, found), **values}
    return shown(request, "policy.html", status, row=row, policy=policy, longest=LONGEST, **known)
