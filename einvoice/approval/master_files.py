"""Master data as offices export it: a CSV file, its encoding and separator found out, its columns by their headings.

Encodings are those of a byte order mark, UTF-8, else CP1252; separators are `;`, `,`, tab or `|`.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

from einvoice.approval.said import LONGEST_CODE, money
from einvoice.errors import UsageError
from einvoice.formats.mail import address
from einvoice.rulebook.functions import iban as valid_iban

MOST_BYTES = 64_000_000
LONGEST_TEXT = 200

_SEPARATORS = (";", ",", "\t", "|")
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_EXCEL = re.compile(r"\d+(?:[.,]\d+)?E\+\d+", re.IGNORECASE)

Heads = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of master data: what it is called, and for each field the headings it may have; the first is needed."""

    name: str
    de: str
    en: str
    heads: Heads
    aliases: tuple[str, ...] = ()


_TEXT = ("bezeichnung", "name", "text", "beschreibung", "description", "titel")
_UNTIL = ("bis", "gültigbis", "gueltigbis", "until", "ende")


def _plain(name: str, de: str, en: str, *heads: str, aliases: tuple[str, ...]) -> Shape:
    codes = (*heads, "nummer", "nr", "code", "number")
    return Shape(name, de, en, {"code": codes, "text": _TEXT, "until": _UNTIL}, aliases)


SHAPES: Sequence[Shape] = (
    _plain("account", "Sachkonten", "accounts", "sachkonto", "konto", "kontonummer", "account",
           aliases=("konten", "sachkonten", "accounts")),
    _plain("product", "Produkte", "products", "produkt", "produktnummer", "product",
           aliases=("produkte", "products")),
    _plain("cost_centre", "Kostenstellen", "cost centres", "kostenstelle", "kst", "costcentre",
           aliases=("kostenstellen", "cost-centres")),
    _plain("cost_object", "Kostenträger", "cost objects", "kostenträger", "kostentraeger", "ktr", "costobject",
           aliases=("kostenträger", "kostentraeger", "cost-objects")),
    _plain("investment", "Investitionen", "investments", "investition", "maßnahme", "massnahme", "investment",
           aliases=("investitionen", "investments")),
    Shape("order", "Aufträge und Mittelbindungen", "orders and commitments", {
        "code": ("mittelbindung", "auftrag", "auftragsnummer", "bestellnummer", "bestellung", "order", "nummer", "nr",
                 "code", "number"),
        "open_amount": ("offen", "offenerbetrag", "restbetrag", "rest", "open", "openamount", "verfügbar"),
        "text": _TEXT,
        "supplier": ("kreditor", "lieferant", "kreditorennummer", "supplier", "creditor"),
        "contract": ("vertrag", "vertragsnummer", "contract"),
        "until": _UNTIL,
    }, ("aufträge", "auftraege", "mittelbindungen", "orders", "commitments")),
    Shape("supplier", "Lieferanten", "suppliers", {
        "code": ("kreditor", "kreditorennummer", "kreditornummer", "lieferantennummer", "nummer", "nr", "number",
                 "creditor", "code"),
        "text": ("name", "firma", "bezeichnung", "lieferant", "supplier"),
        "vat_id": ("ustidnr", "ustid", "umsatzsteuerid", "vatid", "ustidentnr"),
        "mail": ("email", "mail", "emailadresse"),
        "iban": ("iban", "bankverbindung"),
    }, ("lieferanten", "kreditoren", "suppliers", "creditors")),
)  # fmt: skip
"""All kinds, as `einvoice master import` names them."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: its line in the file, and what it says by field; open_amount as a number beside."""

    line: int
    said: dict[str, str]
    open_amount: Decimal | None = None


@dataclass(slots=True)
class Table:
    """What a file holds, how it was read, and what is wrong with it (line, German, English)."""

    encoding: str
    separator: str
    entries: list[Entry] = field(default_factory=list)
    wrong: list[tuple[int, str, str]] = field(default_factory=list)


def shape_of(word: str) -> Shape:
    """A kind by its name or what offices call it. Raises UsageError with those there are."""
    wanted = word.strip().lower()
    for shape in SHAPES:
        if wanted == shape.name or wanted in shape.aliases:
            return shape
    known = ", ".join(f"{shape.aliases[0]} ({shape.name})" for shape in SHAPES)
    raise UsageError(f"{word}: kinds are {known}", f"{word}: Arten sind {known}")


def read(path: Path, shape: Shape, mapping: Mapping[str, str] | None = None) -> Table:
    """The rows of a file. mapping: heading → field, for headings that are not known.

    What is wrong with a row is in `wrong`; raises UsageError for a file that is no such table at all.
    """
    text, encoding = _text(path)
    first = text.partition("\n")[0]
    separator = max(_SEPARATORS, key=first.count)
    table = Table(encoding, separator)
    rows = csv.reader(text.splitlines(keepends=True), delimiter=separator, strict=True)
    try:
        heads = next(rows, [])
        columns = _columns(path, shape, [head.strip() for head in heads], mapping or {})
        seen: dict[str, int] = {}
        for line, row in _numbered(rows):
            _take(table, shape, columns, len(heads), line, row, seen)
    except csv.Error as error:
        raise UsageError(
            f"{path}:{rows.line_num}: no valid CSV ({error})",
            f"{path}:{rows.line_num}: kein gültiges CSV ({error})",
        ) from None
    return table


def _text(path: Path) -> tuple[str, str]:
    try:
        data = path.read_bytes() if path.stat().st_size <= MOST_BYTES else None
    except OSError as error:
        why = error.strerror
        raise UsageError(f"{path}: cannot be read ({why})", f"{path}: nicht lesbar ({why})") from None
    encodings = [name for mark, name in _MARKS if (data or b"").startswith(mark)] or ["utf-8", "cp1252"]
    if data is None or (b"\0" in data and encodings != ["utf-16"]):
        raise UsageError(f"{path}: is no CSV file, or too large", f"{path}: ist keine CSV-Datei oder zu groß")
    for encoding in encodings:
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError as error:
            line = data[: error.start].count(b"\n") + 1
    raise UsageError(
        f"{path}:{line}: not {encoding}: save it as UTF-8",
        f"{path}:{line}: kein {encoding}: bitte als UTF-8 speichern",
    )


def _columns(path: Path, shape: Shape, heads: Sequence[str], mapping: Mapping[str, str]) -> dict[int, str]:
    """Column → field. Raises UsageError where the code has no column, or a field has two."""
    found: dict[int, str] = {}
    for name, target in mapping.items():
        if name not in heads or target not in shape.heads:
            known = ", ".join(shape.heads)
            raise UsageError(
                f"{path}:1: --map {name}={target}: headings are {', '.join(heads)}; fields are {known}",
                f"{path}:1: --map {name}={target}: Spalten sind {', '.join(heads)}; Felder sind {known}",
            )
        found[heads.index(name)] = target
    bare = [re.sub(r"[\W_]", "", head.lower()) for head in heads]
    for target, words in shape.heads.items():
        if target not in found.values():
            where = next((bare.index(word) for word in words if word in bare), None)
            if where is not None and where not in found:
                found[where] = target
    for needed in [key for key in ("code", "open_amount") if key in shape.heads]:
        if needed not in found.values():
            raise UsageError(
                f"{path}:1: no column is called {' or '.join(shape.heads[needed][:3])}; say --map HEADING={needed}. "
                f"Headings: {', '.join(heads)}",
                f"{path}:1: keine Spalte heißt {' oder '.join(shape.heads[needed][:3])}; --map SPALTE={needed}. "
                f"Spalten: {', '.join(heads)}",
            )
    return found


def _numbered(rows: "csv._reader") -> Iterator[tuple[int, list[str]]]:  # type: ignore[name-defined]
    """Rows that say something, each with the line it begins in."""
    line = rows.line_num + 1
    for row in rows:
        if any(cell.strip() for cell in row):
            yield line, row
        line = rows.line_num + 1


def _take(
    table: Table,
    shape: Shape,
    columns: Mapping[int, str],
    width: int,
    line: int,
    row: Sequence[str],
    seen: dict[str, int],
) -> None:
    if len(row) != width:
        table.wrong.append(
            (line, f"{len(row)} Spalten statt {width}", f"{len(row)} columns instead of {width}")
        )
        return
    said = {target: " ".join(row[column].split()) for column, target in columns.items()}
    problems = list(_problems(said))
    code = said["code"]
    if code in seen:
        problems.append(
            (f"{code} steht schon in Zeile {seen[code]}", f"{code} stands in line {seen[code]} already")
        )
    seen.setdefault(code, line)
    amount = None
    if said.get("open_amount"):
        try:
            amount = money(said["open_amount"])
        except UsageError as error:
            problems.append((error.said("de"), str(error)))
    elif "open_amount" in shape.heads:
        problems.append(("offener Betrag fehlt", "the open amount is missing"))
    table.wrong += [(line, de, en) for de, en in problems]
    if not problems:
        said.pop("open_amount", None)
        table.entries.append(Entry(line, {key: text for key, text in said.items() if text}, amount))


def _problems(said: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    code = said["code"]
    if not code:
        yield "Nummer fehlt", "the number is missing"
    elif _EXCEL.fullmatch(code):
        yield (
            f"{code}: von der Tabellenkalkulation verkürzt; bitte die Spalte als Text speichern",
            f"{code}: shortened by a spreadsheet; save that column as text",
        )
    elif len(code) > LONGEST_CODE or not code.isprintable():
        yield f"{code[:50]!r}: zu lang oder nicht druckbar", f"{code[:50]!r}: too long, or not printable"
    if len(said.get("text", "")) > LONGEST_TEXT:
        yield f"Text länger als {LONGEST_TEXT} Zeichen", f"the text has more than {LONGEST_TEXT} characters"
    if (mail := said.get("mail")) and address(mail) is None:
        yield f"{mail} ist keine Mailadresse", f"{mail} is no mail address"
    if (iban := said.get("iban")) and not valid_iban(iban.replace(" ", "")):
        yield f"{iban} ist keine IBAN", f"{iban} is no IBAN"
    if (until := said.get("until")) and day_of(until) is None:
        yield f"{until} ist kein Tag wie 31.12.2026", f"{until} is no day like 2026-12-31"


def day_of(text: str) -> date | None:
    """A day as offices write it, 31.12.2026 or 2026-12-31; None if it is none."""
    german = re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", text.strip(), re.ASCII)
    iso = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", text.strip(), re.ASCII)
    try:
        if german:
            return date(int(german[3]), int(german[2]), int(german[1]))
        return date(int(iso[1]), int(iso[2]), int(iso[3])) if iso else None
    except ValueError:
        return None
