"""Which rules judge what came in: the release of the day for everybody, and a town's house rules for its invoices."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from einvoice import confined
from einvoice.errors import Unchecked
from einvoice.formats.opening import is_plain, open_safely
from einvoice.intake.checking import check
from einvoice.pipeline.workplace import Opened
from einvoice.rulebook import release
from einvoice.rulebook.releases import first_day
from einvoice.store import seals
from einvoice.store.archive import ARRIVALS, Damaged
from einvoice.store.tables import Delivery, Invoice
from einvoice.validation import house
from einvoice.validation.options import Options, unknown_profile_of
from einvoice.validation.report import Report as Verdict
from einvoice.validation.rulesets.installed import Index, read_index

Decision = tuple[str, dict[str, Any]]
"""The state an invoice is put in by its town, and the reason."""

Judged = dict[str, Any]
"""What house rules said: findings, the rules that ran, and in `failed` why some did not (else None)."""


Content = dict[str, Any]
"""What the store keeps of a report: `report` as JSON has it, and `facts`."""


def release_options(place: Opened, day: date, index: Index | None = None) -> Options:
    """How what was received on a day is judged: by the release in use then, or in force.

    What came before the first release (by a clock that was wrong) is judged by that one, not left lying for ever.
    index: what is installed, for who has read it.
    """
    settings, index = place.workplace, index or read_index(place.workplace.rules)
    day = max(day, first_day())
    named = settings.release or index.used(day)
    return Options(
        release=named,
        installed=index.trees(named, day),
        day=day,
        unknown_profile=settings.unknown_profile,
        engine=settings.engine,
        scenarios=settings.scenarios,
    )


def judged_by_policy(
    options: Options, whole: bytes, name: str, position: int, mode: str | None
) -> Verdict | None:
    """The report on an invoice of no known profile, as its town wants those judged; None where nothing differs.

    mode: `unknown_profile` in the town's policy of that name; None: as the installation.
    """
    if mode is None or mode == options.unknown_profile:
        return None
    found = check(whole, name, replace(options, unknown_profile=unknown_profile_of(mode)))
    return next((one for place, (one, _) in enumerate(found, 1) if place == position), None)


def judged_by_house(
    index: Index, options: Options, day: date, tenant: str, document: Callable[[], bytes]
) -> Judged | None:
    """What a town's house rules say of an invoice (`document`: its XML); None where it has none in force that day.

    Never raises for what the invoice or the rules hold: then `failed` says why.
    """
    sets = index.house(day, tenant)
    if not sets:
        return None
    chosen = release(options.release, day, installed=map(Path, options.installed))
    arguments = {
        "data": document(),
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


def with_house(content: Content, judged: Judged) -> Content:
    """What is kept of a report, with what the house rules said beside it."""
    report = content["report"]
    findings = [*report["findings"], *(_plain(one) for one in judged["findings"])]
    return {
        **content,
        "report": {**report, "findings": findings, "rules": [*report["rules"], *judged["ran"]]},
    }


def decided(content: Content, judged: Judged | None, policy: Mapping[str, Any]) -> Decision | None:
    """What a town makes of all findings, house rules' included: `policy` (its policy `findings`) names ids of
    findings of ours that hold an invoice back or reject it. Where its house rules failed, a person has to look.

    The official verdict stays as it is; None: nothing stands in the way.
    """
    ours = [str(one["rule"]) for one in content["report"]["findings"] if str(one["rule"]).startswith("EI-")]
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
