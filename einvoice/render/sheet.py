"""One page about one invoice: what stands on top, the findings, the sections. HTML and PDF are made from it."""

from collections.abc import Sequence
from dataclasses import dataclass

from einvoice.errors import NotAnInvoice
from einvoice.formats import xml
from einvoice.formats.further import everything
from einvoice.formats.reading import read
from einvoice.model.content import Content
from einvoice.render import words
from einvoice.render.codes import meaning
from einvoice.render.outline import FURTHER, outline
from einvoice.render.remarks import Remark, Remarks
from einvoice.render.sections import Entry, Section
from einvoice.validation.report import Finding, Report

_FACTS = {
    "de": ("Rechnungsnummer", "Rechnungsdatum", "Fällig am", "Verkäufer", "Käufer", "Zu zahlen"),
    "en": ("Invoice number", "Issue date", "Due date", "Seller", "Buyer", "Amount due"),
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page. `facts` are the invoice at a glance; `report` is the verdict, where there is one.

    `placed` are the numbers of the remarks that stand beside a field. `issued` is the invoice date (ISO) or None.
    """

    lang: str
    title: str
    facts: tuple[Entry, ...]
    sections: Sequence[Section]
    remarks: Sequence[Remark] = ()
    placed: frozenset[int] = frozenset()
    report: Report | None = None
    number: str = ""
    issued: str | None = None
    unreadable: str = ""


def sheet(
    content: Content,
    lang: str,
    *,
    syntax: str | None = None,
    findings: Sequence[Finding] = (),
    further: Sequence[tuple[str, str]] = (),
    report: Report | None = None,
) -> Sheet:
    """The page of an invoice. `syntax` lets locations tell which line a finding means; `findings` default to the
    report's; `further` are (place, text) of what no term holds."""
    stated = {term for _, group in content.walk() for term in group.values}
    found, written = (report.findings, report.syntax) if report else ((), None)
    remarks = Remarks(findings or found, syntax or written, stated)
    sections = outline(content, lang, remarks, further)
    if report and report.attachments:
        sections.append(_enclosed(report, lang))
    number = content.text("BT-1") or ""
    return Sheet(
        lang,
        _title(content, lang),
        tuple(_facts(content, lang)),
        sections,
        remarks.all,
        remarks.placed,
        report,
        number,
        content.text("BT-2"),
    )


def sheet_of(report: Report, data: bytes, lang: str) -> tuple[Content | None, Sheet]:
    """What a document says, and its page; without content where it cannot be read as an invoice."""
    try:
        root = xml.parse(data)
    except xml.Refused:
        return None, unreadable(report, lang)
    try:
        reading = read(root)
    except NotAnInvoice:
        texts = [(one.path, one.text) for one in everything(root)]
        return None, unreadable(report, lang, texts)
    content = reading.content()
    further = [(one.path, one.text) for one in reading.further]
    return content, sheet(content, lang, report=report, further=further)


def unreadable(report: Report, lang: str, texts: Sequence[tuple[str, str]] = ()) -> Sheet:
    """The page of a document that is not read as an invoice: the findings, and (place, text) of all it says."""
    remarks = Remarks(report.findings, report.syntax)
    title = {"de": "Dokument ohne lesbare Rechnung", "en": "Document without a readable invoice"}[lang]
    why = {
        "de": "Aus diesem Dokument lassen sich keine Rechnungsangaben lesen. Die Befunde sagen, warum.",
        "en": "No invoice can be read from this document. The findings say why.",
    }[lang]
    said = Section(FURTHER[lang], [Entry(place, text, "") for place, text in texts])
    sections = [section for section in (said, _enclosed(report, lang)) if not section.empty]
    return Sheet(lang, title, (), sections, remarks.all, frozenset(), report, unreadable=why)


def _enclosed(report: Report, lang: str) -> Section:
    """The other files of the delivery."""
    title = {"de": "Weitere Dateien der Lieferung", "en": "Other files of the delivery"}[lang]
    return Section(
        title,
        [
            Entry(
                one.name, f"{one.mime}, {words.size(one.bytes, lang)}", "", notes=(f"SHA-256 {one.sha256}",)
            )
            for one in report.attachments
        ],
    )


def _title(content: Content, lang: str) -> str:
    code = content.text("BT-3") or ""
    kind = meaning("BT-3", code, lang) or {"de": "Rechnung", "en": "Invoice"}[lang]
    return " ".join(part for part in (kind, content.text("BT-1")) if part)


def _facts(content: Content, lang: str) -> list[Entry]:
    seller, buyer, totals = (content.group(group) for group in ("BG-4", "BG-7", "BG-22"))
    stated = (
        ("BT-1", content),
        ("BT-2", content),
        ("BT-9", content),
        ("BT-27", seller),
        ("BT-44", buyer),
        ("BT-115", totals),
    )
    facts = []
    for label, (term, group) in zip(_FACTS[lang], stated, strict=True):
        text = group.text(term) if group else None
        if text is not None:
            facts.append(Entry(label, words.shown(term, text, lang, content.text("BT-5")), term))
    return facts
