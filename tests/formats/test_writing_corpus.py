"""What real invoices say survives writing in every syntax, and the typed invoice."""

import csv
from pathlib import Path

import pytest

from einvoice.errors import NotAnInvoice
from einvoice.formats import reading
from einvoice.formats.bindings import SYNTAXES
from einvoice.formats.writing import write
from einvoice.formats.xml import parse
from einvoice.model.content import Content
from einvoice.model.invoice import Invoice
from tests.formats.schemas import errors
from tests.parts import CORPUS, needs

EVERY = 25


def sample() -> list[str]:
    """Some of the corpus' documents that are valid by schema."""
    table = CORPUS / "expected" / "kosit-2026-01-31"
    paths: set[str] = set()
    for file in table.glob("*.tsv") if table.is_dir() else ():
        with file.open(encoding="utf-8", newline="") as lines:
            rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
            paths |= {row["path"] for row in rows if row["xsd"] == "ok" and row["path"].endswith(".xml")}
    return sorted(paths)[::EVERY]


def cleared(content: Content, ids: set[str]) -> Content:
    """A copy without the terms and groups named."""
    copy = content.copy()
    for _, group in copy.walk():
        for term in ids:
            group.values.pop(term, None)
            group.groups.pop(term, None)
    return copy


@needs("shared")
@pytest.mark.parametrize("path", sample())
def test_a_real_invoice_comes_back(path: str) -> None:
    try:
        read = reading.read(parse((Path(CORPUS) / path).read_bytes()))
    except NotAnInvoice:
        pytest.skip("no invoice in UBL or CII")
    content = read.content()
    assert Invoice.from_content(content).to_content().plain().keys() == content.plain().keys()
    for syntax in SYNTAXES:
        written = write(content, syntax)
        back = reading.read(parse(written.data)).content()
        unlike = {*written.losses, *written.added}
        assert cleared(back, unlike).plain() == cleared(content, unlike).plain()
        if syntax == read.syntax:
            assert written.losses == ()
            assert errors(written.data, syntax) == []
