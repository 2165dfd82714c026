"""Puts an invoice's XML into a PDF: ZUGFeRD 2.x / Factur-X 1.0x of every profile, XRECHNUNG included.

    made = embed(pdf, cii)          # pdf: the picture of the invoice, best already PDF/A-3
    made.pdf                        # bytes, the same for the same input
    made.notes                      # what is not guaranteed, as sentences (de, en); empty for a PDF/A-3 base

File name, XMP and AFRelationship follow the profile in BT-24 (schemas/hybrid.toml).
"""

from dataclasses import dataclass
from typing import Any

from lxml import etree

from einvoice import confined
from einvoice.errors import NotEmbedded
from einvoice.formats import xml
from einvoice.formats.hybrid.profiles import Profile, first, profile_of, syntax_of, version_of
from einvoice.model.lexical import date_102

Sentence = tuple[str, str]
"""German, English."""

NOTES: dict[str, Sentence] = {
    "raised": (
        "Das PDF war PDF/A-{claim} und gibt sich jetzt als PDF/A-3 aus; bitte mit veraPDF prüfen "
        "(einvoice validate --verapdf).",
        "The PDF was PDF/A-{claim} and now claims PDF/A-3; please check it with veraPDF "
        "(einvoice validate --verapdf).",
    ),
    "claimed": (
        "Das PDF gab sich nicht als PDF/A aus. Ein Farbprofil und die Angabe PDF/A-3B wurden ergänzt; ob alles "
        "Übrige PDF/A entspricht, ist nicht gewiss: bitte mit veraPDF prüfen (einvoice validate --verapdf).",
        "The PDF did not claim PDF/A. A colour profile and the claim PDF/A-3B were added; whether all else is "
        "PDF/A is not certain: please check it with veraPDF (einvoice validate --verapdf).",
    ),
    "not-pdfa": (
        "Das Ergebnis ist kein PDF/A-3, wie ZUGFeRD es verlangt ({detail}). Bitte das PDF als PDF/A erzeugen und "
        "die Rechnung dann einbetten.",
        "The result is no PDF/A-3 as ZUGFeRD demands ({detail}). Please make the PDF as PDF/A, then embed.",
    ),
    "xmp": (
        "Die Metadaten (XMP) des PDF waren nicht lesbar und wurden neu angelegt.",
        "The metadata (XMP) of the PDF could not be read and were made anew.",
    ),
}
"""What embedding cannot guarantee."""

REFUSALS: dict[str, Sentence] = {
    "xml": (
        "Die Rechnung ist kein lesbares XML und kann nicht eingebettet werden.",
        "The invoice is no readable XML and cannot be embedded.",
    ),
    "ubl": (
        "In ein ZUGFeRD-PDF gehört CII, die Rechnung ist {detail}: bitte erst umwandeln (einvoice convert --to cii).",
        "A ZUGFeRD PDF carries CII, the invoice is {detail}: please convert it first (einvoice convert --to cii).",
    ),
    "profile": (
        "Zur Spezifikationskennung „{detail}“ (BT-24) gibt es kein ZUGFeRD-Profil.",
        "There is no ZUGFeRD profile for the specification identifier “{detail}” (BT-24).",
    ),
    "damaged": (
        "Das PDF ist nicht lesbar ({detail}): bitte eine andere Datei angeben.",
        "The PDF cannot be read ({detail}): please give another file.",
    ),
    "encrypted": (
        "Das PDF ist verschlüsselt, PDF/A erlaubt das nicht: bitte eine Fassung ohne Kennwort und ohne "
        "Beschränkungen angeben.",
        "The PDF is encrypted, which PDF/A forbids: please give one without password and restrictions.",
    ),
    "signed": (
        "Das PDF ist elektronisch unterschrieben; Einbetten würde die Unterschrift brechen: bitte zuerst einbetten, "
        "dann unterschreiben.",
        "The PDF is signed electronically, embedding would break the signature: please embed first, then sign.",
    ),
    "occupied": (
        "Das PDF enthält schon eine Rechnung ({detail}): bitte ausdrücklich ersetzen lassen (replace) oder ein "
        "anderes PDF angeben.",
        "The PDF already holds an invoice ({detail}): please ask for replacing it (replace) or give another PDF.",
    ),
}
"""Why a PDF or an XML is not taken."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """A hybrid invoice. notes: sentences (German, English) on what is not guaranteed."""

    pdf: bytes
    level: str
    notes: tuple[Sentence, ...]


def embed(pdf: bytes, cii: bytes, *, relation: str | None = None, replace: bool = False) -> Embedded:
    """The PDF with the invoice in it; its other attachments are kept.

    relation: an AFRelationship other than the profile's usual one ("Data", "Source"). replace: take the place of
    an invoice that the PDF already holds. The same input gives the same bytes: dates come from the invoice.

    Raises NotEmbedded, with a sentence, for a PDF that is damaged, encrypted, signed or already holds an invoice,
    and for an XML that belongs to no profile; Unchecked if the PDF takes too much time or memory. Needs pikepdf
    (extra `pdf`): UsageError says so.
    """
    root = _parsed(cii)
    profile = _profile(root)
    day = date_102(first(root, "BT-2") or "")
    plan = {
        "name": profile.name,
        "level": profile.level,
        "version": version_of(profile, root),
        "relation": relation or profile.relation,
        "day": f"D:{day:%Y%m%d}000000Z" if day else "D:19700101000000Z",
        "title": first(root, "BT-1") or "",
    }
    arguments = {"pdf": pdf, "xml": cii, "plan": plan, "replace": replace}
    with confined.borrowed() as child:
        seconds = 30 + 2 * len(pdf) / 1_000_000
        made: dict[str, Any] = child.call("einvoice.formats.hybrid.putting:put", arguments, seconds)
    if "refused" in made:
        raise _refused(made["refused"], made["detail"])
    notes = (_filled(NOTES[one["note"]], one) for one in made["notes"])
    return Embedded(made["pdf"], profile.level, tuple(notes))


def _parsed(cii: bytes) -> etree._Element:
    try:
        return xml.parse(cii)
    except xml.Refused:
        raise _refused("xml", "") from None


def _profile(root: etree._Element) -> Profile:
    syntax, profile = syntax_of(root), profile_of(root)
    if syntax != "cii":
        raise _refused("ubl", syntax or etree.QName(root).localname)
    if profile is None:
        raise _refused("profile", first(root, "BT-24") or "")
    return profile


def _refused(why: str, detail: str) -> NotEmbedded:
    german, english = _filled(REFUSALS[why], {"detail": detail})
    return NotEmbedded(english, german)


def _filled(sentence: Sentence, values: dict[str, str]) -> Sentence:
    return sentence[0].format_map(values), sentence[1].format_map(values)
