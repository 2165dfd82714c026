"""The report as one self-contained HTML page: the sum, what was found most often, a table of all documents, and a
section for each with its findings in words. No script; prints well.

Sums stand before what they are sums of, so the sections wait in a temporary file: a run of any length needs no
more memory than one of ten files.
"""

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TextIO, cast

from einvoice.validation.report import Finding, Report
from einvoice.validation.reports.html_page import closing, opening, own, text
from einvoice.validation.reports.text_report import WORDS

_WORDS = {
    "de": {
        "title": "Prüfbericht E-Rechnungen",
        "sum": "Ergebnis",
        "documents": "Rechnungen",
        "often": "Häufigste Befunde",
        "rule": "Regel",
        "severity": "Schwere",
        "count": "Anzahl",
        "all": "Alle Rechnungen",
        "file": "Datei",
        "verdict": "Urteil",
        "number": "Rechnungsnummer",
        "date": "Rechnungsdatum",
        "seller": "Verkäufer",
        "buyer": "Käufer",
        "gross": "Gesamtbetrag",
        "errors": "Fehler",
        "warnings": "Warnungen",
        "profile": "Profil",
        "ran": "Geprüft nach",
        "none": "Keine Befunde.",
        "empty": "Keine Rechnungen geprüft.",
        "back": "zur Übersicht",
        "reason": "Grund",
    },
    "en": {
        "title": "E-invoice validation report",
        "sum": "Result",
        "documents": "Invoices",
        "often": "Most frequent findings",
        "rule": "Rule",
        "severity": "Severity",
        "count": "Count",
        "all": "All invoices",
        "file": "File",
        "verdict": "Verdict",
        "number": "Invoice number",
        "date": "Issue date",
        "seller": "Seller",
        "buyer": "Buyer",
        "gross": "Total",
        "errors": "Errors",
        "warnings": "Warnings",
        "profile": "Profile",
        "ran": "Checked by",
        "none": "No findings.",
        "empty": "No invoices checked.",
        "back": "to the overview",
        "reason": "Reason",
    },
}
_OFTEN = 10
_IN_MEMORY = 1_000_000


@dataclass(slots=True)
class _Sum:
    """What is counted over the run."""

    verdicts: Counter[str] = field(default_factory=Counter)
    rules: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, report: Report) -> None:
        self.verdicts[report.verdict] += 1
        self.rules.update({(finding.rule, finding.severity) for finding in report.findings})


def write(reports: Iterable[Report], stream: TextIO, lang: str) -> None:
    """One page with a section per document. What an invoice says is text here, never markup."""
    words, total = _WORDS[lang], _Sum()
    with _waiting() as rows, _waiting() as sections:
        for number, report in enumerate(reports, 1):
            total.add(report)
            rows.write(_row(report, number, lang))
            sections.writelines(_section(report, number, lang))
        stream.write(opening(words["title"], lang))
        stream.write(f'<header>\n<h1>{words["title"]}</h1>\n</header>\n<main id="inhalt" tabindex="-1">\n')
        stream.writelines(_summary(total, lang))
        if total.verdicts:
            stream.write(_table_head(lang))
            _pour(rows, stream)
            stream.write("</tbody>\n</table>\n</div>\n</section>\n")
        _pour(sections, stream)
    stream.write(f"</main>\n{closing()}")


def _waiting() -> TextIO:
    """A place for what is written later: in memory while it is little, else a temporary file."""
    return cast(TextIO, tempfile.SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="utf-8"))


def _pour(source: TextIO, stream: TextIO) -> None:
    source.seek(0)
    shutil.copyfileobj(source, stream)


def _summary(total: _Sum, lang: str) -> Iterator[str]:
    words, levels = _WORDS[lang], WORDS[lang]
    yield f'<section aria-labelledby="ergebnis">\n<h2 id="ergebnis">{words["sum"]}</h2>\n'
    if not total.verdicts:
        yield f"<p>{words['empty']}</p>\n"
    yield '<dl class="facts">\n'
    yield f"<div><dt>{words['documents']}</dt><dd>{total.verdicts.total()}</dd></div>\n"
    for verdict in ("accepted", "rejected", "unchecked"):
        yield f"<div><dt>{levels[verdict]}</dt><dd>{total.verdicts[verdict]}</dd></div>\n"
    yield "</dl>\n</section>\n"
    often = sorted(total.rules.items(), key=lambda item: (-item[1], item[0]))[:_OFTEN]
    if often and total.verdicts.total() > 1:
        yield f'<section aria-labelledby="haeufig">\n<h2 id="haeufig">{words["often"]}</h2>\n<table>\n'
        yield f'<caption class="unseen">{words["often"]}</caption>\n<thead><tr>{_heads(words, "rule", "severity")}'
        yield f'<th scope="col" class="figure">{words["count"]}</th></tr></thead>\n<tbody>\n'
        for (rule, severity), count in often:
            yield f'<tr><th scope="row">{text(rule)}</th><td>{levels[severity]}</td>'
            yield f'<td class="figure">{count}</td></tr>\n'
        yield "</tbody>\n</table>\n</section>\n"


def _heads(words: dict[str, str], *names: str) -> str:
    return "".join(f'<th scope="col">{words[name]}</th>' for name in names)


def _table_head(lang: str) -> str:
    words = _WORDS[lang]
    figures = "".join(
        f'<th scope="col" class="figure">{words[n]}</th>' for n in ("gross", "errors", "warnings")
    )
    return (
        f'<section aria-labelledby="alle">\n<h2 id="alle">{words["all"]}</h2>\n<div class="scroll">\n'
        f'<table class="stack">\n<caption class="unseen">{words["all"]}</caption>\n<thead><tr>'
        f"{_heads(words, 'file', 'verdict', 'number', 'seller')}{figures}</tr></thead>\n<tbody>\n"
    )


def _row(report: Report, number: int, lang: str) -> str:
    words, invoice = _WORDS[lang], report.invoice
    count = Counter(finding.severity for finding in report.findings)
    said = [invoice.number or "", invoice.seller or ""] if invoice else ["", ""]
    gross = _amount(invoice.gross, invoice.currency, lang) if invoice else ""
    cells = [
        ("verdict", "", f'<span class="verdict {report.verdict}">{WORDS[lang][report.verdict]}</span>'),
        ("number", "", own(said[0])),
        ("seller", "", own(said[1])),
        ("gross", ' class="figure"', text(gross)),
        ("errors", ' class="figure"', str(count["error"])),
        ("warnings", ' class="figure"', str(count["warning"])),
    ]
    link = f'<a href="#rechnung-{number}">{own(report.name)}</a>'
    return (
        f'<tr><th scope="row" class="file" data-label="{words["file"]}"><div>{link}</div></th>'
        + "".join(
            f'<td{kind} data-label="{words[name]}"><div>{cell}</div></td>' for name, kind, cell in cells
        )
        + "</tr>\n"
    )


def _section(report: Report, number: int, lang: str) -> Iterator[str]:
    words = _WORDS[lang]
    yield f'<section aria-labelledby="rechnung-{number}">\n<h2 id="rechnung-{number}">{own(report.name)}</h2>\n'
    yield f'<p><span class="verdict {report.verdict}">{WORDS[lang][report.verdict]}</span></p>\n'
    yield '<dl class="entries">\n'
    for label, value in _facts(report, lang):
        yield f"<div><dt>{label}</dt><dd>{own(value)}</dd></div>\n" if value else ""
    yield "</dl>\n"
    if report.findings:
        yield '<ol class="findings">\n'
        yield from (_finding(finding, lang) for finding in report.findings)
        yield "</ol>\n"
    else:
        yield f"<p>{words['none']}</p>\n"
    yield f'<p><a href="#alle">{words["back"]}</a></p>\n</section>\n'


def _facts(report: Report, lang: str) -> Iterator[tuple[str, str | None]]:
    words, invoice = _WORDS[lang], report.invoice
    if invoice:
        yield words["number"], invoice.number
        yield words["date"], invoice.issue_date
        yield words["seller"], invoice.seller
        yield words["buyer"], invoice.buyer
        yield words["gross"], _amount(invoice.gross, invoice.currency, lang)
    yield words["reason"], report.reason
    yield words["profile"], report.profile
    yield "SHA-256", report.sha256
    yield words["ran"], ", ".join(f"{rules.name} {rules.version}" for rules in report.rules)


def _amount(amount: str | None, currency: str | None, lang: str) -> str:
    shown = (amount or "").replace(".", ",") if lang == "de" else amount or ""
    return f"{shown} {currency or ''}".strip() if amount else ""


def _finding(finding: Finding, lang: str) -> str:
    words = WORDS[lang]
    places = [f"{words['line']} {finding.line}"] if finding.line else []
    where = f'<p class="place path">{text(finding.location)}</p>' if finding.location else ""
    hint = f"<p>{own(finding.hint)}</p>" if finding.hint else ""
    return (
        f'<li class="{finding.severity}"><b>{words[finding.severity].capitalize()}</b><p>{own(finding.message)}</p>'
        f'{hint}<p class="place">{" · ".join([*places, text(finding.rule)])}</p>{where}</li>\n'
    )
