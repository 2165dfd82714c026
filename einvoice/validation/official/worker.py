"""The only place that knows saxonche: runs in a child process of its own, never in ours.

A processor may not be shared by threads and does not survive a fork. It never sees the bytes of a sender, only
what `einvoice.formats.xml` read and wrote again; documents with a DOCTYPE are refused all the same. Stylesheets
may read files beside them (code lists), and neither fetch anything, write files nor call out.
"""

import functools
import os
import re
from typing import Any

from einvoice.errors import Unchecked

_SETTINGS = {
    "http://saxon.sf.net/feature/allowedProtocols": "file",
    "http://saxon.sf.net/feature/allow-external-functions": "false",
    "http://saxon.sf.net/feature/parserFeature?uri="
    "http%3A%2F%2Fapache.org%2Fxml%2Ffeatures%2Fdisallow-doctype-decl": "true",
}
_NOT_READ = re.compile(r"I/O error|Cannot read|Access to URI|FileNotFound|Cannot locate")
"""How SaxonC (which gives no codes) says that a stylesheet asked for a file that is not there or not allowed."""


def prepare(stylesheets: list[str]) -> None:
    """Starts the engine and compiles stylesheets (paths), on nobody's time. Raises Unchecked for a broken one."""
    _processor()
    for stylesheet in stylesheets:
        _compiled(stylesheet)


def transform(xml: bytes, stylesheets: list[str]) -> list[dict[str, str]]:
    """What each stylesheet (a path) makes of a document: `{"svrl": …}`, or `{"error": …}` if it aborts."""
    document = _processor().parse_xml(xml_text=xml.decode())
    return [_transformed(document, stylesheet) for stylesheet in stylesheets]


def matching(xml: bytes, matches: list[dict[str, Any]]) -> list[bool]:
    """For each XPath (`match`, with its `namespaces`) whether its effective boolean value is true.

    One that fails on this document is not true, as officially. Raises Unchecked for one that is no XPath.
    """
    document = _processor().parse_xml(xml_text=xml.decode())
    return [_is_true(document, match["match"], match["namespaces"]) for match in matches]


def _is_true(document: Any, match: str, namespaces: dict[str, str]) -> bool:
    from saxonche import PySaxonApiError

    xpath = _processor().new_xpath_processor()
    for prefix, uri in namespaces.items():
        xpath.declare_namespace(prefix, uri)
    xpath.set_context(xdm_item=document)
    try:
        return bool(xpath.effective_boolean_value(match))
    except PySaxonApiError as error:
        if not _is_xpath(xpath, match):
            raise Unchecked(
                f"The XPath {match} of the configuration is not valid: {_brief(error)}",
                f"Der XPath {match} der Konfiguration ist ungültig: {_brief(error)}",
            ) from None
        return False


def _is_xpath(xpath: Any, match: str) -> bool:
    """Whether it compiles: then what failed was its evaluation on one document."""
    from saxonche import PySaxonApiError

    try:
        return bool(xpath.effective_boolean_value(f"if (false()) then ({match}) else true()"))
    except PySaxonApiError:
        return False


def _transformed(document: Any, stylesheet: str) -> dict[str, str]:
    from saxonche import PySaxonApiError

    compiled = _compiled(stylesheet)
    try:
        return {"svrl": compiled.transform_to_string(xdm_node=document)}
    except PySaxonApiError as error:
        if _NOT_READ.search(str(error)):
            raise Unchecked(
                f"The stylesheet {stylesheet} reads something that cannot be read: {_brief(error)}",
                f"Das Stylesheet {stylesheet} liest etwas, das nicht lesbar ist: {_brief(error)}",
            ) from None
        return {"error": str(error)[:2000]}


@functools.cache
def _processor() -> Any:
    from saxonche import PySaxonProcessor

    processor = PySaxonProcessor(license=False)
    for name, value in _SETTINGS.items():
        processor.set_configuration_property(name, value)
    return processor


def _compiled(stylesheet: str) -> Any:
    from saxonche import PySaxonApiError

    try:
        return _as_of(stylesheet, os.stat(stylesheet).st_mtime_ns)
    except (OSError, PySaxonApiError) as error:
        raise Unchecked(
            f"The stylesheet {stylesheet} of the configuration cannot be used: {_brief(error)}",
            f"Das Stylesheet {stylesheet} der Konfiguration ist nicht verwendbar: {_brief(error)}",
        ) from None


@functools.lru_cache(maxsize=64)
def _as_of(stylesheet: str, changed: int) -> Any:
    return _processor().new_xslt30_processor().compile_stylesheet(stylesheet_file=stylesheet)


def _brief(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
