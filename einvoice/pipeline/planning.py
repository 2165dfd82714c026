"""Where the invoices of some deliveries go, found by looking only: from what was found in them, or from the records
there are, with the tables of routing and the towns' policies read once for all.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from einvoice.formats.opening import open_safely
from einvoice.intake.routing import decided
from einvoice.intake.ruling import booked as posted_by_rules
from einvoice.pipeline.cases import Case, Found, Plan, content_of
from einvoice.pipeline.house import judged_by_house, judged_by_policy, release_options
from einvoice.pipeline.posting import rule_files
from einvoice.pipeline.routing import Kept, Tables, question, tables
from einvoice.pipeline.workplace import Opened
from einvoice.store import people, seals
from einvoice.store.archive import ARRIVALS, Damaged
from einvoice.store.tables import Delivery, Invoice, Report, Tenant
from einvoice.store.times import day_of
from einvoice.validation.options import Options
from einvoice.validation.rulesets.installed import read_index

_OPEN = ("checked", "unchecked")
"""States of an invoice that has no place yet."""


@dataclass(slots=True)
class Looked:
    """A delivery that was looked at: its bytes, and what was found in it (None: it is checked already)."""

    delivery: Delivery
    whole: bytes
    found: Found | None


class Planning:
    """What plans ask for, read once; made anew for each group, so that it is never old."""

    def __init__(self, place: Opened, session: Session) -> None:
        self.place, self.session = place, session
        self.index = read_index(place.workplace.rules)
        self._options: dict[date, Options] = {}

    @cached_property
    def tables(self) -> Tables:
        """How invoices are routed."""
        return tables(self.place, self.session)

    @cached_property
    def tenants(self) -> Mapping[int, Tenant]:
        """The towns by number."""
        return {one.id or 0: one for one in self.session.exec(select(Tenant))}

    @cached_property
    def modes(self) -> Mapping[int, str]:
        """How towns that have said so want invoices of no known profile judged."""
        policies = people.policies(self.session, "unknown_profile")
        return {tenant: str((row.value or {}).get("mode")) for tenant, row in policies.items()}

    @cached_property
    def posting_rules(self) -> Mapping[int, Path]:
        """The posting rules of the towns that have some."""
        return rule_files(self.place, self.session)

    def options(self, day: date) -> Options:
        """How what was received on a day is judged."""
        if day not in self._options:
            self._options[day] = release_options(self.place, day, self.index)
        return self._options[day]


def planned(place: Opened, looked: Sequence[Looked]) -> list[Plan]:
    """A plan for each delivery about which there is news. Raises Damaged for one whose bytes are not as they were."""
    with place.store.reading() as session:
        planning = Planning(place, session)
        old = [one.delivery.id or 0 for one in looked if one.delivery.state != "stored" or one.found is None]
        recorded = _recorded(session, old)
        plans = [(one, recorded[one.delivery.id or 0]) for one in looked]
        return [_plan(planning, one, rows) for one, rows in plans if _is_news(one, rows)]


def _is_news(looked: Looked, recorded: "Recorded") -> bool:
    """Whether checking once more has told anything: a verdict where there was none, or other documents."""
    if looked.found is None or looked.delivery.state == "stored":
        return True
    before = [recorded[position][0].verdict for position in sorted(recorded)]
    return before != [report.verdict for report, _ in looked.found]


def planned_by_hand(place: Opened, invoice_id: int, tenant: Tenant) -> Plan:
    """The plan that hands one invoice of the manual queue over to a tenant."""
    with place.store.reading() as session:
        delivery = session.exec(
            select(Delivery).join(Invoice, col(Invoice.delivery_id) == Delivery.id)
            .where(Invoice.id == invoice_id)
        ).one()  # fmt: skip
        planning = Planning(place, session)
        looked = Looked(delivery, place.archive.read(ARRIVALS, delivery.sha256), None)
        rows = _recorded(session, [delivery.id or 0])[delivery.id or 0]
        return _plan(planning, looked, rows, {invoice_id: tenant})


Recorded = dict[int, tuple[Invoice, Report | None]]
"""The invoices of a delivery by position, each with its last report."""


def _recorded(session: Session, deliveries: Sequence[int]) -> dict[int, Recorded]:
    """What is recorded of some deliveries."""
    found: dict[int, Recorded] = defaultdict(dict)
    query = (
        select(Invoice, Report).join(Report, col(Report.invoice_id) == Invoice.id, isouter=True)
        .where(col(Invoice.delivery_id).in_(deliveries), Invoice.position > 0).order_by(col(Report.id))
    )  # fmt: skip
    for invoice, report in session.exec(query) if deliveries else ():
        found[invoice.delivery_id][invoice.position] = invoice, report
    return found


def _plan(
    planning: Planning, looked: Looked, recorded: Recorded, by_hand: Mapping[int, Tenant] | None = None
) -> Plan:
    plan = Plan(looked.delivery, looked.whole, looked.found)
    parts = _Parts(planning, plan)
    cases = _cases(looked, recorded)
    for case in cases:
        row, _ = recorded.get(case.position, (None, None))
        if row is not None and row.tenant_id is not None:
            plan.towns.append(row.tenant_id)
            continue
        hand = (by_hand or {}).get(case.id or 0)
        if hand is not None and row is not None:
            case.tenant, case.why = hand, {"by": "hand", "asked": (row.routed_by or {}).get("asked", [])}
        else:
            _route(planning, plan, case, parts)
        plan.towns.append(case.tenant.id if case.tenant else None)
        if case.unchecked:
            plan.unchecked.append(case)
        elif hand is not None or (by_hand is None and (row is None or row.state in _OPEN)):
            plan.cases.append(case)
        plan.waits |= case.unchecked or case.tenant is None or case not in plan.cases
    if len(set(plan.towns)) == 1:
        plan.only = planning.tenants.get(plan.towns[0] or 0)
    for case in plan.cases:
        if case.tenant is not None:
            _hand_over(planning, plan, case, parts)
    plan.contents = [case.content for case in cases]
    return plan


def _cases(looked: Looked, recorded: Recorded) -> list[Case]:
    """All invoices of a delivery, as found or as recorded."""
    found: dict[int, Case] = {}
    for position, (row, report) in recorded.items():
        content = (report.content if report else None) or {"report": _bare(row), "facts": {}}
        found[position] = Case(position, [content], 1, row.id)
    for position, (verdict, facts) in enumerate(looked.found or (), 1):
        known = recorded[position][0] if position in recorded else None
        if known is None or known.state == "unchecked":
            number = known.id if known is not None else None
            found[position] = Case(position, [content_of(verdict, facts)], 0, number)
    return [found[position] for position in sorted(found)]


def _bare(row: Invoice) -> dict[str, Any]:
    """A report that says as little as a record without one."""
    return {"findings": [], "rules": [], "verdict": row.verdict, "document": row.path, "sha256": row.sha256,
            "container": row.container, "profile": row.profile, "invoice": None}  # fmt: skip


def _route(planning: Planning, plan: Plan, case: Case, parts: "_Parts") -> None:
    """Finds the tenant of an invoice, as the layers of routing answer."""
    said = case.contents[-1]["report"]
    asked = question(
        planning.tables,
        (said["invoice"] or {}).get("buyer_reference"),
        case.contents[-1]["facts"],
        plan.delivery.source_id,
        Kept(
            said["container"],
            lambda: plan.whole,
            lambda: b"" if case.unchecked or said["sha256"] is None else parts.of(said),
        ),
        planning.options(day_of(plan.delivery.received)),
    )
    answers = decided(asked, planning.tables.claims)
    found = answers[-1].route
    case.why = {
        **(found.reason() if found else {"by": "nobody"}),
        "asked": [one.plain() for one in answers],
    }
    case.tenant = planning.tenants[found.tenant_id] if found else None


def _hand_over(planning: Planning, plan: Plan, case: Case, parts: "_Parts") -> None:
    """What a tenant gets, and what it makes of it by its own rules and policy."""
    assert case.tenant is not None
    said, town = case.contents[-1]["report"], case.tenant
    day = day_of(plan.delivery.received)
    options = planning.options(day)
    case.shared = plan.only is None
    case.data = parts.of(said) if case.shared else plan.whole
    if said["profile"] in ("unknown", "peppol-bis"):
        mode = planning.modes.get(town.id or 0)
        other = judged_by_policy(options, plan.whole, plan.delivery.name, case.position, mode)
        if other is not None and other.verdict != "unchecked":
            case.contents.append(content_of(other, case.contents[-1]["facts"]))
    if said["sha256"] is not None:
        case.house = judged_by_house(planning.index, options, day, town.name, lambda: parts.of(said))
        if (rules := planning.posting_rules.get(town.id or 0)) is not None:
            case.ruled = posted_by_rules(parts.of(said), rules, options)


class _Parts:
    """The documents of a delivery, opened when one is first asked for."""

    def __init__(self, planning: Planning, plan: Plan) -> None:
        self._plan = plan
        self._options: Callable[[], Options] = lambda: planning.options(day_of(plan.delivery.received))

    @cached_property
    def _documents(self) -> dict[str | None, bytes]:
        whole = self._plan.whole
        opened = open_safely(whole, self._plan.delivery.name, self._options().seconds(len(whole)))
        return {one.path: one.data for one in opened.documents}

    def of(self, said: Mapping[str, Any]) -> bytes:
        """The bytes of the document that a report is about. Raises Damaged if they are not those checked."""
        data = self._documents.get(said["document"])
        if data is None or said["sha256"] not in (None, seals.sha256(data)):
            raise Damaged(
                f"Delivery {self._plan.number} no longer holds {said['document']}. Run `einvoice archive verify`."
            )
        return data
