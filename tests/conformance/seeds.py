"""The documents that are compared: the corpus, the examples of the rules, and mutants of accepted ones."""

from collections.abc import Iterator
from dataclasses import dataclass

from einvoice.formats.delivery import open_delivery
from einvoice.formats.writing import write
from einvoice.model import bases
from tests.parts import CORPUS

SYNTAXES = ("ubl-invoice", "ubl-creditnote", "cii")


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


def examples(release: str) -> Iterator[Source]:
    """The examples of the rules of a release, written out in every syntax they apply to."""
    from tests.rulebook.examples import cases

    for case in cases():
        if release in case.releases:
            data = write(bases.example(case.changes, case.syntax), case.syntax).data
            yield Source(f"{case}-{case.profile}", data)


def accepted() -> list[Source]:
    """What mutants are made of: files that are accepted, our bases in every syntax, and each Factur-X profile."""
    found = [source for source in _listed() if len(source.data) < 150_000]
    for name in bases.names():
        for syntax in SYNTAXES:
            data = write(bases.base(name, syntax), syntax).data
            found.append(Source(f"base/{name}/{syntax}", data))
    return found


def facturx() -> list[Source]:
    """Seeds for the Factur-X profiles: the accepted ones of the corpus, as they came out of their PDFs."""
    found = []
    for source in corpus("zugferd"):
        profile = _facturx_profile(source)
        if profile:
            found.append(Source(source.name, source.data, source.in_pdf, f"facturx-{profile}"))
    return found


def _listed() -> Iterator[Source]:
    listing = CORPUS / "accepted-files.txt"
    if not listing.is_file():
        return
    for line in listing.read_text("utf-8").splitlines():
        path = CORPUS / line.strip()
        if path.suffix.lower() == ".xml" and path.is_file():
            yield Source(line.strip(), path.read_bytes())


def _facturx_profile(source: Source) -> str | None:
    from einvoice.formats import xml
    from einvoice.validation import schema
    from tests.conformance.verdicts import scenario_of

    try:
        root = xml.parse(source.data)
        _, scenario = scenario_of(root, source.in_pdf)
    except (xml.Refused, KeyError):
        return None
    if not scenario.facturx or schema.check(root, f"facturx-{scenario.facturx}"):
        return None
    return scenario.facturx
