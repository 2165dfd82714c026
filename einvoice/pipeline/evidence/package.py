"""Writes a package: originals, data as CSV with their description, pages for people, the events that prove all of it,
and a program that checks it without einvoice.
"""

import csv
import hashlib
import io
import json
import re
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from einvoice.errors import NotAnInvoice, Refused
from einvoice.exports.vouchers import voucher
from einvoice.formats import xml
from einvoice.formats.opening import open_safely
from einvoice.formats.reading import read
from einvoice.pipeline.evidence import selection
from einvoice.pipeline.evidence.description import described, readme
from einvoice.pipeline.evidence.selection import Selection
from einvoice.pipeline.workplace import Opened
from einvoice.render import html
from einvoice.render.sheet import sheet
from einvoice.store import durable, heads, people, seals
from einvoice.store.tables import METADATA, Invoice, Tenant
from einvoice.validation.options import Options
from einvoice.validation.report import report_from

_CHECK = Path(__file__).with_name("check.py")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
Step = Callable[[int], None]


def export(
    place: Opened,
    tenant: str,
    folder: Path,
    first: date | None,
    last: date | None,
    step: Step = lambda count: None,
) -> Selection:
    """The auditor's package (Z3) of a tenant: all that came in a period. Raises Refused for a folder with content."""
    with place.store.reading() as session:
        town = people.tenant(session, tenant)
        found = selection.of_period(session, town, first, last)
    _write(place, found, town, folder, (first, last), step)
    return found


def hand_over(place: Opened, tenant: str, folder: Path, step: Step = lambda count: None) -> Selection:
    """Everything of a town, in the shape of the auditor's package. Raises Refused for a folder with content."""
    with place.store.reading() as session:
        town = people.tenant(session, tenant)
        found = selection.of_town(session, town)
    _write(place, found, town, folder, (None, None), step)
    return found


def bundle(place: Opened, invoice_id: int, folder: Path) -> Selection:
    """All there is about one invoice. Raises Refused if there is none, or no tenant has it yet."""
    with place.store.reading() as session:
        row = session.get(Invoice, invoice_id)
        if row is None or row.tenant_id is None:
            raise Refused(
                f"Invoice {invoice_id} is not there, or belongs to no tenant yet.",
                f"Rechnung {invoice_id} gibt es nicht, oder sie gehört noch zu keiner Kommune.",
            )
        town = session.get_one(Tenant, row.tenant_id)
        found = selection.of_invoice(session, town, invoice_id)
    _write(place, found, town, folder, (None, None), lambda count: None)
    return found


def _write(
    place: Opened,
    found: Selection,
    town: Tenant,
    folder: Path,
    period: tuple[date | None, date | None],
    step: Step,
) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise Refused(f"{folder} is not empty.", f"{folder} ist nicht leer.")
    with durable.plainly(folder):
        for inner in ("originals", "data", "pages", "vouchers"):
            (folder / inner).mkdir(parents=True, exist_ok=True)
        names = _originals(place, found, folder, step)
        tables = _tables(found)
        for name, rows in tables.items():
            (folder / "data" / f"{name}.csv").write_bytes(_csv(name, rows))
        _pages(place, found, folder)
        _vouchers(place, found, folder)
        (folder / "data" / "index.xml").write_bytes(described(town.title, tables, period))
        chain = {"events": found.events, "excerpts": found.excerpts, "payloads": found.payloads}
        for name, value in (("chain.json", chain), ("rows.json", found.rows), ("originals.json", names)):
            text = json.dumps(value, ensure_ascii=True, indent=1, sort_keys=True)
            (folder / name).write_text(text + "\n", "utf-8")
        (folder / "head.json").write_text(heads.text(found.head), "utf-8")
        (folder / "README.md").write_text(readme(town.title, found, period), "utf-8")
        shutil.copyfile(_CHECK, folder / "check.py")
        _sums(folder)


def _originals(place: Opened, found: Selection, folder: Path, step: Step) -> dict[str, str]:
    """Each object under its digest and an ending that opens it; digest → file name."""
    names = {}
    for digest, area in sorted(found.objects.items()):
        data = place.archive.read(area, digest)
        ending = Path(found.names[digest]).suffix.lower()
        names[digest] = digest + (ending if re.fullmatch(r"\.[a-z0-9]{1,5}", ending) else "")
        (folder / "originals" / names[digest]).write_bytes(data)
        step(1)
    return names


def _tables(found: Selection) -> dict[str, list[dict[str, Any]]]:
    tables: dict[str, list[dict[str, Any]]] = {}
    for name, row in found.rows.items():
        tables.setdefault(name.partition("/")[0], []).append(row)
    tables["event"] = [{**e, "rows": len(e["rows"] or {})} for e in found.events]
    return dict(sorted(tables.items()))


def _csv(name: str, rows: list[dict[str, Any]]) -> bytes:
    """A table as CSV: UTF-8, `;`, every text in quotes, CRLF, decimal point; no cell begins a formula."""
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=";", quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    columns = [column.key for column in METADATA.tables[name].columns if rows and column.key in rows[0]]
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row[column]) for column in columns])
    return stream.getvalue().encode("utf-8", "replace")


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        number = re.fullmatch(r"-?\d+(\.\d+)?", value)
        return f"'{value}" if value.startswith(_FORMULA) and not number else value
    return "" if value is None else int(value) if isinstance(value, (bool, int)) else str(value)


def _pages(place: Opened, found: Selection, folder: Path) -> None:
    """Each invoice as a person reads it, with the findings of its report; made anew from the original."""
    with place.store.reading() as session:
        numbers = [int(n.partition("/")[2]) for n in found.rows if n.startswith("invoice/")]
        rows = [session.get_one(Invoice, number) for number in numbers]
    reports = {
        row["invoice_id"]: json.loads(row["content"])["report"]
        for name, row in sorted(found.rows.items())
        if name.startswith("report/") and row["content"]
    }
    for row in rows:
        for data in _documents(place, found, row):
            report = report_from(reports[row.id]) if row.id in reports else None
            try:
                content = read(xml.parse(data)).content()
            except (xml.Refused, NotAnInvoice):
                continue
            page = "".join(html.page(sheet(content, "de", report=report)))
            (folder / "pages" / f"{row.id}.html").write_text(page, "utf-8", errors="replace")


def _vouchers(place: Opened, found: Selection, folder: Path) -> None:
    """The voucher of each invoice that was authorised: of one as PDF/A, of many as HTML, which takes no time."""
    acts = [row for name, row in found.rows.items() if name.startswith("act/")]
    numbers = sorted({row["invoice_id"] for row in acts if row["kind"] == "authorise" and not row["undone"]})
    kind = None if len(numbers) == 1 else "html"
    with place.store.reading() as session:
        for number in numbers:
            made = voucher(session, number, kind=kind)
            (folder / "vouchers" / f"{number}{Path(made.name).suffix}").write_bytes(made.data)


def _documents(place: Opened, found: Selection, row: Invoice) -> Iterator[bytes]:
    """The XML of an invoice out of the originals, if it can be opened."""
    delivery = found.rows.get(f"delivery/{row.delivery_id}", {}).get("sha256")
    for digest in (row.sha256, delivery):
        if digest in found.objects:
            data = place.archive.read(found.objects[digest], digest)
            opened = open_safely(data, row.file, Options().seconds(len(data)))
            yield from (one.data for one in opened.documents if seals.sha256(one.data) == row.sha256)
            return


def _sums(folder: Path) -> None:
    lines = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        lines.append(f"{digest}  {path.relative_to(folder).as_posix()}\n")
    (folder / "SHA256SUMS").write_text("".join(lines), "utf-8")
