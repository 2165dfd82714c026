"""The examples of docs/library.md and README.md work as they stand."""

import doctest
import re
import shutil
from pathlib import Path

import pytest

import einvoice
from tests.parts import ROOT
from tests.samples import FOLDER

FILES = {
    "rechnung.xml": "01-skonto.xml",
    "invoice.xml": "03-cii.xml",
    "falsche-summe.xml": "08-falsche-summe.xml",
    "zugferd.pdf": "04-zugferd.pdf",
    "factur-x.pdf": "04-zugferd.pdf",
}
"""Name in the examples → sample."""


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, sample in FILES.items():
        shutil.copy(FOLDER / sample, tmp_path / name)
    monkeypatch.chdir(tmp_path)


def test_the_examples_of_the_library_are_true() -> None:
    text = (ROOT / "docs" / "library.md").read_text("utf-8").replace("```", "")
    examples = doctest.DocTestParser().get_doctest(text, {}, "library.md", None, None)
    runner = doctest.DocTestRunner()
    runner.run(examples)
    assert runner.summarize().failed == 0
    assert runner.tries > 10


def test_skonto_is_as_its_docstring_says() -> None:
    from einvoice.model import discounts

    assert doctest.testmod(discounts) == (0, 1)
    assert discounts.skonto(7, "1.005", "100") == "#SKONTO#TAGE=7#PROZENT=1.01#BASISBETRAG=100.00#\n"
    with pytest.raises(ValueError):
        discounts.skonto(-1, 2)


def test_the_examples_of_the_readme_run() -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.S)
    for block in blocks:
        exec(block, {"paths": ["invoice.xml"], "einvoice": einvoice})
