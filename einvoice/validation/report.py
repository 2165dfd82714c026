"""The result for one document: a verdict, its findings and what the invoice says at a glance (see CONTRACT)."""

from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Literal

Severity = Literal["error", "warning", "information"]
Verdict = Literal["accepted", "rejected", "unchecked"]
FindingClass = Literal["format", "business", "content", "advice"]


@dataclass(slots=True)
class Finding:
    """One thing a rule found, with its place and in words. `rule` is the official id, or begins with `EI-`."""

    rule: str
    severity: Severity
    cls: FindingClass
    message: str
    hint: str = ""
    vat_relevant: bool = False
    terms: tuple[str, ...] = ()
    location: str | None = None
    line: int | None = None
    values: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class RanRules:
    """Rules that really ran: name, version as its publisher writes it, digest `sha256:…`, in which engine."""

    name: str
    version: str
    digest: str
    engine: str = "native"


@dataclass(slots=True)
class AttachmentInfo:
    """An attachment: its name, declared MIME type, size in bytes and SHA-256 (hex)."""

    name: str
    mime: str
    bytes: int
    sha256: str


@dataclass(slots=True)
class Summary:
    """The invoice at a glance. Decimals as strings as written, dates ISO; None where the invoice says nothing."""

    number: str | None = None
    type: str | None = None
    issue_date: str | None = None
    due_date: str | None = None
    seller: str | None = None
    seller_vat_id: str | None = None
    buyer: str | None = None
    buyer_reference: str | None = None
    currency: str | None = None
    net: str | None = None
    vat: str | None = None
    gross: str | None = None
    payable: str | None = None
    iban: str | None = None


@dataclass(slots=True)
class PdfInfo:
    """The PDF an invoice came in: the name and AFRelationship of the XML in it, what its metadata claim
    (ConformanceLevel; PDF/A such as "3B"), and whether veraPDF confirmed the PDF/A claim (None: not asked).
    """

    name: str
    relation: str | None = None
    level: str | None = None
    pdfa: str | None = None
    pdfa_valid: bool | None = None


@dataclass(slots=True)
class Report:
    """The result for one document; one line of jsonl. `milliseconds` is wall time on our side.

    engine: who judged (native, official, both); scenario: the official configuration's, where one judged.
    """

    file: str
    document: str | None
    sha256: str | None
    container: str
    container_sha256: str | None
    verdict: Verdict
    syntax: str | None = None
    specification: str | None = None
    profile: str | None = None
    reason: str | None = None
    rules: list[RanRules] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    attachments: list[AttachmentInfo] = field(default_factory=list)
    pdf: PdfInfo | None = None
    invoice: Summary | None = None
    engine: str = "native"
    scenario: str | None = None
    milliseconds: float = 0.0

    @property
    def name(self) -> str:
        """What to call the document: its file, and its place in it."""
        return self.file + (f"!/{self.document}" if self.document else "")

    def as_dict(self) -> dict[str, Any]:
        """The report as CONTRACT's JSON shape."""
        return {
            "file": self.file,
            "document": self.document,
            "sha256": self.sha256,
            "container": self.container,
            "container_sha256": self.container_sha256,
            "syntax": self.syntax,
            "specification": self.specification,
            "profile": self.profile,
            "verdict": self.verdict,
            "reason": self.reason,
            "rules": [_stated(one) for one in self.rules],
            "findings": [_finding(one) for one in self.findings],
            "attachments": [_stated(one) for one in self.attachments],
            "pdf": _stated(self.pdf) if self.pdf else None,
            "invoice": _stated(self.invoice) if self.invoice else None,
            "engine": self.engine,
            "scenario": self.scenario,
            "milliseconds": self.milliseconds,
        }


_GETTERS = {
    kind: attrgetter(*kind.__slots__)
    for kind in (Report, RanRules, Finding, AttachmentInfo, PdfInfo, Summary)
}


def values(one: Any) -> tuple[Any, ...]:
    """What a report or one of its parts says, in the order of its fields."""
    said: tuple[Any, ...] = _GETTERS[type(one)](one)
    return said


def _stated(one: Any) -> dict[str, Any]:
    return dict(zip(one.__slots__, values(one), strict=True))


def _finding(one: Finding) -> dict[str, Any]:
    said = _stated(one)
    said["class"] = said.pop("cls")
    return {**said, "terms": list(one.terms), "values": dict(one.values)}


def report_from(plain: dict[str, Any]) -> Report:
    """The counterpart of `Report.as_dict`."""
    findings = []
    for one in plain["findings"]:
        finding = dict(one)
        cls = finding.pop("class")
        findings.append(Finding(**{**finding, "cls": cls, "terms": tuple(finding["terms"])}))
    return Report(
        **{
            **plain,
            "findings": findings,
            "rules": [RanRules(**one) for one in plain["rules"]],
            "attachments": [AttachmentInfo(**one) for one in plain["attachments"]],
            "pdf": PdfInfo(**plain["pdf"]) if plain["pdf"] else None,
            "invoice": Summary(**plain["invoice"]) if plain["invoice"] else None,
        }
    )
