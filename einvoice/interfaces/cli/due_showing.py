"""How `einvoice due` shows lines and losses: a sentence, a table, JSON, CSV."""

import csv
import io
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from einvoice.interfaces.cli.session import note, say, session
from einvoice.render import words
from einvoice.render.reckoned import reckoned

if TYPE_CHECKING:
    from einvoice.approval.cockpit import Line, Loss, Plan


def headline(plans: "list[Plan]", losses: "list[Loss]") -> None:
    """What counts most, in a sentence each; to stderr, so that tables stay tables."""
    from einvoice.approval.cockpit import total

    count = sum(len(one.today) for one in plans)
    saved: dict[str, Decimal] = {}
    for one in plans:
        for currency, amount in one.saved_today.items():
            saved[currency] = saved.get(currency, Decimal()) + amount
    if count:
        some, all_ = say("Heute diese Rechnung anordnen", "Order this invoice today"), _sums(saved)
        many = say(f"Heute diese {count} Rechnungen anordnen", f"Order these {count} invoices today")
        note(
            say(
                f"{some if count == 1 else many}: spart {all_}.",
                f"{some if count == 1 else many}: saves {all_}.",
            )
        )
    if losses:
        gone = _sums(total(losses))
        note(say(f"Im Vormonat verfiel Skonto von {gone} (einvoice due --lost).",
                 f"The month before, Skonto of {gone} was lost (einvoice due --lost)."))  # fmt: skip
    if any(line.cost and line.cost.provisional for one in plans for line in one.lines):
        note(say("Zinsen mit dem letzten bekannten Basiszinssatz gerechnet (einvoice tenant deadlines).",
                 "Interest is reckoned with the last base rate known (einvoice tenant deadlines)."))  # fmt: skip


def _sums(sums: dict[str, Decimal]) -> str:
    return " + ".join(words.amount(f"{amount}", session.lang, currency) for currency, amount in sums.items())


def _amount(value: Decimal | None, line: "Line | Loss") -> str:
    return "" if value is None else words.amount(f"{value}", session.lang, line.case.claim.currency)


def _day(value: date | None) -> str:
    return words.day(value.isoformat(), session.lang) if value else ""


def table(lines: "list[Line]") -> tuple[list[str], list[list[object]]]:
    """Heads and rows of the lines."""
    heads = say(
        "Nr.|Rechnung|Verkäufer|Zu zahlen|Anordnen bis|Tage|Skonto|Danach|Fällig|Verzug ab|Verzugskosten|Es fehlt",
        "No|Invoice|Seller|To pay|Order by|Days|Skonto|After that|Due|Default from|Cost|Missing",
    )
    rows: list[list[object]] = [
        [
            line.case.invoice,
            line.case.number,
            line.case.seller,
            _amount(line.case.claim.amount, line),
            _day(line.order_by),
            line.days_left,
            _reckoned(line),
            _amount(line.later, line) if line.tier else "",
            _day(line.case.claim.due),
            "" if line.case.credit else _day(line.default_since),
            _amount(line.cost.total if line.cost else None, line),
            ", ".join(_missing(line)),
        ]
        for line in lines
    ]
    return heads.split("|"), rows


def _reckoned(line: "Line | Loss") -> str:
    """`1.190,00 € × 2,00 % = 23,80 € bis 16.03.2026`."""
    tier = line.tier
    if tier is None:
        return ""
    figures = tier.base, tier.percent, tier.off, tier.until
    return reckoned(*figures, line.case.claim.currency, session.lang)


def _missing(line: "Line") -> list[str]:
    from einvoice.approval.deadlines import MISSING

    return [say(*MISSING[one]) for one in line.case.missing]


def lost_table(losses: "list[Loss]") -> tuple[list[str], list[list[object]]]:
    """Heads and rows of what was lost."""
    heads = say(
        "Nr.|Rechnung|Verkäufer|Verfallen|Skonto|Anordnen bis|Angeordnet",
        "No|Invoice|Seller|Lost|Skonto|Order by|Ordered",
    )
    rows: list[list[object]] = [
        [
            one.case.invoice,
            one.case.number,
            one.case.seller,
            _amount(one.amount, one),
            _reckoned(one),
            _day(one.last_day),
            _day(one.case.authorised) or say("noch nicht", "not yet"),
        ]
        for one in losses
    ]
    return heads.split("|"), rows


COLUMNS = (
    "invoice", "tenant", "number", "seller", "state", "currency", "to_pay", "order_by", "days_left", "skonto_until",
    "percent", "base", "skonto", "later", "at_stake", "due", "received", "default_since", "default_days", "interest",
    "lump_sum", "provisional", "missing",
)  # fmt: skip
LOST = (
    "invoice", "tenant", "number", "seller", "currency", "lost", "skonto_until", "percent", "base", "skonto",
    "order_by", "authorised",
)  # fmt: skip


def row_of(line: "Line") -> dict[str, Any]:
    """A line as data: amounts as texts with their digits, days ISO."""
    from einvoice.approval.late import LUMP_SUM

    case, cost = line.case, line.cost
    return {
        **_head(line), "state": case.state, "to_pay": str(case.claim.amount), "order_by": _iso(line.order_by),
        "days_left": line.days_left, **_offer(line), "later": str(line.later), "at_stake": str(line.at_stake),
        "due": _iso(case.claim.due), "received": _iso(case.received),
        "default_since": None if case.credit else _iso(line.default_since), "default_days": cost.days if cost else 0,
        "interest": str(cost.interest) if cost else None, "lump_sum": str(LUMP_SUM) if cost else None,
        "provisional": bool(cost and cost.provisional), "missing": list(case.missing),
    }  # fmt: skip


def lost_row(one: "Loss") -> dict[str, Any]:
    """A loss as data."""
    ordered, by = _iso(one.case.authorised), _iso(one.last_day)
    return {**_head(one), "lost": str(one.amount), **_offer(one), "order_by": by, "authorised": ordered}


def _head(line: "Line | Loss") -> dict[str, Any]:
    case = line.case
    return {
        "invoice": case.invoice, "tenant": case.tenant, "number": case.number, "seller": case.seller,
        "currency": case.claim.currency,
    }  # fmt: skip


def _offer(line: "Line | Loss") -> dict[str, Any]:
    tier = line.tier
    said = tier.plain() if tier else {}
    return {"skonto_until": said.get("until"), "percent": said.get("percent"), "base": said.get("base"),
            "skonto": said.get("off")}  # fmt: skip


def _iso(value: date | None) -> str | None:
    return value.isoformat() if value else None


def whole(day: date, plans: "list[Plan]", losses: "list[Loss]", rows: list[dict[str, Any]]) -> dict[str, Any]:
    """All of it as one table (JSON)."""
    from einvoice.approval.cockpit import total

    saved: dict[str, Decimal] = {}
    for one in plans:
        for currency, amount in one.saved_today.items():
            saved[currency] = saved.get(currency, Decimal()) + amount
    return {
        "day": day.isoformat(),
        "today": {
            "invoices": [line.case.invoice for one in plans for line in one.today],
            "saves": {currency: str(amount) for currency, amount in saved.items()},
        },
        "lost_last_month": {currency: str(amount) for currency, amount in total(losses).items()},
        "rows": rows,
    }


def as_csv(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> str:
    """CSV as spreadsheets of German offices open it; no cell begins a formula."""
    from einvoice.formats.cells import harmless

    stream = io.StringIO()
    out = csv.writer(stream, delimiter=";", lineterminator="\r\n")
    out.writerow(columns)
    for row in rows:
        cells = [
            ",".join(cell) if isinstance(cell, list) else cell for cell in (row[name] for name in columns)
        ]
        out.writerow(["" if cell is None else harmless(str(cell)) for cell in cells])
    return stream.getvalue()
