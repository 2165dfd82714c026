"""Files with what they are about, for places that are told of a file besides its bytes."""

from collections.abc import Iterable
from dataclasses import replace

from einvoice.approval.batches import name
from einvoice.exports.about import OF_INVOICE
from einvoice.exports.closed import Closed
from einvoice.exports.files import File
from einvoice.exports.profiles.batches import plain_row
from einvoice.store.seals import sha256


def described(closed: Closed, form: str, files: Iterable[File]) -> list[File]:
    """The files with their `about`: decimals with their digits, days ISO; of several invoices: the batch alone."""
    rows = {row.position: row for row in closed.rows}
    whole = {
        "batch": name(closed.batch),
        "tenant": closed.tenant.name,
        "tenant_title": closed.tenant.title,
        "format": form,
        "demo": "true" if closed.batch.demo else "false",
    }
    found = []
    for file in files:
        said = {**whole, "file_name": file.name.rpartition("/")[2], "file_sha256": sha256(file.data)}
        row = rows.get(file.position or 0)
        if row is not None:
            plain = plain_row(closed, row)
            own = {**plain.content, "position": plain.position, "approved": f"{plain.amount:f}"}
            said |= {key: str(own[key]) for key in OF_INVOICE if own.get(key) is not None}
        found.append(replace(file, about=said))
    return found
