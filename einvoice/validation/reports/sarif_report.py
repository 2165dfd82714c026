"""SARIF 2.1.0 (OASIS), for code hosts and editors: a result per finding, a notification per unchecked document."""

import json
import os
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import quote

from einvoice.validation.report import Finding, Report

_LEVELS = {"error": "error", "warning": "warning", "information": "note"}
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def write(reports: Iterable[Report], stream: TextIO, lang: str) -> None:
    """One log with one run. Results are written as they come; tool, rules and files stand behind them."""
    rules: dict[str, int] = {}
    artifacts: list[dict[str, Any]] = []
    unchecked: list[dict[str, Any]] = []
    stream.write(f'{{"$schema": "{_SCHEMA}", "version": "2.1.0", "runs": [{{"results": [')
    separator = "\n"
    for report in reports:
        index = len(artifacts)
        artifacts.append(_artifact(report))
        if report.verdict == "unchecked":
            unchecked.append(_notification(report, index))
        for finding in report.findings:
            stream.write(separator + _json(_result(report, finding, index, rules)))
            separator = ",\n"
    rest = {
        "tool": {"driver": _driver(rules, lang)},
        "artifacts": artifacts,
        "invocations": [{"executionSuccessful": not unchecked, "toolExecutionNotifications": unchecked}],
        "columnKind": "utf16CodeUnits",
        "language": lang,
    }
    stream.write("],\n" + _json(rest)[1:] + "]}\n")


def _driver(rules: dict[str, int], lang: str) -> dict[str, Any]:
    number = version("einvoice-pipeline")
    return {
        "name": "einvoice",
        "version": number,
        "language": lang,
        "rules": [{"id": rule} for rule in rules],
    }


def _artifact(report: Report) -> dict[str, Any]:
    said = {
        "verdict": report.verdict,
        "profile": report.profile,
        "document": report.document,
        "engine": report.engine,
        "rules": [f"{ran.name} {ran.version} {ran.digest}" for ran in report.rules],
    }
    found: dict[str, Any] = {"location": {"uri": _uri(report.file)}, "properties": said}
    if digest := report.container_sha256:
        found["hashes"] = {"sha-256": digest}
    return found


def _result(report: Report, finding: Finding, index: int, rules: dict[str, int]) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(report.file), "index": index}}
    if finding.line and report.container == "xml":
        physical["region"] = {"startLine": finding.line}
    place: dict[str, Any] = {"physicalLocation": physical}
    inner = [part for part in (report.document, finding.location) if part]
    if inner:
        place["logicalLocations"] = [{"fullyQualifiedName": "!".join(inner), "kind": "element"}]
    return {
        "ruleId": finding.rule,
        "ruleIndex": rules.setdefault(finding.rule, len(rules)),
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{finding.message} {finding.hint}".strip()},
        "locations": [place],
        "properties": {"terms": [*finding.terms], "vat_relevant": finding.vat_relevant, "class": finding.cls},
    }


def _notification(report: Report, index: int) -> dict[str, Any]:
    place = {"physicalLocation": {"artifactLocation": {"uri": _uri(report.file), "index": index}}}
    said = f"{report.name}: {report.reason or report.verdict}"
    return {"level": "error", "message": {"text": said}, "locations": [place]}


def _uri(file: str) -> str:
    """A path as a URI reference: relative ones stay relative; standard input has a name without a place."""
    name = os.fsencode(file or "-")
    return Path(file).as_uri() if file.startswith("/") and file.isascii() else quote(name)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode()
