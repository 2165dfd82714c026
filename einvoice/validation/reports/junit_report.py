"""JUnit XML, for build servers: a test case per document; rejected is a failure, unchecked an error."""

from collections.abc import Iterable
from typing import TextIO

from einvoice.validation.report import Report
from einvoice.validation.reports.markup import attribute, text


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
    head = f"  <testcase classname={attribute(report.profile or 'unknown')} name={attribute(report.name)}"
    head += f' time="{report.milliseconds / 1000:.4f}"'
    if report.verdict == "accepted":
        return head + "/>\n"
    kind = "failure" if report.verdict == "rejected" else "error"
    lines = [f"{f.severity} {f.rule} {f.location or ''} {f.message}" for f in report.findings]
    message = attribute(report.reason or report.verdict)
    return f"{head}>\n    <{kind} message={message}>{text(chr(10).join(lines))}</{kind}>\n  </testcase>\n"
