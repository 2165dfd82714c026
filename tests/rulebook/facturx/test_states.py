"""The automaton: contexts compete by rank, unknown names lead nowhere new, `skipped` hides what is below."""

from lxml import etree

from einvoice.rulebook import facturx
from einvoice.rulebook.facturx.states import Automaton, Context
from tests.rulebook.facturx.invoice import invoice, within


def context(rank: int, *names: str, anywhere: bool = False, guarded: bool = False) -> Context:
    guards = ((0, lambda node: True),) if guarded else ()
    return Context(1, rank, anywhere, names, guards, (), skips_below=False)


def test_a_context_arrives_at_its_own_path_only() -> None:
    automaton = Automaton([context(1, "a", "b", guarded=True)])
    assert automaton.start.after("a").contests == ()
    assert [contexts[0].rank for _, contexts in automaton.start.after("a").after("b").contests] == [1]
    assert automaton.start.after("x").after("a").after("b").contests == ()


def test_anywhere_means_below_strangers_too() -> None:
    automaton = Automaton([context(1, "b", "c", anywhere=True, guarded=True)])
    assert automaton.start.after("x").after("b").after("c").contests
    assert not automaton.start.after("b").after("x").after("c").contests


def test_after_a_context_that_takes_every_node_none_competes() -> None:
    automaton = Automaton([context(3, "a"), context(1, "a", guarded=True), context(2, "a")])
    ((_, contexts),) = automaton.start.after("a").contests
    assert [one.rank for one in contexts] == [1, 2]


def test_unknown_names_make_no_new_states() -> None:
    automaton = Automaton([context(1, "a", anywhere=True)])
    states = {id(automaton.start.after(f"x{number}").after(f"y{number}")) for number in range(100)}
    assert len(states) == 1


def test_what_a_pattern_skips_it_does_not_judge_below() -> None:
    identifier = "<ram:ID schemeID='XX' schemeName='x'>1</ram:ID>"
    registration = f"<ram:SpecifiedTaxRegistration>{identifier}</ram:SpecifiedTaxRegistration>"
    root = invoice("extended", within("//ram:SellerTradeParty", registration))
    tags = [
        etree.QName(breach.element).localname
        for breach in facturx.judge(root, "extended")
        if breach.rule == "UNSPECIFIC"
    ]
    assert tags == ["SpecifiedTaxRegistration"]
