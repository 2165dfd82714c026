"""`--engine official` sees the comments of a document, as KoSIT's own tool does: proved against its stylesheets."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import einvoice
from einvoice.formats.writing import write
from einvoice.model import bases
from einvoice.validation import official
from einvoice.validation.official import svrl
from tests.conformance import fetch
from tests.conformance.verdicts import Document
from tests.parts import needs

pytestmark = [needs("official"), needs("stylesheets")]

RELEASE = fetch.RELEASES[0]
XRECHNUNG = "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0"
EXTENSION = f"{XRECHNUNG}#conformant#urn:xeinkauf.de:kosit:extension:xrechnung_3.0"
CVD = f"{XRECHNUNG}#compliant#urn:xeinkauf.de:kosit:xrechnung:cvd_0.9"
CASES = [
    ("standard", "ubl-invoice", XRECHNUNG, "xrechnung"),
    ("standard", "ubl-creditnote", XRECHNUNG, None),
    ("standard", "cii", XRECHNUNG, None),
    ("standard", "ubl-invoice", "urn:cen.eu:en16931:2017", None),
    ("extension", "ubl-invoice", EXTENSION, "xrechnung-extension"),
    ("cvd", "ubl-invoice", CVD, "xrechnung-cvd"),
]


@pytest.fixture(scope="module")
def saxon() -> Iterator[official.Saxon]:
    engine = official.Saxon()
    yield engine
    engine.close()


@pytest.fixture(autouse=True, scope="module")
def _no_engine_left() -> Iterator[None]:
    yield
    official._pool.close_idle()


def split(base: str, syntax: str, specification: str, within: str) -> bytes:
    """A base under a BT-24 in whose middle something stands that is no text."""
    data = write(bases.example({"base": base, "BT-24": specification}, syntax), syntax).data
    plain, parted = f">{specification}<", f">{specification[:7]}{within}{specification[7:]}<"
    assert plain.encode() in data
    return data.replace(plain.encode(), parted.encode(), 1)


@pytest.mark.parametrize("within", ["<!-- Hinweis -->", "<?hinweis x?>"])
@pytest.mark.parametrize(("base", "syntax", "specification", "profile"), CASES)
def test_within_bt_24_the_scenario_is_the_one_kosit_finds(
    base: str, syntax: str, specification: str, profile: str | None, within: str, tmp_path: Path
) -> None:
    data = split(base, syntax, specification, within)
    assert Document(data).official_scenario() == profile
    home = fetch.configuration(RELEASE)
    report = einvoice.validate(data, engine="official", scenarios=home)
    assert report.scenario == (f"{profile} ({syntax})" if profile else None)
    both = einvoice.validate(data, engine="both", scenarios=home)
    assert (report.verdict == "rejected") == (profile is None)
    assert both.verdict == report.verdict


@pytest.mark.parametrize("prefix", ["ram", "ü", "r.a-m"])
def test_whatever_its_prefix_is_called_a_value_has_two_texts(prefix: str) -> None:
    data = split("standard", "cii", XRECHNUNG, "<!-- x -->").replace(
        XRECHNUNG[:7].encode(), XRECHNUNG.encode()
    )
    text = data.decode().replace("xmlns:ram=", f"xmlns:{prefix}=").replace("<ram:", f"<{prefix}:")
    data = text.replace("</ram:", f"</{prefix}:").encode()
    assert Document(data).official_scenario() == "xrechnung"
    assert einvoice.validate(data).profile == "xrechnung"


@pytest.mark.parametrize(("base", "specification"), [("extension", EXTENSION), ("cvd", CVD)])
def test_what_the_stylesheets_leave_out_for_a_comment_is_left_out(
    base: str, specification: str, saxon: official.Saxon
) -> None:
    data = split(base, "ubl-invoice", specification, "<!-- x -->")
    sheets = fetch.stylesheets(RELEASE)
    answers = saxon.transform(data, [sheets["en16931-ubl"], sheets["xrechnung-ubl"]], 60.0)
    wanted = [(one.rule, one.published) for answer in answers for one in svrl.findings(answer["svrl"], {})]
    report = einvoice.validate(data, engine="official", scenarios=fetch.configuration(RELEASE))
    assert sorted(finding.rule for finding in report.findings) == sorted(rule for rule, _ in wanted)


def test_a_comment_where_the_stylesheet_takes_one_text_aborts() -> None:
    data = write(bases.base("full", "ubl-invoice"), "ubl-invoice").data
    before, _, after = data.partition(b":DocumentCurrencyCode>EUR<")
    data = before + b":DocumentCurrencyCode>E<!-- x -->UR<" + after
    report = einvoice.validate(data, engine="official", scenarios=fetch.configuration(RELEASE))
    assert ("EI-ABORT", "error") in {(finding.rule, finding.severity) for finding in report.findings}
    assert report.verdict == "rejected"


def test_lines_are_where_they_are_in_the_source() -> None:
    data = write(bases.example({"BT-106": "999.00"}, "ubl-invoice"), "ubl-invoice").data
    data = data.replace(b"<cbc:BuyerReference>", b"<!--\n\n\n--><cbc:BuyerReference>")
    report = einvoice.validate(data, engine="official", scenarios=fetch.configuration(RELEASE))
    lines = {finding.rule: finding.line for finding in report.findings}
    assert "BR-CO-10" in lines
    assert lines == {finding.rule: finding.line for finding in einvoice.validate(data).findings}
