"""A trial: an object list in the manner of ELO's XML importer beside the originals and views.

No public schema of it was found: what is known is `<eloobjlist ver="1.0">`, UTF-8, index fields by name, amounts with
a decimal comma, days YYYY-MM-DD. So it is off until a town switches it on and tries it on its own system.
"""

from typing import Any

from lxml import etree

from einvoice.exports import invoices
from einvoice.exports.closed import Closed
from einvoice.exports.files import File, Output
from einvoice.exports.papers import printed
from einvoice.exports.profiles.batches import plain_row

_FIELDS = {
    "RECEIPT_NUMBER": "number", "RECEIPT_DATE": "issue_date", "DUE_DATE": "due_date", "VENDOR_NAME": "seller",
    "VENDOR_NUMBER": "creditor_number", "VENDOR_VAT_ID": "seller_vat_id", "ORDER_NUMBER": "order_reference",
    "CURRENCY": "currency", "IBAN": "iban", "SHA256": "sha256",
}  # fmt: skip
_AMOUNTS = {"NET_AMOUNT": "net", "TAX_AMOUNT": "vat", "GROSS_AMOUNT": "gross"}


def elo(closed: Closed) -> Output:
    """Originals, views, then the list. Raises Refused for an invoice whose original cannot be had or read."""
    root = etree.Element("eloobjlist", ver="1.0")
    files: list[File] = []
    for row in closed.rows:
        said = plain_row(closed, row).content
        ending, data = invoices.original(closed, row)
        stem = f"{closed.stem}_{row.position:04d}"
        both = (
            File(f"{stem}.{ending}", data, position=row.position),
            File(f"{stem}_ansicht.pdf", invoices.view(closed, row), position=row.position),
        )
        files += both
        for file in both:
            _object(root, said, file.name)
    etree.indent(root)
    listed = etree.tostring(root, xml_declaration=True, encoding="UTF-8") + b"\n"
    return Output([*files, File(f"{closed.stem}_elo.xml", listed)])


def _object(root: etree._Element, said: Any, name: str) -> None:
    element = etree.SubElement(root, "obj")
    etree.SubElement(element, "desc", value=printed(f"{said.get('seller')} {said.get('number')}"))
    etree.SubElement(element, "date", value=printed(said.get("issue_date") or ""))
    indexes = etree.SubElement(element, "indexlist")
    for key, field in _FIELDS.items():
        if said.get(field):
            etree.SubElement(indexes, "index", key=key, value=printed(said[field]))
    for key, field in _AMOUNTS.items():
        if said.get(field):
            etree.SubElement(indexes, "index", key=key, value=str(said[field]).replace(".", ","))
    etree.SubElement(element, "docfile", name=name)
