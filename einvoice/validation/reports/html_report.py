"""The report as one self-contained HTML page: no script, prints well, findings in words with their place."""

from collections.abc import Iterable
from html import escape
from itertools import chain
from typing import TextIO

from einvoice.validation.report import Finding, Report
from einvoice.validation.reports.text_report import WORDS

_TITLES = {
    "de": (
        "Prüfbericht E-Rechnungen",
        "Geprüft nach",
        "Befund",
        "Was zu tun ist",
        "Stelle",
        "Regel",
        "Keine Befunde.",
    ),
    "en": (
        "E-invoice validation report",
        "Checked by",
        "Level",
        "What to do",
        "Place",
        "Rule",
        "No findings.",
    ),
}
_STYLE = """
:root { color-scheme: light }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem;
  color: #1a1a1a; background: #fff }
h1 { font-size: 1.6rem }
h2 { font-size: 1.15rem; margin: 2rem 0 .3rem; overflow-wrap: anywhere }
p { margin: .3rem 0 }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 }
th, td { border: 1px solid #767676; padding: .35rem .5rem; text-align: left; vertical-align: top }
th { background: #f0f0f0 }
td { overflow-wrap: anywhere }
.verdict { font-weight: 700; padding: .1rem .5rem; border-radius: .25rem }
.accepted { background: #d9f2dd; color: #0b4f1a }
.rejected { background: #fbdada; color: #7a0b0b }
.unchecked { background: #fdf0c8; color: #5c4300 }
.place { font-size: .85rem; color: #444 }
@media print { body { margin: 0; max-width: none } section { break-inside: avoid } }
"""


def write(reports: Iterable[Report], stream: TextIO, lang: str) -> None:
    """One page with a section per document. What an invoice says is text here, never markup."""
    title = _TITLES[lang][0]
    stream.write(
        f'<!doctype html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<style>{_STYLE}</style>\n'
        f"</head>\n<body>\n<main>\n<h1>{title}</h1>\n"
    )
    for report in reports:
        stream.writelines(chain(_section(report, lang), ["</section>\n"]))
    stream.write("</main>\n</body>\n</html>\n")


def _section(report: Report, lang: str) -> Iterable[str]:
    words, titles = WORDS[lang], _TITLES[lang]
    yield f"<section>\n<h2>{_text(report.name)}</h2>\n"
    yield f'<p><span class="verdict {report.verdict}">{words[report.verdict]}</span> {_text(_about(report))}</p>\n'
    if report.rules:
        ran = ", ".join(f"{rules.name} {rules.version}" for rules in report.rules)
        yield f"<p>{titles[1]}: {_text(ran)}</p>\n"
    if not report.findings:
        yield f"<p>{titles[6]}</p>\n"
        return
    heads = "".join(f'<th scope="col">{head}</th>' for head in titles[2:6])
    yield f"<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n"
    yield from (_row(finding, lang) for finding in report.findings)
    yield "</tbody>\n</table>\n"


def _about(report: Report) -> str:
    invoice = report.invoice
    says = [invoice.number, invoice.seller, _amount(invoice.gross, invoice.currency)] if invoice else []
    return " · ".join(part for part in [*says, report.profile, report.reason] if part)


def _amount(amount: str | None, currency: str | None) -> str | None:
    return f"{amount} {currency or ''}".strip() if amount else None


def _row(finding: Finding, lang: str) -> str:
    words = WORDS[lang]
    line = f"{words['line']} {finding.line}" if finding.line else ""
    place = f'{line}<br><span class="place">{_text(finding.location or "")}</span>'
    message = _text(" ".join(part for part in (finding.message, finding.hint) if part))
    level = words[finding.severity]
    return f"<tr><td>{level}</td><td>{message}</td><td>{place}</td><td>{_text(finding.rule)}</td></tr>\n"


def _text(text: str) -> str:
    clean = "".join(c if c.isprintable() or c == "\n" else "�" for c in text)
    return escape(clean.encode("utf-8", "replace").decode())
