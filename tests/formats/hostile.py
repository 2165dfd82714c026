# ruff: noqa: E501  (a table of cases reads best one case per line)
"""Inputs made to hurt, one simple member of each group (facts/reliability.md, section 2). Built when asked for."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

from tests.formats.test_delivery import mail, pdf, zipped
from tests.samples import FOLDER

PLAIN = (FOLDER / "01-skonto.xml").read_bytes()
_SECRET = b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>'


def _invoice(inside: bytes, head: bytes = b"", attributes: bytes = b"") -> bytes:
    name = b"urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
    return head + b'<Invoice xmlns="' + name + b'" ' + attributes + b">" + inside + b"</Invoice>"


def _laughs() -> bytes:
    entities = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
    return _invoice(b"&l9;", b'<!DOCTYPE a [<!ENTITY l0 "ha">' + entities + b"]>")


def _many(count: int, one: Callable[[int], bytes]) -> bytes:
    return b"".join(map(one, range(count)))


def _bomb(size: int) -> bytes:
    packer, part = zlib.compressobj(9), bytes(1 << 20)
    return b"".join(packer.compress(part) for _ in range(size >> 20)) + packer.flush()


def _objects(*objects: bytes, root: int = 1) -> bytes:
    """A PDF of raw objects, numbered from 1, with a right table of contents."""
    body, places = b"%PDF-1.7\n", list[int]()
    for number, one in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n" % number + one + b"\nendobj\n"
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    table += b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer\n<</Root %d 0 R/Size %d>>\nstartxref\n%d\n" % (root, len(objects) + 1, len(body))
    return body + table + trailer + b"%%EOF"


def _stream(data: bytes, more: bytes = b"") -> bytes:
    return b"<<%s/Length %d>>\nstream\n" % (more, len(data)) + data + b"\nendstream"


def _pdf(catalog: bytes, *objects: bytes) -> bytes:
    return _objects(
        b"<</Type/Catalog/Pages 2 0 R" + catalog + b">>", b"<</Type/Pages/Kids[]/Count 0>>", *objects
    )


def _carrying(data: bytes, more: bytes = b"", catalog: bytes = b"", *objects: bytes) -> bytes:
    """A PDF with factur-x.xml as its object 4."""
    listed = b"/Names<</EmbeddedFiles<</Names[(factur-x.xml)3 0 R]>>>>" + catalog
    file = b"<</Type/Filespec/F(factur-x.xml)/EF<</F 4 0 R>>>>"
    return _pdf(listed, file, _stream(data, more), *objects)


def _pages(contents: bytes, kids: bytes) -> bytes:
    """A hybrid whose pages are a trap."""
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/A>>>>>>"
    return _objects(
        b"<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles<</Names[(factur-x.xml)3 0 R]>>>>>>",
        b"<</Type/Pages/Kids[" + kids + b"]/Count 3>>",
        b"<</Type/Filespec/F(factur-x.xml)/EF<</F 4 0 R>>>>",
        _stream(PLAIN),
        page + b"/Contents 6 0 R>>",
        _stream(contents, b"/Filter/FlateDecode"),
    )


def _lying_zip() -> bytes:
    data = bytearray(zipped(("a.xml", PLAIN)))
    place = data.index(b"PK\x01\x02") + 24
    data[place : place + 4] = struct.pack("<I", 1)
    return bytes(data)


def _link_zip() -> bytes:
    stream, info = io.BytesIO(), zipfile.ZipInfo("a.xml")
    info.create_system, info.external_attr = 3, 0o120777 << 16
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(info, "/etc/passwd")
    return stream.getvalue()


def _nested_zip(depth: int) -> bytes:
    data = PLAIN
    for n in range(depth):
        data = zipped((f"{n}.zip" if n else "a.xml", data))
    return data


def _nested_mail(depth: int) -> bytes:
    data = mail(("a.xml", PLAIN))
    for _ in range(depth):
        head = b"From: a@example.org\r\nContent-Type: message/rfc822\r\n\r\n"
        data = head + data
    return data


def _mail(name: bytes, kind: bytes = b"application/octet-stream", data: bytes = PLAIN) -> bytes:
    head = b"From: a@example.org\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\n"
    return (
        head
        + b"Content-Type: "
        + kind
        + b"\r\nContent-Disposition: attachment; "
        + name
        + b"\r\n\r\n"
        + data
        + b"\r\n--B--\r\n"
    )


REJECTED, UNCHECKED, ACCEPTED = {"rejected"}, {"unchecked"}, {"accepted"}
EITHER = REJECTED | UNCHECKED
Case = tuple[str, Callable[[], bytes], set[str], str]

XML: dict[str, Case] = {
    "x entity of a file": ("a.xml", lambda: _invoice(b"&e;", _SECRET), REJECTED, "EI-XML"),
    "x entity over http": ("a.xml", lambda: _invoice(b"&e;", _SECRET.replace(b"file:///etc/passwd", b"http://127.0.0.1:9/")), REJECTED, "EI-XML"),
    "x external DTD": ("a.xml", lambda: _invoice(b"", b'<!DOCTYPE Invoice SYSTEM "http://127.0.0.1:9/a.dtd">'), REJECTED, "EI-XML"),
    "x entity in UTF-16": ("a.xml", lambda: _invoice(b"&e;", _SECRET).decode().encode("utf-16"), REJECTED, "EI-XML"),
    "x parameter entity": ("a.xml", lambda: _invoice(b"", b'<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>'), REJECTED, "EI-XML"),
    "x billion laughs": ("a.xml", _laughs, REJECTED, "EI-XML"),
    "x quadratic": ("a.xml", lambda: _invoice(b"&q;" * 50_000, b'<!DOCTYPE a [<!ENTITY q "' + b"q" * 50_000 + b'">]>'), REJECTED, "EI-XML"),
    "x include": ("a.xml", lambda: _invoice(b'<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>'), REJECTED, "EI-XSD"),
    "x schema location": ("a.xml", lambda: PLAIN.replace(b"<ubl:Invoice ", b'<ubl:Invoice xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:a http://127.0.0.1:9/a.xsd" ', 1), ACCEPTED | REJECTED, ""),
    "s depth": ("a.xml", lambda: _invoice(b"<a>" * 100_000 + b"</a>" * 100_000), REJECTED, "EI-XML"),
    "s attributes": ("a.xml", lambda: _invoice(b"", attributes=_many(200_000, lambda n: b'a%d="" ' % n)), REJECTED, "EI-XML"),
    "s long attribute": ("a.xml", lambda: _invoice(b"", attributes=b'a="' + b"x" * 5_000_000 + b'"'), EITHER, ""),
    "s long name": ("a.xml", lambda: b"<" + b"n" * 10_000_000 + b"/>", EITHER, ""),
    "s namespaces": ("a.xml", lambda: _invoice(b"", attributes=_many(50_000, lambda n: b'xmlns:n%d="urn:%d" ' % (n, n))), REJECTED, "EI-XML"),
    "s long comment": ("a.xml", lambda: _invoice(b"<!--" + b"-x" * 8_000_000 + b"-->"), EITHER, ""),
    "t two documents": ("a.xml", lambda: PLAIN + PLAIN, REJECTED, "EI-XML"),
    "t NULs behind": ("a.xml", lambda: PLAIN + bytes(5000), REJECTED, "EI-XML"),
    "t random": ("a.xml", lambda: bytes(n * n % 251 for n in range(50_000)), REJECTED, "EI-XML"),
    "v gzip": ("a.xml", lambda: b"\x1f\x8b\x08" + bytes(50), REJECTED, "EI-XML"),
    "v Outlook message": ("a.msg", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), REJECTED, "EI-XML"),
    "z tar": ("a.tar", lambda: b"a.xml".ljust(257, b"\0") + b"ustar\x0000" + bytes(700), REJECTED, "EI-XML"),
}  # fmt: skip
PDF: dict[str, Case] = {
    "p stream bomb": ("a.pdf", lambda: _carrying(_bomb(300 << 20), b"/Filter/FlateDecode"), UNCHECKED, "EI-FILE"),
    "p filters upon filters": ("a.pdf", lambda: _carrying(zlib.compress(_bomb(300 << 20)), b"/Filter[/FlateDecode/FlateDecode]"), UNCHECKED, "EI-FILE"),
    "p name tree loop": ("a.pdf", lambda: _pdf(b"/Names<</EmbeddedFiles 3 0 R>>", b"<</Kids[3 0 R 3 0 R]>>"), REJECTED, "EI-NOINVOICE"),
    "p previous table loop": ("a.pdf", lambda: pdf(("factur-x.xml", PLAIN)).replace(b"/Size", b"/Prev 15 /Size"), ACCEPTED | EITHER, ""),
    "p page loop": ("a.pdf", lambda: _pages(zlib.compress(b"BT (a) Tj ET"), b"2 0 R 2 0 R 5 0 R"), ACCEPTED, ""),
    "p text bomb": ("a.pdf", lambda: _pages(zlib.compress(b"BT /F 1 Tf " + b"(a) Tj " * 3_000_000 + b"ET"), b"5 0 R 5 0 R 5 0 R"), ACCEPTED, "EI-PDF-NOTEXT"),
    "p 10,000 attachments": ("a.pdf", lambda: _pdf(b"/Names<</EmbeddedFiles<</Names[" + _many(10_001, lambda n: b"(%d)3 0 R" % n) + b"]>>>>", b"<</F(a)/EF<</F 4 0 R>>>>", _stream(b"x")), EITHER, "EI-"),
    "p path as a name": ("a.pdf", lambda: pdf(("../../../etc/passwd.xml", PLAIN)), ACCEPTED, "EI-PDF-NAME"),
    "p trap in metadata": ("a.pdf", lambda: _carrying(PLAIN, b"", b"/Metadata 5 0 R", _stream(_laughs())), ACCEPTED, "EI-PDF-XMP"),
    "p attachment by URL": ("a.pdf", lambda: _pdf(b"/Names<</EmbeddedFiles<</Names[(factur-x.xml)3 0 R]>>>>", b"<</FS/URL/F(http://127.0.0.1:9/factur-x.xml)>>"), REJECTED, "EI-NOINVOICE"),
    "p cut off": ("a.pdf", lambda: pdf(("factur-x.xml", PLAIN))[:-700], ACCEPTED | REJECTED, ""),
    "p nothing but a head": ("a.pdf", lambda: b"%PDF-1.7\n", REJECTED, "EI-NOINVOICE"),
    "p password": ("a.pdf", lambda: pdf(("factur-x.xml", PLAIN), password="geheim"), REJECTED, "EI-NOINVOICE"),
    "p portfolio": ("a.pdf", lambda: _pdf(b"/Collection<<>>/Names<</EmbeddedFiles<</Names[(a.pdf)3 0 R]>>>>", b"<</F(a.pdf)/EF<</F 4 0 R>>>>", _stream(b"%PDF-1.7")), REJECTED, "EI-NOINVOICE"),
}  # fmt: skip
ZIP: dict[str, Case] = {
    "z bomb": ("a.zip", lambda: zipped(("a.xml", bytes(450_000_000))), EITHER, ""),
    "z nested": ("a.zip", lambda: _nested_zip(12), UNCHECKED, "EI-FILE"),
    "z 20,000 entries": ("a.zip", lambda: zipped(*((f"{n}", b"") for n in range(20_000))), UNCHECKED, "EI-FILE"),
    "z slip": ("a.zip", lambda: zipped(("../../../tmp/a.xml", PLAIN)), ACCEPTED, ""),
    "z lying size": ("a.zip", _lying_zip, EITHER, ""),
    "z link": ("a.zip", _link_zip, EITHER, ""),
    "z twins": ("a.zip", lambda: zipped(("a.xml", PLAIN), ("b.xml", b"<x/>")).replace(b"b.xml", b"a.xml"), ACCEPTED, ""),
}  # fmt: skip
MAIL: dict[str, Case] = {
    "m 50 within each other": ("a.eml", lambda: _nested_mail(50), UNCHECKED, "EI-FILE"),
    "m 10,001 parts": ("a.eml", lambda: _mail(b"filename=a.txt", data=b"x").replace(b"--B--", b"--B\r\nContent-Disposition: attachment\r\n\r\nx\r\n" * 10_001 + b"--B--"), UNCHECKED, ""),
    "m no boundary": ("a.eml", lambda: b"From: a@example.org\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed\r\n\r\n--B\r\n\r\nx", REJECTED, "EI-NOINVOICE"),
    "m winmail.dat": ("a.eml", lambda: _mail(b"filename=winmail.dat", b"application/ms-tnef", b"\x78\x9f\x3e\x22"), REJECTED, "EI-NOINVOICE"),
    "m sealed": ("a.eml", lambda: _mail(b"filename=smime.p7m", b"application/pkcs7-mime", b"0\x82"), REJECTED, "EI-NOINVOICE"),
    "m path in RFC 2231": ("a.eml", lambda: _mail(b"filename*=UTF-8''..%2F..%2Fetc%2Fa%C3%A4.xml"), ACCEPTED, ""),
    "m headers": ("a.eml", lambda: b"From: a@example.org\r\n" + b"X-A: " + b"a" * 3_000_000 + b"\r\nSubject: " + b"=?utf-8?q?a?= " * 20_000 + b"\r\n\r\nx", EITHER, ""),
    "m wrong base64": ("a.eml", lambda: _mail(b"filename=a.xml\r\nContent-Transfer-Encoding: base64", data=b"!!!!" * 50), REJECTED, ""),
}  # fmt: skip
ALL = XML | PDF | ZIP | MAIL
