"""Pages to test with: the sheet of a file, as `einvoice show` makes it."""

from pathlib import Path

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
