"""The Anordnungsbeleg as a file that goes along with an export: PDF/A where typst is installed, else HTML."""

from sqlmodel import Session

from einvoice.approval.voucher import Lang, form
from einvoice.approval.voucher import voucher as gathered
from einvoice.exports.files import File
from einvoice.render import form_html, pdf

KINDS = ("pdf", "html", "txt")


def voucher(session: Session, invoice_id: int, lang: Lang = "de", kind: str | None = None) -> File:
    """The voucher of an invoice as it stands; the same state gives the same bytes.

    kind: pdf, html or txt; None: pdf, or html where the extra `pdf` is missing. Raises Refused for an invoice without
    a tenant, UsageError for pdf without the extra, Unchecked if typesetting takes more than it may.
    """
    said = gathered(session, invoice_id)
    kind = kind or ("pdf" if pdf.available() else "html")
    shown = form(said, lang)
    demo = "DEMO_" if said.demo else ""
    name = f"{demo}{said.tenant.name}_{'beleg' if lang == 'de' else 'voucher'}_{invoice_id}.{kind}"
    if kind == "pdf":
        return File(name, pdf.form(shown))
    text = form_html.page(shown) if kind == "html" else form_html.written(shown)
    return File(name, text.encode("utf-8", "replace"))
