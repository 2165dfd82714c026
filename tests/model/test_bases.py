"""The base invoices of rule examples are valid: an example fails for what it changes, and for nothing else."""

import pytest

from einvoice.errors import BadExample
from einvoice.formats.bindings import SYNTAXES
from einvoice.formats.writing import write
from einvoice.model.bases import base, example, names
from einvoice.validation.deliveries import validate_delivery

ONLY_UBL_INVOICE = {"extension"}
CASES = [(name, syntax) for name in names() for syntax in SYNTAXES if name not in ONLY_UBL_INVOICE]


@pytest.mark.parametrize(("name", "syntax"), [*CASES, ("extension", "ubl-invoice")])
def test_a_base_is_accepted_without_an_error_or_a_warning(name: str, syntax: str) -> None:
    (report,) = validate_delivery(write(base(name, syntax), syntax).data, "base.xml")
    assert [finding.rule for finding in report.findings if finding.severity != "information"] == []
    assert report.verdict == "accepted"


def test_an_example_is_its_base_with_its_changes() -> None:
    changed = example({"base": "small", "only": "cii", "BT-1": "R-9"}, "ubl-creditnote")
    assert (changed.text("BT-1"), changed.text("BT-3")) == ("R-9", "381")
    assert base("small").text("BT-1") == "RE-2026-0815"


def test_a_base_that_is_not_there_is_named() -> None:
    with pytest.raises(BadExample, match="nowhere"):
        base("nowhere")
