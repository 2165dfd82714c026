"""The only door for writing PDFs (pikepdf): puts an XML into one. Runs in a limited process, see embedding.py."""

import hashlib
import io
import re
from collections.abc import Iterator
from typing import Any

from einvoice.errors import UsageError
from einvoice.formats import xml as xmls
from einvoice.formats.delivery import Budget, Limits
from einvoice.formats.hybrid import srgb, xmp
from einvoice.formats.hybrid.choosing import choose
from einvoice.formats.pdf import Pdf, Unreadable

_CLAIM = re.compile(rb"""(?:pdfaid:)(part|conformance)\s*(?:=\s*["']|>)\s*([1-4ABUaEF])""")


def put(pdf: bytes, xml: bytes, plan: dict[str, str], replace: bool) -> dict[str, Any]:
    """{"pdf", "notes"}, or {"refused", "detail"}; the keys are those of embedding.NOTES and REFUSALS.

    plan: name, level, version, relation, day (as PDF writes dates), title. Raises UsageError without pikepdf.
    """
    try:
        import pikepdf
    except ImportError:
        raise UsageError(
            "Writing PDFs needs pikepdf: pip install 'einvoice-pipeline[pdf]'",
            "PDF zu schreiben braucht pikepdf: pip install 'einvoice-pipeline[pdf]'",
        ) from None
    try:
        held = _held(pdf)
        if held and not replace:
            return {"refused": "occupied", "detail": ", ".join(held)}
        with pikepdf.open(io.BytesIO(pdf)) as document:
            if document.is_encrypted:
                return {"refused": "encrypted", "detail": ""}
            if _is_signed(document):
                return {"refused": "signed", "detail": ""}
            return _put(document, xml, plan, held)
    except pikepdf.PasswordError:
        return {"refused": "encrypted", "detail": ""}
    except Unreadable as error:
        return {"refused": error.why, "detail": str(error)}
    except (pikepdf.PdfError, ValueError, TypeError, KeyError, AttributeError, RuntimeError) as error:
        return {"refused": "damaged", "detail": f"{error}"[:200]}


def _held(pdf: bytes) -> list[str]:
    """The names of invoices that the PDF already holds."""
    files = Pdf(pdf).files(Budget(Limits()))
    chosen, others = choose(files)
    return ([files[chosen].name] if chosen is not None else []) + others


def _is_signed(document: Any) -> bool:
    form = document.Root.get("/AcroForm")
    flags = int(form.get("/SigFlags", 0)) if form is not None else 0
    return bool(flags & 1) or "/Perms" in document.Root


def _put(document: Any, xml: bytes, plan: dict[str, str], held: list[str]) -> dict[str, Any]:
    _take_out(document, set(held))
    _attach(document, xml, plan)
    notes = _describe(document, plan)
    written = io.BytesIO()
    document.save(written, deterministic_id=True, min_version="1.7")
    return {"pdf": written.getvalue(), "notes": notes}


def _take_out(document: Any, names: set[str]) -> None:
    """Removes embedded files of these names from the name tree and from the associated files."""
    if not names:
        return
    tree = _tree(document)
    for key in [key for key, file in tree.items() if {str(key), *_labels(file)} & names]:
        del tree[key]
    if "/AF" in document.Root:
        kept = [file for file in document.Root.AF if not set(_labels(file)) & names]
        document.Root.AF = document.make_indirect(_array(kept))


def _labels(file: Any) -> Iterator[str]:
    return (str(file[key]) for key in ("/UF", "/F") if key in file)


def _array(items: list[Any]) -> Any:
    from pikepdf import Array

    return Array(items)


def _tree(document: Any) -> Any:
    """The name tree of embedded files, made if it is not there."""
    from pikepdf import Dictionary, NameTree

    root = document.Root
    if "/Names" not in root:
        root.Names = document.make_indirect(Dictionary())
    if "/EmbeddedFiles" not in root.Names:
        root.Names.EmbeddedFiles = NameTree.new(document).obj
    return NameTree(root.Names.EmbeddedFiles)


def _attach(document: Any, xml: bytes, plan: dict[str, str]) -> None:
    from pikepdf import Dictionary, Name, Stream, String

    checksum = hashlib.md5(xml, usedforsecurity=False).digest()
    held = Stream(document, xml)
    held.Type, held.Subtype = Name.EmbeddedFile, Name("/text/xml")
    held.Params = Dictionary(Size=len(xml), ModDate=String(plan["day"]), CheckSum=String(checksum))
    file = document.make_indirect(
        Dictionary(
            Type=Name.Filespec,
            F=String(plan["name"]),
            UF=String(plan["name"]),
            Desc=String("Factur-X/ZUGFeRD invoice"),
            AFRelationship=Name("/" + plan["relation"]),
            EF=Dictionary(F=held, UF=held),
        )
    )
    _tree(document)[plan["name"]] = file
    there = list(document.Root.AF) if "/AF" in document.Root else []
    document.Root.AF = document.make_indirect(_array([*there, file]))


def _describe(document: Any, plan: dict[str, str]) -> list[dict[str, str]]:
    """Writes XMP (and what a PDF without a PDF/A claim lacks); the notes on what is not certain."""
    root = document.Root
    before = root.Metadata.read_bytes() if "/Metadata" in root else None
    claimed = dict(_CLAIM.findall(before or b""))
    part, conformance = claimed.get(b"part", b"").decode(), claimed.get(b"conformance", b"").decode().upper()
    claim, notes = None, list[dict[str, str]]()
    if obstacles := list(_obstacles(document)):
        notes.append({"note": "not-pdfa", "detail": ", ".join(obstacles[:5])})
    elif part in ("1", "2"):
        claim = "3" + (conformance or "B")
        notes.append({"note": "raised", "claim": part + conformance})
    elif part != "3":
        claim = "3B"
        notes.append({"note": "claimed"})
        _colour(document)
    values = {key: plan[key] for key in ("name", "version", "level", "title")}
    try:
        packet = xmp.with_invoice(before, claim=claim, **values)
    except xmls.Refused:
        packet = xmp.with_invoice(None, claim=claim, **values)
        notes.append({"note": "xmp"})
    _store(document, packet)
    return notes


def _store(document: Any, packet: bytes) -> None:
    from pikepdf import Name, Stream

    metadata = Stream(document, packet)
    metadata.Type, metadata.Subtype = Name.Metadata, Name.XML
    document.Root.Metadata = document.make_indirect(metadata)


def _colour(document: Any) -> None:
    """Adds sRGB as output intent where there is none."""
    from pikepdf import Dictionary, Name, Stream, String

    if "/OutputIntents" in document.Root:
        return
    profile = Stream(document, srgb.profile())
    profile.N = 3
    intent = Dictionary(
        Type=Name.OutputIntent,
        S=Name.GTS_PDFA1,
        OutputConditionIdentifier=String("sRGB IEC61966-2.1"),
        Info=String("sRGB IEC61966-2.1"),
        DestOutputProfile=document.make_indirect(profile),
    )
    document.Root.OutputIntents = _array([document.make_indirect(intent)])


def _obstacles(document: Any) -> Iterator[str]:
    """What is certainly not PDF/A: scripts, fonts that are not embedded."""
    root = document.Root
    if "/JavaScript" in root.get("/Names", {}) or "/AA" in root:
        yield "JavaScript"
    action = root.get("/OpenAction")
    if action is not None and not isinstance(action, list) and "/S" in action and str(action.S) != "/GoTo":
        yield f"OpenAction {action.S}"
    seen = set[str]()
    for page in document.pages:
        for font in _fonts(page.obj.get("/Resources")):
            name = str(font.get("/BaseFont", "")).lstrip("/")
            if name not in seen and not _embedded(font):
                yield name
            seen.add(name)


def _fonts(resources: Any) -> Iterator[Any]:
    if resources is not None and "/Font" in resources:
        yield from (font for _, font in resources.Font.items())


def _embedded(font: Any) -> bool:
    if str(font.get("/Subtype", "")) == "/Type3":
        return True
    inner = font.DescendantFonts[0] if "/DescendantFonts" in font else font
    descriptor = inner.get("/FontDescriptor")
    return descriptor is not None and any(
        key in descriptor for key in ("/FontFile", "/FontFile2", "/FontFile3")
    )
