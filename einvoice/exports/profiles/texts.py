"""Filled records as lines: separated by a character, or of fixed width."""

from collections.abc import Iterable

from einvoice.exports.profiles.filling import Cell, Filled, Problems
from einvoice.exports.profiles.form import FileForm
from einvoice.exports.profiles.profile import Template
from einvoice.formats.cells import harmless

_LINE_ENDS = {"crlf": "\r\n", "lf": "\n"}


def separated(form: FileForm, records: Iterable[Filled], problems: Problems, remarks: list[str]) -> str:
    """CSV; no cell that a spreadsheet would calculate. Raises nothing: what does not fit goes into `problems`."""
    lines = []
    heads = form.heads
    for record in records:
        if heads == record.kind.form.name:
            lines.append(
                form.separator.join(_quoted(form, cell.field.name, form.quote) for cell in record.cells)
            )
            heads = None
        lines.append(form.separator.join(_separated(form, cell, problems, remarks) for cell in record.cells))
    return "".join(line + _LINE_ENDS[form.newline] for line in lines)


def _separated(form: FileForm, cell: Cell, problems: Problems, remarks: list[str]) -> str:
    text, own = cell.text or "", cell.field.form
    constant = isinstance(cell.field.value, Template) and cell.field.value.is_constant
    if own.decimals is None and own.date is None and not constant:
        safe = harmless(text)
        if safe != text:
            remarks.append(f"{cell.field.name}: {text!r} → {safe!r}")
        text = safe
    if own.pad is not None and own.width:
        text = padded(text, own.width, own.pad, own.fill)
    policy = own.quote or form.quote
    if policy == "never" and (form.separator in text or '"' in text):
        problems.append(
            (
                f'{cell.field.name}: {text!r} holds the separator or a quote, and quote = "never"',
                f'{cell.field.name}: {text!r} enthält Trennzeichen oder Anführungszeichen, und quote = "never"',
            )
        )
    return _quoted(form, text, policy)


def _quoted(form: FileForm, text: str, policy: str) -> str:
    needed = form.separator in text or '"' in text or text != text.strip()
    if policy == "always" or (policy == "needed" and needed):
        return '"' + text.replace('"', '""') + '"'
    return text


def fixed(form: FileForm, records: Iterable[Filled]) -> str:
    """Records of fixed width, one a line."""
    end = _LINE_ENDS[form.newline]
    return "".join("".join(map(_fixed, record.cells)) + end for record in records)


def _fixed(cell: Cell) -> str:
    form = cell.field.form
    side = form.pad or ("left" if form.decimals is not None else "right")
    empty = " " if cell.text is None and form.decimals is None else form.fill
    return padded(cell.text or "", form.width or 0, side, empty if cell.text is None else form.fill)


def padded(text: str, width: int, side: str, fill: str) -> str:
    """The text filled up to a width: `side` says where the filling stands."""
    return text.rjust(width, fill) if side == "left" else text.ljust(width, fill)
