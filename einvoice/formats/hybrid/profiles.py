"""What a PDF has to say about the XML it carries, by the profile in BT-24: the table schemas/hybrid.toml."""

import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from einvoice import data
from einvoice.formats.delivery import KNOWN_ROOTS
from einvoice.model.lexical import trim
from einvoice.model.namespaces import xpath
from einvoice.model.terms import terms


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile of ZUGFeRD/Factur-X and what belongs to it in a PDF.

    level: XMP ConformanceLevel (`also`: other right names) · name: of the embedded file · version: XMP Version
    · relation: the AFRelationship to write; `relations`: those that are right.
    """

    level: str
    name: str
    version: str
    relation: str
    relations: tuple[str, ...]
    also: tuple[str, ...] = ()
    exactly: tuple[str, ...] = ()
    begins: tuple[str, ...] = ()
    syntax: str = "cii"

    def fits(self, syntax: str, specification: str) -> bool:
        """Whether a document with this BT-24 (trimmed) is of this profile."""
        if syntax != self.syntax:
            return False
        return specification in self.exactly or (bool(self.begins) and specification.startswith(self.begins))

    def levels(self) -> tuple[str, ...]:
        """All right ConformanceLevels."""
        return (self.level, *self.also)


@functools.cache
def table() -> Mapping[str, Any]:
    """schemas/hybrid.toml as it stands."""
    return tomllib.loads((data.folder("schemas") / "hybrid.toml").read_text("utf-8"))


@functools.cache
def profiles() -> tuple[Profile, ...]:
    """The profiles, first match first."""
    return tuple(map(_profile, table()["profile"]))


def _profile(row: Mapping[str, Any]) -> Profile:
    values: dict[str, Any] = {key: tuple(one) if isinstance(one, list) else one for key, one in row.items()}
    return Profile(**values)


def syntax_of(root: etree._Element) -> str | None:
    """The syntax of an invoice's root element (delivery.KNOWN_ROOTS); None for any other."""
    return KNOWN_ROOTS.get(root.tag)


def profile_of(root: etree._Element) -> Profile | None:
    """The profile that the document states; None where no hybrid profile knows its BT-24 or its syntax."""
    syntax, specification = syntax_of(root), first(root, "BT-24") or ""
    return next((one for one in profiles() if one.fits(syntax or "", specification)), None)


def version_of(profile: Profile, root: etree._Element) -> str:
    """The XMP Version: that of the XMP schema, or for XRECHNUNG that of the CIUS in BT-24."""
    if profile.version != "BT-24":
        return profile.version
    found = re.search(r"xrechnung_([0-9]+\.[0-9]+)", first(root, "BT-24") or "")
    return found[1] if found else "1.0"


def first(root: etree._Element, term: str) -> str | None:
    """The first occurrence of a term, trimmed; None if nothing stands there."""
    return next((text for one in occurrences(root, term) if (text := trim(one))), None)


def occurrences(root: etree._Element, term: str) -> list[str]:
    """All occurrences of a term as written, whatever the syntax, ZUGFeRD 1.0 too."""
    find = _finder(syntax_of(root) or "", term)
    found: Any = find(root) if find is not None else []
    return [one.text or "" for one in found]


@functools.cache
def _finder(syntax: str, term: str) -> etree.XPath | None:
    if syntax == "zugferd1":
        own = table()["zugferd1"]
        return etree.XPath(own[term], namespaces=own["namespaces"]) if term in own else None
    path = terms()[term].path(syntax) if syntax else None
    return xpath(path) if path else None
