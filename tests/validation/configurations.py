"""Configurations of KoSIT's validator for tests: small stylesheets that say what a test wants them to say."""

from collections.abc import Mapping
from pathlib import Path

SHEET = """<xsl:stylesheet version="2.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
 xmlns:svrl="http://purl.oclc.org/dsdl/svrl" xmlns:xs="http://www.w3.org/2001/XMLSchema"
 xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
<xsl:template match="/"><svrl:schematron-output>%s</svrl:schematron-output></xsl:template></xsl:stylesheet>"""

REPORT = "http://www.xoev.de/de/validator/varl/1"
INVOICE = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
ROOT = f"/*:Invoice[namespace-uri()='{INVOICE}'][1]"


def failed(rule: str, flag: str = "fatal", when: str = "true()", location: str = ROOT) -> str:
    """A failed assert of a stylesheet, where the XPath `when` is true."""
    return (
        f'<xsl:if test="{when}"><svrl:failed-assert id="{rule}" flag="{flag}" location="{location}">'
        f"<svrl:text>{rule} fired</svrl:text></svrl:failed-assert></xsl:if>"
    )


def scenario(name: str, match: str, sheets: tuple[str, ...], more: str = "", accept: str = "") -> str:
    """A scenario without a schema; `more` are customLevel elements."""
    listed = "".join(
        f"<validateWithSchematron><resource><name>Rules {sheet}</name><location>{sheet}</location></resource>"
        "</validateWithSchematron>"
        for sheet in sheets
    )
    accepts = f"<acceptMatch>{accept}</acceptMatch>" if accept else ""
    return (
        f'<scenario><name>{name}</name><namespace prefix="u">{INVOICE}</namespace>'
        f'<namespace prefix="rep">{REPORT}</namespace><match>{match}</match>{listed}'
        f"<createReport><resource><name>r</name><location>r.xsl</location></resource>{more}</createReport>"
        f"{accepts}</scenario>"
    )


def configuration(folder: Path, sheets: Mapping[str, str], *scenarios: str) -> Path:
    """The folder, with stylesheets by file name (their template's body) and a scenarios.xml."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, body in sheets.items():
        (folder / name).write_text(SHEET % body, "utf-8")
    (folder / "scenarios.xml").write_text(
        '<scenarios xmlns="http://www.xoev.de/de/validator/framework/1/scenarios" frameworkVersion="1.0.0">'
        f"<name>Probe</name><date>2026-01-31</date>{''.join(scenarios)}"
        "<noScenarioReport><resource><name>r</name><location>r.xsl</location></resource></noScenarioReport>"
        "</scenarios>",
        "utf-8",
    )
    return folder
