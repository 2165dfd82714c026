"""What a rule author is told: every mistake is found when a book is loaded, with file, line, rule and key."""

import pytest

from einvoice.errors import RulebookError
from tests.rulebook.town import Town, assert_german, rule

MISTAKES = [
    ("invoice.nunber", r"invoice has no 'nunber' \(did you mean 'number'\?\)"),
    ("invoice.totals.net == 1", "not text"),
    ("any(t.net > 'x' for t in invoice.totals)", "not text"),
    ("round2(1) == double_round2(any(t.net == 1 for t in invoice.totals))", "is a bool"),
    ("any(exact(double(t.net)) == double(t.net) for t in invoice.totals)", "mix decimal and binary"),
    ("any(t.net + double(t.net) > round2(t.net) for t in invoice.totals)", "mix decimal and binary"),
    ("sum(double(t.net) for t in invoice.totals) == 1", "sum.. adds decimals, double_sum"),
    ("any(round2(t.net) / t.net == 1 for t in invoice.totals)", "division is by a constant"),
    ("any(t.net / 3 == 1 for t in invoice.totals)", "whose inverse is a decimal"),
    ("any(t.net / 0 == 1 for t in invoice.totals)", "not zero"),
    ("invoice.type is None", "a term alone says that it is stated"),
    ("().__class__.__bases__", "has no parts"),
    ("invoice.__class__", "invoice has no '__class__'"),
    ("invoice._doc", "invoice has no '_doc'"),
    ("invoice.lines.net__number", "line has no"),
    ("__import__('os').system('id')", "arguments|unknown function"),
    ("open('x')", "unknown function 'open'"),
    ("eval('1')", "unknown function"),
    ("(lambda: 1)()", "arguments"),
    ("(lambda x: 1)(1)", "unknown function"),
    ("[x for x in (1,)]", "ListComp is not part of the rule language"),
    ("{1: 2}", "Dict is not part"),
    ("invoice.lines[0]", "Subscript is not part"),
    ("f'{invoice.type}'", "JoinedStr is not part"),
    ("(x := 1)", "NamedExpr is not part"),
    ("2 ** 100 == 1", "only \\+ - \\* /"),
    ("~1 == 1", "only `not` and -"),
    ("b'x' == 'x'", "not part of the rule language"),
    ("open", "unknown name 'open'"),
    ("1", "not a condition"),
    ("invoice.type + 1 == 2", "is a term code, not a number"),
    ("invoice.type in codes('untdid')", "unknown code list 'untdid'"),
    ("invoice.type in codes('vatexx')", r"did you mean 'vatex'\?"),
    ("invoice.type in 'abc'", "is not a list of codes"),
    ("invoice.type in (380, 381)", "is not a list of codes"),
    ("matches(invoice.type, '[')", "no regular expression"),
    ("matches(invoice.type, invoice.number)", "a pattern is a quoted text"),
    ("matches(invoice.type, '(a+)+b')", "takes more than linear time"),
    ("matches(invoice.type, '(ab|[a-c]d)*e')", "takes more than linear time"),
    ("matches(invoice.type, 'a*a*b')", "takes more than linear time"),
    (r"matches(invoice.type, '(a)\\1')", "takes more than linear time"),
    ("matches(invoice.type, '(?=a)a')", "takes more than linear time"),
    ("length(invoice.type, 2) == 1", "takes 1 values, not 2"),
    ("length(text=invoice.type) == 1", "arguments have no names"),
    ("any(x for x in invoice.type)", "is a term code, not groups"),
    ("any(x for x in y)", "unknown name 'y'"),
    ("count(1) == 1", "cannot be counted"),
    ("(invoice.type == 'a') < (invoice.type == 'b')", "conditions have no order"),
    ("invoice.lines.parent", "say of which|cannot|not a condition"),
    ("invoice.type ==", "invalid syntax"),
]


@pytest.mark.parametrize(("test", "complaint"), MISTAKES)
def test_mistakes_are_explained(own: Town, test: str, complaint: str) -> None:
    with pytest.raises(RulebookError, match=complaint) as error:
        own.book(rule(test))
    assert f"{own.rules}/en16931/test.toml:3: X-1: assert: " in str(error.value)
    assert_german(error.value)


ENTRIES = [
    ('[X-1]\nassert = "True"\nen = "x"', "test.toml:1: X-1: de: is missing"),
    ('[X-1]\nassert = "True"\nen = " "\nde = "x"', "test.toml:3: X-1: en: is missing"),
    ('[X-1]\nen = "x"\nde = "x"', "test.toml:1: X-1: assert: is missing"),
    ('[X-1]\nassert = "True"\nen = "{invoice.nmber}"\nde = "x"', "test.toml:3: X-1: en: .*has no 'nmber'"),
    ('[X-1]\nassert = "True"\nen = "x"\nde = "{invoice.lines}"', "test.toml:4: X-1: de: .*cannot be shown"),
    ('[X-1]\nassert = "True"\nen = "x"\nde = "{invoice"', "test.toml:4: X-1: de: "),
    ('[X-1]\nassert = "True"\nseverity = "bad"\nen = "x"\nde = "x"', "test.toml:3: X-1: severity: 'bad'"),
    ('[X-1]\nfor = "x in y"\nassert = "True"\nen = "x"\nde = "x"', "test.toml:2: X-1: for: unknown name 'y'"),
    ('[X-1]\na = "b"\nb = "a"\nassert = "a == b"\nen = "x"\nde = "x"', "X-1: b: 'a' speaks of itself"),
    ('[X-1]\nwhne = "True"\nassert = "True"\nen = "x"\nde = "x"', "test.toml:2: X-1: whne: nothing uses it"),
    ('[X-1]\nassert = "True"\ncci.assert = "x"\nen = "x"\nde = "x"', "test.toml:1: X-1: unknown variant 'cci'"),
    ('[X-1]\nonly = "edi"\nassert = "True"\nen = "x"\nde = "x"', "test.toml:1: X-1: only: .*edi"),
    ('[X-1]\nsince = "soon"\nassert = "True"\nen = "x"\nde = "x"', "test.toml:1: X-1: 'soon' is no version"),
    ("[X-1\n", "test.toml:1: "),
    ("X-1 = 3\n", "test.toml:1: X-1: an entry is a table"),
    ('[family.a]\nassert = "True"\n', "test.toml:1: family a: has no rules"),
    (
        '[family.a]\nassert = "invoice.WHERE"\nen = "x"\nde = "x"\n[family.a.rules]\nX-1 = { WHERE = "lines" }\n'
        'X-2 = { WHERE = "lnies" }\n',
        r"test.toml:2: X-2 \(family\.a:7\): assert: invoice has no 'lnies'",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "complaint"), ENTRIES)
def test_entries_that_make_no_sense(own: Town, text: str, complaint: str) -> None:
    with pytest.raises(RulebookError, match=complaint) as error:
        own.book(text + "\n")
    assert_german(error.value)


def test_an_id_stands_once(own: Town) -> None:
    (own.rules / "en16931").mkdir()
    (own.rules / "en16931" / "a.toml").write_text(rule("True"))
    with pytest.raises(RulebookError, match=r"test.toml:1: X-1: id: stands in .*a.toml:1 as well"):
        own.book(rule("True"))


WORDS = [
    ("[invoice]\nme = 'invoice.you'\nyou = 'invoice.me'\n", "words.toml:[23]: invoice.(me|you): .*speaks of itself"),
    ("[invoice]\nlines = 'invoice.totals'\n", "words.toml:2: invoice.lines: is in the table of names already"),
    ("[invioce]\nx = 'True'\n", "words.toml:2: invioce.x: there is no group 'invioce'"),
    ("[invoice]\nx = 'x for x in invoice.type'\n", "words.toml:2: invoice.x: .*not groups"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "complaint"), WORDS)
def test_words_that_make_no_sense(own: Town, words: str, complaint: str) -> None:
    (own.rules / "words.toml").write_text(words)
    with pytest.raises(RulebookError, match=complaint) as error:
        own.book(rule("True"))
    assert_german(error.value)
