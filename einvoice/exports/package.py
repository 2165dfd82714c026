"""The folder package for a document management system (E-Akte): a folder per invoice, the index of all last.

STAPEL/0001/…                   the papers of the invoice (see papers.py)
STAPEL/0001/meta.json, .xml     what the invoice says, who confirmed and authorised, hashes of the files beside it
STAPEL/SHA256SUMS               of every file above, as `sha256sum -c` reads it
STAPEL/index.csv                a line per invoice; whoever waits for it finds everything else complete
"""

import csv
import io
from collections.abc import Mapping
from typing import Any

from lxml import etree

from einvoice.exports.about import SAID
from einvoice.exports.closed import Closed
from einvoice.exports.files import File, Output
from einvoice.exports.papers import as_json, papers, printed
from einvoice.exports.profiles.batches import plain_batch, plain_row
from einvoice.formats.cells import harmless
from einvoice.store.seals import sha256
from einvoice.store.tables import BatchRow

INDEX = ("folder", "original", *SAID, "approved", "batch", "tenant", "demo")
"""The columns of index.csv."""


def package(closed: Closed) -> Output:
    """The package of a batch. Raises Refused for an invoice whose original cannot be had or read."""
    batch = plain_batch(closed)
    files: list[File] = []
    index = []
    for row in closed.rows:
        folder = f"{closed.stem}/{row.position:04d}"
        beside = [File(f"{folder}/{name}", data, position=row.position) for name, data in papers(closed, row)]
        said = _meta(closed, row, batch, beside)
        beside.append(File(f"{folder}/meta.json", as_json(said), position=row.position))
        beside.append(File(f"{folder}/meta.xml", _xml(said), position=row.position))
        files += beside
        index.append({**said, "folder": f"{row.position:04d}", "original": beside[0].name.rpartition("/")[2]})
    sums = "".join(f"{sha256(one.data)}  {one.name.partition('/')[2]}\n" for one in files)
    files.append(File(f"{closed.stem}/SHA256SUMS", sums.encode()))
    files.append(File(f"{closed.stem}/index.csv", _index(index)))
    return Output(files)


def _meta(closed: Closed, row: BatchRow, batch: Mapping[str, Any], files: list[File]) -> dict[str, Any]:
    said = plain_row(closed, row).content
    return {
        **{key: said.get(key) for key in SAID},
        "approved": f"{row.amount:f}" if row.amount is not None else None,
        "batch": batch["number"],
        "tenant": batch["tenant"],
        "demo": closed.batch.demo,
        "postings": [{k: v for k, v in one.items() if v is not None} for one in said.get("postings", ())],
        "acts": [
            {key: one.get(key) for key in ("kind", "person", "time", "statement")} for one in said["acts"]
        ],
        "files": [{"name": one.name.rpartition("/")[2], "sha256": sha256(one.data)} for one in files],
    }


def _xml(said: Mapping[str, Any]) -> bytes:
    """The same as XML: a list becomes one element for each of its entries."""
    root = etree.Element("invoice")
    for key, value in said.items():
        for one in value if isinstance(value, list) else [value]:
            if one is None:
                continue
            element = etree.SubElement(root, key)
            if isinstance(one, Mapping):
                for name, text in one.items():
                    if text is not None:
                        etree.SubElement(element, name).text = printed(text)
            else:
                element.text = printed(one)
    etree.indent(root)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8") + b"\n"


def _index(rows: list[dict[str, Any]]) -> bytes:
    stream = io.StringIO()
    out = csv.writer(stream, delimiter=";", lineterminator="\r\n")
    out.writerow(INDEX)
    for row in rows:
        cells = ("" if row.get(key) is None else harmless(printed(row[key])) for key in INDEX)
        out.writerow(cells)
    return stream.getvalue().encode("utf-8-sig")
