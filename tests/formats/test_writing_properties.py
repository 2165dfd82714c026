"""Whatever is taken away, changed or doubled: what is written is read back, but for what the writer names."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from einvoice.formats import reading
from einvoice.formats.bindings import SYNTAXES
from einvoice.formats.writing import write
from einvoice.formats.xml import parse
from einvoice.model.bases import base, names
from einvoice.model.content import Content
from tests.parts import rounds

TEXTS = st.text(st.characters(codec="utf-8", categories=("L", "Zs", "P"), exclude_characters="#"), min_size=1)
CHANGES = st.lists(
    st.tuples(st.sampled_from(("take", "say", "double")), st.integers(0, 400), TEXTS.filter(str.strip)),
    max_size=8,
)


def changed(content: Content, changes: list[tuple[str, int, str]]) -> Content:
    """The content with some of what it states taken away, said otherwise, or standing twice."""
    for act, number, text in changes:
        stated: list[tuple[dict[str, Any], str]] = [
            (owner.values, term) for _, owner in content.walk() for term in owner.values
        ]
        stated += [(owner.groups, term) for _, owner in content.walk() for term in owner.groups]
        table, term = stated[number % len(stated)]
        if act == "take":
            del table[term]
        elif not term.startswith("BG"):
            for value in table[term]:
                value.text = text
        elif act == "double" and term in {
            "BG-1",
            "BG-17",
            "BG-20",
            "BG-21",
            "BG-23",
            "BG-24",
            "BG-25",
            "BG-27",
            "BG-32",
        }:
            table[term].append(table[term][0].copy())
    return content


def without(content: Content, ids: set[str]) -> dict[str, Any]:
    """The content without the terms and groups named, and without groups that say nothing."""
    for _, group in content.walk():
        for term in ids:
            group.values.pop(term, None)
            group.groups.pop(term, None)
    return _pruned(content).plain()


def _pruned(content: Content) -> Content:
    for group, occurrences in list(content.groups.items()):
        content.groups[group] = [one for one in map(_pruned, occurrences) if one.values or one.groups]
        if not content.groups[group]:
            del content.groups[group]
    return content


@settings(max_examples=rounds(60, 150), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(names()), st.sampled_from(SYNTAXES), CHANGES)
def test_what_is_written_is_read_back(name: str, syntax: str, changes: list[tuple[str, int, str]]) -> None:
    content = changed(base(name, syntax), changes)
    written = write(content, syntax)
    back = reading.read(parse(written.data)).content()
    unlike = {*written.losses, *written.added}
    assert without(back, unlike) == without(content, unlike)
