"""Makes samples/ from the stories below: `python -m tests.samples`. Fictional companies and towns throughout.

Each story is a base of rules/examples with changes by term; so no amount is typed twice, and the rules themselves
say whether a sample is what its story claims (tests/test_samples.py).
"""

import io
import zipfile
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from einvoice import data
from einvoice.formats.writing import write
from einvoice.model.bases import base
from einvoice.model.changes import apply

FOLDER = data.folder("samples")
PLAIN = "urn:cen.eu:en16931:2017"


def buyer(name: str, leitweg: str, street: str, town: str, code: str) -> dict[str, Any]:
    """A town as the buyer."""
    return {
        "BT-10": leitweg,
        "BG-7/BT-44": name,
        "BG-7/BT-49": {"value": leitweg, "BT-49-1": "0204"},
        "BG-7/BG-8/BT-50": street,
        "BG-7/BG-8/BT-52": town,
        "BG-7/BG-8/BT-53": code,
    }


MUSTERLIPPE = buyer("Stadt Musterlippe", "05766999-STADT-84", "Rathausplatz 1", "Musterlippe", "32995")
BEISPIELHAUSEN = buyer(
    "Gemeinde Beispielhausen", "05758998-RATHAUS-77", "Am Markt 3", "Beispielhausen", "32994"
)
TESTFURT = buyer("Kreis Testfurt", "05799-KREISHAUS-49", "Kreishausallee 8", "Testfurt", "32993")


@dataclass(frozen=True)
class Sample:
    """One XML of a story: a base, its syntax and what is changed."""

    number: str
    town: dict[str, Any]
    on: str = "standard"
    syntax: str = "ubl-invoice"
    changes: dict[str, Any] = field(default_factory=dict)

    def xml(self) -> bytes:
        """The invoice as it is sent."""
        changes = {"BT-1": self.number, **self.town, **self.changes}
        return write(apply(base(self.on, self.syntax), changes), self.syntax).data


SKONTO = Sample("RE-2026-0815", MUSTERLIPPE)
CREDIT = Sample("GS-2026-0031", BEISPIELHAUSEN, on="small", syntax="ubl-creditnote")
CII = Sample("K-26-1187", TESTFURT, syntax="cii")
HYBRID = Sample("2026/0099", MUSTERLIPPE, on="small", syntax="cii", changes={"BG-2/BT-24": PLAIN})
MAILED = Sample("RE-2026-0900", BEISPIELHAUSEN, on="exempt")
BUNDLE = [
    Sample("B-7001", TESTFURT, on="small"),
    Sample("B-7002", TESTFURT, on="reverse-charge", syntax="cii"),
]
BROKEN = Sample("RE-2026-0950", MUSTERLIPPE, on="small")
WRONG = Sample("RE-2026-0951", TESTFURT, changes={"BG-22/BT-112": "660.20"})
STRAY = Sample(
    "RE-2026-0952", buyer("Stadt Anderswo", "09999-X-17", "Weg 1", "Anderswo", "32992"), on="small"
)
SUB_LINES = Sample("E-2026-0007", MUSTERLIPPE, on="extension")


def files() -> dict[str, bytes]:
    """All samples by name; the number in front is the order in which their stories are told."""
    return {
        "01-skonto.xml": SKONTO.xml(),
        "02-gutschrift.xml": CREDIT.xml(),
        "03-cii.xml": CII.xml(),
        "04-zugferd.pdf": pdf(HYBRID.xml()),
        "05-mail.eml": mail(MAILED.xml()),
        "06-sammlung.zip": bundle({f"{sample.number}.xml": sample.xml() for sample in BUNDLE}),
        "07-abgebrochen.xml": BROKEN.xml()[:1800],
        "08-falsche-summe.xml": WRONG.xml(),
        "09-noch-einmal.xml": SKONTO.xml().replace(b"\n", b"\n\n", 1) + b"\n",
        "10-unbekannte-leitweg-id.xml": STRAY.xml(),
        "11-unterpositionen.xml": SUB_LINES.xml(),
    }


def mail(xml: bytes) -> bytes:
    """A mail as a supplier sends it: a greeting, the invoice, the terms of business."""
    message = EmailMessage()
    message["From"] = "Werre Bürobedarf <rechnung@werre-buerobedarf.example>"
    message["To"] = "rechnung@beispielhausen.example"
    message["Subject"] = "Rechnung RE-2026-0900"
    message["Date"] = "Mon, 02 Mar 2026 09:15:00 +0100"
    message["Message-ID"] = "<20260302.0900@werre-buerobedarf.example>"
    message.set_content("Guten Tag,\n\nanbei unsere Rechnung.\n\nFreundliche Grüße\nWerre Bürobedarf\n")
    message.add_attachment(xml, maintype="application", subtype="xml", filename="RE-2026-0900.xml")
    message.add_attachment("Es gelten unsere Bedingungen.\n", filename="AGB.txt")
    message.set_boundary("werre-0900")
    return message.as_bytes()


def bundle(entries: dict[str, bytes]) -> bytes:
    """A zip of several invoices and a note, the same bytes every time."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**entries, "Hinweis.txt": b"Zwei Rechnungen, wie besprochen.\n"}.items():
            info = zipfile.ZipInfo(name, (2026, 3, 2, 8, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return stream.getvalue()


def pdf(xml: bytes) -> bytes:
    """A ZUGFeRD PDF: a picture a person can read (PDF/A-3), the invoice embedded; the same bytes every time."""
    from einvoice.formats.hybrid.embedding import embed
    from einvoice.formats.reading import read
    from einvoice.formats.xml import parse
    from einvoice.render.pdf import page

    return embed(page(read(parse(xml)).content(), "de", syntax="cii"), xml).pdf


def main() -> None:
    """Writes the samples."""
    for name, content in files().items():
        (FOLDER / name).write_bytes(content)


if __name__ == "__main__":
    main()
