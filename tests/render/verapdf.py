"""What veraPDF says of PDF files: the independent judge of PDF/A."""

import subprocess
from pathlib import Path

import pytest

from tests.conformance.fetch import BRIEFLY, Missing, jar


def judged(folder: Path) -> list[str]:
    """A line for each PDF of a folder: `PASS …/name.pdf 3a`; skips where veraPDF cannot be had."""
    try:
        verapdf = jar("greenfield-apps")
    except Missing as missing:
        pytest.skip(str(missing))
    command = ["java", *BRIEFLY, "-cp", str(verapdf), "org.verapdf.apps.GreenfieldCliWrapper"]
    command += ["--format", "text", "-v"]
    ran = subprocess.run([*command, str(folder)], capture_output=True, text=True, timeout=240, check=False)
    return ran.stdout.splitlines()


def passed(folder: Path, count: int) -> bool:
    """Whether all of so many PDFs of a folder are PDF/A-3a."""
    told = judged(folder)
    return len(told) == count and all(line.startswith("PASS") and line.endswith(" 3a") for line in told)
