"""What a package says of itself: its tables as auditors' programs read them, and a page for people."""

from datetime import date
from pathlib import Path
from typing import Any

from lxml import etree

from einvoice.pipeline.evidence.selection import Selection
from einvoice.store.columns import Exact
from einvoice.store.tables import METADATA

TABLES = {
    "act": (
        "Bestätigungen, Anordnungen, Rückgaben, Notizen",
        "confirmations, authorisations, returns, notes",
    ),
    "address": ("Adressen der Kommune", "addresses of the tenant"),
    "attachment": ("Anlagen der Lieferungen", "attachments of deliveries"),
    "batch": ("Zahlungsstapel", "payment batches"),
    "batch_row": ("Zeilen der Stapel, wie angeordnet", "rows of batches, as authorised"),
    "creditor": ("Lieferanten", "suppliers"),
    "creditor_account": ("Bankverbindungen der Lieferanten", "accounts of suppliers"),
    "deduction": ("Kürzungen und Abzüge", "deductions"),
    "delivery": ("Lieferungen, wie angekommen", "deliveries, as they arrived"),
    "deputy": ("Vertretungen", "deputies"),
    "event": ("Ereignisse der Kette", "events of the chain"),
    "export": ("Exportdateien", "export files"),
    "export_target": ("Exportziele", "export targets"),
    "identity": ("Woran Doppelte erkannt werden", "what duplicates are told by"),
    "invoice": ("Rechnungen", "invoices"),
    "leitweg_pattern": ("Ansprüche auf Leitweg-IDs", "claims on Leitweg-IDs"),
    "master": ("Stammdaten", "master data"),
    "office": ("Ämter", "offices"),
    "outbox": ("Antworten", "answers"),
    "person": ("Personen, die gehandelt haben", "persons who acted"),
    "policy": ("Regeln der Kommune", "policies of the tenant"),
    "posting": ("Kontierungen", "postings"),
    "proposal": ("Vorgeschlagene Änderungen", "proposed changes"),
    "report": ("Prüfberichte mit den Regelständen", "validation reports with the releases of rules"),
    "role": ("Rollen", "roles"),
    "tenant": ("Kommune", "tenant"),
}
"""Table → what it holds, German and English."""

Period = tuple[date | None, date | None]


def described(title: str, tables: dict[str, list[dict[str, Any]]], period: Period) -> bytes:
    """index.xml, in the shape of the description standard for handing over data to the tax administration."""
    root = etree.Element("DataSet")
    etree.SubElement(root, "Version").text = "1.0"
    supplier = etree.SubElement(root, "DataSupplier")
    for name, text in (("Name", title), ("Location", ""), ("Comment", "einvoice archive export")):
        etree.SubElement(supplier, name).text = text
    media = etree.SubElement(root, "Media")
    etree.SubElement(media, "Name").text = title
    for name, rows in tables.items():
        _table(media, name, rows, period)
    doctype = '<!DOCTYPE DataSet SYSTEM "gdpdu-01-09-2004.dtd">'
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True, doctype=doctype)


def _table(media: Any, name: str, rows: list[dict[str, Any]], period: Period) -> None:
    table = etree.SubElement(media, "Table")
    etree.SubElement(table, "URL").text = f"{name}.csv"
    etree.SubElement(table, "Name").text = name
    etree.SubElement(table, "Description").text = TABLES[name][0]
    if period[0] and period[1]:
        span = etree.SubElement(etree.SubElement(table, "Validity"), "Range")
        etree.SubElement(span, "From").text = period[0].strftime("%d.%m.%Y")
        etree.SubElement(span, "To").text = period[1].strftime("%d.%m.%Y")
    etree.SubElement(table, "UTF8")
    etree.SubElement(table, "DecimalSymbol").text = "."
    etree.SubElement(table, "DigitGroupingSymbol").text = ","
    etree.SubElement(etree.SubElement(table, "Range"), "From").text = "2"
    shape = etree.SubElement(table, "VariableLength")
    for key, text in (("ColumnDelimiter", ";"), ("RecordDelimiter", "\r\n"), ("TextEncapsulator", '"')):
        etree.SubElement(shape, key).text = text
    _columns(shape, name, rows)


def _columns(shape: Any, name: str, rows: list[dict[str, Any]]) -> None:
    source = METADATA.tables[name]
    columns = [column for column in source.columns if rows and column.key in rows[0]]
    for key in (True, False):
        for column in columns:
            if bool(column.primary_key) is not key:
                continue
            said = etree.SubElement(shape, "VariablePrimaryKey" if key else "VariableColumn")
            etree.SubElement(said, "Name").text = column.key
            number = isinstance(column.type, Exact) or column.type.python_type in (int, bool)
            etree.SubElement(said, "Numeric" if number else "AlphaNumeric")
            if isinstance(column.type, Exact):
                etree.SubElement(said[-1], "Accuracy").text = "2"
    for column in columns:
        for link in column.foreign_keys:
            said = etree.SubElement(shape, "ForeignKey")
            etree.SubElement(said, "Name").text = column.key
            etree.SubElement(said, "References").text = link.column.table.name


def readme(title: str, found: Selection, period: Period) -> str:
    """README.md of a package, German and English."""
    span = " – ".join(day.isoformat() if day else "…" for day in period) if any(period) else ""
    count = sum(name.startswith("invoice/") for name in found.rows)
    tables = "\n".join(
        f"| data/{name}.csv | {de} | {en} |"
        for name, (de, en) in TABLES.items()
        if name == "event" or any(row.startswith(f"{name}/") for row in found.rows)
    )
    template = Path(__file__).with_name("readme.md").read_text("utf-8")
    said = {"title": title, "span": span, "count": count, "tables": tables}
    return template.format(**said, time=found.head["time"], root=found.head["root"])
