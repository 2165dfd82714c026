"""How a file differs from the one that was exported: cut, another encoding, other line ends; else row by row.

Pure: bytes and names in, differences out, those of the whole file first. Tables (`;` between cells) are compared cell
by cell, payment files element by element, everything else line by line.
"""

import csv
import difflib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from einvoice.exports.sepa.rows import rows_of_message
from einvoice.formats.xml import Refused as NoXml

MOST = 200
"""No more differences than this are listed."""

_ENCODINGS = ("utf-8", "cp1252", "utf-16-le", "utf-16-be")
_MARKS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference. code: `cut`, `longer`, `encoding`, `mark`, `line-ends`, `value`, `missing`, `added`, `bytes`.

    row: which row of the exported file, counted from 1 (line or transaction); column: its name; key: what tells the
    row (number of the invoice, id of the transfer).
    """

    code: str
    was: str = ""
    now: str = ""
    row: int | None = None
    column: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class _Text:
    text: str
    encoding: str
    mark: bool
    ends: str


def differences(ours: bytes, theirs: bytes) -> list[Difference]:
    """How `theirs` differs from `ours`; empty if it does not."""
    if ours == theirs:
        return []
    if theirs and ours.startswith(theirs):
        return [Difference("cut", str(len(ours)), str(len(theirs)))]
    one, other = _read(ours), _read(theirs, like=_read(ours))
    if one is None or other is None:
        return [Difference("bytes", str(len(ours)), str(len(theirs)))]
    found = list(_of_the_whole(one, other))
    found += _of_rows(_plain(one.text), _plain(other.text))
    return found[:MOST] or [Difference("bytes", str(len(ours)), str(len(theirs)))]


def _of_the_whole(one: _Text, other: _Text) -> Iterator[Difference]:
    if one.encoding != other.encoding:
        yield Difference("encoding", one.encoding, other.encoding)
    if one.mark != other.mark:
        yield Difference("mark", str(one.mark), str(other.mark))
    if one.ends != other.ends:
        yield Difference("line-ends", one.ends, other.ends)


def _read(data: bytes, like: _Text | None = None) -> _Text | None:
    """The text of a file: by its mark, else in the encoding of the other file, else in the first that fits."""
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            return _decoded(data[len(mark) :], encoding, True)
    if b"\0" in data[:4000]:
        return None
    order = ("utf-8", like.encoding, "cp1252") if like else ("utf-8", "cp1252")
    for encoding in order:
        found = _decoded(data, encoding, False)
        if found is not None:
            return found
    return None


def _decoded(data: bytes, encoding: str, mark: bool) -> _Text | None:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return None
    ends = "CRLF" if "\r\n" in text else "LF" if "\n" in text else "CR" if "\r" in text else ""
    name = "utf-8" if text.isascii() and not mark else encoding
    return _Text(text, name, mark, ends)


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")


def _of_rows(one: str, other: str) -> list[Difference]:
    if one == other:
        return []
    if one.lstrip().startswith("<"):
        try:
            ours, theirs = (rows_of_message(text.encode()) for text in (one, other))
        except NoXml as error:
            return [Difference("bytes", "XML", str(error))]
        if ours:
            return _compared(ours, theirs)
    table = one.split("\n", 1)[0].count(";") > 1
    return _compared(_cells(one), _cells(other)) if table else _compared(_lines(one), _lines(other))


Rows = Sequence[tuple[str, Mapping[str, str]]]
"""Rows as (key, values by name)."""


def _lines(text: str) -> Rows:
    return [("", {"": line}) for line in text.split("\n")]


def _cells(text: str) -> Rows:
    """Cells by column; the names are in the first line, or in the second below an EXTF header."""
    lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))
    head = 1 if lines and lines[0][:1] == ["EXTF"] else 0
    names = lines[head] if len(lines) > head else []
    found = []
    for number, cells in enumerate(lines):
        named = {names[i] if i < len(names) and number > head else f"{i + 1}": c for i, c in enumerate(cells)}
        key = next((named[name] for name in ("number", "Belegfeld 1") if name in named), "")
        found.append((key, named))
    return found


def _compared(ours: Rows, theirs: Rows) -> list[Difference]:
    """Rows that are gone, new or changed; equal rows are found wherever they stand."""
    found: list[Difference] = []
    one, other = ([(key, *sorted(values.items())) for key, values in rows] for rows in (ours, theirs))
    matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            continue
        pairs = min(b - a, d - c)
        for step in range(pairs):
            found += _changed(a + step + 1, ours[a + step], theirs[c + step])
        found += [
            Difference("missing", row=n + 1, key=ours[n][0], was=_said(ours[n][1]))
            for n in range(a + pairs, b)
        ]
        found += [
            Difference("added", row=n + 1, key=theirs[n][0], now=_said(theirs[n][1]))
            for n in range(c + pairs, d)
        ]
        if len(found) >= MOST:
            break
    return found


def _changed(
    row: int, ours: tuple[str, Mapping[str, str]], theirs: tuple[str, Mapping[str, str]]
) -> Iterator[Difference]:
    for name in dict.fromkeys([*ours[1], *theirs[1]]):
        was, now = ours[1].get(name, ""), theirs[1].get(name, "")
        if was != now:
            yield Difference("value", was, now, row, name, ours[0])


def _said(values: Mapping[str, str]) -> str:
    return ";".join(value for value in values.values() if value)[:200]
