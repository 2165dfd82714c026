"""The tree of content, and the changes of rule examples."""

from typing import Any

import pytest

from einvoice.model.changes import apply
from einvoice.model.content import Content

INVOICE: dict[str, Any] = {
    "BT-1": "R-1",
    "BG-4": {"BT-29": ["a", {"value": "b", "BT-29-1": "0088"}]},
    "BG-23": [{"BT-118": "S", "BT-119": "19"}, {"BT-118": "S", "BT-119": "7"}],
    "BG-25": [
        {"BT-126": "1", "BT-131": "10.00", "BG-27": [{"BT-136": "1.00"}]},
        {"BT-126": "2", "BT-131": "20.00", "BG-DEX-01": [{"BT-126": "2.1", "BT-131": "20.00"}]},
    ],
}


def test_tables_come_back_as_they_were() -> None:
    assert Content.parse(INVOICE).plain() == INVOICE


def test_a_component_beside_its_term_belongs_to_the_first_value_without_one() -> None:
    seller = Content.parse({"BT-29": ["a", "b"], "BT-29-1": ["1", "2"]})
    assert [value.parts for value in seller.values["BT-29"]] == [{"BT-29-1": "1"}, {"BT-29-1": "2"}]


def test_what_is_no_term_is_refused() -> None:
    with pytest.raises(KeyError):
        Content.parse({"BT-4": "x"})


CHANGES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"BT-1": "x", "base": "exempt"}, {"BT-1": "x"}),
    ({"BT-1": False}, {"BT-1": None}),
    ({"BT-2": ""}, {"BT-2": ""}),
    ({"+BT-1": "R-2"}, {"BT-1": ["R-1", "R-2"]}),
    ({"BG-4": False}, {"BG-4": None}),
    ({"BG-23/BT-120": "why"}, {"BG-23": [{**row, "BT-120": "why"} for row in INVOICE["BG-23"]]}),
    ({"BG-23[2]/BT-119": "0"}, {"BG-23": [INVOICE["BG-23"][0], {"BT-118": "S", "BT-119": "0"}]}),
    ({"BT-119[2]": "0"}, {"BG-23": [INVOICE["BG-23"][0], {"BT-118": "S", "BT-119": "0"}]}),
    ({"BG-23[1]": False}, {"BG-23": INVOICE["BG-23"][1:]}),
    ({"BG-23": [{"BT-118": "E"}]}, {"BG-23": [{"BT-118": "E"}]}),
    ({"+BG-23": {"BT-118": "E"}}, {"BG-23": [*INVOICE["BG-23"], {"BT-118": "E"}]}),
    ({"BT-84": "DE1"}, {"BG-16": {"BG-17": [{"BT-84": "DE1"}]}}),
    ({"BT-29-1": "0060"}, {"BG-4": {"BT-29": [{"value": v, "BT-29-1": "0060"} for v in "ab"]}}),
    ({"BT-29-1[2]": False}, {"BG-4": {"BT-29": ["a", "b"]}}),
    ({"BT-48": {"value": "DE1"}}, {"BG-7": {"BT-48": "DE1"}}),
    ({"BT-34-1": "EM"}, {"BG-4": {**INVOICE["BG-4"], "BT-34": {"value": "", "BT-34-1": "EM"}}}),
    (
        {"BG-DEX-01/BT-151": "E"},
        {
            "BG-25": [
                INVOICE["BG-25"][0],
                {
                    **INVOICE["BG-25"][1],
                    "BG-DEX-01": [{"BT-126": "2.1", "BT-131": "20.00", "BG-DEX-06": {"BT-151": "E"}}],
                },
            ]
        },
    ),
]


@pytest.mark.parametrize(("changes", "expected"), CHANGES, ids=lambda change: str(change)[:40])
def test_a_change_does_what_it_says_and_nothing_else(
    changes: dict[str, Any], expected: dict[str, Any]
) -> None:
    before = Content.parse(INVOICE)
    wanted = {key: stated for key, stated in {**INVOICE, **expected}.items() if stated is not None}
    assert apply(before, changes).plain() == Content.parse(wanted).plain()
    assert before.plain() == INVOICE


def test_every_occurrence_is_meant_where_no_index_stands() -> None:
    changed = apply(Content.parse(INVOICE), {"BT-131": "0"})
    lines = [group.text("BT-131") for here, group in changed.walk() if here in {"BG-25", "BG-DEX-01"}]
    assert lines == ["0", "0", "0"]
    only_lines = apply(Content.parse(INVOICE), {"BG-25/BT-131": "0"})
    assert only_lines.groups["BG-25"][1].groups["BG-DEX-01"][0].text("BT-131") == "20.00"


@pytest.mark.parametrize(
    "key", ["BT-4", "BT-131[9]", "BG-23[3]/BT-118", "BG-5/BT-40", "nonsense", "BG-23/BT-1"]
)
def test_a_key_that_cannot_be_followed_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        apply(Content.parse(INVOICE), {key: "x"})
