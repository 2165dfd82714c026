"""The Anordnungsbeleg as a file: of one invoice, or of a batch as a format of its own (`vouchers`), one file each.

PDF/A where typst is installed, else HTML. What is made of a closed batch comes from its frozen rows.
"""

from dataclasses import replace

from sqlmodel import Session

from einvoice.approval import voucher as of
from einvoice.approval.voucher import Lang, Voucher
from einvoice.exports.closed import Closed
from einvoice.exports.files import File, Output
from einvoice.render import form_html, pdf
from einvoice.store.tables import BatchRow

KINDS = ("pdf", "html", "txt")


def voucher(session: Session, invoice_id: int, lang: Lang = "de", kind: str | None = None) -> File:
    """The voucher of an invoice as it stands; the same state gives the same bytes.

    kind: pdf, html or txt; None: pdf, or html where the extra `pdf` is missing. Raises Refused for an invoice without
    a tenant, UsageError for pdf without the extra, Unchecked if typesetting takes more than it may.
    """
    said = of.voucher(session, invoice_id)
    stem = f"{'DEMO_' if said.demo else ''}{said.content['tenant']['name']}"
    return _file(said, f"{stem}_{'beleg' if lang == 'de' else 'voucher'}_{invoice_id}", lang, kind)


def voucher_of(closed: Closed, row: BatchRow, name: str | None = None) -> File:
    """The voucher of a row of a closed batch, as it was frozen; name: without its ending. Raises as `voucher`."""
    said = Voucher(row.invoice_id, row.content or {}, closed.persons, demo=closed.batch.demo)
    return _file(said, name or f"{closed.stem}_beleg_{row.position:04d}", "de", None)


def vouchers(closed: Closed) -> Output:
    """The vouchers of all rows of a batch, one file each, numbered as the rows are."""
    return Output([replace(voucher_of(closed, row), position=row.position) for row in closed.rows])


def _file(said: Voucher, stem: str, lang: Lang, kind: str | None) -> File:
    kind = kind or ("pdf" if pdf.available() else "html")
    shown, name = of.form(said, lang), f"{stem}.{kind}"
    if kind == "pdf":
        return File(name, pdf.form(shown))
    text = form_html.page(shown) if kind == "html" else form_html.written(shown)
    return File(name, text.encode("utf-8", "replace"))
