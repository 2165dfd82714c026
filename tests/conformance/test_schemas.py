"""The schema stage against the official schema of CII and against Xerces, on mutants."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from einvoice.formats.writing import write
from einvoice.formats.xml import parse
from einvoice.model import bases
from einvoice.validation import schema, schema_files
from tests.conformance import d16b, fetch
from tests.conformance.mutants import mutants
from tests.parts import needs


def part(name: str) -> Path:
    """A Maven part; skips where it cannot be had."""
    try:
        return fetch.jar(name)
    except fetch.Missing as missing:
        pytest.skip(str(missing))


@needs("maven")
def test_d22b_with_our_table_is_d16b_in_structure() -> None:
    old = d16b.types(d16b.d16b_sources(part("ph-cii-d16b")))
    assert len(old) > 200
    assert d16b.same(old, d16b.types(list(schema_files.read("cii").values()))) == []
    assert len(d16b.same(old, d16b.types(list(schema_files.read("cii-d22b").values())))) > 50


@needs("maven")
@needs("java")
@pytest.mark.skipif(not shutil.which("javac"), reason="needs javac")
def test_our_verdict_is_that_of_xerces(tmp_path: Path) -> None:
    part("ph-cii-d16b")
    home = fetch.configuration("kosit-2026-01-31") / "resources"
    source = Path(__file__).with_name("Xerces.java")
    lines, ours = [], []
    for syntax, path in fetch.SCHEMAS.items():
        base = write(bases.base("full", syntax), syntax).data
        for seed in range(int(os.environ.get("XERCES_MUTANTS", "40"))):
            data = next(mutants(base, seed, 1))
            document = tmp_path / f"{syntax}-{seed}.xml"
            document.write_bytes(data)
            lines.append(f"{home / path}\t{document}")
            ours.append(not schema.check(parse(data), syntax))
    ran = subprocess.run(
        ["java", *fetch.BRIEFLY, str(source)],
        input="\n".join(lines),
        text=True,
        capture_output=True,
        check=True,
    )
    theirs = ran.stdout.splitlines()
    assert len(theirs) == len(ours)
    assert [
        line for line, mine, other in zip(lines, ours, theirs, strict=True) if mine != (other == "ok")
    ] == []
