"""What the engine's own process does with a document: schemas first, then each stylesheet; plain values out.

All parsing of what an official engine sees or says happens here, in a process with limits.
"""

import functools
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lxml import etree

from einvoice.errors import Unchecked
from einvoice.formats import xml
from einvoice.model.problem import Problem
from einvoice.validation import schema
from einvoice.validation.official import svrl, worker

_XS = "{http://www.w3.org/2001/XMLSchema}"


def examine(
    document: bytes, schemas: list[str], stylesheets: list[str], levels: dict[str, Any]
) -> dict[str, list[Any]]:
    """The `schema` problems of a document; where there are none, `findings` and `aborted` of its stylesheets.

    An abort is (number of the stylesheet, Saxon's words). Raises Unchecked where a part of the configuration
    cannot be used.
    """
    root = xml.parse(document)
    problems = (
        _schema(tuple((path, os.stat(path).st_mtime_ns) for path in schemas)).check(root) if schemas else []
    )
    found: list[svrl.OfficialFinding] = []
    aborted: list[tuple[int, str]] = []
    results = [] if problems else worker.transform(document, stylesheets)
    for number, result in enumerate(results):
        if "error" in result:
            aborted.append((number, result["error"]))
        else:
            found += _reported(result["svrl"], levels, root, number, stylesheets[number])
    return {
        "schema": [asdict(problem) for problem in problems],
        "findings": [asdict(one) for one in found],
        "aborted": aborted,
    }


def from_plain(plain: dict[str, list[Any]]) -> tuple[list[Problem], list[svrl.OfficialFinding]]:
    """Schema problems and findings, from what `examine` gives."""
    return (
        [Problem(**one) for one in plain["schema"]],
        [svrl.OfficialFinding(**one) for one in plain["findings"]],
    )


def _reported(
    answer: str, levels: dict[str, Any], root: etree._Element, number: int, stylesheet: str
) -> list[svrl.OfficialFinding]:
    try:
        return svrl.findings(answer, levels, root, number)
    except (xml.Refused, svrl.NoReport):
        raise Unchecked(
            f"The stylesheet {stylesheet} of the configuration makes no SVRL: is it a compiled Schematron?",
            f"Das Stylesheet {stylesheet} der Konfiguration erzeugt kein SVRL: Ist es ein übersetztes Schematron?",
        ) from None


@functools.lru_cache(maxsize=32)
def _schema(files: tuple[tuple[str, int], ...]) -> schema.Schema:
    """The schema of one or several files; those of several are taken together, as officially."""
    paths = [Path(path) for path, _ in files]
    try:
        if len(paths) == 1:
            return schema.Schema(etree.XMLSchema(file=str(paths[0])))
        return schema.Schema(etree.XMLSchema(_together(paths)))
    except (etree.XMLSchemaParseError, etree.XMLSyntaxError, xml.Refused, OSError) as error:
        names = ", ".join(str(path) for path in paths)
        raise Unchecked(
            f"The schema {names} of the configuration cannot be used: {error}",
            f"Das Schema {names} der Konfiguration ist nicht verwendbar: {error}",
        ) from None


def _together(paths: list[Path]) -> etree._Element:
    whole = etree.Element(_XS + "schema")
    for path in paths:
        space = xml.parse(path.read_bytes()).get("targetNamespace")
        kind = "import" if space else "include"
        part = etree.SubElement(whole, _XS + kind, schemaLocation=path.as_uri())
        if space:
            part.set("namespace", space)
    return whole
