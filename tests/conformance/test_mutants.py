"""The mutants are what the comparison needs: repeatable, different, mostly valid, of every kind."""

from random import Random

import pytest
from lxml import etree

from einvoice.formats.writing import write
from einvoice.formats.xml import parse
from einvoice.model import bases
from einvoice.validation import schema
from tests.conformance import changes
from tests.conformance.aims import aims
from tests.conformance.bed import Bed
from tests.conformance.grammar import grammar
from tests.conformance.minimise import minimise
from tests.conformance.mutants import WEIGHTS, aimed, mutants
from tests.conformance.seeds import STRATA, Source, under
from tests.conformance.verdicts import FACTURX, Document, Judged, Verdict, native

SYNTAXES = ("ubl-invoice", "ubl-creditnote", "cii")


def written(syntax: str) -> bytes:
    """Our fullest base invoice."""
    return write(bases.base("full", syntax), syntax).data


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_mutants_are_repeatable_different_and_mostly_valid(syntax: str) -> None:
    made = list(mutants(written(syntax), 5, 120))
    assert made == list(mutants(written(syntax), 5, 120))
    assert made != list(mutants(written(syntax), 6, 120))
    assert len(set(made)) > 100
    valid = sum(not schema.check(parse(one), syntax) for one in made)
    assert 100 <= valid < 120


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize("change", list(WEIGHTS), ids=lambda change: str(change.__name__))
def test_each_kind_of_change_changes_something(syntax: str, change: object) -> None:
    assert callable(change)
    before = etree.tostring(parse(written(syntax)))
    for seed in range(20):
        bed = Bed(parse(written(syntax)), grammar(syntax), Random(seed))
        change(bed)
        if etree.tostring(bed.root) != before:
            return
    pytest.fail("twenty tries changed nothing")


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_what_is_put_in_stands_where_the_schema_wants_it(syntax: str) -> None:
    fits = 0
    for seed in range(40):
        bed = Bed(parse(written(syntax)), grammar(syntax), Random(seed))
        changes.insert(bed)
        errors = schema.check(bed.root, syntax)
        fits += not any(error.values["why"] in ("unexpected", "missing") for error in errors)
    assert fits == 40


def test_differences_name_the_side_and_compare_aborts_alone() -> None:
    ours = Verdict(frozenset({("A", "error"), ("B", "warning")}), aborts=False)
    theirs = Verdict(frozenset({("B", "error")}), aborts=False)
    assert Judged("p", ours, theirs).differences == ["+A:error", "+B:warning", "-B:error"]
    assert Judged("p", ours, ours).differences == []
    gone = Verdict(frozenset(), aborts=True)
    assert Judged("p", ours, gone).differences == ["-abort"]
    assert Judged("p", gone, ours).differences == ["+abort"]
    assert Judged("p", Verdict(ours.found, aborts=True), gone).differences == []


def test_a_difference_is_made_small() -> None:
    root = etree.fromstring("<a><b><c/><d><e>1</e></d></b><f/><g><d/></g></a>")
    small = minimise(root, lambda tree: tree.find(".//d/e") is not None)
    assert etree.tostring(small) == b"<a><b><d><e>1</e></d></b></a>"


def test_rules_that_ask_something_else_of_the_same_element_are_aimed_at_apart() -> None:
    aimed_at = {aim.rule for aim in aims("facturx-basicwl")}
    assert {"BR-CO-12", "BR-CO-13", "BR-CO-15", "BR-CO-16", "BR-DEC-13", "BR-61", "BR-IC-11"} <= aimed_at


@pytest.mark.parametrize(
    ("profile", "rule"),
    [
        ("facturx-en16931", "BR-51"),
        ("facturx-en16931", "BR-CO-19"),
        ("facturx-en16931", "BR-DEC-25"),
        ("facturx-en16931", "BR-Z-03"),
        ("facturx-en16931", "FX-SCH-A-000606"),
        ("facturx-extended", "BR-FXEXT-12"),
        ("facturx-extended", "CII-SR-468"),
        ("facturx-extended", "FX-SCH-A-000387"),
    ],
)
def test_an_aim_breaks_its_rule_before_long(profile: str, rule: str) -> None:
    stratum = next(one for one in STRATA if one.profile == profile)
    source = under(Source("full", written("cii")), stratum)
    assert source is not None
    aim = next(aim for aim in aims(profile) if aim.rule == rule)
    for seed in range(60):
        document = Document(aimed(source.data, seed, aim, profile), stratum.in_pdf)
        if any(found == rule for found, _ in native(document, FACTURX).found):
            return
    pytest.fail("sixty tries broke it never")
