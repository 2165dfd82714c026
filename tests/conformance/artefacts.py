"""Reads official artefacts, Schematron and the XSLT that is made of it, as a list of asserts that can be compared."""

import functools
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

_XSL = "{http://www.w3.org/1999/XSL/Transform}"
_SVRL = "{http://purl.oclc.org/dsdl/svrl}"
_SCH = "{http://purl.oclc.org/dsdl/schematron}"
_DIGITS = 10
_CODES = re.compile(r"document\('([^']+)'\)/+(?:codedb/)?cl\[@id=(\d+)\]")


@dataclass(frozen=True, slots=True)
class Assert:
    """One assert (or report) of an artefact. before: earlier contexts of its pattern that may take its nodes."""

    rule: str
    flag: str
    context: str
    test: str
    before: tuple[str, ...]

    def digests(self) -> tuple[str, ...]:
        """rule, flag, and digests of context, test and place."""
        place = "\0".join(self.before)
        return self.rule, self.flag, *(_digest(text) for text in (self.context, self.test, place))


def read(path: Path) -> list[Assert]:
    """The asserts of a .sch, .xsl or .xslt file, in its order."""
    root = etree.parse(
        str(path), etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    ).getroot()
    made = _schematron(root) if root.tag == f"{_SCH}schema" else _stylesheet(root)
    return [_with_codes(one, path.parent) for one in made]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


def _plain(text: str | None) -> str:
    return " ".join((text or "").split())


def _stylesheet(root: etree._Element) -> Iterator[Assert]:
    shared = {f"${e.get('name')}": _said(e) for e in root.iter(f"{_XSL}variable") if e.getparent() is root}
    shared |= {f"{e.get('name')}": _said(e) for e in root.iter(f"{_XSL}function")}
    before: dict[str, list[str]] = {}
    for template in root.iter(f"{_XSL}template"):
        mode, context = template.get("mode", ""), _plain(template.get("match"))
        if not re.fullmatch(r"[Md]\d+", mode) or float(template.get("priority", "0")) < 0:
            continue
        own = {f"${e.get('name')}": _said(e) for e in template.iter(f"{_XSL}variable")}
        earlier = before.setdefault(mode, [])
        for found in template.iter(f"{_SVRL}failed-assert", f"{_SVRL}successful-report"):
            test = _used(_plain(_test(found)), {**shared, **own})
            yield Assert(
                _attribute(found, "id") or "UNSPECIFIC",
                _flag(found),
                context,
                test,
                _rivals(context, earlier),
            )
        earlier.append(context)


def _test(found: etree._Element) -> str | None:
    """The test of an assert, or of the condition around it where that says more."""
    above = found.getparent()
    around = above if above is not None and above.tag == f"{_XSL}if" else None
    return around.get("test") if around is not None else found.get("test")


def _flag(found: etree._Element) -> str:
    return _attribute(found, "flag") or _attribute(found, "role") or "-"


def _attribute(found: etree._Element, name: str) -> str:
    stated = found.get(name)
    for inner in found.iterchildren(f"{_XSL}attribute"):
        if stated is None and inner.get("name") == name:
            stated = "".join(map(str, inner.itertext()))
    return _plain(stated)


def _said(element: etree._Element) -> str:
    """All that a variable or function says, prefixes and blanks aside."""
    parts = [_plain(element.get("select")), _plain(element.get("value"))]
    for inner in element.iter():
        if isinstance(inner.tag, str):
            name = inner.get("name") or ""
            parts += [
                name,
                *(_plain(inner.get(key)) for key in ("test", "select")),
                _plain(inner.text),
                _plain(inner.tail),
            ]
    return " ".join(filter(None, parts))


def _used(test: str, known: Mapping[str, str]) -> str:
    """A test with everything that its names stand for."""
    text, names, waiting = test, set[str](), [test]
    while waiting:
        here = waiting.pop()
        for name in sorted(set(re.findall(r"\$[\w.-]+|\b[\w-]+:[\w.-]+(?=\()", here)) - names):
            names.add(name)
            if name in known:
                text += f"\0{name}={known[name]}"
                waiting.append(known[name])
    return text


def _with_codes(one: Assert, folder: Path) -> Assert:
    """An assert whose test names code lists beside the artefact: what they hold belongs to it."""
    said = one.test
    for name, number in sorted(set(_CODES.findall(one.test))):
        path = folder / name
        if path.is_file():
            said += "\0" + " ".join(_code_lists(path).get(number, ()))
    return Assert(one.rule, one.flag, one.context, said, one.before)


@functools.cache
def _code_lists(path: Path) -> dict[str, list[str]]:
    """The lists of a file, by id, in order."""
    lists = etree.parse(str(path)).getroot().iterfind("cl")
    return {
        str(one.get("id")): sorted(str(e.get("value")) for e in one.iterfind("enumeration")) for one in lists
    }


def _schematron(root: etree._Element) -> Iterator[Assert]:
    """Of a schema whose abstract patterns are filled in here, and whose includes are resolved already."""
    shared = {f"${e.get('name')}": _plain(e.get("value")) for e in root.iterchildren(f"{_SCH}let")}
    shared |= {str(e.get("name")): _said(e) for e in root.iter(f"{_XSL}function")}
    abstract = {e.get("id"): e for e in root.iter(f"{_SCH}pattern") if e.get("abstract") == "true"}
    for pattern in root.iter(f"{_SCH}pattern"):
        if pattern.get("abstract") == "true":
            continue
        body = abstract.get(pattern.get("is-a"), pattern)
        filled = {f"${e.get('name')}": str(e.get("value")) for e in pattern.iterchildren(f"{_SCH}param")}
        lets = {f"${e.get('name')}": _plain(e.get("value")) for e in body.iterchildren(f"{_SCH}let")}
        earlier: list[str] = []
        for rule in body.iterchildren(f"{_SCH}rule"):
            context = _filled(rule.get("context"), filled)
            own = {f"${e.get('name')}": _plain(e.get("value")) for e in rule.iterchildren(f"{_SCH}let")}
            for found in rule.iterchildren(f"{_SCH}assert", f"{_SCH}report"):
                test = _used(_filled(found.get("test"), filled), {**shared, **lets, **own})
                yield Assert(
                    found.get("id") or "UNSPECIFIC", _flag(found), context, test, _rivals(context, earlier)
                )
            earlier.append(context)


def _rivals(context: str, earlier: list[str]) -> tuple[str, ...]:
    """The earlier contexts that end in an element of the same name: the first that fits takes the node."""
    own = _ends(context)
    return tuple(one for one in earlier if "*" in own | _ends(one) or own & _ends(one))


@functools.cache
def _ends(context: str) -> frozenset[str]:
    """The names of the elements that a context may fit."""
    bare = context
    while bare != (bare := re.sub(r"\[[^][]*]", "", bare)):
        pass
    parts = [one.strip() for one in re.split(r"[|()]", bare)]
    return frozenset(re.split(r"[/:]", one)[-1] if one else "*" for one in parts)


def _filled(text: str | None, parameters: Mapping[str, str]) -> str:
    said = text or ""
    for name in sorted(parameters, key=len, reverse=True):
        said = said.replace(name, parameters[name])
    return _plain(said)
