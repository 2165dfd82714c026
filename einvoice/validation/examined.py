"""A document examined, and how that travels from the process that judges to the one that asked: values in the order
of their fields, which cost a third of the keyed shape that others are given (`Report.as_dict`)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from einvoice.validation.options import Options
from einvoice.validation.report import AttachmentInfo, Finding, PdfInfo, RanRules, Report, Summary, values


@dataclass(slots=True)
class Examined:
    """A report, and the document as the official engine gets it, where that one was asked for as well.

    looked: what the look that was asked for made of the document; None where it is no XML.
    """

    report: Report
    document: bytes | None = None
    looked: Any = None


def completed(found: list[Examined], options: Options, seconds: float) -> list[Report]:
    """The reports, the official engine heard where it was asked for; it may take `seconds` for each document."""
    if options.engine != "native":
        from einvoice.validation import engines

        for one in found:
            if one.document is not None:
                engines.judged(one.report, one.document, options, seconds)
    return [one.report for one in found]


_HEAD = Report.__slots__.index("rules")
"""How many values of a report stand before those that hold others."""


def packed(files: Iterable[list[Examined]]) -> list[Any]:
    """What was examined, file by file, as JSON values and bytes. `looked` has to be one already."""
    ran: dict[tuple[Any, ...], int] = {}
    rows = [[_packed(one, ran) for one in some] for some in files]
    return [list(ran), rows]


def unpacked(sent: list[Any]) -> list[list[Examined]]:
    """The counterpart of `packed`, from its JSON. Raises TypeError, ValueError or IndexError for what is none."""
    ran, rows = sent
    return [[_unpacked(one, ran) for one in some] for some in rows]


def _packed(one: Examined, ran: dict[tuple[Any, ...], int]) -> list[Any]:
    """ran: which rules ran, said once for all documents that it is the same for; its place in `packed`."""
    said = values(one.report)
    rules, findings, attachments, pdf, invoice, *rest = said[_HEAD:]
    row = [
        *said[:_HEAD],
        ran.setdefault(tuple([values(each) for each in rules]), len(ran)),
        [values(each) for each in findings],
        [values(each) for each in attachments],
        pdf and values(pdf),
        invoice and values(invoice),
        *rest,
    ]
    return [row, one.document, one.looked]


def _unpacked(sent: list[Any], ran: list[Any]) -> Examined:
    row, document, looked = sent
    rules, findings, attachments, pdf, invoice, engine, scenario, milliseconds = row[_HEAD:]
    said = [
        *row[:_HEAD],
        [RanRules(*each) for each in ran[rules]],
        [_found(*each) for each in findings],
        [AttachmentInfo(*each) for each in attachments],
        PdfInfo(*pdf) if pdf else None,
        Summary(*invoice) if invoice else None,
        *(engine, scenario, milliseconds),
    ]
    return Examined(Report(*said), document, looked)


def _found(*values: Any) -> Finding:
    finding = Finding(*values)
    finding.terms = tuple(finding.terms)
    return finding
