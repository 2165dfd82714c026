"""A file as a person looks at it: records of fixed width under a ruler with their columns, anything else as it is."""

from collections.abc import Iterator

from einvoice.exports.profiles.filling import Filled
from einvoice.exports.profiles.profile import Profile
from einvoice.exports.profiles.writing import Written
from einvoice.validation.reports.text_report import printable


def preview(profile: Profile, written: Written) -> str:
    """The text of a preview."""
    form = profile.form.file
    text = written.data.decode(form.encoding)
    if form.kind != "fixed":
        return "".join(printable(line) + "\n" for line in text.splitlines())
    flat = [one for record in written.records for one in record.all() if one.cells]
    pairs = zip(flat, text.splitlines(), strict=True)
    return "\n".join(line for record, text_ in pairs for line in _ruled(record, text_)) + "\n"


def _ruled(record: Filled, text: str) -> Iterator[str]:
    """A record with its ruler, and each field with its columns."""
    yield f"── {record.kind.form.name} ({len(text)})"
    yield "".join(str(n // 10 % 10) if n % 10 == 0 else "·" for n in range(1, len(text) + 1))
    yield printable(text)
    place = 1
    for cell in record.cells:
        width = cell.field.form.width or 0
        yield f"  {place:>4}–{place + width - 1:<4} {cell.field.name:<16} {text[place - 1 : place - 1 + width]!r}"
        place += width
