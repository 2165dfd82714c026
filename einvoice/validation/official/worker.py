"""The only place that knows saxonche: runs in a child process of its own, never in ours.

A processor may not be shared by threads and does not survive a fork. It never sees the bytes of a sender, only
what `einvoice.formats.xml` read and wrote again; documents with a DOCTYPE are refused all the same.
"""

import functools
from typing import Any

_DOCTYPES_REFUSED = (
    "http://saxon.sf.net/feature/parserFeature?uri="
    "http%3A%2F%2Fapache.org%2Fxml%2Ffeatures%2Fdisallow-doctype-decl"
)


def transform(xml: bytes, stylesheets: list[str]) -> list[dict[str, str]]:
    """What each stylesheet (a path) makes of a document: `{"svrl": …}`, or `{"error": …}` if it aborts."""
    document = _processor().parse_xml(xml_text=xml.decode())
    return [_transformed(document, stylesheet) for stylesheet in stylesheets]


def matching(xml: bytes, matches: list[dict[str, Any]]) -> list[bool]:
    """For each XPath (`match`, with its `namespaces`) whether its effective boolean value is true."""
    document = _processor().parse_xml(xml_text=xml.decode())
    found = []
    for match in matches:
        xpath = _processor().new_xpath_processor()
        for prefix, uri in match["namespaces"].items():
            xpath.declare_namespace(prefix, uri)
        xpath.set_context(xdm_item=document)
        found.append(bool(xpath.effective_boolean_value(match["match"])))
    return found


def _transformed(document: Any, stylesheet: str) -> dict[str, str]:
    from saxonche import PySaxonApiError

    try:
        return {"svrl": _compiled(stylesheet).transform_to_string(xdm_node=document)}
    except PySaxonApiError as error:
        return {"error": str(error)[:2000]}


@functools.cache
def _processor() -> Any:
    from saxonche import PySaxonProcessor

    processor = PySaxonProcessor(license=False)
    processor.set_configuration_property(_DOCTYPES_REFUSED, "true")
    return processor


@functools.cache
def _compiled(stylesheet: str) -> Any:
    return _processor().new_xslt30_processor().compile_stylesheet(stylesheet_file=stylesheet)
