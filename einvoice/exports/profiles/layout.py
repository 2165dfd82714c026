"""Whether the layout of a profile fits the kind of its file: widths and places, heads, names of elements."""

import re
from collections.abc import Iterator

from einvoice.exports.profiles.form import ProfileForm, RecordForm
from einvoice.exports.profiles.lines import Path

_ELEMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
Found = Iterator[tuple[Path, str, str]]
"""The way to a key, and what is wrong in English and German."""


def layout_problems(form: ProfileForm) -> Found:
    """What does not fit."""
    file = form.file
    seen = [one.name for one in form.records()]
    if file.heads is not None and (file.kind != "csv" or file.heads not in seen):
        yield (
            ("file", "heads"),
            f"heads: names a record, in csv: one of {', '.join(seen)}",
            f"heads: nennt einen Satz, bei csv: einer von {', '.join(seen)}",
        )
    if (file.kind == "xml") != (file.root is not None):
        yield (
            ("file", "root"),
            "root: xml has a root element, nothing else has",
            "root: genau xml hat ein Wurzelelement",
        )
    if file.kind == "csv" and (file.separator in '"\r\n' or file.separator.isalnum()):
        yield (
            ("file", "separator"),
            "separator: one character that is no letter, digit, quote or line end",
            "separator: ein Zeichen, aber kein Buchstabe, keine Ziffer, kein Anführungszeichen, kein Zeilenende",
        )
    if file.kind == "xml" and file.encoding not in ("utf-8", "iso-8859-15", "cp1252"):
        yield (
            ("file", "encoding"),
            "encoding: xml: utf-8, iso-8859-15, cp1252",
            "encoding: xml: utf-8, iso-8859-15, cp1252",
        )
    if file.kind == "json" and file.encoding != "utf-8":
        yield ("file", "encoding"), "encoding: json is utf-8", "encoding: json ist utf-8"
    for number, one in enumerate(form.record):
        yield from _record(one, ("record", number), form)


def _record(form: RecordForm, path: Path, profile: ProfileForm) -> Found:
    if profile.file.kind == "fixed":
        yield from _fixed(form, path)
    if profile.file.kind == "xml":
        for name in form.fields:
            if not _ELEMENT.fullmatch(name):
                yield (
                    (*path, "fields", name),
                    f"{name}: no name of an element",
                    f"{name}: kein Name eines Elements",
                )
    for number, one in enumerate(form.record):
        yield from _record(one, (*path, "record", number), profile)


def _fixed(form: RecordForm, path: Path) -> Found:
    place = 1
    for name, field in form.fields.items():
        here = (*path, "fields", name)
        if field.width is None:
            yield (
                here,
                f"{name}: every field of a fixed record has a width",
                f"{name}: jedes Feld eines festen Satzes hat eine Breite (width)",
            )
            return
        if field.at is not None and field.at != place:
            yield (
                here,
                f"{name}: at = {field.at}, but the fields before end at {place - 1}",
                f"{name}: at = {field.at}, die Felder davor enden aber bei {place - 1}",
            )
            place = field.at
        place += field.width
    if form.width is not None and form.width != place - 1:
        yield (
            (*path, "width"),
            f"width: {form.width} stated, the fields make {place - 1}",
            f"width: {form.width} angegeben, die Felder ergeben {place - 1}",
        )
