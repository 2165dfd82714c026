"""The only door for XML: bytes in, a tree without DOCTYPE, comments and processing instructions out.

What is refused becomes EI-XML with line and column. Entities are never resolved and nothing is ever fetched.
Comments and processing instructions are left out while parsing, so that the text of an element is its whole
string value (`11<!-- -->9.00` reads 119.00, as every XPath engine reads it).
"""

import re
import threading
from typing import Any

from lxml import etree

from einvoice.formats import encoding
from einvoice.model.problem import Problem

MAX_DEPTH = 256
"""Elements within elements; libxml2's own limit for trees that are not huge."""

MAX_ATTRIBUTES = 1000
"""Attributes of one element; checking more takes libxml2 quadratic time, and the schemas know about ten."""

MAX_NAMESPACES = 100
"""Namespaces in force at one element; for the same reason."""

MAX_BYTES = 200_000_000

NO_MEMORY = 2
"""libxml2's code for an allocation that failed: our limit, which says nothing about the document."""

_LONG = 5 * MAX_ATTRIBUTES
"""Bytes that so many attributes take at least: a blank, a name, `=""`."""

_MANY_ATTRIBUTES = etree.XPath(f"boolean(//*/@*[{MAX_ATTRIBUTES + 1}])")

_TOO_LONG = ("too long", "too large", "exceeded", "huge", "limit")


class Refused(Exception):
    """The bytes are no XML that may be read; `problem` says why and where."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.values.get("why", problem.rule))
        self.problem = problem


def parse(data: bytes, comments: bool = False) -> etree._Element:
    """The root element of an XML document; with its comments and processing instructions only if asked for.

    Raises Refused (EI-XML) for anything that is not well-formed, has a DOCTYPE, an encoding that may not be
    used, nests deeper than MAX_DEPTH or has too many attributes or namespaces at one element; MemoryError where
    the memory of a limited process does not suffice.
    """
    _look(data)
    try:
        root = etree.fromstring(data, _parser(huge=False, comments=comments))
    except etree.XMLSyntaxError as error:
        root = _parse_huge(data, error, comments)
    if root is None:
        raise Refused(_problem("empty"))
    document: Any = root.getroottree()
    if document.docinfo.doctype:
        raise Refused(_problem("doctype", line=1))
    _count_attributes(root, data)
    return root


def _count_attributes(root: etree._Element, data: bytes) -> None:
    """Refuses elements with more attributes or namespaces than any invoice has."""
    if not _has_more(data, b"=", MAX_NAMESPACES):
        return
    if _has_long_stretch(data) and data.count(b"=") > MAX_ATTRIBUTES and _MANY_ATTRIBUTES(root):
        raise Refused(_problem("attributes", limit=str(MAX_ATTRIBUTES)))
    declared = data.count(b"xmlns") or data.count(b"x\0m\0l\0n\0s")
    if declared > MAX_NAMESPACES and any(len(element.nsmap) > MAX_NAMESPACES for element in root.iter()):
        raise Refused(_problem("attributes", limit=str(MAX_NAMESPACES)))


def _has_more(data: bytes, mark: bytes, limit: int) -> bool:
    """Whether a byte occurs more often than that: most documents have few, and are searched faster than counted."""
    place = -1
    for _ in range(limit + 1):
        place = data.find(mark, place + 1)
        if place < 0:
            return False
    return True


def _has_long_stretch(data: bytes) -> bool:
    """Whether more than _LONG bytes may lie between a `<` and the next; attributes hold none.

    Mostly an attachment does. Of UTF-16, where other letters have the byte of `<`, it is always said.
    """
    if b"\0" in data[:4]:
        return True
    place, last = 0, len(data) - _LONG
    while 0 <= place < last:
        place = data.rfind(b"<", place + 1, place + 1 + _LONG)
    return place < 0


def rewritten(root: etree._Element) -> bytes:
    """A document of our own writing, in UTF-8: for other engines, which never see a sender's bytes.

    Comments and instructions are in it where the tree has them: official questions may see them. Its lines are
    where they were in the source, but for start tags of several lines.
    """
    lines = root.sourceline if isinstance(root.sourceline, int) else 1
    return b"\n" * (lines - 1) + etree.tostring(root, encoding="UTF-8", xml_declaration=False)


def _look(data: bytes) -> None:
    """Refuses what libxml2 would read although it is no XML that KoSIT's parser would take."""
    if not data or data.isspace():
        raise Refused(_problem("empty"))
    if len(data) > MAX_BYTES:
        raise Refused(_problem("size", limit=str(MAX_BYTES)))
    if (fault := encoding.fault(data)) is not None:
        raise Refused(fault)


def _parser(huge: bool, comments: bool) -> etree.XMLParser:
    """A parser of this thread's own, made once: making one costs as much as reading a small invoice."""
    known: dict[tuple[bool, bool], etree.XMLParser] = _PARSERS.__dict__.setdefault("known", {})
    if (huge, comments) not in known:
        known[huge, comments] = _made(huge, comments)
    return known[huge, comments]


_PARSERS = threading.local()


def _made(huge: bool, comments: bool) -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        recover=False,
        remove_comments=not comments,
        remove_pis=not comments,
        huge_tree=huge,
    )


def _parse_huge(data: bytes, error: etree.XMLSyntaxError, comments: bool) -> etree._Element | None:
    """A second try where only a size limit was met: attachments of more than 10 MB are legal."""
    if not any(word in str(error).lower() for word in _TOO_LONG) or "entity" in str(error).lower():
        raise Refused(_syntax(error, data)) from None
    if b"<!DOCTYPE" in data or b"<\0!\0D\0" in data:
        raise Refused(_problem("doctype", line=1)) from None
    try:
        root = etree.fromstring(data, _parser(huge=True, comments=comments))
    except etree.XMLSyntaxError as again:
        raise Refused(_syntax(again, data)) from None
    if _deeper_than(root, MAX_DEPTH):
        raise Refused(_problem("depth", limit=str(MAX_DEPTH)))
    return root


def _deeper_than(root: etree._Element, limit: int) -> bool:
    depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > limit:
            return True
    return False


def _syntax(error: etree.XMLSyntaxError, data: bytes) -> Problem:
    code: Any = getattr(error, "code", None)
    if code == NO_MEMORY:
        raise MemoryError from None
    if "encoding" in str(error.msg) and (broken := encoding.broken_bytes(data)) is not None:
        return broken
    line, column = error.position
    detail = re.sub(r", line \d+, column \d+.*$", "", str(error.msg or ""))
    return _problem("syntax", line=line, column=str(column), detail=detail)


def _problem(why: str, line: int | None = None, **values: str) -> Problem:
    return Problem("EI-XML", {"why": why, **values}, line=line)
