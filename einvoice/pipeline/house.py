"""Which rules judge what came in: the release of the day for everybody, and a town's house rules for its invoices."""

import copy
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from sqlmodel import col, select

from einvoice import confined
from einvoice.errors import Unchecked
from einvoice.formats.opening import is_plain, open_safely
from einvoice.intake.checking import check
from einvoice.pipeline.workplace import Opened
from einvoice.rulebook import release
from einvoice.rulebook.releases import first_day
from einvoice.store import people, seals
from einvoice.store.archive import ARRIVALS, Damaged
from einvoice.store.tables import Delivery, Invoice, Report, canonical
from einvoice.store.times import moment
from einvoice.store.work import Work
from einvoice.validation import house
from einvoice.validation.options import Options
from einvoice.validation.report import Report as Verdict
from einvoice.validation.rulesets.installed import read_index

Decision = tuple[str, dict[str, Any]]
"""The state an invoice is put in by its town, and the reason."""

Judged = dict[str, Any]
"""What house rules said: findings, the rules that ran, and in `failed` why some did not (else None)."""


def release_options(place: Opened, day: date) -> Options:
    """How what was received on a day is judged: by the release in use then, or in force.

    What came before the first release (by a clock that was wrong) is judged by that one, not left lying for ever.
    """
    settings, index = place.workplace, read_index(place.workplace.rules)
    day = max(day, first_day())
    named = settings.release or index.used(day)
    return Options(
        release=named,
        installed=index.trees(named),
        day=day,
        unknown_profile=settings.unknown_profile,
        engine=settings.engine,
        scenarios=settings.scenarios,
    )


def judged_by_policy(place: Opened, delivery: Delivery, invoice: Invoice, tenant: int) -> Verdict | None:
    """The report on an invoice of no known profile, as its town wants those judged; None where nothing differs."""
    options = release_options(place, moment(delivery.received).date())
    with place.store.reading() as session:
        mode = people.policy(session, tenant, "unknown_profile").get("mode", options.unknown_profile)
    if mode == options.unknown_profile or invoice.profile not in ("unknown", "peppol-bis"):
        return None
    whole = place.archive.read(ARRIVALS, delivery.sha256)
    found = check(whole, delivery.name, replace(options, unknown_profile=mode))
    return next((one for place_, (one, _) in enumerate(found, 1) if place_ == invoice.position), None)


def add_report(work: Work, row: Invoice, report: Verdict | None) -> None:
    """Puts the report of `judged_by_policy` in place of the one there was: verdict and findings are the town's."""
    if report is None or report.verdict == "unchecked":
        return
    last = select(Report).where(Report.invoice_id == row.id).order_by(col(Report.id).desc())
    before = work.session.exec(last).first()
    facts = (before.content or {}).get("facts", {}) if before is not None else {}
    said, row.verdict = report.as_dict(), report.verdict
    work.add(
        Report(
            invoice_id=row.id or 0,
            tenant_id=row.tenant_id,
            made=work.time,
            digest=seals.sha256(canonical(said).encode()),
            content={"report": said, "facts": facts},
        )
    )
    work.session.flush()


def judged_by_house(place: Opened, delivery: Delivery, invoice: Invoice, tenant: str) -> Judged | None:
    """What a town's house rules say of an invoice; None where it has none, or no rules can be run on it.

    Never raises for what the invoice or the rules hold: then `failed` says why.
    """
    day = moment(delivery.received).date()
    sets = read_index(place.workplace.rules).house(day, tenant)
    if not sets or invoice.sha256 is None:
        return None
    options = release_options(place, day)
    chosen = release(options.release, day, installed=map(Path, options.installed))
    arguments = {
        "data": part_of(place, delivery, invoice),
        "release": chosen.name,
        "installed": list(options.installed),
        "folders": [one.folder for one in sets],
        "lang": options.lang,
    }
    return _ran(arguments, options)


def _ran(arguments: dict[str, Any], options: Options) -> Judged:
    """Small invoices here, big ones in a limited process."""
    size = len(arguments["data"])
    try:
        if is_plain(arguments["data"]):
            return house.in_child(**arguments)
        with confined.borrowed(options.limit_memory) as child:
            return dict(child.call("einvoice.validation.house:in_child", arguments, options.seconds(size)))
    except Unchecked as error:
        return {"findings": [], "ran": [], "failed": str(error)}


def decided(work: Work, row: Invoice, judged: Judged | None) -> Decision | None:
    """Adds what the house rules said to the invoice's report, and says what the town makes of all findings.

    Its policy `findings` names ids of findings of ours that hold an invoice back or reject it. Where its house rules
    failed, a person has to look. The official verdict stays as it is; None: nothing stands in the way.
    """
    query = select(Report).where(Report.invoice_id == row.id).order_by(col(Report.id).desc())
    last = work.session.exec(query).first()
    content = (
        copy.deepcopy(last.content or {}) if last is not None else {"report": {"findings": [], "rules": []}}
    )
    if judged is not None:
        content["report"]["findings"] += [_plain(one) for one in judged["findings"]]
        content["report"]["rules"] += judged["ran"]
        digest = seals.sha256(canonical(content["report"]).encode())
        work.add(
            Report(
                invoice_id=row.id or 0,
                tenant_id=row.tenant_id,
                made=work.time,
                digest=digest,
                content=content,
            )
        )
    ours = [str(one["rule"]) for one in content["report"]["findings"] if str(one["rule"]).startswith("EI-")]
    policy = people.policy(work.session, row.tenant_id or 0, "findings")
    for key, state in (("reject", "rejected"), ("hold", "held")):
        if rules := sorted({one for one in ours if one in policy.get(key, ())}):
            return state, {"code": "policy", "rules": rules}
    if judged is not None and judged["failed"]:
        return "held", {"code": "house-unchecked", "text": judged["failed"]}
    return None


def _plain(finding: dict[str, Any]) -> dict[str, Any]:
    """A finding as reports keep it."""
    said = {key: value for key, value in finding.items() if key != "cls"}
    return {**said, "class": finding["cls"], "terms": list(finding["terms"])}


def part_of(place: Opened, delivery: Delivery, invoice: Invoice, area: str = ARRIVALS) -> bytes:
    """The bytes of one invoice out of a delivery. Raises Damaged if they are not those that were checked."""
    whole = place.archive.read(area, delivery.sha256)
    for one in open_safely(whole, delivery.name, Options().seconds(len(whole))).documents:
        if one.path == invoice.path and invoice.sha256 in (None, seals.sha256(one.data)):
            return one.data
    raise Damaged(f"Delivery {delivery.id} no longer holds {invoice.path}. Run `einvoice archive verify`.")
