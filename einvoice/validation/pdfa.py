"""Whether a PDF really is the PDF/A that it claims to be: asked of an installed veraPDF (`--verapdf`).

veraPDF is a program of its own (Java). It runs outside the limited process, on a copy under a name of ours, with a
wall clock. What it finds is advice (EI-PDFA-FAILED); that it could not answer is said too (EI-PDFA-UNCHECKED). The
verdict is about the XML and never depends on it.
"""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from einvoice import confined
from einvoice.errors import Unchecked, UsageError
from einvoice.formats.delivery import open_delivery
from einvoice.model.problem import Problem
from einvoice.validation import own
from einvoice.validation.options import Options
from einvoice.validation.report import Report

_MAIN = "org.verapdf.apps.GreenfieldCliWrapper"
_MOST = 10
"""Failed clauses that are told one by one."""


def command(named: str) -> tuple[str, ...]:
    """How to call the veraPDF that a user names: a program, by path or on PATH, or its jar (needs java).

    Raises UsageError where there is no such program.
    """
    if named.endswith(".jar"):
        java = shutil.which("java")
        if java is None or not Path(named).is_file():
            missing = named if java else "java"
            raise UsageError(f"veraPDF: {missing} not found.", f"veraPDF: {missing} nicht gefunden.")
        return (java, "-cp", named, _MAIN)
    found = shutil.which(named)
    if found is None:
        raise UsageError(
            f"veraPDF: there is no program {named} (give the path of verapdf or of its jar).",
            f"veraPDF: Das Programm {named} gibt es nicht (bitte den Pfad von verapdf oder seines jar angeben).",
        )
    return (found,)


def examine(reports: list[Report], data: bytes, options: Options) -> None:
    """Asks veraPDF about the PDF of each report that has one, and adds what it says."""
    concerned = [report for report in reports if report.pdf is not None]
    if not concerned:
        return
    plain = concerned[0].container == "pdf"
    try:
        pdfs = {} if plain else _carriers(data, concerned[0].file, options)
    except Unchecked as error:
        silent = Problem("EI-PDFA-UNCHECKED", {"detail": error.said(options.lang)})
        for report in concerned:
            report.findings.append(own.finding(silent, options.lang))
        return
    for report in concerned:
        pdf = data if plain else pdfs.get(report.document)
        if pdf is not None and report.pdf is not None:
            report.pdf.pdfa_valid, problems = ask(options.verapdf, pdf, 60 + options.seconds(len(pdf)))
            report.findings += [own.finding(problem, options.lang) for problem in problems]


def _carriers(data: bytes, name: str, options: Options) -> dict[str | None, bytes]:
    """The PDFs within a container, by the inner path of the invoice in them. Raises Unchecked."""
    arguments = {"data": data, "name": name}
    with confined.borrowed(options.limit_memory) as child:
        found = child.call("einvoice.validation.pdfa:carriers", arguments, options.seconds(len(data)))
    return dict(found)


def carriers(data: bytes, name: str) -> list[tuple[str | None, bytes]]:
    """What a limited process runs: inner path and PDF of each hybrid invoice."""
    documents = open_delivery(data, name).documents
    return [(one.path, one.carrier.pdf) for one in documents if one.carrier is not None]


def ask(verapdf: tuple[str, ...], pdf: bytes, seconds: float) -> tuple[bool | None, list[Problem]]:
    """Whether the PDF is what it claims (PDF/A-3B if it claims nothing; None: no answer), and what is wrong."""
    with tempfile.TemporaryDirectory(prefix="einvoice-") as folder:
        file = Path(folder) / "invoice.pdf"
        file.write_bytes(pdf)
        call = [*verapdf, "--format", "json", "--defaultflavour", "3b", "--loglevel", "0", str(file)]
        try:
            ran = subprocess.run(
                call, capture_output=True, timeout=seconds, stdin=subprocess.DEVNULL, check=False
            )
            result = json.loads(ran.stdout)["report"]["jobs"][0]
            compliant, summaries = _read(result["validationResult"][0])
        except subprocess.TimeoutExpired:
            return None, [Problem("EI-PDFA-UNCHECKED", {"why": "time", "detail": f"{seconds:g} s"})]
        except (OSError, ValueError, LookupError, TypeError) as error:
            return None, [Problem("EI-PDFA-UNCHECKED", {"detail": f"{type(error).__name__}: {error}"[:200]})]
    return compliant, list(_failed(summaries))


def _read(result: dict[str, Any]) -> tuple[bool, list[dict[str, Any]]]:
    return bool(result["compliant"]), list(result["details"]["ruleSummaries"])


def _failed(summaries: list[dict[str, Any]]) -> Iterator[Problem]:
    for one in sorted(summaries, key=lambda one: (str(one["clause"]), one["testNumber"]))[:_MOST]:
        values = {
            "clause": f"{one['specification']} {one['clause']}-{one['testNumber']}",
            "count": str(one["failedChecks"]),
            "detail": str(one["description"])[:300],
        }
        yield Problem("EI-PDFA-FAILED", values)
    if len(summaries) > _MOST:
        yield Problem("EI-PDFA-FAILED", {"why": "more", "count": str(len(summaries) - _MOST)})
