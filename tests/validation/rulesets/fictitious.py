"""A next release of the official rules that does not exist, as data: one rule changed, one code list grown, one
severity changed, one rule gone; its fingerprints made as `tests.conformance.fingerprints` would."""

from pathlib import Path

from einvoice import data
from einvoice.rulebook.official import Official, fingerprints

NAME = "kosit-2027-01-31"
NEW, OLD = "1.3.17", "1.3.15"
RULES = data.folder("rules")

RELEASE = f"""de = "Erfundene Ausgabe vom 31.01.2027"
en = "Invented release of 2027-01-31"
since = 2027-01-31
[versions]
en16931 = "{NEW}"
xrechnung = "2.5.0"
factur-x = "1.09"
"""
CHANGES = """[BR-CL-16]
severity = "warning"

[BR-CO-10]
assert = "difference == 0 and expected < 1000"
en = "The lines add up to {expected}, which may not reach a thousand; stated is {totals.lines}."
de = "Die Positionen ergeben {expected}; tausend sind nicht zulässig. Angegeben ist {totals.lines}."

[BR-CO-26]
until = "1.3.16"
"""
CHANGED = {"BR-CO-10": "test", "BR-CL-16": "flag"}
GONE = "BR-CO-26"


def release(folder: Path, accepted: bool = True) -> Path:
    """Writes the release into a folder. `accepted`: our entries are said to be written for its changed rules."""
    rows = list(_rows())
    files = {
        f"releases/{NAME}.toml": RELEASE,
        "en16931/changes.toml": CHANGES,
        "codelists/eas.tsv": (RULES / "codelists" / "eas.tsv").read_text("utf-8") + "9999\tErfunden\n",
        "official.tsv": "".join(_official(row) for row in rows),
        "written.tsv": "".join(_written(row) for row in rows if accepted or row.rule not in CHANGED),
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


def _rows() -> list[Official]:
    found = []
    for row in fingerprints(RULES):
        if OLD in row.versions and row.rule != GONE:
            parts = {"flag": row.flag, "test": row.test, "context": row.context, "place": row.place}
            if row.rule in CHANGED:
                parts[CHANGED[row.rule]] = "warning" if CHANGED[row.rule] == "flag" else "0123456789"
            found.append(Official(artefact=row.artefact, rule=row.rule, versions=(NEW,), line=0, **parts))
    return found


def _official(row: Official) -> str:
    cells = (row.artefact, row.rule, row.flag, row.context, row.test, row.place, NEW)
    return "\t".join(cells) + "\n"


def _written(row: Official) -> str:
    return "\t".join((row.artefact, row.rule, row.fingerprint)) + "\n"
