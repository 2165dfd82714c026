"""The PDF around an invoice, judged beside it: advice only, never a part of the verdict."""

from lxml import etree

from einvoice import confined
from einvoice.formats.delivery import Carrier
from einvoice.formats.hybrid.judging import judge, said_by
from einvoice.formats.hybrid.visible import compare
from einvoice.formats.pdf import Pdf, Unreadable
from einvoice.model.problem import Problem
from einvoice.validation import own
from einvoice.validation.report import Finding, PdfInfo

TEXT_SECONDS = 5.0
"""How long reading the visible text may take."""


def examine(carrier: Carrier, root: etree._Element, lang: str) -> tuple[PdfInfo, list[Finding]]:
    """What the PDF claims, and where it disagrees with the invoice in it, in metadata or in visible text."""
    claimed = said_by(carrier)[0]
    info = PdfInfo(
        name=carrier.name,
        relation=carrier.relation or None,
        level=claimed.fields.get("ConformanceLevel"),
        pdfa=claimed.pdfa or None,
    )
    problems = [*judge(carrier, root), *_visible(carrier, root)]
    return info, [own.finding(problem, lang) for problem in problems]


def _visible(carrier: Carrier, root: etree._Element) -> list[Problem]:
    """The text compared. A PDF whose text is a trap costs its time and is compared no further."""
    try:
        with confined.hurried(TEXT_SECONDS):
            return compare(Pdf(carrier.pdf).text(), root)
    except (confined.GivenUp, MemoryError, RecursionError, Unreadable):
        return [Problem("EI-PDF-NOTEXT", {"why": "costly"})]
