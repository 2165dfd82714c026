"""What a code means, in German and English: schemas/codes.toml (our words) and codes-cldr.tsv (Unicode CLDR)."""

import csv
import functools
import tomllib
from collections.abc import Mapping

from einvoice import data


def meaning(term: str, code: str, lang: str) -> str | None:
    """What `code` means where `term` states it; None for a term without a list and for a code not in it."""
    known = _lists().get(term)
    words = known.get(code.strip()) if known else None
    return words[lang == "en"] if words else None


@functools.cache
def _lists() -> Mapping[str, Mapping[str, tuple[str, str]]]:
    """Term → code → (German, English)."""
    tables = tomllib.loads((data.folder("schemas") / "codes.toml").read_text("utf-8"))
    names = {
        name: {code: (de, en) for code, (de, en) in table.items()}
        for name, table in tables.items()
        if name != "lists"
    }
    with (data.folder("schemas") / "codes-cldr.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            names.setdefault(row["list"], {})[row["code"]] = (row["de"], row["en"])
    return {term: names[name] for name, terms in tables["lists"].items() for term in terms}
