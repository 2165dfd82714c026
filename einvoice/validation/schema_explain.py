"""What is wrong where, after a document failed its schema.

libxml2 stops looking at the children of an element at the first one that it did not expect. So a copy is
mended there (the child taken out, or a stand-in put where one is missing) and judged again, until nothing new
is found: every fault is named, in document order, the same on every run, and within milliseconds.
"""

import copy
from collections.abc import Callable

from lxml import etree

from einvoice.model.location import Locator, line_of, name_of, prefixed
from einvoice.model.problem import Problem
from einvoice.validation.schema_errors import CONTENT, expected_names, read

MOST = 50
"""No more problems than this are listed for a document."""

_ROUNDS = 30
_CUT = 10
"""libxml2 lists no more than ten names of what it expected; the one that must stand there may come later."""

Judge = Callable[[etree._Element], list[etree._LogEntry]]
_Wrong = list[tuple[etree._LogEntry, etree._Element]]


def explain(root: etree._Element, judge: Judge) -> list[Problem]:
    """The problems (EI-XSD) of a document that the judge (libxml2 with a schema) refuses, in its order.

    `why` in their values is one of root, unexpected, missing, value, facet, attribute, attribute-missing,
    fixed, text, other; `path`, `element`, `found` and `expected` go with it, `detail` is libxml2's sentence.
    """
    twin = copy.deepcopy(root)
    explained = _Explained(root, twin)
    counted = _Counted(judge, twin)
    for _ in range(_ROUNDS):
        errors = counted(twin)
        wrong = [(error, element) for error in errors if (element := _element(twin, error)) is not None]
        mended = [_mend(error, element, counted) for error, element in wrong if error.type_name == CONTENT]
        missing = dict(filter(None, mended))
        for error, element in wrong:
            explained.add(error, element, missing.get(element, ""))
        if not mended or explained.full or counted.left <= 0:
            break
    return explained.in_order()


class _Counted:
    """A judge that may be asked so often that the whole costs about as much as reading a large document."""

    def __init__(self, judge: Judge, root: etree._Element) -> None:
        self._judge = judge
        self.left = min(400, 20 + 400_000 // sum(1 for _ in root.iter(etree.Element)))

    def __call__(self, root: etree._Element) -> list[etree._LogEntry]:
        self.left -= 1
        return self._judge(root)


class _Explained:
    """The problems found so far, each once, with their places in the document as it was sent."""

    def __init__(self, root: etree._Element, twin: etree._Element) -> None:
        locator = Locator()
        elements = root.iter(etree.Element)
        self._paths = {t: locator.path(e) for t, e in zip(twin.iter(etree.Element), elements, strict=True)}
        self._order = {path: number for number, path in enumerate(self._paths.values())}
        self._found: dict[tuple[str | None, str, str], Problem] = {}

    @property
    def full(self) -> bool:
        """Whether no more are wanted."""
        return len(self._found) >= MOST

    def add(self, error: etree._LogEntry, element: etree._Element, missing: str) -> None:
        """Notes an error; those of stand-ins, and of what only follows from a stand-in, are no faults."""
        if (path := self._paths.get(element)) is None:
            return
        values = {"path": path, "element": name_of(element), "found": "", "expected": ""} | read(
            error, element
        )
        if missing:
            parent = element if values["why"] == "missing" else element.getparent()
            values |= {"why": "missing", "expected": missing}
            path = values["path"] = self._paths.get(parent, path) if parent is not None else path
        if attribute := values.pop("attribute", ""):
            path = values["path"] = f"{path}/@{attribute}"
        key = (path, values["why"], values["expected"] if missing else values["found"])
        self._found.setdefault(key, Problem("EI-XSD", values, path, line_of(element)))

    def in_order(self) -> list[Problem]:
        """At most MOST of them, in document order."""
        last = len(self._order)

        def number(problem: Problem) -> int:
            return self._order.get((problem.location or "").partition("/@")[0], last)

        return sorted(self._found.values(), key=number)[:MOST]


def _element(root: etree._Element, error: etree._LogEntry) -> etree._Element | None:
    """The element that an error is about."""
    prefixes = {key: uri for element in root.iter(etree.Element) for key, uri in element.nsmap.items() if key}
    try:
        nodes = root.xpath((error.path or "/*").partition("/@")[0], namespaces=prefixes)
    except etree.XPathError:
        return None
    first = nodes[0] if isinstance(nodes, list) and nodes else None
    return first if isinstance(first, etree._Element) else None


def _mend(
    error: etree._LogEntry, element: etree._Element, judge: "_Counted"
) -> tuple[etree._Element, str] | None:
    """Changes the copy so that the next round sees further.

    The element and the name of the child that is missing in or before it; None if the element is the fault.
    """
    at_end = "Missing child element" in (error.message or "")
    put: list[etree._Element] = []
    again: etree._LogEntry | None = error
    while again is not None and judge.left > 0:
        names = [name for name in reversed(expected_names(again)) if "*" not in name]
        for name in names:
            put.append(_put(name, element, at_end))
            if _refusal(element, judge) is None:
                return element, prefixed(name)
            _take_out(put.pop())
        if len(names) < _CUT:
            break
        put.append(_put(names[0], element, at_end))
        again = _refusal(element, judge)
    for stand_in in put:
        _take_out(stand_in)
    _take_out(element)
    return None


def _put(name: str, element: etree._Element, at_end: bool) -> etree._Element:
    stand_in = etree.Element(name)
    if at_end:
        element.append(stand_in)
    else:
        element.addprevious(stand_in)
    return stand_in


def _take_out(element: etree._Element) -> None:
    if (parent := element.getparent()) is not None:
        parent.remove(element)


def _refusal(element: etree._Element, judge: "_Counted") -> etree._LogEntry | None:
    """The error that a child is still not expected, or one still missing, at this element."""
    root = element.getroottree().getroot()
    errors = (error for error in judge(root) if error.type_name == CONTENT)
    return next((error for error in errors if _element(root, error) is element), None)
