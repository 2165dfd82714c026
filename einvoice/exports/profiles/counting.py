"""What a counter of a profile counts: the batch, its rows or their postings."""

from collections.abc import Iterator, Sequence
from typing import Literal

from einvoice.exports.profiles.case import Row


def keys(per: Literal["batch", "row", "posting"], rows: Sequence[Row]) -> Iterator[str]:
    """The keys of what is counted, in the order of the batch (see case.Numbers)."""
    if per == "batch":
        yield ""
        return
    for row in rows:
        if per == "row":
            yield str(row.invoice_id)
        else:
            yield from (f"{row.invoice_id}/{place}" for place, _ in enumerate(row.content["postings"], 1))
