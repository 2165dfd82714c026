"""`python -m tests.conformance.conversions`: every document of the corpus and of samples/ in every other form, read
back and judged; ends with 1 if anything was lost that was not named, or a verdict changed for another reason than a
loss or an official difference of the syntaxes. `--write` keeps the figures in docs/conversions.md."""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from einvoice.errors import NotAnInvoice, UsageError
from einvoice.formats import xml
from einvoice.formats.converting import Carried, carry, syntax_for
from einvoice.formats.delivery import open_delivery
from einvoice.formats.extracting import invoice_table
from einvoice.formats.profiles import PROFILES, profile_of
from einvoice.formats.reading import Reading, read
from einvoice.model.content import Content
from einvoice.model.differences import differences
from einvoice.model.given import invoice_from_data
from einvoice.model.invoice import Invoice
from einvoice.validation.batch import validate_bytes
from einvoice.validation.official import Saxon
from einvoice.validation.options import Options
from tests.conformance import seeds, verdicts
from tests.parts import ROOT

DIFFER = frozenset({"BR-E-01", "BR-S-08", "BR-CO-15", "BR-CO-25", "BR-53", "PEPPOL-EN16931-R055"})
"""Rules that officially differ between UBL and CII (docs/deviations.md): a verdict may change by them alone."""

RELEASE = "kosit-2026-01-31"
HEADER = """\
# What conversion keeps

Every document of the shared corpus and of `samples/`, written in another form, read back, compared term by term and
judged again. Made by `python -m tests.conformance.conversions --write`; `make conformance` compares.

* *equal*: the same invoice, term by term; *filled*: the same, and a filler that the syntax demands (named);
  *less*: something that the form cannot hold, named by term, value and place (nothing else is missing).
* *accepted*: of those accepted before that lost nothing and whose BT-24 the form knows; *other rules*: rejected by
  rules whose official UBL and CII implementations differ (docs/deviations.md); *officially accepted*: how many of the
  accepted were given to the official stylesheets as well, which accepted them all.
"""


@dataclass
class Tally:
    """What became of the documents of one direction."""

    documents: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def main() -> int:
    """Prints the figures; 0, or 1 if something is not as it should be."""
    options = argparse.ArgumentParser(prog="python -m tests.conformance.conversions", description=__doc__)
    options.add_argument("--write", action="store_true", help="keep the figures in docs/conversions.md")
    options.add_argument(
        "--official", type=int, default=5, metavar="N", help="every N-th accepted one officially, too"
    )
    chosen = options.parse_args()
    tallies = run(chosen.official)
    text = HEADER + "\n".join(_table(tallies)) + "\n"
    print(text)
    if chosen.write:
        (ROOT / "docs" / "conversions.md").write_text(text, "utf-8")
    wrong = [line for tally in tallies.values() for line in tally.wrong]
    print("\n".join(wrong), file=sys.stderr)
    return int(bool(wrong))


def run(official: int = 0) -> dict[tuple[str, str], Tally]:
    """Converts all documents; `official`: every how many-th accepted one is judged by the official engine as well."""
    tallies: dict[tuple[str, str], Tally] = {}
    saxon = Saxon() if official else None
    number = 0
    for source in documents():
        try:
            reading = read(xml.parse(source.data))
        except (xml.Refused, NotAnInvoice):
            continue
        accepted = _errors(source.data) == frozenset()
        number += accepted
        judged = saxon if official and accepted and number % official == 0 else None
        for to in ("ubl", "cii", "json", *(PROFILES if accepted else ())):
            tally = tallies.setdefault((reading.syntax, to), Tally())
            _convert(source.name, reading, to, accepted, tally, judged)
    if saxon:
        saxon.close()
    return tallies


def documents() -> Iterator[seeds.Source]:
    """The corpus, and the invoices in samples/."""
    yield from seeds.corpus()
    for path in sorted((ROOT / "samples").iterdir()):
        if path.suffix in (".xml", ".pdf", ".eml", ".zip"):
            for one in open_delivery(path.read_bytes(), path.name).documents:
                yield seeds.Source(f"samples/{path.name}!/{one.path}", one.data, one.in_pdf)


def _convert(name: str, reading: Reading, to: str, accepted: bool, tally: Tally, saxon: Saxon | None) -> None:
    invoice = Invoice.from_content(reading.content())
    content = invoice.to_content()
    if to == "json":
        tally.documents += 1
        back = invoice_from_data(invoice_table(invoice, attachments=True)).to_content()
        tally.kinds["equal" if back == content else "less"] += 1
        return
    profile = PROFILES.get(to)
    syntax = syntax_for(content, to if to in ("ubl", "cii") else "cii", reading.syntax)
    try:
        carried = carry(content, syntax, profile)
    except UsageError:
        return
    tally.documents += 1
    tally.kinds["less" if carried.losses else "filled" if carried.added else "equal"] += 1
    tally.lost.update({one.term for one in carried.losses})
    if _unnamed(content, carried):
        tally.wrong.append(f"{name} → {to}: lost without a word: {_unnamed(content, carried)}")
    stated = profile_of(reading.content().descend(["BG-2"]).text("BT-24"))
    if accepted and not carried.losses and to in ("ubl", "cii") and stated and syntax in stated.syntaxes:
        errors = _errors(carried.data)
        tally.verdicts["accepted" if not errors else "differ" if errors <= DIFFER else "wrong"] += 1
        if errors and (syntax == reading.syntax or not errors <= DIFFER):
            tally.wrong.append(f"{name} → {to}: {', '.join(sorted(errors))}")
        if saxon and not errors:
            tally.verdicts["official"] += 1
            tally.wrong += [f"{name} → {to}: officially {one}" for one in _official(carried.data, saxon)]


def _unnamed(content: Content, carried: Carried) -> set[str]:
    """Places that differ and are not named."""
    named = {one.place for one in (*carried.losses, *carried.added, *carried.changes)}
    return {one.place for one in differences(content, carried.content)} - named


def _errors(data: bytes) -> frozenset[str]:
    report = validate_bytes(data, "", Options())[0]
    return frozenset(one.rule for one in report.findings if one.severity == "error")


def _official(data: bytes, saxon: Saxon) -> list[str]:
    """Errors of the official stylesheets."""
    (judged,) = verdicts.judge(verdicts.Document(data), (RELEASE,), saxon).values()
    return [rule for rule, severity in judged.official.found if severity == "error"]


def _table(tallies: dict[tuple[str, str], Tally]) -> Iterator[str]:
    heads = "from, to, documents, equal, filled, less, accepted, other rules, officially accepted, lost most often"
    yield "\n| " + " | ".join(heads.split(", ")) + " |"
    yield "|---|---|--:|--:|--:|--:|--:|--:|--:|---|"
    for (source, to), tally in sorted(tallies.items(), key=lambda item: (item[0][1] in PROFILES, item[0])):
        lost = ", ".join(term for term, _ in tally.lost.most_common(6))
        counts = [tally.kinds[kind] for kind in ("equal", "filled", "less")]
        judged = [tally.verdicts[kind] or "" for kind in ("accepted", "differ", "official")]
        yield "| " + " | ".join(map(str, [source, to, tally.documents, *counts, *judged, lost])) + " |"


if __name__ == "__main__":
    raise SystemExit(main())
