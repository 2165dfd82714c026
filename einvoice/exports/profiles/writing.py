"""Writes the files of a profile from a case: text of the kind it asks for, in its encoding, under a checked name."""

import re
from dataclasses import dataclass

from einvoice.errors import Refused
from einvoice.exports.profiles import jsonfile, texts, xmlfile
from einvoice.exports.profiles.case import Case, Row
from einvoice.exports.profiles.filling import Filled, Filling, Problems, refused
from einvoice.exports.profiles.profile import Profile

_NAME = re.compile(r"[\w\-+=@,() ][\w.\-+=@,() ]{0,149}", re.UNICODE)
_UNSAFE = re.compile(r"[^\w.\-+=@,() ]", re.UNICODE)


@dataclass(frozen=True, slots=True)
class Written:
    """A file: its name, its bytes, its records as filled, and what a person should know about it."""

    name: str
    data: bytes
    records: tuple[Filled, ...]
    remarks: tuple[str, ...] = ()


def write(profile: Profile, case: Case) -> list[Written]:
    """The files: one for the batch, or one for each invoice. The same case gives the same bytes.

    Raises Refused naming every record and field that cannot be written, or a name that is none or stands twice.
    """
    several = profile.form.file.per == "invoice"
    groups = [[row] for row in case.rows] if several else [list(case.rows)]
    made = [_file(profile, case, rows) for rows in groups]
    names = [one.name.casefold() for one in made]
    twice = next((one.name for one in made if names.count(one.name.casefold()) > 1), None)
    if twice is not None:
        raise Refused(f"Two files would be called {twice}.", f"Zwei Dateien hießen {twice}.")
    return made


def _file(profile: Profile, case: Case, rows: list[Row]) -> Written:
    filling = Filling(profile, case, rows)
    records = filling.fill()
    row = {"row": filling.records.row_records[0]} if len(rows) == 1 else {}
    name = file_name(filling.said(profile.file_name, {**filling.roots, **row}), demo=bool(case.batch["demo"]))
    remarks: list[str] = []
    text = _text(profile, records, remarks)
    remarks += [f"{char!r} → {plain!r}" for char, plain in filling.speller.replaced.items()]
    return Written(
        name, text.encode(profile.form.file.encoding), tuple(records), tuple(dict.fromkeys(remarks))
    )


def _text(profile: Profile, records: list[Filled], remarks: list[str]) -> str:
    form = profile.form.file
    flat = [one for record in records for one in record.all() if one.cells]
    if form.kind == "fixed":
        return texts.fixed(form, flat)
    if form.kind == "xml":
        return xmlfile.document(form, records)
    if form.kind == "json":
        return jsonfile.document(records)
    problems: Problems = []
    text = texts.separated(form, flat, problems, remarks)
    if problems:
        raise refused(problems)
    return text


def file_name(text: str, *, demo: bool) -> str:
    """A name without path parts: what no file system takes becomes `_`; `DEMO_` in front in a demonstration.

    Raises Refused for what is no name.
    """
    name = ("DEMO_" if demo else "") + _UNSAFE.sub("_", text).strip(" ")
    if not _NAME.fullmatch(name) or name.endswith(".") or ".." in name:
        raise Refused(f"{text!r} is no name for a file.", f"{text!r} ist kein Dateiname.")
    return name
