"""Pages to test with: the sheet of a file, as `einvoice show` makes it."""

from pathlib import Path
from xml.sax.saxutils import escape

from einvoice.formats import xml
from einvoice.formats.reading import read
from einvoice.render.sheet import Sheet, sheet
from einvoice.validation.batch import validate_bytes
from einvoice.validation.options import Options
from tests.parts import ROOT

SAMPLES = ROOT / "samples"


def sheet_of(data: bytes | Path, lang: str = "de", name: str = "rechnung.xml") -> Sheet:
    """The page of one XML document, with its findings."""
    data = data if isinstance(data, bytes) else data.read_bytes()
    reading = read(xml.parse(data))
    further = [(one.path, one.text) for one in reading.further]
    report = validate_bytes(data, name, Options(lang="en" if lang == "en" else "de"))[0]
    return sheet(reading.content(), lang, report=report, further=further)


HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(1)>&amp;\"'</bdi></dd>]]> #strong[x] $x$ \\ @a *b* `c` //d "
    "\u202egnp.exe\u202c zero\u200bwidth \u2066i\u2069 中文 😀 "
)
"""Text that is markup to HTML and to typst, turns its direction, hides in itself, and that no font shows."""


def hostile(long: int = 0) -> bytes:
    """A sample whose texts attack the page: markup, bidi controls, right-to-left names, runs without a blank."""
    text = escape(HOSTILE) + "W" * long
    sample = (SAMPLES / "08-falsche-summe.xml").read_text("utf-8")
    for old, new in (
        ("Werre Bürobedarf GmbH", "شركة المكاتب الحديثة"),
        ("Friedhelm Kruse", 'יוסף כהן בע"מ'),
        ("Vielen Dank für Ihren Auftrag.", text),
        ("Handbuch Kassenwesen", text),
    ):
        assert old in sample
        sample = sample.replace(old, new)
    return sample.encode()
