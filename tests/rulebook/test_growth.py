"""Judging costs no more than the size of the document, however it grows: counted in bytecodes, not in time."""

import sys
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any
from weakref import WeakSet

import pytest

from einvoice import rulebook
from einvoice.formats import xml
from einvoice.model import listing
from einvoice.rulebook import document
from tests.sizes import deep_sub_lines, many_allowances, many_attachments, many_lines, many_rates

SIZES = (8, 16, 24)
Made = Callable[[int], bytes]
CASES: dict[str, tuple[str, str, Made]] = {
    "lines ubl": ("xrechnung", "ubl-invoice", lambda n: many_lines(n, "ubl-invoice")),
    "lines cii": ("xrechnung", "cii", lambda n: many_lines(n, "cii")),
    "rates ubl": ("xrechnung", "ubl-invoice", lambda n: many_rates(n, "ubl-invoice")),
    "rates cii": ("xrechnung", "cii", lambda n: many_rates(n, "cii")),
    "allowances ubl": ("xrechnung", "ubl-invoice", lambda n: many_allowances(n, "ubl-invoice")),
    "allowances cii": ("xrechnung", "cii", lambda n: many_allowances(n, "cii")),
    "attachments ubl": ("xrechnung", "ubl-invoice", lambda n: many_attachments(n, "ubl-invoice")),
    "attachments cii": ("xrechnung", "cii", lambda n: many_attachments(n, "cii")),
    "sub-lines": ("xrechnung-extension", "ubl-invoice", lambda n: deep_sub_lines(n)),
}


def work(judge: Callable[[], object]) -> int:
    """How many bytecodes it takes."""
    count = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        count += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        judge()
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("case", CASES)
def test_twice_the_size_costs_twice_the_work(case: str) -> None:
    profile, syntax, made = CASES[case]
    book = rulebook.load("kosit-2026-01-31", profile, syntax)
    roots = [xml.parse(made(size)) for size in SIZES]
    book.judge(roots[-1])  # what is remembered of texts
    small, middle, large = (work(partial(book.judge, root)) for root in roots)
    assert (large - middle) <= 1.02 * (middle - small)


@pytest.mark.parametrize("syntax", ["ubl-invoice", "ubl-creditnote", "cii"])
@pytest.mark.parametrize("example", ["full", "extension"])
def test_stretch_by_stretch_the_same_is_found(
    syntax: str, example: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = rulebook.load("kosit-2026-01-31", "xrechnung", syntax)
    root = xml.parse(many_lines(7, syntax, example))
    whole = book.judge(root)
    monkeypatch.setattr(listing, "MANY", 30)
    monkeypatch.setattr(listing, "PART", 9)
    monkeypatch.setattr(listing, "FEW", 3)
    parts = list(listing.Going(root).listings())
    assert len(parts) > 2
    assert [element for part in parts for element in part.elements] == list(root.iter("*"))
    assert _said(book.judge(root)) == _said(whole) != []


def _said(breaches: list[rulebook.Breach]) -> list[tuple[str, Any, dict[str, str]]]:
    return sorted(((b.rule.id, b.element.sourceline, b.values) for b in breaches), key=str)


def test_no_group_of_a_stretch_outlives_it(monkeypatch: pytest.MonkeyPatch) -> None:
    alive: WeakSet[document.Group] = WeakSet()
    counts = []
    monkeypatch.setattr(listing, "MANY", 100)
    monkeypatch.setattr(listing, "PART", 30)
    monkeypatch.setattr(listing, "FEW", 3)
    book = rulebook.load("kosit-2026-01-31", "xrechnung", "cii")
    doc = document.Document(xml.parse(many_lines(30, "cii")), book._owners, book._gathers)
    for stretch in doc.stretches():
        for element in stretch.elements:
            alive.add(book._owners["line"](element, stretch))
            counts.append(len(alive))
    assert sum(1 for _ in doc.root.iter()) > 1000 > 200 > max(counts)
