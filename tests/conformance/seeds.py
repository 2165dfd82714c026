"""The documents that are compared, and those that mutants are made of: as many of each scenario as its share says."""

import functools
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from lxml import etree

from einvoice import data
from einvoice.formats import examples as written
from einvoice.formats import xml
from einvoice.formats.delivery import open_delivery
from einvoice.formats.writing import write
from einvoice.model import bases
from einvoice.validation import schema
from tests.conformance.grammar import grammar
from tests.conformance.verdicts import Document
from tests.parts import CORPUS

SYNTAXES = ("ubl-invoice", "ubl-creditnote", "cii")


@dataclass(frozen=True, slots=True)
class Stratum:
    """One scenario and kind of document, and how many of twenty mutants are of it."""

    profile: str
    syntax: str
    share: int = 1

    @property
    def schema(self) -> str:
        """What its documents should be valid against (a key of schema_files.MAIN)."""
        return self.profile if self.in_pdf or self.profile.startswith("facturx-") else self.syntax

    @property
    def in_pdf(self) -> bool:
        """Whether its documents come out of a PDF: only then Factur-X judges EN 16931."""
        return self.profile == "facturx-en16931"


STRATA = (
    Stratum("xrechnung", "ubl-invoice", 2),
    Stratum("xrechnung", "ubl-creditnote", 2),
    Stratum("xrechnung", "cii", 2),
    Stratum("xrechnung-extension", "ubl-invoice", 2),
    Stratum("xrechnung-extension", "cii"),
    Stratum("xrechnung-cvd", "ubl-invoice"),
    Stratum("xrechnung-cvd", "ubl-creditnote"),
    Stratum("xrechnung-cvd", "cii"),
    Stratum("en16931", "ubl-invoice"),
    Stratum("en16931", "ubl-creditnote"),
    Stratum("en16931", "cii"),
    Stratum("facturx-minimum", "cii"),
    Stratum("facturx-basicwl", "cii"),
    Stratum("facturx-basic", "cii"),
    Stratum("facturx-en16931", "cii"),
    Stratum("facturx-extended", "cii"),
)


@dataclass(frozen=True, slots=True)
class Source:
    """A document to compare, or to make mutants of. `schema`: what its mutants should be valid against."""

    name: str
    data: bytes
    in_pdf: bool = False
    schema: str = ""


def corpus(folder: str = "") -> Iterator[Source]:
    """Every file of the corpus, or of a folder of it; none where there is no corpus."""
    for path in sorted((CORPUS / folder).rglob("*")):
        if path.suffix.lower() not in (".xml", ".pdf") or "expected" in path.parts:
            continue
        for document in open_delivery(path.read_bytes(), path.name).documents:
            yield Source(str(path.relative_to(CORPUS)), document.data, document.in_pdf)


def examples() -> Iterator[Source]:
    """The examples of the rules, written out in every syntax they apply to."""
    from tests.rulebook.examples import cases

    for case in cases():
        yield Source(f"{case}-{case.profile}", written.document(case.changes, case.syntax))


@functools.cache
def pools() -> dict[Stratum, tuple[list[Source], list[Source]]]:
    """What mutants of each stratum are made of: its own documents, and all others of its syntax (see `under`)."""
    every = [(source, Document(source.data, source.in_pdf)) for source in _accepted()]
    found: dict[Stratum, tuple[list[Source], list[Source]]] = {}
    for stratum in STRATA:
        own, others = found.setdefault(stratum, ([], []))
        for source, document in every:
            if document.profile == f"{stratum.profile} {stratum.syntax}":
                own.append(replace(source, schema=stratum.schema, in_pdf=stratum.in_pdf))
            elif document.syntax == stratum.syntax:
                others.append(source)
    return found


@functools.lru_cache(maxsize=2000)
def under(source: Source, stratum: Stratum) -> Source | None:
    """A document with the BT-24 of another stratum, without what its schema does not allow; None if that fails."""
    root = xml.parse(source.data)
    for element in root.iter("{*}CustomizationID", "{*}GuidelineSpecifiedDocumentContextParameter"):
        (element[0] if len(element) else element).text = _identifier(stratum.profile)
        break
    allowed = grammar(stratum.schema)
    for element in list(root.iter(etree.Element)):
        parent = element.getparent()
        if (
            parent is not None
            and element.getroottree().getroot() is root
            and allowed.kind_of(element) is None
        ):
            parent.remove(element)
    if not schema.official(stratum.schema).is_valid(root):
        return None
    made = etree.tostring(root, encoding="UTF-8")
    return Source(f"{source.name}@{stratum.profile}", made, stratum.in_pdf, stratum.schema)


@functools.cache
def _identifier(profile: str) -> str:
    table = tomllib.loads((data.folder("rules") / "scenarios.toml").read_text("utf-8"))["scenario"]
    row = next(row for row in table if row["profile"] == profile)
    return str((row.get("exactly") or row["trimmed"])[0])


def _accepted() -> Iterator[Source]:
    """Files that are accepted, our bases in every syntax, and the Factur-X files of the corpus that are valid."""
    listing = CORPUS / "accepted-files.txt"
    for line in listing.read_text("utf-8").splitlines() if listing.is_file() else ():
        path = CORPUS / line.strip()
        if path.suffix.lower() == ".xml" and path.stat().st_size < 150_000:
            yield Source(line.strip(), path.read_bytes())
    for name in bases.names():
        for syntax in SYNTAXES:
            yield Source(f"base/{name}/{syntax}", write(bases.base(name, syntax), syntax).data)
    for source in corpus("zugferd"):
        try:
            document = Document(source.data, source.in_pdf)
        except (xml.Refused, KeyError):
            continue
        if document.scenario.facturx and schema.official(document.schema).is_valid(document.root):
            yield source
