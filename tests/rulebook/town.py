"""A small rulebook of a test's own, beside the shipped names and code lists."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from einvoice import data
from einvoice.errors import EinvoiceError
from einvoice.rulebook import Book, Sources, forget, load

RELEASE = "kosit-2026-01-31"
UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
CII = "urn:un:unece:uncefact:data:standard:"
_SHARED = ("profiles.toml", "words.toml", "releases", "codelists", "official.tsv", "written.tsv")

INVOICE = f"""<Invoice xmlns="{UBL}Invoice-2"
 xmlns:b="{UBL}CommonBasicComponents-2" xmlns:a="{UBL}CommonAggregateComponents-2">
<b:ID>R-1</b:ID><b:DocumentCurrencyCode> EUR</b:DocumentCurrencyCode><b:Note> </b:Note>
<a:LegalMonetaryTotal><b:LineExtensionAmount>3.00</b:LineExtensionAmount></a:LegalMonetaryTotal>
<a:InvoiceLine><b:ID>1</b:ID><b:LineExtensionAmount>1.0</b:LineExtensionAmount></a:InvoiceLine>
<a:InvoiceLine><b:ID>2</b:ID><b:LineExtensionAmount>2</b:LineExtensionAmount></a:InvoiceLine></Invoice>"""

CREDIT_NOTE = INVOICE.replace("Invoice xmlns", "CreditNote xmlns").replace("Invoice-2", "CreditNote-2")
CREDIT_NOTE = CREDIT_NOTE.replace("InvoiceLine", "CreditNoteLine").replace("</Invoice>", "</CreditNote>")

CROSS = f"""<r:CrossIndustryInvoice xmlns:r="{CII}CrossIndustryInvoice:100"
 xmlns:a="{CII}ReusableAggregateBusinessInformationEntity:100"><r:SupplyChainTradeTransaction>
<a:ApplicableHeaderTradeSettlement><a:InvoiceCurrencyCode>EUR</a:InvoiceCurrencyCode>
</a:ApplicableHeaderTradeSettlement></r:SupplyChainTradeTransaction></r:CrossIndustryInvoice>"""


@dataclass(frozen=True)
class Town:
    """Rules of a test's own in a folder."""

    rules: Path

    def book(self, text: str, syntax: str = "ubl-invoice", release: str = RELEASE) -> Book:
        """The book of one chapter with these rules, and nothing else."""
        chapter = self.rules / "en16931" / "test.toml"
        chapter.parent.mkdir(exist_ok=True)
        chapter.write_text(text, encoding="utf-8")
        sources = Sources(self.rules, data.folder("schemas"))
        forget()
        return load(release, "en16931", syntax, sources)

    def breaks(
        self, text: str, document: str = INVOICE, syntax: str = "ubl-invoice", **more: str
    ) -> list[str]:
        """The ids of the rules that a document breaks."""
        found = self.book(text, syntax, **more).judge(etree.fromstring(document))
        return [breach.rule.id for breach in found]


def town(folder: Path) -> Town:
    """A folder that holds what every rulebook needs beside its chapters."""
    for name in _SHARED:
        shipped = data.folder("rules") / name
        if shipped.is_dir():
            (folder / name).symlink_to(shipped)
        else:
            shutil.copy(shipped, folder / name)
    return Town(folder)


def rule(test: str, more: str = "") -> str:
    """One rule X-1 with this test."""
    return f"""[X-1]\n{more}\nassert = '''{test}'''\nen = "x"\nde = "x"\n"""


def assert_german(error: EinvoiceError) -> None:
    """What is wrong is said in German as well, and begins with the same file:line."""
    english, german = error.said("en"), error.said("de")
    assert english != german
    place = english.partition(": ")[0]
    assert place.rpartition(":")[2].isdigit()
    assert german.startswith(f"{place}: ")
