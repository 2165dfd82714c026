"""Rule sets as data: a fictitious next release and a town's house rules, read, proved, laid down, and judged by."""

import zipfile
from pathlib import Path

import pytest

from einvoice.errors import RulebookError, UsageError
from einvoice.formats.writing import write
from einvoice.model.bases import example
from einvoice.rulebook import forget, release
from einvoice.validation.deliveries import validate_delivery
from einvoice.validation.options import Options
from einvoice.validation.rulesets.installed import Index, Installed, read_index, write_index
from einvoice.validation.rulesets.package import RuleSet, read_ruleset
from einvoice.validation.rulesets.proving import prove
from einvoice.validation.rulesets.trees import lay_down
from tests.validation.rulesets import fictitious

HOUSE = """[EI-HOUSE-ORDER]
assert = "stated(invoice.order_reference)"
en = "State the order number (BT-13)."
de = "Bitte die Bestellnummer angeben (BT-13)."
fails = [{ "BT-13" = false, "BT-14" = false }]
passes = [{ "BT-13" = "4711" }]
"""


def house(folder: Path, text: str = HOUSE) -> RuleSet:
    """House rules in a folder."""
    folder.mkdir(exist_ok=True)
    (folder / "order.toml").write_text(text, "utf-8")
    return read_ruleset(folder)


@pytest.fixture(scope="module")
def next_release(tmp_path_factory: pytest.TempPathFactory) -> tuple[RuleSet, str]:
    """The fictitious release, and its tree of rules."""
    folder = tmp_path_factory.mktemp("package")
    ruleset = read_ruleset(fictitious.release(folder))
    return ruleset, str(lay_down(ruleset, tmp_path_factory.mktemp("home")))


def found(changes: dict[str, object], options: Options, syntax: str = "ubl-invoice") -> set[tuple[str, str]]:
    """(rule, severity) that a release finds in an example."""
    (report,) = validate_delivery(write(example(changes, syntax), syntax).data, "a.xml", options)
    return {(one.rule, one.severity) for one in report.findings}


CASES = [
    ({"BT-106": "999.00"}, ("BR-CO-10", "error"), True, True),
    ({"BT-34": "x", "BT-34-1": "9999"}, ("BR-CL-25", "error"), True, False),
    ({"BT-81": "999"}, ("BR-CL-16", "warning"), False, True),
    ({"BT-81": "999"}, ("BR-CL-16", "error"), True, False),
    ({"BT-29": False, "BT-30": False, "BT-31": False}, ("BR-CO-26", "error"), True, False),
]


@pytest.mark.parametrize(("changes", "finding", "before", "after"), CASES)
def test_the_next_release_is_data_only(
    next_release: tuple[RuleSet, str],
    changes: dict[str, object],
    finding: tuple[str, str],
    before: bool,
    after: bool,
) -> None:
    new = Options(release=fictitious.NAME, installed=(next_release[1],))
    assert (finding in found(changes, Options())) is before
    assert (finding in found(changes, new)) is after


def test_a_report_names_what_ran(next_release: tuple[RuleSet, str]) -> None:
    data = write(example({}, "cii"), "cii").data
    options = Options(release=fictitious.NAME, installed=(next_release[1],))
    (new,), (old,) = validate_delivery(data, "a", options), validate_delivery(data, "a", Options())
    assert [(ran.name, ran.version) for ran in new.rules] == [("en16931", "1.3.17"), ("xrechnung", "2.5.0")]
    assert {ran.digest for ran in new.rules}.isdisjoint(ran.digest for ran in old.rules)


def test_it_is_in_force_from_its_day(next_release: tuple[RuleSet, str]) -> None:
    from datetime import date

    trees = [Path(next_release[1])]
    days = [date(2027, 1, 30), date(2027, 1, 31)]
    assert [release(day=day, installed=trees).name for day in days] == ["kosit-2026-01-31", fictitious.NAME]
    assert release("kosit-2026-01-31", installed=trees).rules != trees[0]


def test_a_release_is_proved_and_refused_for_an_official_rule_nobody_looked_at(tmp_path: Path) -> None:
    forget()
    unlooked = read_ruleset(fictitious.release(tmp_path, accepted=False))
    with pytest.raises(
        RulebookError, match=r"official\.tsv:\d+: BR-(CL-16|CO-10) \(en16931 .* 1\.3\.17\): no entry"
    ):
        prove(unlooked, release())


WRONG = [
    ('[BR-CO-10]\nassert = "totals.lnes == 1"\n', r"en16931/changes\.toml:2: BR-CO-10: assert: .*'lnes'"),
    ('[BR-CO-10]\nasert = "True"\n', r"en16931/changes\.toml:2: BR-CO-10: asert: nothing uses it"),
    ('[BR-CO-10]\nsince = "soon"\n', r"en16931/changes\.toml:1: BR-CO-10: 'soon' is no version"),
    ('[BR-NEW-1]\nassert = "invoice.number"\n', r"en16931/changes\.toml:1: BR-NEW-1: en: is missing"),
    ('[family.x]\nassert = "True"\n', r"en16931/changes\.toml:1: family x: has no rules"),
]


@pytest.mark.parametrize(("text", "complaint"), WRONG)
def test_changes_that_make_no_sense(tmp_path: Path, text: str, complaint: str) -> None:
    fictitious.release(tmp_path)
    (tmp_path / "en16931" / "changes.toml").write_text(text, "utf-8")
    with pytest.raises(RulebookError, match=complaint):
        prove(read_ruleset(tmp_path), release())


REFUSED = [
    (HOUSE.replace('"stated', '"not stated'), "does not break the rule in ubl-invoice; it says that it does"),
    (HOUSE.replace('[{ "BT-13" = "4711" }]', '[{ "BT-13" = false, "BT-14" = false }]'), "breaks the rule"),
    (HOUSE.partition("fails")[0], "give an example"),
    (HOUSE.replace('{ "BT-13" = "4711" }', '{ base = "nowhere" }'), "there is no base invoice 'nowhere'"),
    (HOUSE.replace("order_reference", "order_refrence"), "did you mean 'order_reference'"),
    (HOUSE.replace("EI-HOUSE-ORDER", "BR-01"), "begins with EI-HOUSE-"),
    (HOUSE.replace('"stated(invoice.order_reference)"', '"double(invoice.number) > 1"'), "not a number"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "complaint"), REFUSED)
def test_house_rules_whose_examples_or_words_do_not_hold(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(RulebookError, match=complaint) as error:
        prove(house(tmp_path / "town", text), release())
    assert str(error.value).startswith("order.toml:")


def test_house_rules_from_a_folder_a_zip_and_a_file_are_the_same(tmp_path: Path) -> None:
    one = house(tmp_path / "town")
    (tmp_path / "town.toml").write_text(HOUSE)
    with zipfile.ZipFile(tmp_path / "town.zip", "w") as archive:
        archive.writestr("town/order.toml", HOUSE)
    packed = read_ruleset(tmp_path / "town.zip")
    assert (packed.name, packed.digest) == (one.name, one.digest)
    assert read_ruleset(tmp_path / "town.toml").kind == "house"
    assert prove(packed, release()) == 6


def test_house_findings_never_change_the_verdict(tmp_path: Path) -> None:
    folder = str(lay_down(house(tmp_path / "town"), tmp_path / "home"))
    data = write(example({"BT-13": False, "BT-14": False}), "ubl-invoice").data
    (report,) = validate_delivery(data, "a.xml", Options(house=(folder,)))
    assert ("EI-HOUSE-ORDER", "warning", "advice") in {(f.rule, f.severity, f.cls) for f in report.findings}
    assert report.verdict == "accepted"
    assert report.rules[-1].name == "house"
    (tmp_path / "home" / Path(folder).parent.name / "rules" / "order.toml").write_text("broken")
    (report,) = validate_delivery(data, "a.xml", Options(house=(folder,)))
    assert (report.verdict, [f.rule for f in report.findings if f.rule.startswith("EI-H")]) == (
        "accepted",
        ["EI-HOUSE"],
    )


NO_SETS = [
    ({"a.py": "x"}, "holds .toml"),
    ({"a.toml": "[x"}, ""),
    ({"releases/A.toml": "", "x.toml": ""}, "no name for a rule set"),
    ({"releases/a.toml": "", "releases/b.toml": ""}, "holds one release, this one 2"),
    ({"releases/a.toml": "since = 'soon'"}, "since is not a day"),
    ({"x/a.toml": "", "b.toml": ""}, "without folders"),
    ({"ruleset.toml": "name = '../x'"}, "no name for a rule set"),
]


@pytest.mark.parametrize(("files", "complaint"), NO_SETS)
def test_what_is_no_rule_set(tmp_path: Path, files: dict[str, str], complaint: str) -> None:
    for name, text in files.items():
        (tmp_path / "set" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "set" / name).write_text(text)
    if not complaint:
        with pytest.raises(RulebookError, match=r"^a\.toml:1: "):
            prove(read_ruleset(tmp_path / "set"), release())
        return
    with pytest.raises(UsageError, match=complaint):
        read_ruleset(tmp_path / "set")


@pytest.mark.parametrize("name", ["nowhere", "not.zip"])
def test_a_path_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "not.zip").write_bytes(b"PK?")
    with pytest.raises(UsageError, match=name):
        read_ruleset(tmp_path / name)


def test_an_index_comes_back_and_is_trusted_only_if_it_is_ours(tmp_path: Path) -> None:
    from datetime import date

    from einvoice.errors import ConfigurationError

    folder = str(tmp_path / "home" / "a-1" / "rules")
    one = Installed("house", "a", "1", folder, "town", date(2026, 1, 1), date(2026, 2, 1))
    two = Installed("release", "b", "2", folder)
    write_index(tmp_path / "home", [one, two], [("b", date(2026, 3, 1))])
    index = read_index(tmp_path / "home")
    assert index == Index((one, two), (("b", date(2026, 3, 1)),))
    assert [len(index.house(date(2026, month, 1), "town")) for month in (1, 2)] == [1, 0]
    assert [index.used(date(2026, month, 1)) for month in (2, 3)] == [None, "b"]
    (tmp_path / "home" / "index.json").chmod(0o666)
    with pytest.raises(ConfigurationError, match="written by others"):
        read_index(tmp_path / "home")
