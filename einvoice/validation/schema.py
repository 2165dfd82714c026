"""The schema stage: is the document what its XSD allows, and if not, what is wrong where.

The verdict is that of Xerces, which public receivers run. libxml2 differs from it in three points, mended
here: it refuses blanks round dates and times, overlooks letters in base64, and has its own idea of URIs. Where it
has no objection, only the letters are left to be looked for.
"""

import copy
import functools
import re
import threading
from typing import Any, cast

from lxml import etree

from einvoice.formats import xml
from einvoice.model.lexical import BLANKS
from einvoice.model.location import line_of, name_of, place
from einvoice.model.problem import Problem
from einvoice.validation import schema_files
from einvoice.validation.attachments import set_aside
from einvoice.validation.schema_explain import explain
from einvoice.validation.uri import allowed

_BASE = "einvoice:///"

_TIMES = re.compile(r"-?[0-9]{4,}-[0-9]{2}.*|[0-9]{2}:[0-9]{2}:[0-9]{2}.*|-?P.*|-{2,}[0-9].*|[0-9]{4}")
URIS = ("schemeURI", "schemeDataURI", "listURI", "listSchemeURI", "uri")
"""The attributes of type xs:anyURI; besides, only what signs an invoice has it."""

_URI = re.compile(rf'(name="(?:{"|".join(URIS)})" type="xsd:)anyURI"'.encode())
_WITH_URI = etree.XPath(f"//*/@*[contains('{' '.join(URIS)}', local-name())]/..")
"""Their elements, and those of attributes whose name is a part of these: one question is asked faster than five."""


def check(root: etree._Element, schema: str) -> list[Problem]:
    """What the schema (a key of schema_files.MAIN) finds wrong with a document; empty if it is valid.

    The tree is left as it is. Raises Unchecked if the official schema is missing or not the tested one.
    """
    return official(schema).check(root)


class Schema:
    """A compiled schema, for any number of threads: lxml keeps one log of errors for each."""

    def __init__(self, compiled: etree.XMLSchema) -> None:
        self._compiled = compiled
        self._lock = threading.Lock()

    def errors(self, root: etree._Element) -> list[etree._LogEntry]:
        """libxml2's errors in document order, as it words them; empty if it finds none. Raises MemoryError."""
        with self._lock:
            found = [] if self._compiled.validate(root) else list(cast(Any, self._compiled.error_log))
        if any(one.type == xml.NO_MEMORY for one in found):
            raise MemoryError
        return found

    def check(self, root: etree._Element) -> list[Problem]:
        """What is wrong with a document, by Xerces's verdict; empty if it is valid."""
        refused, strange = self._refused(root)
        if refused is not None:
            return explain(refused, self.errors)
        return [_not_base64(element) for element in strange]

    def is_valid(self, root: etree._Element) -> bool:
        """The verdict of `check` alone."""
        refused, strange = self._refused(root)
        return refused is None and not strange

    def _refused(self, root: etree._Element) -> tuple[etree._Element | None, list[etree._Element]]:
        """The document as Xerces reads it, if libxml2 refuses even that; and the binary elements with letters that
        are not ASCII."""
        with set_aside(root) as strange:
            found = self.errors(root)
        if found and self.errors(root := _as_xerces_reads(root)):
            return root, strange
        return None, strange


@functools.cache
def official(name: str) -> Schema:
    """The official schema of that name (a key of schema_files.MAIN), compiled once per process.

    What is an xs:anyURI there is an xs:NCName here, as Xerces takes each of these for a URI: what else a URI may
    be is looked at where libxml2 has refused it, and nobody has to look for URIs in documents that have none.
    """
    sources = {file: _URI.sub(rb'\1NCName"', source) for file, source in schema_files.read(name).items()}
    parser = etree.XMLParser(no_network=True, resolve_entities=False)
    parser.resolvers.add(_Files(sources))
    main = next(iter(sources))
    return Schema(etree.XMLSchema(etree.fromstring(sources[main], parser, base_url=_BASE + main)))


class _Files(etree.Resolver):
    """Gives libxml2 the files of a schema from memory, as they were hashed, and nothing else."""

    def __init__(self, sources: dict[str, bytes]) -> None:
        self.sources = sources

    def resolve(self, system_url: str, public_id: str, context: object) -> Any:  # type: ignore[override]
        """The file of that name; raises KeyError for any other."""
        source = self.sources[system_url.removeprefix(_BASE)]
        return self.resolve_string(source, context, base_url=system_url)


def _as_xerces_reads(root: etree._Element) -> etree._Element:
    """A copy in which blanks round dates and times are collapsed, and URIs that Xerces takes are harmless."""
    root = copy.deepcopy(root)
    for element in root.iter(etree.Element):
        text = element.text
        if text and (text[0] in BLANKS or text[-1] in BLANKS) and not len(element) and _is_time(text):
            element.text = text.strip(BLANKS)
    for element, name in _uris(root):
        if allowed(str(element.attrib[name])):
            element.set(name, "x")
    return root


def _is_time(text: str) -> bool:
    return _TIMES.fullmatch(text.strip(BLANKS)) is not None


def _uris(root: etree._Element) -> list[tuple[etree._Element, str]]:
    elements = cast("list[etree._Element]", _WITH_URI(root))
    return [(element, name) for element in elements for name in URIS if name in element.attrib]


def _not_base64(element: etree._Element) -> Problem:
    path = place(element)
    values = {
        "why": "value",
        "element": name_of(element),
        "path": path,
        "found": (element.text or "")[:80],
        "expected": "xs:base64Binary",
    }
    return Problem("EI-XSD", values, path, line_of(element))
