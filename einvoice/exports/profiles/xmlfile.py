"""Filled records as an XML document: a record is an element, a field a child or an attribute of it."""

from lxml import etree

from einvoice.exports.profiles.filling import Filled
from einvoice.exports.profiles.form import FileForm

_ENCODINGS = {"utf-8": "UTF-8", "iso-8859-15": "ISO-8859-15", "cp1252": "windows-1252"}


def document(form: FileForm, records: list[Filled]) -> str:
    """The document, its declaration first. Texts hold no character that XML forbids: the speller has seen to it."""
    space = {None: form.namespace} if form.namespace else None
    root = etree.Element(_tag(form, form.root or "root"), nsmap=space)  # type: ignore[arg-type]
    for record in records:
        _append(form, root, record)
    etree.indent(root)
    declaration = f'<?xml version="1.0" encoding="{_ENCODINGS[form.encoding]}"?>\n'
    return declaration + etree.tostring(root, encoding="unicode") + "\n"


def _append(form: FileForm, parent: etree._Element, record: Filled) -> None:
    element = etree.SubElement(parent, _tag(form, record.kind.form.name))
    for cell in record.cells:
        own = cell.field.form
        if cell.text is None and own.empty != "write":
            continue
        if own.attribute:
            element.set(cell.field.name, cell.text or "")
        else:
            etree.SubElement(element, _tag(form, cell.field.name)).text = cell.text or ""
    for one in record.records:
        _append(form, element, one)


def _tag(form: FileForm, name: str) -> str:
    return f"{{{form.namespace}}}{name}" if form.namespace else name
