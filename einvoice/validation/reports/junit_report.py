"""JUnit XML, for build servers: a test case per document; rejected is a failure, unchecked an error."""

from collections.abc import Iterable
from typing import TextIO
from xml.sax.saxutils import escape, quoteattr

from einvoice.validation.report import Report

_UNPRINTABLE = {code: "�" for code in range(32) if code not in (9, 10, 13)}


def write(reports: Iterable[Report], stream: TextIO, lang: str) -> None:
    """One `testsuite` with its counts; the findings are the text of the failure."""
    cases, count = [], {"accepted": 0, "rejected": 0, "unchecked": 0}
    for report in reports:
        count[report.verdict] += 1
        cases.append(_case(report))
    stream.write('<?xml version="1.0" encoding="UTF-8"?>\n')
    stream.write(
        f'<testsuite name="einvoice validate" tests="{len(cases)}" failures="{count["rejected"]}" '
        f'errors="{count["unchecked"]}">\n'
    )
    stream.writelines(cases)
    stream.write("</testsuite>\n")


def _case(report: Report) -> str:
    name = report.file + (f"!/{report.document}" if report.document else "")
    head = f"  <testcase classname={_attribute(report.profile or 'unknown')} name={_attribute(name)}"
    head += f' time="{report.milliseconds / 1000:.4f}"'
    if report.verdict == "accepted":
        return head + "/>\n"
    kind = "failure" if report.verdict == "rejected" else "error"
    lines = [f"{f.severity} {f.rule} {f.location or ''} {f.message}" for f in report.findings]
    text = escape("\n".join(lines).translate(_UNPRINTABLE))
    message = _attribute(report.reason or report.verdict)
    return f"{head}>\n    <{kind} message={message}>{text}</{kind}>\n  </testcase>\n"


def _attribute(text: str) -> str:
    return quoteattr(text.encode("utf-8", "replace").decode().translate(_UNPRINTABLE))
