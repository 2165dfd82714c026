"""What § 14 (4) UStG asks of an invoice and no official rule does: said, without a change of the verdict."""

import pytest

from einvoice.formats.writing import write
from einvoice.formats.xml import parse
from einvoice.model.bases import base
from einvoice.model.changes import apply
from einvoice.validation import tax
from einvoice.validation.deliveries import validate_delivery
from einvoice.validation.glance import Glance

WITHOUT = [
    ({}, []),
    ({"BG-4/BT-31": False, "BG-4/BT-32": False}, ["EI-TAX-NUMBER"]),
    ({"BG-13": False}, ["EI-TAX-SUPPLY"]),
    ({"BG-4/BG-5/BT-35": False}, ["EI-TAX-ADDRESS"]),
    ({"BG-7/BG-8/BT-53": " "}, ["EI-TAX-ADDRESS"]),
]


@pytest.mark.parametrize("syntax", ["ubl-invoice", "cii"])
@pytest.mark.parametrize(("changes", "expected"), WITHOUT)
def test_what_the_law_asks_for_is_missed(
    syntax: str, changes: dict[str, object], expected: list[str]
) -> None:
    root = parse(write(apply(base("small", syntax), changes), syntax).data)
    assert [problem.rule for problem in tax.missing(Glance(root, syntax), None)] == expected


@pytest.mark.parametrize("profile", tax.BELOW_THE_NORM)
def test_a_profile_below_the_norm_is_no_invoice(profile: str) -> None:
    identifier = f"urn:factur-x.eu:1p0:{profile}"
    content = apply(base("small", "cii"), {"BG-2/BT-24": identifier})
    root = parse(write(content, "cii").data)
    (problem,) = tax.missing(Glance(root, "cii"), profile)
    assert (problem.rule, problem.values["profile"]) == ("EI-TAX-PROFILE", profile.upper())


def test_the_verdict_stays_the_official_one() -> None:
    content = apply(base("small", "cii"), {"BG-13": False})
    (report,) = validate_delivery(write(content, "cii").data, "")
    (found,) = [finding for finding in report.findings if finding.rule == "EI-TAX-SUPPLY"]
    assert (report.verdict, found.cls, found.vat_relevant) == ("accepted", "content", True)
    assert found.message.startswith("Bitte")
