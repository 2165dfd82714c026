"""What a run did, as a table or as JSON."""

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from einvoice.interfaces.cli import tables
from einvoice.interfaces.cli.session import note, say, session
from einvoice.render import reasons, states

if TYPE_CHECKING:
    from einvoice.pipeline.results import Outcome, Tally
    from einvoice.pipeline.summary import RunSummary
    from einvoice.pipeline.workplace import Opened

_ROWS = 100
"""So many invoices are listed one by one; more are summed up by town."""


def show(here: "Opened", summary: "RunSummary", form: str) -> None:
    """Prints the summary to stdout, and what is left over to stderr."""
    from einvoice.pipeline.results import outcomes, tally

    count = tally(here, summary.deliveries)
    few = form == "json" or count.total() <= _ROWS
    rows = outcomes(here, summary.deliveries) if few else []
    if form == "json":
        print(json.dumps(_plain(summary, rows), ensure_ascii=False, indent=2))
    elif summary.idle and summary.stopped is None:
        print(
            say(
                "Nichts zu tun: alles ist schon verarbeitet.",
                "Nothing to do: everything is processed already.",
            )
        )
    else:
        _table(here, summary, rows, count)
    for problem in summary.problems:
        note(say(f"Übrig geblieben: {problem.said('de')}", f"Left over: {problem}"))
    if summary.stopped is not None:
        done, of = len(summary.deliveries), summary.waiting
        note(say(f"Abgebrochen: {done} von {of} fertig.", f"Broken off: {done} of {of} done."))


def _table(here: "Opened", summary: "RunSummary", rows: "list[Outcome]", count: "Tally") -> None:
    if count.total() <= _ROWS:
        heads = say(
            "Nr.|Datei|Rechnung|Brutto|Kommune|Urteil|Stand", "No|File|Invoice|Gross|Tenant|Verdict|State"
        )
        tables.show(heads.split("|"), [_row(one) for one in rows])
    else:
        _by_town(count)
    said = Counter[str]()
    for (_, _, verdict), number in count.items():
        said[verdict] += number
    words = _verdicts()
    print(", ".join(f"{said[verdict]} {word}" for verdict, word in words.items() if said[verdict]))
    if summary.exported:
        print(say(f"{summary.exported} Exporte geschrieben.", f"{summary.exported} exports written."))
    print(say(f"Berichte: {here.workplace.reports}", f"Reports: {here.workplace.reports}"))


def _verdicts() -> dict[str, str]:
    return {
        "accepted": say("angenommen", "accepted"),
        "rejected": say("abgelehnt", "rejected"),
        "unchecked": say("nicht geprüft", "unchecked"),
    }


def _by_town(tally: "Tally") -> None:
    """How many of each state, town by town."""
    count = Counter[tuple[str, str]]()
    for (town, state, _), number in tally.items():
        count[town or "–", state] += number
    heads = say("Kommune|Stand|Anzahl", "Tenant|State|Count").split("|")
    tables.show(
        heads,
        [
            [town, states.state(state, session.lang), number]
            for (town, state), number in sorted(count.items())
        ],
    )


def _row(one: "Outcome") -> list[object]:
    name = one.file + (f"!/{one.path}" if one.path else "")
    why = reasons.words(one.reason, session.lang)
    where = states.state(one.state, session.lang) + (f" ({why})" if why else "")
    gross = f"{one.gross} {one.currency}" if one.gross else None
    return [one.id, name, one.number, gross, one.tenant, _verdicts()[one.verdict], where]


def _plain(summary: "RunSummary", rows: "list[Outcome]") -> dict[str, Any]:
    return {
        "started": summary.started,
        "ended": summary.ended,
        "stopped": summary.stopped,
        "received": summary.received,
        "released": summary.released,
        "exported": summary.exported,
        "deliveries": len(summary.deliveries),
        "waiting": summary.waiting - len(summary.deliveries),
        "sources": [
            {"name": name, "received": one.received, "released": one.released, "problems": len(one.problems)}
            for name, one in summary.sources.items()
            if one.tried
        ],
        "verdicts": dict(Counter(one.verdict for one in rows)),
        "invoices": [
            {
                "id": one.id,
                "file": one.file,
                "document": one.path,
                "tenant": one.tenant,
                "verdict": one.verdict,
                "state": one.state,
                "reason": one.reason,
            }
            for one in rows
        ],
        "problems": [
            {"kind": type(one).__name__, "text": one.said(session.lang)} for one in summary.problems
        ],
    }
