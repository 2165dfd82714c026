"""What `einvoice batch verify` says of a file, in words."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from einvoice.interfaces.cli.session import say
from einvoice.interfaces.cli.tables import berlin
from einvoice.render.states import BATCHES
from einvoice.validation.reports.text_report import printable

if TYPE_CHECKING:
    from einvoice.exports.differing import Difference
    from einvoice.exports.verifying import Verified


def of_file(file: str, found: "Verified | None") -> Iterator[str]:
    """The lines about one file."""
    if found is None:
        yield printable(say(f"{file}: ist kein Export eines Stapels.", f"{file}: is no export of a batch."))
        return
    yield printable(f"{file}: {_head(found)}")
    for difference in found.differences:
        yield printable(f"  {_said(difference, found)}")
    demo = " DEMO" if found.batch.demo else ""
    yield "  " + say("Stand", "State") + f": {say(*BATCHES[found.batch.state])}{demo}"
    for one in found.deliveries:
        yield printable(
            "  " + say("übergeben", "delivered") + f": {one.target}  {berlin(one.delivered or one.made)}"
        )
    if found.batch.state == "reopened":
        yield "  " + say(
            "Dieser Stapel gilt nicht mehr: nicht buchen, nicht zahlen.",
            "This batch no longer counts: do not book or pay it.",
        )


def _head(found: "Verified") -> str:
    from einvoice.approval.batches import name

    called, form, town = name(found.batch), found.export.format, found.tenant.title
    made = berlin(found.export.made)
    if not found.differences:
        return say(
            f"Export von Stapel {called} ({form}) von {town}, erzeugt {made}, Byte für Byte.",
            f"export of batch {called} ({form}) of {town}, made {made}, byte for byte.",
        )
    return say(
        f"ist KEIN unveränderter Export; am nächsten kommt {found.export.name}, Stapel {called} ({form}) von {town}, "
        f"erzeugt {made}. Unterschiede:",
        f"is NOT an unchanged export; it comes closest to {found.export.name}, batch {called} ({form}) of {town}, "
        f"made {made}. Differences:",
    )


_WHOLE = {
    "cut": ("abgeschnitten: {now} von {was} Bytes", "cut off: {now} of {was} bytes"),
    "encoding": ("anders kodiert: {was} → {now}", "other encoding: {was} → {now}"),
    "line-ends": ("andere Zeilenenden: {was} → {now}", "other line ends: {was} → {now}"),
    "bytes": ("andere Bytes ({was} → {now})", "other bytes ({was} → {now})"),
}
_MARK = {
    "True": ("mit Byte-Reihenfolge-Marke (BOM)", "with a byte order mark (BOM)"),
    "False": ("ohne Byte-Reihenfolge-Marke (BOM)", "without its byte order mark (BOM)"),
}
_ROW = {
    "missing": ("fehlt: {was}", "is missing: {was}"),
    "added": ("kam hinzu: {now}", "was added: {now}"),
    "value": ("{column}: „{was}“ → „{now}“", "{column}: '{was}' → '{now}'"),
}


def _said(one: "Difference", found: "Verified") -> str:
    if one.code == "mark":
        return say(*_MARK[one.now])
    values = {"was": one.was, "now": one.now, "column": one.column}
    if one.code in _WHOLE:
        return say(*_WHOLE[one.code]).format(**values)
    where = say(f"Zeile {one.row}", f"row {one.row}")
    row = found.invoices.get(one.key)
    if row is not None:
        said = row.content or {}
        number, approved = said.get("number"), f"{row.amount} {said.get('currency')}"
        where += say(
            f" (Rechnung {number}, Position {row.position}, genehmigt {approved})",
            f" (invoice {number}, position {row.position}, approved {approved})",
        )
    elif one.key:
        where += f" ({one.key})"
    return f"{where}: {say(*_ROW[one.code]).format(**values)}"
