"""Codes in words: every code named is one of the official lists that rules/ holds, both languages say something."""

import csv
import tomllib

import pytest

from einvoice import data
from einvoice.model.terms import terms
from einvoice.render.codes import meaning

LISTS = {
    "type": ("untdid1001_cii", "untdid1001_invoice_1.3.15", "untdid1001_creditnote"),
    "taxpoint": ("untdid2005_duedate_ubl",),
    "subject": ("untdid4451_textsubject_cii",),
    "means": ("untdid4461_paymentmeans",),
    "vat": ("untdid5305_vatcategory",),
    "discount": ("untdid5189_allowancereason",),
    "charge": ("untdid7161_chargereason",),
    "exempt": ("vatex",),
    "unit": ("unece_rec20_21",),
    "address": ("eas",),
    "scheme": ("iso6523_icd", "xr_diga_scheme"),
    "item": ("untdid7143_itemclass",),
    "object": ("untdid1153_reference",),
    "country": ("iso3166_country", "iso3166_country_cii"),
    "currency": ("iso4217_currency", "iso4217_currency_1.3.15"),
}
OTHERS = {"scheme": {"SEPA"}, "item": {"CVD"}}
"""Codes that XRechnung adds by its rules, not by a list."""


def _official(name: str) -> set[str]:
    lines = (data.folder("rules") / "codelists" / f"{name}.tsv").read_text("utf-8").splitlines()
    return {line.split("\t")[0].strip() for line in lines if not line.startswith("#")}


def _named() -> dict[str, dict[str, list[str]]]:
    tables = tomllib.loads((data.folder("schemas") / "codes.toml").read_text("utf-8"))
    with (data.folder("schemas") / "codes-cldr.tsv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            tables.setdefault(row["list"], {})[row["code"]] = [row["de"], row["en"]]
    return tables


@pytest.mark.parametrize("name", LISTS)
def test_named_codes_are_official(name: str) -> None:
    official = set().union(*map(_official, LISTS[name])) | OTHERS.get(name, set())
    assert not set(_named()[name]) - official


def test_every_name_says_something_and_every_list_serves_a_term() -> None:
    tables = _named()
    assert set(tables["lists"]) == set(tables) - {"lists"}
    assert {term for terms_of in tables["lists"].values() for term in terms_of} <= set(terms())
    for name, table in tables.items():
        if name != "lists":
            assert all(len(words) == 2 and all(words) for words in table.values()), name


@pytest.mark.parametrize(
    ("term", "code", "de", "en"),
    [
        ("BT-3", "380", "Rechnung", "Commercial invoice"),
        ("BT-81", "58", "SEPA-Überweisung", "SEPA credit transfer"),
        ("BT-130", "HUR", "Stunde", "hour"),
        ("BT-40", "DE", "Deutschland", "Germany"),
        ("BT-5", "EUR", "Euro", "Euro"),
        ("BT-34-1", "0204", "Leitweg-ID", "Leitweg-ID"),
    ],
)
def test_codes_in_words(term: str, code: str, de: str, en: str) -> None:
    assert (meaning(term, code, "de"), meaning(term, code, "en")) == (de, en)


def test_all_currencies_and_countries_of_the_union_and_all_official_vat_categories_are_named() -> None:
    tables = _named()
    assert _official("untdid5305_vatcategory") - {"code"} == set(tables["vat"])
    assert _official("untdid5189_allowancereason") - {"code"} == set(tables["discount"])
    assert _official("iso3166_country") - {"code"} <= set(tables["country"])
