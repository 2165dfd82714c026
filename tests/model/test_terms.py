"""The table of terms is whole and consistent."""

import re

import pytest

from einvoice.model.terms import Term, children, components, homes, terms

ROWS = list(terms().values())


def test_every_term_group_and_component_of_the_norm_and_the_extension_is_there() -> None:
    expected = {f"BT-{n}" for n in range(1, 166) if n != 4} | {f"BG-{n}" for n in range(1, 33)}
    expected |= {f"BG-DEX-0{n}" for n in range(1, 10)} | {f"BT-DEX-00{n}" for n in range(1, 4)}
    assert {row.id for row in ROWS if not row.is_component} == expected
    assert len(ROWS) == 224


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_row_is_complete(row: Term) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", row.field)
    assert row.en
    assert row.de
    assert re.fullmatch(r"[01]\.\.[1n]", row.widest_card)
    assert re.fullmatch(r"[01]\.\.[1n]", row.card_xrechnung)
    assert row.ubl_invoice.startswith("/ubl:Invoice")
    assert not row.parent or row.parent in terms()
    assert row.level == (1 + terms()[row.parent].level if row.parent else 1)


@pytest.mark.parametrize("group", ["", *(row.id for row in ROWS if row.is_group)])
def test_names_are_unique_within_their_group(group: str) -> None:
    fields = [terms()[child].field for child in children(group)]
    assert len(fields) == len(set(fields))
    assert group in {home for child in children(group) for home in homes(child)}


def test_sub_lines_carry_a_lines_terms() -> None:
    assert homes("BT-131") == ("BG-25", "BG-DEX-01")
    assert homes("BT-158-1") == ("BG-31", "BG-DEX-02")
    assert "BT-153" in children("BG-DEX-02")
    assert "BG-29" not in children("BG-DEX-01")
    assert components("BT-158") == ("BT-158-1", "BT-158-2")
