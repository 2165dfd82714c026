"""Whatever an invoice states: what a form does not hold is named, and everything else arrives in it."""

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from einvoice.formats.bindings import SYNTAXES
from einvoice.formats.converting import carry
from einvoice.formats.profiles import PROFILES
from einvoice.model.content import Content, Value
from einvoice.model.differences import differences
from einvoice.model.invoice import Invoice
from tests.formats.invoices import contents
from tests.parts import rounds

SLOW = settings(max_examples=rounds(40, 120), deadline=None, suppress_health_check=list(HealthCheck))


@SLOW
@given(contents(), st.sampled_from(SYNTAXES))
def test_only_what_is_named_is_not_carried(content: Content, syntax: str) -> None:
    carried = carry(content, syntax)
    named = {(one.term, one.place) for one in (*carried.losses, *carried.added)}
    assert {(one.term, one.place) for one in differences(content, carried.content)} == named


@SLOW
@given(contents())
def test_both_syntaxes_say_the_same(content: Content) -> None:
    for syntax in ("ubl-invoice", "cii") * 2:
        content = carry(content, syntax).content
    both = [carry(content, syntax) for syntax in ("ubl-invoice", "cii")]
    assert [(one.losses, one.added) for one in both] == [((), ()), ((), ())]
    ubl, cii = (Invoice.from_content(one.content) for one in both)
    assert ubl == cii
    assert ubl.model_dump_json() == cii.model_dump_json()


@SLOW
@given(contents(), st.sampled_from([one for one in PROFILES.values() if one.is_partial]))
def test_a_profile_holds_only_what_it_may(content: Content, profile: object) -> None:
    chosen = next(one for one in PROFILES.values() if one is profile)
    carried = carry(content, "cii", chosen)
    stated = {term for _, group in carried.content.walk() for term in (*group.values, *group.groups)}
    assert not stated & chosen.lacking


SELLER_LAST = Content(
    groups={
        "BG-16": [Content(groups={"BG-19": [Content({"BT-90": [Value("DE98ZZZ09999999999")]})]})],
        "BG-4": [Content({"BT-29": [Value("549910")]})],
    }
)
"""Two identifiers of the seller, which UBL states side by side, in groups that are given the other way round."""


@SLOW
@given(contents())
@example(SELLER_LAST)
def test_what_is_written_again_is_the_same(content: Content) -> None:
    for syntax in SYNTAXES:
        first = carry(content, syntax)
        second = carry(first.content, syntax)
        assert (second.losses, second.added) == ((), ())
        assert second.data == first.data
