"""In which characters an XML is written, and what is no XML at all: told before the parser tries.

What may be read is what KoSIT's parser (Xerces) reads, but for EBCDIC and the like: a declaration that contradicts
the bytes is refused, because two readers would read two texts.
"""

import re

from einvoice.model.problem import Problem

_READ = re.compile(
    r"(utf-?(8|16)(le|be)?|us-ascii|ascii|iso-?8859-\d{1,2}|latin-?1|windows-125\d|cp125\d)", re.I
)
_DECLARED = re.compile(r"""^<\?xml\s[^>]*?encoding\s*=\s*["']([^"']+)["']""")
_USUAL = tuple(
    f"<?xml version={mark}1.0{mark} encoding={mark}{name}{mark}".encode()
    for mark in "\"'"
    for name in ("UTF-8", "utf-8")
)
"""How nearly all invoices begin: there is nothing to be found out about them."""
_UTF8 = b"\xef\xbb\xbf"
_UTF16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_KINDS = {
    b"7z\xbc\xaf\x27\x1c": "7-Zip",
    b"Rar!\x1a\x07": "RAR",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "Outlook (.msg), Office",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"{\\rtf": "RTF",
}
"""How files begin that come instead of an invoice."""
_MAGIC = tuple(_KINDS)


def fault(data: bytes) -> Problem | None:
    """Why the bytes may not be read as XML (EI-XML), as far as it shows from how they begin."""
    if data.startswith(_USUAL):
        return None
    if data[:2] == b"\x1f\x8b":
        return _problem("gzip")
    if data.startswith(_MAGIC):
        return _problem("kind", kind=next(kind for magic, kind in _KINDS.items() if data.startswith(magic)))
    if data[:4] in (b"\xff\xfe\0\0", b"\0\0\xfe\xff", b"<\0\0\0", b"\0\0\0<"):
        return _problem("encoding", 1, encoding="UTF-32")
    if data[:4] == "<?xm".encode("cp037"):
        return _problem("encoding", 1, encoding="EBCDIC")
    wide = _wide(data)
    declared = declaration(data)
    if wide and data[:2] not in _UTF16 and declared is None:
        return _problem("encoding", 1, encoding="UTF-16 (ohne BOM, without BOM)")
    if declared is None:
        return None
    if not _READ.fullmatch(declared):
        return _problem("encoding", 1, encoding=declared[:40])
    if bool(wide) is not declared.upper().startswith("UTF-16"):
        return _problem("mismatch", 1, encoding=declared[:40], actual="UTF-16" if wide else "UTF-8/ASCII")
    return None


def declaration(data: bytes) -> str | None:
    """The encoding that the XML declaration names; None if it names none."""
    head = data[:400].removeprefix(_UTF8)
    text = head.decode(_wide(data) or "latin-1", "replace").removeprefix("\ufeff")
    found = _DECLARED.match(text)
    return found[1] if found else None


def _wide(data: bytes) -> str | None:
    """The codec of UTF-16, by its mark or by how `<` is written."""
    if data[:4] in (b"\xff\xfe\0\0", b"\0\0\xfe\xff"):
        return None
    return _UTF16.get(data[:2]) or {b"<\0": "utf-16-le", b"\0<": "utf-16-be"}.get(data[:2])


def broken_bytes(data: bytes) -> Problem | None:
    """Where bytes are that the declared encoding does not have (EI-XML with line and byte)."""
    declared = declaration(data) or "UTF-8"
    try:
        data.decode(_wide(data) or declared)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        likely = "windows-1252" if any(0x80 <= byte < 0xA0 for byte in data) else "ISO-8859-1"
        byte = f"0x{data[error.start]:02X}"
        return _problem("bytes", line, byte=byte, encoding=declared[:40], likely=likely)
    except LookupError:
        return None
    return None


def suspect(data: bytes) -> Problem | None:
    """EI-ENCODING where a text declared as Latin is evidently UTF-8: every umlaut then reads as two wrong letters."""
    if data.startswith(_USUAL):
        return None
    declared = declaration(data)
    if declared is None or _wide(data) or re.match(r"utf|us-ascii|ascii", declared, re.I) or data.isascii():
        return None
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return Problem("EI-ENCODING", {"encoding": declared[:40]}, line=1)


def _problem(why: str, line: int | None = None, **values: str) -> Problem:
    return Problem("EI-XML", {"why": why, **values}, line=line)
