"""The data in rules/factur-x: every row compiles, every kind and procedure has words, nothing is left over."""

import shutil
import threading
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from einvoice import data
from einvoice.errors import RulebookError
from einvoice.rulebook import facturx
from einvoice.rulebook.facturx import codes, computed, conditions, plan
from einvoice.rulebook.facturx.checks import KINDS
from einvoice.rulebook.facturx.states import Row
from einvoice.rulebook.facturx.words import STRICT, hint

_HOME = data.folder("rules") / "factur-x"
_ROWS = {"minimum": 119, "basicwl": 337, "basic": 469, "en16931": 627, "extended": 1464}


def all_rows() -> list[Row]:
    return [row for profile in facturx.PROFILES for row in plan.rows(profile)]


def test_each_profile_has_all_official_asserts_and_reports() -> None:
    assert {profile: len(plan.rows(profile)) for profile in facturx.PROFILES} == _ROWS


@pytest.mark.parametrize("profile", facturx.PROFILES)
def test_every_row_compiles(profile: str) -> None:
    assert plan.plan(profile).start.after("{urn:nowhere}x").certain == ()


def test_every_kind_is_used() -> None:
    assert set(KINDS) == {row.kind for row in all_rows()}


def test_every_kind_and_procedure_has_words_in_both_languages() -> None:
    sentences = tomllib.loads((_HOME / "messages.toml").read_text("utf-8"))
    procedures = {STRICT.get(row.path, row.path) for row in all_rows() if row.kind == "computed"}
    assert set(sentences) == (set(KINDS) - {"computed", "never"}) | procedures | {"missing_part"}
    assert all(sentence.keys() == {"de", "en"} for sentence in sentences.values())


def test_every_kind_and_procedure_says_what_to_do_in_both_languages() -> None:
    hints = tomllib.loads((_HOME / "hints.toml").read_text("utf-8"))
    procedures = {STRICT.get(row.path, row.path) for row in all_rows() if row.kind == "computed"}
    assert set(KINDS) - {"never"} <= set(hints) <= set(KINDS) | procedures
    assert all(said.keys() == {"de", "en"} for said in hints.values())
    for row in (row for row in all_rows() if row.kind != "never"):
        assert hint("de", row.kind, row.path) != hint("en", row.kind, row.path)


def test_every_demanded_condition_says_what_is_wrong() -> None:
    demanded = {row.path for row in all_rows() if row.kind == "holds"}
    speaking = {name for name, entry in conditions.table().items() if entry.keys() >= {"de", "en"}}
    assert speaking == demanded | {"seller_has_tax_number", "any_seller_has_vat_id"}


def test_every_procedure_of_the_program_is_in_a_table() -> None:
    named = {row.path for row in all_rows() if row.kind == "computed"}
    assert set(computed._PLAIN) | {"breakdown", "vat_base", "vat_amount"} == named


def test_every_code_list_of_factur_x_is_used() -> None:
    used = {row.limit for row in all_rows() if row.kind.endswith("in_list")}
    assert {path.stem for path in (_HOME / "codelists").iterdir()} == {u for u in used if u.startswith("fx_")}
    assert all(codes.codes(name) for name in used)


def test_rows_of_one_rank_share_their_context() -> None:
    for profile in facturx.PROFILES:
        contexts = {(row.pattern, row.rank, row.context) for row in plan.rows(profile)}
        assert max(Counter((pattern, rank) for pattern, rank, _ in contexts).values()) == 1


def test_an_unknown_profile_is_refused() -> None:
    with pytest.raises(RulebookError, match="comfort is no Factur-X profile"):
        plan.plan("comfort")


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("X\terror\t\t1\t1\t//ram:ID\tabsentt\t.\t\t\t", "unknown kind absentt"),
        ("X\terror\t\tone\t1\t//ram:ID\tabsent\t.\t\t\t", "not a row"),
        ("X\terror\t\t1\t1\tram:ID\tabsent\t.\t\t\t", "a context begins with / or //"),
        ("X\terror\t\t1\t1\t//ram:ID[lucky]\tabsent\t.\t\t\t", r"there is no condition \[lucky\]"),
        ("X\terror\t\t1\t1\t//ram:ID\tpresent\tfoo:Bar\t\t\t", "unknown prefix: foo:Bar"),
        ("X\terror\t\t1\t1\t//ram:ID\tin_list\t.\tnowhere\t\t", "there is no such code list"),
        ("X\terror\t\t1\t1\t//ram:ID\tcomputed\tmagic\tS\t\t", "there is no procedure magic"),
        ("X\terror\t\t1\t1\t//ram:ID\tat_most\tram:ID\tmany\t\t", "invalid literal"),
    ],
)
def test_a_row_without_sense_is_refused_with_its_line(
    row: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(_HOME, tmp_path / "factur-x")
    header = (_HOME / "minimum.tsv").read_text("utf-8").splitlines()[:2]
    (tmp_path / "factur-x/minimum.tsv").write_text("\n".join([*header, row]) + "\n", "utf-8")
    monkeypatch.setattr(plan, "folder", lambda name: tmp_path)
    with pytest.raises(RulebookError, match=why):
        plan._compile("minimum")


def test_a_profile_is_compiled_once_however_many_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "_plans", {})
    seen: list[object] = []
    threads = [threading.Thread(target=lambda: seen.append(plan.plan("minimum"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 8
    assert len({id(one) for one in seen}) == 1


def test_the_digest_depends_on_the_profile() -> None:
    digests = {facturx.digest(profile) for profile in facturx.PROFILES}
    assert len(digests) == len(facturx.PROFILES)
    assert all(len(digest) == 64 for digest in digests)
