"""The XPath predicates of schemas/terms.tsv: a closed part of XPath 1.0, compiled to conditions.

    or, and, not(…), (…), =, !=, 'text', paths (a/b, @x, ., ../../a),
    normalize-space(path), starts-with(path, 'text'), substring(path, from, length)

Comparisons are XPath's: true if any pair of values is equal (or unequal); functions take the first of a path,
or the empty text. One thing is more than XPath: an indicator is an xs:boolean, so blanks around it do not count;
without that, an allowance whose indicator is " true " would be no allowance and no charge.
"""

import re
from collections.abc import Callable, Sequence
from functools import cache

from einvoice.formats.walk.conditions import Condition, Test, Texts, reader
from einvoice.model.lexical import BLANKS, trim

_TOKEN = re.compile(r"\s*('[^']*'|!=|[=(),]|[^\s=!(),']+)")
Values = Callable[[Texts], Sequence[str]]


@cache
def predicate(text: str) -> Condition:
    """The condition a predicate asks; equal texts give the same one. Raises ValueError for anything else."""
    return _Parser(text).condition()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _TOKEN.findall(text)
        self.paths: list[str] = []
        if "".join(self.tokens) != re.sub(r"\s+(?=(?:[^']*'[^']*')*[^']*$)", "", text):
            raise ValueError(f"predicate [{text}] cannot be read")

    def condition(self) -> Condition:
        test = self.disjunction()
        if self.tokens:
            raise ValueError(f"predicate [{self.text}] cannot be read from {self.tokens[0]!r} on")
        return Condition(self.text, tuple(dict.fromkeys(self.paths)), test)

    def take(self, *expected: str) -> str:
        if not self.tokens or (expected and self.tokens[0] not in expected):
            raise ValueError(f"predicate [{self.text}]: {' or '.join(expected) or 'more'} expected")
        token: str = self.tokens.pop(0)
        return token

    def sees(self, *tokens: str) -> bool:
        return self.tokens[: len(tokens)] == list(tokens)

    def disjunction(self) -> Test:
        tests = [self.conjunction()]
        while self.sees("or"):
            self.take()
            tests.append(self.conjunction())
        return tests[0] if len(tests) == 1 else lambda texts: any(test(texts) for test in tests)

    def conjunction(self) -> Test:
        tests = [self.comparison()]
        while self.sees("and"):
            self.take()
            tests.append(self.comparison())
        return tests[0] if len(tests) == 1 else lambda texts: all(test(texts) for test in tests)

    def comparison(self) -> Test:
        if self.sees("(") or self.sees("not", "("):
            return self.bracket(negated=self.take() == "not")
        if self.sees("starts-with", "("):
            return self.starts_with()
        left = self.values()
        if not (self.sees("=") or self.sees("!=")):
            return lambda texts: bool(left(texts))
        equal = self.take() == "="
        right = self.values()
        return _compared(left, right, equal)

    def bracket(self, negated: bool) -> Test:
        if negated:
            self.take("(")
        test = self.disjunction()
        self.take(")")
        return (lambda texts: not test(texts)) if negated else test

    def starts_with(self) -> Test:
        self.take()
        self.take("(")
        whole = self.first()
        self.take(",")
        begin = self.take().strip("'")
        self.take(")")
        return lambda texts: whole(texts).startswith(begin)

    def values(self) -> Values:
        if self.tokens and self.tokens[0].startswith("'"):
            constant = (self.take()[1:-1],)
            return lambda texts: constant
        if self.tokens[1:2] != ["("]:
            path = self.path(self.take())
            if path.endswith("Indicator"):
                return lambda texts: [text.strip(BLANKS) for text in texts[path]]
            return lambda texts: texts[path]
        function = self.take("normalize-space", "substring")
        self.take("(")
        text = self.first()
        if function == "normalize-space":
            self.take(")")
            return lambda texts: (trim(text(texts)),)
        start, length = self.number() - 1, self.number()
        self.take(")")
        return lambda texts: (text(texts)[start : start + length],)

    def number(self) -> int:
        self.take(",")
        return int(self.take())

    def first(self) -> Callable[[Texts], str]:
        path = self.path(f".>{self.take()}")
        return lambda texts: texts[path][0]

    def path(self, path: str) -> str:
        reader(path)
        self.paths.append(path)
        return path


def _compared(left: Values, right: Values, equal: bool) -> Test:
    """XPath's = and != between sets of texts: true if any pair is equal, or unequal."""

    def test(texts: Texts) -> bool:
        ours, theirs = frozenset(left(texts)), frozenset(right(texts))
        return bool(ours & theirs) if equal else bool(ours and theirs) and len(ours | theirs) > 1

    return test
