"""Small changes to real invoices, at the places where two judges may differ. The same seed gives the same mutants.

`mutants(xml, seed, n)` is for everyone; `python -m tests.conformance.mutants FILE SEED N FOLDER` writes them.
"""

import copy
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

from lxml import etree

from einvoice.formats.delivery import KNOWN_ROOTS
from einvoice.validation import schema as stage
from tests.conformance import changes, sums, wording
from tests.conformance.aims import Aim, aims, hit
from tests.conformance.bed import Bed
from tests.conformance.grammar import grammar

INVALID = 0.1
"""The part of mutants that may fail the schema."""

AIMED = 0.3
"""The part of mutants with a change aimed at one rule."""

_TRIES = 12

WEIGHTS: dict[Callable[[Bed], None], float] = {
    changes.delete: 8,
    changes.duplicate: 6,
    changes.repeat_changed: 5,
    changes.reorder: 2,
    changes.category: 6,
    changes.unregister: 1.5,
    changes.attribute: 6,
    changes.insert: 10,
    changes.transplant: 5,
    changes.nest: 1.5,
    changes.extend: 1,
    wording.empty: 5,
    wording.pad: 4,
    wording.comment: 1.5,
    wording.instruction: 1,
    wording.cdata: 1,
    wording.restate: 8,
    wording.shift: 12,
    wording.recode: 6,
    wording.listed_code: 5,
    wording.odd_number: 4,
    wording.other_case: 1,
    wording.tinker: 6,
    wording.specification: 1,
    wording.other_day: 4,
    sums.settle: 6,
}
"""The kinds of change and how often each is made."""


def mutants(xml: bytes, seed: int, n: int, schema: str = "") -> Iterator[bytes]:
    """n mutants of an invoice, each with one to six changes, nine of ten valid against the schema.

    `schema` (a key of schema_files.MAIN) is that of the root element unless given.
    """
    root, schema = _source(xml, schema)
    random = Random(f"{seed}")
    for _ in range(n):
        aim = random.choice(aims(schema)) if random.random() < AIMED else None
        yield _mutant(root, schema, random, aim)


def aimed(xml: bytes, seed: int, aim: Aim, schema: str = "") -> bytes:
    """One mutant of an invoice at what one rule looks at."""
    root, schema = _source(xml, schema)
    return _mutant(root, schema, Random(f"{seed}"), aim)


def _source(xml: bytes, schema: str) -> tuple[etree._Element, str]:
    root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, remove_pis=True))
    return root, schema or KNOWN_ROOTS[str(root.tag)]


def _mutant(root: etree._Element, schema: str, random: Random, aim: Aim | None) -> bytes:
    may_fail, before = random.random() < INVALID, etree.tostring(root)
    for attempt in range(_TRIES):
        bed = Bed(copy.deepcopy(root), grammar(schema), random)
        if aim is not None:
            hit(bed, aim)
        several = min(6, 1 + int(random.expovariate(0.8)))
        few = 0 if attempt < _TRIES // 2 else 1
        number = several if aim is None else random.choice((few, few, few, 1, 2))
        for change in random.choices(list(WEIGHTS), list(WEIGHTS.values()), k=number):
            change(bed)
        if etree.tostring(bed.root) != before and (may_fail or _valid(bed.root, schema)):
            break
    return written(bed.root, random)


def _valid(root: etree._Element, schema: str) -> bool:
    """Whether the schema takes it; what comments and instructions would hide is taken away first."""
    bare = copy.deepcopy(root)
    etree.strip_tags(bare, etree.Comment, etree.ProcessingInstruction)
    return stage.official(schema).is_valid(bare)


def written(root: etree._Element, random: Random) -> bytes:
    """The bytes, now and then with other prefixes: the official rules look at names with their prefix."""
    if random.random() < 0.06:
        root = _renamed(root, random)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _renamed(root: etree._Element, random: Random) -> etree._Element:
    """The same tree with other prefixes, or none, for its namespaces."""
    spaces = {etree.QName(e).namespace: e.prefix for e in root.iter(etree.Element)}
    names: list[str | None] = ["xa", "ns1", "Amount", "ram2", "cbc", "cac", "ram", "udt", None]
    random.shuffle(names)
    chosen = {space: names.pop() if random.random() < 0.5 else prefix for space, prefix in spaces.items()}
    if len(set(chosen.values())) < len(chosen):
        return root
    return _rebuilt(root, {prefix: space for space, prefix in chosen.items() if space})


def _rebuilt(element: etree._Element, spaces: dict[str | None, str]) -> etree._Element:
    made = etree.Element(element.tag, nsmap=spaces)  # type: ignore[arg-type]  # None is the default namespace
    for name, value in element.attrib.items():
        made.set(name, value)
    made.text, made.tail = element.text, element.tail
    for child in element:
        made.append(_rebuilt(child, spaces) if isinstance(child.tag, str) else copy.deepcopy(child))
    return made


def main() -> None:
    """Writes mutants of one file into a folder: FILE SEED N FOLDER."""
    source, seed, number, target = sys.argv[1:]
    folder = Path(target)
    folder.mkdir(parents=True, exist_ok=True)
    for index, data in enumerate(mutants(Path(source).read_bytes(), int(seed), int(number))):
        (folder / f"{Path(source).stem}-{seed}-{index:05}.xml").write_bytes(data)


if __name__ == "__main__":
    main()
