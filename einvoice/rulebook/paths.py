"""Paths of the table of names, turned into Python that walks the tree.

A small part of XPath suffices: child steps, `..`, `*`, attributes, `//` at the beginning (anywhere in the
document), `/*/` (children of the root), `ancestor::`, `parent::`, `preceding-sibling::`, a position as in `[1]`,
and predicates of these with `and`, `or`, `not()`, `=` and normalize-space(). Anything else is left to lxml's
own XPath, which gives the same and takes longer.
"""

import re
from dataclasses import dataclass, field

from einvoice.model import namespaces

NAMESPACES = {**namespaces.NAMESPACES, "xs": "http://www.w3.org/2001/XMLSchema"}
"""Prefixes of the paths; those of a document do not matter."""

_TOKEN = re.compile(
    r"\s*(?:(?P<lit>'[^']*'|\"[^\"]*\")|(?P<num>\d+)|(?P<op>//|/|\||\.\.|\.|\*|@|::|\(|\)|\[|\]|!=|=)"
    r"|(?P<name>[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?))"
)
_AXES = {
    "ancestor": "{e}.iterancestors({tag})",
    "preceding-sibling": "{e}.itersiblings({tag}, preceding=True)",
    "following-sibling": "{e}.itersiblings({tag})",
    "descendant": "{e}.iterdescendants({tag})",
    "parent": "up({e}, {tag})",
    "child": "kids[{e}].get({tag}, NONE)",
}
_BLANK = re.compile(r"//\*\[(?:(?P<more>[^\[\]|]+) and )?not\(\*\) and not\(normalize-space\(\)\)\]")


class _Beyond(Exception):
    """The path asks for more of XPath than this module knows."""


@dataclass(frozen=True, slots=True)
class Way:
    """A path as Python: `source` is an expression over `element` and `doc` that yields a list of elements, or
    of strings if `attribute`. `xpath` is set if only lxml can follow it. `unordered` is the same where the order of
    a union does not matter. `tags`: one of them is in every document where the path leads anywhere (if known)."""

    source: str
    attribute: bool = False
    xpath: str | None = None
    unordered: str = ""
    tags: tuple[str, ...] | None = None


def translate(path: str) -> Way:
    """The way of one path; "-" leads nowhere, "." to the element itself."""
    if path == "-":
        return Way("NONE", unordered="NONE")
    if path == ".":
        return Way("(element,)", unordered="(element,)")
    try:
        if blank := _BLANK.fullmatch(path):
            return _Translation(
                _tokens(f"//*[{blank['more']}]" if blank["more"] else "//*"), "doc.blank"
            ).way()
        return _Translation(_tokens(path)).way()
    except _Beyond:
        attribute = "/@" in path or path.startswith("@")
        return Way("XPATH(element)", attribute, path, unordered="XPATH(element)")


def _tokens(path: str) -> list[tuple[str, str]]:
    tokens, at = [], 0
    while at < len(path.rstrip()):
        found = _TOKEN.match(path, at)
        if not found:
            raise _Beyond(path)
        kind = found.lastgroup or ""
        tokens.append((kind, found[kind]))
        at = found.end()
    return [*tokens, ("end", "")]


_SIBLINGS = re.compile(r"preceding-sibling::(?P<tag>[\w:]+)/(?P<rest>[^|]+)")


def siblings_before(path: str) -> tuple[str, str] | None:
    """The tag of the siblings before an element that a path leads to, and the path from each; None for others."""
    found = _SIBLINGS.fullmatch(path)
    return (tag_of(found["tag"]), found["rest"]) if found else None


def tag_of(name: str) -> str:
    """The tag as lxml writes it, `{namespace}name`."""
    prefix, _, local = name.rpartition(":")
    if prefix not in NAMESPACES:
        raise _Beyond(name)
    return f"{{{NAMESPACES[prefix]}}}{local}"


_TAG = r"\('[^']*', NONE\)"
_HELD = rf"doc\.blank|kids\[\w+\]\.get{_TAG}|doc\.anywhere\.get{_TAG}"
_ONE_LOOP = re.compile(rf" for (?P<last>e\d+) in (?P<list>{_HELD}|up\(\w+(?:, '[^']*')?\))")
_FIRST = re.compile(rf" for e\d+ in (?P<list>doc\.anywhere\.get{_TAG})")
_ONLY_UP = re.compile(r"(?: for e\d+ in up\(\w+\))*")
_ATTRIBUTE = re.compile(r" for (?P<last>e\d+) in \((?P<get>\w+\.get\('[^']*'\)),\) if (?P=last) is not None")


def _listed(loops: str, last: str) -> str:
    """The elements that loops lead to; where the tree holds them as a list already, that."""
    one = _ONE_LOOP.fullmatch(loops)
    if one and one["last"] == last:
        return one["list"]
    if attribute := _ATTRIBUTE.fullmatch(loops):
        return f"(NONE if ({last} := {attribute['get']}) is None else ({last},))"
    first = _FIRST.match(loops)
    return f"({first['list']} and [{last}{loops}])" if first else f"[{last}{loops}]"


def _are_there(loops: str) -> str:
    """Whether loops lead anywhere."""
    if attribute := _ATTRIBUTE.fullmatch(loops):
        return f"({attribute['get']} is not None)"
    one = _ONE_LOOP.fullmatch(loops)
    return f"bool({one['list'] if one else f'[1{loops}]'})"


@dataclass(slots=True)
class _Translation:
    tokens: list[tuple[str, str]]
    every: str = "doc.elements"
    at: int = 0
    count: int = 0
    revisits: bool = False
    names: dict[str, str] = field(default_factory=dict)
    """The tag of each variable that stands for elements of one tag: others are other elements."""

    def way(self) -> Way:
        branches = [self.branch("element")]
        while self.take("|"):
            branches.append(self.branch("element"))
        if self.tokens[self.at][0] != "end" or len({b[2] for b in branches}) > 1:
            raise _Beyond
        lists = [_listed(loops, last) for loops, last, _ in branches]
        known = all(last in self.names for _, last, _ in branches)
        tags = tuple(self.names[last] for _, last, _ in branches) if known else None
        if self.revisits and not branches[0][2]:
            lists = [f"list(dict.fromkeys({one}))" for one in lists]
        if len(lists) == 1:
            return Way(lists[0], branches[0][2], unordered=lists[0], tags=tags)
        every = ", ".join(lists)
        apart = len(set(tags or ())) == len(lists)
        unordered = f"[{', '.join(f'*{one}' for one in lists)}]" if apart else f"joined(({every}))"
        return Way(f"merged(doc, ({every}))", branches[0][2], unordered=unordered, tags=tags)

    def take(self, *texts: str) -> bool:
        kind, text = self.tokens[self.at]
        if kind in ("op", "name") and text in texts:
            self.at += 1
            return True
        return False

    def variable(self) -> str:
        self.count += 1
        return f"e{self.count}"

    def branch(self, start: str) -> tuple[str, str, bool]:
        """The loops of one branch, the variable they end with, and whether that is an attribute's text."""
        loops, here, attribute = "", start, False
        if self.take("//"):
            loops, here = self.anywhere()
        elif self.take("/"):
            if not self.take("*"):
                raise _Beyond
            loops, here = f" for {(root := self.variable())} in (doc.root,)", root
        else:
            more, here, attribute = self.step(here)
            loops += more
        while not attribute and self.take("/"):
            turns = self.tokens[self.at][1] == ".." or self.tokens[self.at + 1][1] == "::"
            self.revisits |= turns and not _ONLY_UP.fullmatch(loops)
            more, here, attribute = self.step(here)
            loops += more
        return loops, here, attribute

    def anywhere(self) -> tuple[str, str]:
        kind, text = self.tokens[self.at]
        self.at += 1
        here = self.variable()
        if text == "*":
            return f" for {here} in {self.every}{self.predicates(here)}", here
        if kind != "name" or self.tokens[self.at][1] in ("::", "("):
            raise _Beyond
        self.names[here] = tag_of(text)
        return f" for {here} in doc.anywhere.get({tag_of(text)!r}, NONE){self.predicates(here)}", here

    def step(self, start: str) -> tuple[str, str, bool]:
        kind, text = self.tokens[self.at]
        self.at += 1
        here = self.variable()
        if text == "@":
            name = self.tokens[self.at][1]
            self.at += 1
            return f" for {here} in ({start}.get({name!r}),) if {here} is not None", here, True
        if text in ("..", "*"):
            source = f"up({start})" if text == ".." else start
        elif kind == "name" and self.take("::"):
            if text not in _AXES:
                raise _Beyond
            source = _AXES[text].format(e=start, tag=repr(tag_of(self.tokens[self.at][1])))
            self.at += 1
        elif kind == "name" and self.tokens[self.at][1] != "(":
            source, self.names[here] = f"kids[{start}].get({tag_of(text)!r}, NONE)", tag_of(text)
        else:
            raise _Beyond
        if self.tokens[self.at : self.at + 3] == [("op", "["), ("num", "1"), ("op", "]")]:
            self.at += 3
            source = f"list({source})[:1]"
        return f" for {here} in {source}{self.predicates(here)}", here, False

    def predicates(self, here: str) -> str:
        text = ""
        while self.take("["):
            text += f" if {self.either(here)}"
            if not self.take("]"):
                raise _Beyond
        return text

    def either(self, here: str) -> str:
        parts = [self.both(here)]
        while self.take("or"):
            parts.append(self.both(here))
        return parts[0] if len(parts) == 1 else f"({' or '.join(parts)})"

    def both(self, here: str) -> str:
        parts = [self.single(here)]
        while self.take("and"):
            parts.append(self.single(here))
        return " and ".join(parts)

    def single(self, here: str) -> str:
        kind, text = self.tokens[self.at]
        if kind == "num":
            raise _Beyond
        if text == "name" and self.tokens[self.at + 1][1] == "(":
            self.at += 2
            return self.equals(self.closed(f"named({here})"))
        if text == "not" and self.tokens[self.at + 1][1] == "(":
            self.at += 2
            inner = f"(not ({self.either(here)}))"
            return self.closed(inner)
        if self.take("("):
            return self.closed(f"({self.either(here)})")
        if text == "normalize-space" and self.tokens[self.at + 1][1] == "(":
            self.at += 2
            return self.normalized(here)
        loops, last, attribute = self.branch(here)
        equal = self.literal()
        if equal is None:
            return _are_there(loops) if loops else last
        value = last if attribute else f"string({last})"
        return (
            f"({equal[1]} in [{value}{loops}])"
            if equal[0] == "="
            else f"any([x != {equal[1]} for x in [{value}{loops}]])"
        )

    def normalized(self, here: str) -> str:
        value = f"string({here})"
        if self.tokens[self.at][1] != ")":
            if self.take("."):
                loops, last, attribute = "", here, False
            else:
                loops, last, attribute = self.branch(here)
            if loops:
                value = f"next(iter([{last if attribute else f'string({last})'}{loops}]), '')"
        return self.equals(self.closed(f"trimmed({value})"))

    def equals(self, value: str) -> str:
        """A text compared with the literal that follows; alone, it is true unless it is empty."""
        sign, text = self.literal() or ("!=", "''")
        return f"({value} {'==' if sign == '=' else '!='} {text})"

    def literal(self) -> tuple[str, str] | None:
        """An operator and the quoted text that follow here, if they do."""
        sign = self.tokens[self.at][1]
        if not self.take("=", "!="):
            return None
        kind, text = self.tokens[self.at]
        if kind != "lit":
            raise _Beyond
        self.at += 1
        return sign, repr(text[1:-1])

    def closed(self, text: str) -> str:
        if not self.take(")"):
            raise _Beyond
        return text
