"""What became of every file: rows for a table, and a page per delivery with its findings in words."""

import io
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlmodel import col, func, select
from sqlmodel.sql.expression import Select

from einvoice.approval.sight import Sight, sight
from einvoice.pipeline.cases import Plan
from einvoice.pipeline.workplace import Opened
from einvoice.render.reasons import bare
from einvoice.store.tables import Invoice, Tenant
from einvoice.validation.report import report_from
from einvoice.validation.reports import writer

_AT_ONCE = 500
"""Deliveries asked for in one question: a database takes so many values and no more."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One invoice as a list shows it."""

    id: int
    file: str
    path: str | None
    number: str | None
    seller: str | None
    gross: str | None
    currency: str | None
    tenant: str | None
    verdict: str
    state: str
    reason: dict[str, Any] | None


def outcomes(place: Opened, deliveries: Sequence[int]) -> list[Outcome]:
    """The invoices of some deliveries in the order they came; content only as this process's person may see it."""
    seeing, found = sight(place.store), list[Outcome]()
    for first in range(0, len(deliveries), _AT_ONCE):
        part = listed().where(col(Invoice.delivery_id).in_(deliveries[first : first + _AT_ONCE]))
        with place.store.reading() as session:
            found += [
                _outcome(*row, seeing.content(row[0].tenant_id, row[0].id))
                for row in session.exec(part.order_by(col(Invoice.id)))
            ]
    return found


Tally = Counter[tuple[str | None, str, str]]
"""How many invoices there are of each (title of the tenant, state, verdict)."""


def tally(place: Opened, deliveries: Sequence[int]) -> Tally:
    """The invoices of some deliveries, counted."""
    found: Tally = Counter()
    query = (
        select(Tenant.title, Invoice.state, Invoice.verdict, func.count())
        .join_from(Invoice, Tenant, col(Tenant.id) == Invoice.tenant_id, isouter=True)
        .group_by(col(Tenant.title), col(Invoice.state), col(Invoice.verdict))
    )
    with place.store.reading() as session:
        for first in range(0, len(deliveries), _AT_ONCE):
            some = deliveries[first : first + _AT_ONCE]
            for town, state, verdict, count in session.exec(query.where(col(Invoice.delivery_id).in_(some))):
                found[town, state, verdict] += count
    return found


def listed(tenant: int | None = None, state: str | None = None) -> Select[Invoice, Tenant]:
    """The question for a list of invoices with their tenants; of one tenant, or in a state there, by an index."""
    query = select(Invoice, Tenant).join(Tenant, col(Tenant.id) == Invoice.tenant_id, isouter=True)
    if tenant is not None:
        query = query.where(Invoice.tenant_id == tenant)
    return query if state is None else query.where(Invoice.state == state)


def page(
    place: Opened,
    eyes: Sight,
    most: int,
    before: int | None = None,
    tenant: int | None = None,
    state: str | None = None,
) -> tuple[list[Outcome], bool]:
    """The newest invoices (of a tenant, in a state) that a person may know of, in the order they came: at most so
    many, before a number; and whether there are older ones. Costs the same however many invoices there are.
    """
    query = listed(tenant, state)
    if not (eyes.everything or eyes.operator):
        query = query.where(col(Invoice.tenant_id).in_(eyes.tenants))
    if before is not None:
        query = query.where(col(Invoice.id) < before)
    with place.store.reading() as session:
        rows = session.exec(query.order_by(col(Invoice.id).desc()).limit(most + 1)).all()
    shown = [_outcome(*row, eyes.content(row[0].tenant_id, row[0].id)) for row in reversed(rows[:most])]
    return shown, len(rows) > most


def _outcome(invoice: Invoice, tenant: Tenant | None, content: bool) -> Outcome:
    found = Outcome(
        id=invoice.id or 0,
        file=invoice.file,
        path=invoice.path,
        number=invoice.number,
        seller=invoice.seller,
        gross=None if invoice.gross is None else f"{invoice.gross:f}",
        currency=invoice.currency,
        tenant=tenant.title if tenant else None,
        verdict=invoice.verdict,
        state=invoice.state,
        reason=invoice.reason,
    )
    if content:
        return found
    return replace(
        found,
        file="…",
        path=None,
        number=None,
        seller=None,
        gross=None,
        currency=None,
        reason=bare(invoice.reason),
    )


def _worth_reading(report: Mapping[str, Any]) -> bool:
    return bool(report["findings"]) or report["verdict"] != "accepted"


def write_pages(place: Opened, plans: Sequence[Plan], lang: str = "de") -> None:
    """The pages of deliveries about which there is something to read, each complete under its name: where every
    invoice was accepted without a finding there is none (`inbox show` says so), also where an earlier look left one.
    """
    for plan in plans:
        name = "".join(c if c.isalnum() or c in "-._" else "_" for c in plan.delivery.name)[:100]
        target = place.workplace.reports / f"{plan.number:06d}-{name}.html"
        if not any(_worth_reading(one["report"]) for one in plan.contents):
            target.unlink(missing_ok=True)
            continue
        place.workplace.reports.mkdir(mode=0o750, parents=True, exist_ok=True)
        page = io.StringIO()
        writer("html")([report_from(one["report"]) for one in plan.contents], page, lang)
        part = target.with_name(f".{target.name}.{os.getpid()}.part")
        part.write_text(page.getvalue(), "utf-8", errors="replace")
        part.rename(target)
