"""What others say of the hybrids we write: veraPDF must call them PDF/A-3, Mustang valid as a whole.

Every profile goes into pages of several kinds; afterwards the same for a PDF that already carried an invoice, and
samples as `convert` writes them, into our own picture.
"""

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import einvoice
from einvoice.formats.hybrid.embedding import embed
from einvoice.validation.pdfa import ask, command
from tests.conformance.fetch import jar
from tests.formats.hybrid.papers import PROFILES, cii, lines, page
from tests.parts import ROOT

STANDARDS = ("a-3b", "a-3a", "a-2b", "1.7")


def written() -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each hybrid."""
    for level in PROFILES:
        for standard in STANDARDS if level == "EN 16931" else STANDARDS[:1]:
            made = embed(page(*lines(level), standard=standard), cii(level)).pdf
            yield f"{level.replace(' ', '-')}-{standard}.pdf", made
    again = embed(page(*lines("XRECHNUNG")), cii("BASIC")).pdf
    yield "XRECHNUNG-instead.pdf", embed(again, cii("XRECHNUNG"), replace=True).pdf
    for sample in ("01-skonto.xml", "02-gutschrift.xml", "03-cii.xml"):
        yield f"{sample}.pdf", einvoice.convert(ROOT / "samples" / sample, "zugferd").data


def complaints() -> list[str]:
    """What veraPDF and Mustang find wrong; raises fetch.Missing where they cannot be had."""
    verapdf, found = command(str(jar("greenfield-apps"))), list[str]()
    with tempfile.TemporaryDirectory() as folder:
        for name, pdf in written():
            (Path(folder) / name).write_bytes(pdf)
            compliant, problems = ask(verapdf, pdf, 120)
            if not compliant:
                found.append(f"veraPDF {name}: {problems}")
            found += [f"Mustang {name}: {one}" for one in _mustang(Path(folder) / name)]
    return found


def _mustang(file: Path) -> list[str]:
    """The errors in Mustang's report; notices and warnings are none."""
    call = [
        "java",
        "-jar",
        str(jar("Mustang-CLI")),
        "--action",
        "validate",
        "--no-notices",
        "--disable-file-logging",
    ]
    ran = subprocess.run(
        [*call, "--source", str(file)], capture_output=True, text=True, check=False, timeout=300
    )
    report = ElementTree.fromstring(ran.stdout[ran.stdout.index("<?xml") :])
    summary = report.find("summary")
    if summary is not None and summary.get("status") == "valid":
        return []
    return [
        f"{one.tag}: {(one.text or '')[:300]}" for one in report.iter() if one.tag in ("error", "exception")
    ] or ["?"]
