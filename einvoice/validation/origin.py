"""Where an invoice is from: all that depends on its syntax and container, as `extract` states it under `source`."""

from typing import Any

from lxml import etree

from einvoice.formats.delivery import KNOWN_ROOTS
from einvoice.validation.glance import text_of
from einvoice.validation.scenario import choose


def origin(root: etree._Element, container: str, in_pdf: bool) -> dict[str, Any]:
    """Syntax, container, specification (BT-24 as written) and profile of a document with a known root."""
    syntax = KNOWN_ROOTS[root.tag]
    specification = text_of(root, syntax, "BT-24")
    return {
        "syntax": syntax,
        "container": container,
        "specification": specification,
        "profile": choose(syntax, specification, in_pdf).profile,
    }
