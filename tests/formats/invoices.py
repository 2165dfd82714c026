"""Invoices that nobody would write: any terms in any groups of the norm's tree, values of the right data types."""

import base64
from typing import Any

from hypothesis import strategies as st

from einvoice.model.content import Content, Value
from einvoice.model.terms import Term, children, components, terms

_TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), exclude_characters="#\ufffe\uffff"),
    min_size=1,
    max_size=12,
).filter(str.strip)
_NUMBERS = st.decimals(-(10**9), 10**9, allow_nan=False, allow_infinity=False, places=2).map(
    lambda n: format(n, "f")
)
_DAYS = st.dates().map(lambda day: day.isoformat())
_FILES = st.binary(max_size=20).map(lambda data: base64.b64encode(data).decode())
_CODES = {
    "BT-8": ("3", "35", "432"),
    "BT-5": ("EUR",),
    "BT-6": ("USD",),
    "BT-21": ("AAI", "SUR"),
    "BT-3": ("380", "381"),
}

_BY_TYPE: dict[str, st.SearchStrategy[str]] = {
    "Date": _DAYS,
    "Amount": _NUMBERS,
    "Unit price amount": _NUMBERS,
    "Quantity": _NUMBERS,
    "Percentage": _NUMBERS,
    "Binary object": _FILES,
}


@st.composite
def contents(draw: st.DrawFn, group: str = "", depth: int = 0) -> Content:
    """A content: of each group some of its terms, of what may repeat up to two, sub lines three deep."""
    content = Content()
    for child in draw(
        st.lists(st.sampled_from(children(group)), unique=True, max_size=14 if not group else 6)
    ):
        row = terms()[child]
        if row.is_group and not (child == "BG-DEX-01" and depth > 2):
            for _ in range(draw(st.integers(1, 2 if row.repeats else 1))):
                inner = draw(contents(child, depth + 1))
                if inner.values or inner.groups:
                    content.add(child, inner)
        elif not row.is_group:
            for _ in range(draw(st.integers(1, 2 if row.repeats else 1))):
                content.add(child, _value(draw, row))
    return content


def _value(draw: st.DrawFn, row: Term) -> Value:
    texts: Any = st.sampled_from(_CODES[row.id]) if row.id in _CODES else _BY_TYPE.get(row.datatype, _TEXTS)
    chosen = draw(st.lists(st.sampled_from(components(row.id)), unique=True)) if components(row.id) else []
    parts = {part: draw(_TEXTS) for part in components(row.id) if part in chosen}
    return Value(draw(texts), parts)
