"""A rule's example as a document: a base invoice with its changes, written, then changed where no term can say it.

`xml = [{ at = "cac:AllowanceCharge[1]/cbc:ChargeIndicator", text = "0" }]`: `at` is a path below the root, `text`
replaces the text of the element there, or of its `attribute`; `after` is an element that is put behind it.
"""

from collections.abc import Mapping
from typing import Any

from lxml import etree

from einvoice.errors import BadExample
from einvoice.formats.writing import write
from einvoice.formats.xml import Refused, parse
from einvoice.model.bases import example
from einvoice.model.namespaces import NAMESPACES

_KEYS = ({"at", "text"}, {"at", "text", "attribute"}, {"at", "after"})


def document(changes: Mapping[str, Any], syntax: str) -> bytes:
    """The document (UTF-8) of an example in "ubl-invoice", "ubl-creditnote" or "cii".

    Raises BadExample (or KeyError, ValueError) for a base, a term or a path there is not.
    """
    data = write(example(changes, syntax), syntax).data
    edits = changes.get("xml", [])
    if not edits:
        return data
    root = parse(data)
    for edit in edits:
        _edit(root, edit)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _edit(root: etree._Element, edit: Mapping[str, str]) -> None:
    if set(edit) not in _KEYS:
        said = f"xml: {dict(edit)}"
        raise BadExample(
            f"{said}: it has the keys at and text, at, attribute and text, or at and after",
            f"{said}: die Schlüssel sind at und text, at, attribute und text oder at und after",
        )
    try:
        element = root.find(edit["at"], dict(NAMESPACES))
    except SyntaxError as error:
        said = f"xml: {edit['at']}"
        raise BadExample(f"{said}: {error}", f"{said}: kein Pfad ({error})") from None
    if element is None:
        said = f"xml: {edit['at']}"
        raise BadExample(f"{said}: there is no such element", f"{said}: dieses Element gibt es nicht")
    if "after" in edit:
        element.addnext(_element(edit["after"]))
    elif "attribute" in edit:
        element.set(edit["attribute"], edit["text"])
    else:
        element.text = edit["text"]


def _element(text: str) -> etree._Element:
    spaces = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
    try:
        (element,) = parse(f"<added {spaces}>{text}</added>".encode())
    except (Refused, ValueError):
        raise BadExample(
            f"xml: {text}: is not one element", f"xml: {text}: ist nicht genau ein Element"
        ) from None
    return element
