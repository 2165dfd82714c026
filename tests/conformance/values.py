"""What a mutant writes into an element: values at and beside every border that the official rules draw."""

import functools
from decimal import Decimal, InvalidOperation
from random import Random

from lxml import etree

from einvoice.data import folder

_TAX = ("S", "Z", "E", "AE", "K", "G", "O", "L", "M", "B", "s", " S ", "X", "SS", "")
_SCHEME = ("VAT", "VAT", "VAT", "vat", " VAT ", "VA", "GST", "LOC", "FC", "")
_COUNTRY = (
    "DE",
    "DE",
    "FR",
    "IT",
    "NL",
    "SS",
    "AN",
    "XK",
    "1A",
    "EL",
    "GR",
    "GB",
    "XI",
    "de",
    " DE ",
    "XX",
    "",
)
_CURRENCY = ("EUR", "USD", "HUF", "CHF", "STN", "STD", "XCG", "BGN", "eur", " EUR", "XXX", "")
_TYPES = (
    "380",
    "381",
    "384",
    "326",
    "389",
    "875",
    "876",
    "877",
    "386",
    "383",
    "502",
    "503",
    "71",
    "82",
    "999",
    "",
)
_MEANS = ("30", "58", "59", "48", "54", "55", "49", "57", "42", "10", "97", "1", "ZZZ", "", " 58 ", "68", "0")
_SPECIFICATIONS = tuple(
    "urn:cen.eu:en16931:2017" + rest
    for rest in (
        "",
        "#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0",
        "#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0#conformant#urn:xeinkauf.de:kosit:extension:xrechnung_3.0",
        "#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0#compliant#urn:xeinkauf.de:kosit:xrechnung:cvd_0.9",
    )
)
_NOTE = (
    "#SKONTO#TAGE=14#PROZENT=2.25#\n",
    "#SKONTO#TAGE=14#PROZENT=2.25#BASISBETRAG=-357.93#\n",
    "#SKONTO#TAGE=14#PROZENT=2.2#\n",
    "#SKONTO#TAGE=14#PROZENT=2.25#",
    "#skonto#TAGE=14#PROZENT=2.25#\n",
    "Text\n#SKONTO#TAGE=7#PROZENT=3.00#\nmehr",
    "#VERZUG#TAGE=14#PROZENT=2.25#\n",
    "#AAI#Hinweis",
    "#ZZZ#Hinweis",
    "#ADU#",
    "Zahlbar sofort",
    "",
)
_ACCOUNTS = (
    "DE02120300000000202051",
    "DE02 1203 0000 0000 2020 51",
    "DE03120300000000202051",
    "de02120300000000202051",
    "AT611904300234573201",
    "DE02",
    "1234567",
    "",
)
_VATEX = (
    "VATEX-EU-AE",
    "VATEX-EU-IC",
    "VATEX-EU-G",
    "VATEX-EU-O",
    "vatex-eu-79-c",
    "VATEX-FR-FRANCHISE",
    "X",
    "",
)
_SCHEMES = (
    "0088",
    "0060",
    "0204",
    "0244",
    "9930",
    "EM",
    "0219",
    "0230",
    "VA",
    "FC",
    "SEPA",
    "1",
    "",
    " 0088 ",
)
_DATES = ("2026-01-31", "2024-02-29", "2026-02-01", "2020-01-01", "2030-12-31", "2026-03-15Z", " 2026-03-15 ")
DAYS = ("2026-01-31", "2026-02-01", "2026-02-02", "2024-02-29", "12026-01-01", "-0044-03-15", "0001-01-01")
"""Days to put a time zone behind."""
_DATES_102 = (
    "20260131",
    "20240229",
    "20260201",
    "20200101",
    "20301231",
    " 20260131 ",
    "2026-01-31",
    "20261301",
    "",
)
_URI = ("https://beispiel.example/a", "ftp:x", "beispiel.example", "a:b", "1a:b", "ab:", "")
_MIME = (
    "application/pdf",
    "image/png",
    "text/csv",
    "application/xml",
    "text/xml",
    "application/PDF",
    "",
    "x",
)

_BY_NAME: dict[str, tuple[str, ...]] = {
    "CustomizationID": _SPECIFICATIONS,
    "GuidelineSpecifiedDocumentContextParameter/ID": _SPECIFICATIONS,
    "TaxCategory/ID": _TAX,
    "ClassifiedTaxCategory/ID": _TAX,
    "ApplicableTradeTax/CategoryCode": _TAX,
    "CategoryTradeTax/CategoryCode": _TAX,
    "TaxScheme/ID": _SCHEME,
    "ApplicableTradeTax/TypeCode": _SCHEME,
    "CategoryTradeTax/TypeCode": _SCHEME,
    "IdentificationCode": _COUNTRY,
    "CountryID": _COUNTRY,
    "DocumentCurrencyCode": _CURRENCY,
    "TaxCurrencyCode": _CURRENCY,
    "InvoiceCurrencyCode": _CURRENCY,
    "InvoiceTypeCode": _TYPES,
    "CreditNoteTypeCode": _TYPES,
    "ExchangedDocument/TypeCode": _TYPES,
    "PaymentMeansCode": _MEANS,
    "SpecifiedTradeSettlementPaymentMeans/TypeCode": _MEANS,
    "AllowanceChargeReasonCode": ("95", "41", "100", "AA", "ABL", "FC", "PRV", "ZZZ", "95 ", "1", "999", ""),
    "SpecifiedTradeAllowanceCharge/ReasonCode": (
        "95",
        "41",
        "100",
        "AA",
        "ABL",
        "FC",
        "PRV",
        "ZZZ",
        "1",
        "999",
        "",
    ),
    "TaxExemptionReasonCode": _VATEX,
    "ExemptionReasonCode": _VATEX,
    "DescriptionCode": ("3", "35", "432", "5", "29", "72", "0", "", "x"),
    "DueDateTypeCode": ("5", "29", "72", "3", "35", "432", "0", "", "x"),
    "DocumentTypeCode": ("130", "50", "916", "71", "130 ", ""),
    "AdditionalReferencedDocument/TypeCode": ("130", "50", "916", "71", "130 ", ""),
    "ReferenceTypeCode": ("AAJ", "IV", "130", "ZZZ", "xx", ""),
    "SubjectCode": ("AAI", "ADU", "SUR", "REG", "ZZZ", "ABZ", ""),
    "Note": _NOTE,
    "PaymentTerms/Note": _NOTE,
    "SpecifiedTradePaymentTerms/Description": _NOTE,
    "PayeeFinancialAccount/ID": _ACCOUNTS,
    "PayerFinancialAccount/ID": _ACCOUNTS,
    "IBANID": _ACCOUNTS,
    "ProprietaryID": _ACCOUNTS,
    "Telephone": ("0800 123456", "12", "1a2b3", "keine", "", "+49"),
    "CompleteNumber": ("0800 123456", "12", "1a2b3", "keine", "", "+49"),
    "ElectronicMail": ("a@b.de", "a@b", "a b@c.de", "@b.de", "a@.de", "a@b.c.de", "a@@b.de", "", "a@b.de."),
    "URIID": ("a@b.de", "a@b", *_URI),
    "URI": _URI,
    "CompanyID": (
        "DE123456789",
        "FR12345678901",
        "EL123456789",
        "XX123",
        "de123456789",
        " DE1",
        "D",
        "",
        "ATU1",
    ),
    "SpecifiedTaxRegistration/ID": (
        "DE123456789",
        "FR12345678901",
        "EL123456789",
        "XX1",
        "de1",
        " DE1",
        "D",
        "",
    ),
    "ChargeIndicator": ("true", "false", "1", "0", " true "),
    "Indicator": ("true", "false", "1", "0", " true "),
    "Percent": ("0", "7", "19", "19.00", "0.00", "0.4", "0.5", "-19", "100", "19.001"),
    "RateApplicablePercent": ("0", "7", "19", "19.00", "0.00", "0.4", "0.5", "-19", "100", "19.001"),
    "DateTimeString": _DATES_102,
    "Subtype": ("1",),
}

ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "currencyID": _CURRENCY,
    "schemeID": _SCHEMES,
    "listID": ("STI", "TSP", "AAA", "IB", "6", "", "ZZZ", "CV"),
    "listVersionID": ("1", "", "2.0"),
    "unitCode": ("C62", "XPP", "KGM", "H87", "DAY", "ZZZ", "c62", "", "X43", " C62"),
    "mimeCode": _MIME,
    "filename": ("a.pdf", "b.csv", "", "a.pdf "),
    "format": ("102", "203", "610", "", " 102"),
    "name": ("SEPA", "", "Überweisung"),
    "languageID": ("de", "en"),
}
"""Values for attributes, whatever the element."""

ODD_BLANKS = ("\u00a0", "\u2003", "\u200b", "\u3000", "\ufeff", "\u0085", "\r", "\r\n", "\n\n")
"""What looks like a blank: only space, tab, CR and LF are blanks for XPath."""

NUMBERS = (
    *("0", "-0", "-0.00", "+0.0", "0.000", "+5", "-5", ".5", "-.5", "5.", "00012.50", "0.5", "-0.5", "0.005"),
    *("-0.005", "0.004999", "1.005", "2.675", "1.0000000000000001", "0.1234567890123456789012345", "100.10"),
    *("99999999999999.99", "123456789012345678901234567890.12", "9007199254740993", "0.30000000000000004"),
    *(" 7 ", "19\n", "\t1.00", "1e3", "1.00 ", "1,00", "NaN", "INF", ""),
)
"""Numbers at the borders of decimal and binary arithmetic; the last of them are none."""

_TEXTS = ("Beispiel", "x", "", " ", "\u00a0", "  zwei  Wörter ", "Muster GmbH", "1", "#", "ä")
_AMOUNTS = (
    "0",
    "0.00",
    "1.00",
    "-1.00",
    "100.00",
    "119.00",
    "0.01",
    "10.005",
    "1.000",
    "100.10",
    "99.10",
    "1",
    "+1.0",
    "-0.00",
    ".5",
    "5.",
    "1234567890123456789.123",
    "0.000000000000000000001",
)


_LISTS = {
    "currencyID": ("iso4217_currency",),
    "DocumentCurrencyCode": ("iso4217_currency", "iso4217_currency_1.3.15"),
    "TaxCurrencyCode": ("iso4217_currency", "iso4217_currency_1.3.15"),
    "InvoiceCurrencyCode": ("iso4217_currency", "iso4217_currency_1.3.15"),
    "IdentificationCode": ("iso3166_country", "iso3166_country_cii"),
    "CountryID": ("iso3166_country", "iso3166_country_cii"),
    "InvoiceTypeCode": ("untdid1001_invoice", "untdid1001_creditnote", "untdid1001_invoice_1.3.15"),
    "CreditNoteTypeCode": ("untdid1001_creditnote", "untdid1001_creditnote_1.3.15", "untdid1001_invoice"),
    "TypeCode": ("untdid1001_cii", "untdid4461_paymentmeans"),
    "PaymentMeansCode": ("untdid4461_paymentmeans",),
    "AllowanceChargeReasonCode": ("untdid5189_allowancereason", "untdid7161_chargereason"),
    "ReasonCode": ("untdid5189_allowancereason", "untdid7161_chargereason"),
    "TaxExemptionReasonCode": ("vatex",),
    "ExemptionReasonCode": ("vatex",),
    "DescriptionCode": ("untdid2005_duedate_ubl", "untdid2475_duedate_cii"),
    "DueDateTypeCode": ("untdid2005_duedate_ubl", "untdid2475_duedate_cii"),
    "ReferenceTypeCode": ("untdid1153_reference",),
    "SubjectCode": ("untdid4451_textsubject", "untdid4451_textsubject_cii"),
    "CompanyID": ("vatprefix_ubl", "vatprefix_cii"),
    "CategoryCode": ("untdid5305_vatcategory",),
    "schemeID": ("eas", "eas_1.3.15", "iso6523_icd", "iso6523_icd_1.3.15", "xr_eas", "xr_iso6523"),
    "listID": ("untdid7143_itemclass", "xr_untdid7143"),
    "unitCode": ("unece_rec20_21",),
    "mimeCode": ("mime", "xr_mime_extension"),
}
"""The code lists (rules/codelists) that an element or attribute may draw on."""


@functools.cache
def codes(name: str) -> tuple[str, ...]:
    """All codes of the lists for an element or attribute of that name; none where it takes no codes."""
    found: dict[str, None] = {}
    for one in _LISTS.get(name, ()):
        for line in (folder("rules") / "codelists" / f"{one}.tsv").read_text("utf-8").splitlines():
            if line and not line.startswith("#"):
                found[line.split("\t")[0]] = None
    return tuple(found)


def listed(element: etree._Element) -> tuple[str, ...]:
    """All codes that lists have for an element."""
    return codes(etree.QName(element).localname)


def value_for(element: etree._Element, text_type: str, random: Random) -> str:
    """Something to write into an element, by its name, the name of its parent and its built-in type."""
    name = etree.QName(element).localname
    parent = element.getparent()
    above = etree.QName(parent).localname + "/" if parent is not None else ""
    for key in (above + name, name):
        if key in _BY_NAME and random.random() < 0.95:
            return random.choice(_BY_NAME[key])
    match text_type:
        case "decimal":
            return random.choice(_AMOUNTS)
        case "date":
            return random.choice(_DATES)
        case "boolean":
            return random.choice(("true", "false", "1", "0"))
        case "base64Binary":
            return random.choice(("QUJD", "", "Q Q = ="))
        case "time":
            return "10:00:00"
        case "dateTime":
            return "2026-01-31T10:00:00"
    if name.endswith("Code"):
        return random.choice(("1", "ZZZ", "", "AA", "130"))
    return random.choice(_TEXTS)


def shifted(text: str, random: Random) -> str | None:
    """A number beside the one that stands there, or the same one written otherwise; None if it is no number."""
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    if not number.is_finite():
        return None
    if random.random() < 0.7:
        step = random.choice(
            ("0.01", "0.02", "0.03", "0.5", "0.51", "0.99", "1.00", "1.01", "10", "0.001", "0.005")
        )
        return f"{number + Decimal(step) * random.choice((1, -1)):f}"
    return random.choice(
        (
            f"{number:f}0" if "." in f"{number:f}" else f"{number:f}.0",
            f"{number:f}000" if "." in f"{number:f}" else f"{number:f}.000",
            f"+{number:f}" if number >= 0 else f"{number:f}",
            f"{-number:f}",
            "0",
            "0.00",
            f"{number:f}".rstrip("0"),
            f"00{number:f}" if number >= 0 else f"{number:f}",
            f"{number * 2:f}",
        )
    )
