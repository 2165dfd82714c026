"""Everything the XML says is on the page: each text and attribute of every accepted document of the corpus."""

import base64
import contextlib
import hashlib
import html
import os
import re
from pathlib import Path

import pytest
from lxml import etree

from einvoice.errors import NotAnInvoice
from einvoice.render import html as page
from tests.parts import CORPUS, needs
from tests.render.pages import SAMPLES, sheet_of

CONSTANTS = {"true", "false", "VAT", "VA", "FC", "SEPA", "102", "916", "130", "50", "Project reference", "NA"}
"""Fixed texts of a syntax that tell which term stands there (schemas/discriminators.tsv)."""

TELLING = {"UBLVersionID": "", "NetworkID": "CardAccount", "ID": "TaxScheme"}
"""Elements of the same kind with any text: their name, and that of the element around ("": any)."""

STRIDE = 1 if os.environ.get("EINVOICE_FULL") else 12
ACCEPTED = [
    CORPUS / name
    for name in ((CORPUS / "accepted-files.txt").read_text("utf-8").split("\n") if CORPUS.is_dir() else [])
    if name.endswith(".xml")
][::STRIDE]


def _texts(root: etree._Element) -> set[str]:
    """All that a reader would call content, from an lxml walk that knows nothing of terms."""
    found = set()
    for element in root.iter("*"):
        name, above = _local(element), element.getparent()
        if name not in TELLING or TELLING[name] not in ("", "" if above is None else _local(above)):
            found.add(" ".join((element.text or "").split()))
        found |= {
            " ".join(str(value).split())
            for name, value in element.items()
            if "schemaLocation" not in str(name)
        }
    return found - {""}


def _local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _seen(rendered: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", rendered.partition("<body>")[2])).split())


def _forms(text: str) -> list[str]:
    """How a text may stand on the page: as it is, in local form, as the hash of what it encodes."""
    forms = [text]
    number = re.fullmatch(r"\+?(-?)0*(\d+)\.?(\d*)", text)
    if number:
        sign, whole, rest = number.groups()
        forms.append(f"{sign}{int(whole):,}".replace(",", ".") + (f",{rest}" if rest else ""))
    day = re.fullmatch(r"(\d{4})-?(\d{2})-?(\d{2})", text)
    if day:
        forms.append(f"{day[3]}.{day[2]}.{day[1]}")
    note = re.fullmatch(r"#([A-Z]{3})#(.*)", text)
    if note:
        forms.append(note[2])
    if len(text) > 30:
        with contextlib.suppress(ValueError):
            forms.append(hashlib.sha256(base64.b64decode(text.replace(" ", ""), validate=True)).hexdigest())
    return forms


def _missing(data: bytes) -> list[str]:
    root = etree.fromstring(data)  # a test's own parser
    currencies = {text for element in root.iter("*") for text in [element.get("currencyID")] if text}
    seen = _seen("".join(page.page(sheet_of(data))))
    codes = {"5", "29", "72", "3", "35", "432"}
    return [
        text[:80]
        for text in _texts(root)
        if text not in CONSTANTS | currencies | codes and not any(form in seen for form in _forms(text))
    ]


@needs("shared")
@pytest.mark.parametrize("path", ACCEPTED, ids=lambda path: path.relative_to(CORPUS).as_posix())
def test_all_of_an_accepted_document_is_shown(path: Path) -> None:
    try:
        assert not _missing(path.read_bytes())
    except NotAnInvoice:
        pytest.skip("no UBL or CII")


@pytest.mark.parametrize(
    "path",
    [p for p in sorted(SAMPLES.glob("*.xml")) if "abgebrochen" not in p.name],
    ids=lambda path: path.name,
)
def test_all_of_a_sample_is_shown(path: Path) -> None:
    assert not _missing(path.read_bytes())
