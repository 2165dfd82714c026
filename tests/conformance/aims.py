"""Mutants aimed at one rule: they put in, repeat, empty or change exactly what the rule looks at.

The aims come from our own tables: the paths of syntax and Factur-X rules, and the paths of the terms that a rule
of the books speaks of.
"""

import copy
import csv
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from lxml import etree

from einvoice.data import folder
from einvoice.model.terms import terms
from einvoice.rulebook import Described
from einvoice.rulebook.catalogue import catalogue
from einvoice.rulebook.names import read_names
from einvoice.rulebook.paths import NAMESPACES
from tests.conformance import changes, sums, wording
from tests.conformance.bed import Bed
from tests.conformance.grammar import Child
from tests.conformance.values import shifted, value_for

RELEASE = "en16931-1.3.16"


@dataclass(frozen=True, slots=True)
class Aim:
    """What one rule looks at: steps from an element anywhere (or from the root) to the target.

    `limit`: what the rule's table gives; of a rule that something holds or is computed, what that is.
    `wants`: what the rule's conditions ask of elements on the way, as (element, way from it, text).
    """

    rule: str
    steps: tuple[str, ...]
    kind: str
    limit: str
    wants: tuple[tuple[str, str, str], ...] = ()


@functools.cache
def aims(schema: str) -> tuple[Aim, ...]:
    """The aims for documents of a schema (a key of schema_files.MAIN)."""
    found: dict[tuple[object, ...], Aim] = {}
    facturx = schema.startswith("facturx-")
    every = _of_facturx(schema[8:]) if facturx else _of_books(schema)
    for aim in chain(every, _of_terms("cii" if facturx else schema)):
        found.setdefault((aim.steps, aim.kind, aim.limit, aim.wants), aim)
    return tuple(found.values())


def _of_terms(syntax: str) -> Iterator[Aim]:
    """Every term and group twice: many official rules take one value for granted."""
    for term in terms().values():
        for path in branches(str(term.path(syntax) or "")):
            yield from _aims(term.id, "", path, "twice", "")


def _of_facturx(profile: str) -> Iterator[Aim]:
    for row in _table(f"factur-x/{profile}"):
        yield from _aims(row["id"], row["context"], row["path"], row["kind"], row["limit"])


def _of_books(schema: str) -> Iterator[Aim]:
    for row in _table(f"syntax/{schema[:3]}"):
        yield from _aims(row["id"], row["context"], row["path"], row["kind"], row["limit"])
    paths: dict[str, list[str]] = {}
    for name in read_names(folder("schemas") / "names.txt", schema).values():
        paths.setdefault(name.term, []).append(name.path)
    for rule, described in _rules().items():
        for term in described.terms:
            for path in paths.get(term, ()):
                yield from _aims(rule, "", path, "term", "")


@functools.cache
def _rules() -> dict[str, Described]:
    return catalogue(RELEASE)


def _table(name: str) -> Iterator[dict[str, str]]:
    lines = (folder("rules") / f"{name}.tsv").read_text("utf-8").splitlines()
    yield from csv.DictReader(
        (line for line in lines if not line.startswith("#")), delimiter="\t", quoting=csv.QUOTE_NONE
    )


def _aims(rule: str, context: str, path: str, kind: str, limit: str) -> Iterator[Aim]:
    wants = tuple(_wanted(f"{context} {path}"))
    if kind in ("holds", "computed"):
        path, limit = ".", f"{path} {limit}".strip()
    for start in branches(context):
        for part in path.split(" ; "):
            for end in branches(part):
                whole = end if end.startswith("/") or not start else f"{start}/{end}"
                steps = _steps(whole)
                if steps and all(_STEP.fullmatch(step) for step in steps):
                    yield Aim(rule, steps, kind, limit, wants)


def _steps(path: str) -> tuple[str, ...]:
    """The steps of a path, those up taken back."""
    found: list[str] = []
    for step in path.split("/"):
        if step == ".." and found:
            found.pop()
        elif step not in ("", ".", "*"):
            found.append(step)
    return tuple(found)


_CONDITION = re.compile(r"([\w:*]+)\[([^\]]+)\]")
_INDICATORS = {
    "allowance": "false",
    "indicator false": "false",
    "indicates an allowance": "false",
    "an allowance": "false",
    "charge": "true",
    "indicator true": "true",
    "a charge": "true",
}


def _wanted(text: str) -> Iterator[tuple[str, str, str]]:
    """What the words in brackets ask for, as far as one text will do."""
    for name, words in _CONDITION.findall(text):
        if (said := _INDICATORS.get(words)) is not None:
            way = "cbc:ChargeIndicator" if name.startswith("cac:") else "ram:ChargeIndicator/udt:Indicator"
            yield name, way.removeprefix(f"{name}/"), said
        elif found := re.search(r"type (\d+)", words):
            yield name, "ram:TypeCode", found[1]
        elif found := re.fullmatch(r"(?:vat_)?category (\w+)", words):
            yield name, "ram:CategoryCode", found[1]
        elif found := re.fullmatch(r"(?:code|value) (\w+)", words):
            yield name, "", found[1]
        elif found := re.fullmatch(r"registered (\w+)", words):
            yield name, "ram:ID/@schemeID", found[1]
        elif found := re.fullmatch(r"list (\d+)", words):
            yield name, "@listID", found[1]
        elif found := re.fullmatch(r"format (\d+)", words):
            yield name, "@format", found[1]
        elif words == "names the invoiced object":
            yield name, "cbc:DocumentTypeCode", "130"
        elif found := re.match(r"(vat|invoice)_currency", words):
            of = {"vat": "Tax", "invoice": "Invoice"}[found[1]]
            yield "ram:ApplicableHeaderTradeSettlement", f"ram:{of}CurrencyCode", "XXX"
            yield name, "@currencyID", "XXX"
    if text.endswith("tax_point_once"):
        yield "ram:ApplicableTradeTax", "ram:TaxPointDate/udt:DateString", "20260101"
        yield "ram:ApplicableTradeTax", "ram:DueDateTypeCode", "5"


_STEP = re.compile(r"@?\w+|\w+:[\w*]+|\*\w+")


def branches(path: str) -> list[str]:
    """A path without its conditions, one for each way it may go."""
    while "[" in path:
        path = re.sub(r"\[[^\[\]]*\]", "", path)
    if group := re.search(r"\(([^()]*)\)", path):
        before, after = path[: group.start()], path[group.end() :]
        return [one for part in group[1].split("|") for one in branches(before + part.strip() + after)]
    return [part.strip() for part in path.split("|")]


def hit(bed: Bed, aim: Aim) -> None:
    """Changes what the aim's rule looks at."""
    start, steps = _start(bed, aim.steps)
    if start is None or not steps:
        return
    if "group" in aim.limit and bed.random.random() < 0.8:
        _grouped(bed)
    else:
        _aim_at(bed, start, steps, aim)
    if aim.kind in ("holds", "computed") and bed.random.random() < 0.4:
        bed.random.choice((changes.unregister, changes.category, sums.settle))(bed)
    if "seller" in aim.limit and bed.random.random() < 0.6:
        changes.unregister(bed, of_one=0.2)
    unlisted = aim.kind == "in_list" and bed.random.random() < 0.6
    for name, way, said in aim.wants if bed.random.random() < 0.8 else ():
        text = "ZZZ" if said == "XXX" and unlisted else said
        for element in [e for e in bed.elements() if _fits(str(e.tag), name) and _stands(e, name, aim.steps)]:
            stated = reach(bed, element, tuple(way.split("/")) if way else ())
            if stated is not None and "@" in way:
                stated.set(way.partition("@")[2], text)
            elif stated is not None and not len(stated):
                stated.text = text


def _stands(element: etree._Element, name: str, steps: tuple[str, ...]) -> bool:
    """Whether an element stands where the steps that lead to its name lead; True if none does."""
    before = steps[: steps.index(name)] if name in steps else ()
    above = [str(one.tag) for one in element.iterancestors()]
    return len(above) >= len(before) and all(map(_fits, above, reversed(before)))


_MISSING = {"present": 0.7, "stated": 0.7, "visible": 0.7, "exactly": 0.4, "at_least": 0.4, "counts": 0.3}
"""The kinds of rule that what is missing may break, and how often it goes missing."""


def _aim_at(bed: Bed, start: etree._Element, steps: tuple[str, ...], aim: Aim) -> None:
    if aim.kind == "twice":
        _twice(bed, reach(bed, start, steps))
    elif aim.kind == "same_text":
        _unlike(bed, reach(bed, start, steps))
    elif aim.kind == "absent":
        reach(bed, start, steps, fresh=len(steps) - 1)
    elif aim.kind in _MISSING and bed.random.random() < _MISSING[aim.kind]:
        _unstate(bed, reach(bed, start, steps[:-1]), steps[-1])
    elif aim.kind in ("at_most", "exactly", "at_least", "counts", "never", "always"):
        _times(bed, start, steps, int(aim.limit) if aim.limit.isdigit() else 1)
    else:
        _state(bed, reach(bed, start, steps), aim)


def _start(bed: Bed, steps: tuple[str, ...]) -> tuple[etree._Element | None, tuple[str, ...]]:
    """An element that the first step leads to or may be put into, and the steps from there."""
    if _fits(str(bed.root.tag), steps[0]):
        return bed.root, steps[1:]
    there = [e for e in bed.elements() if _fits(str(e.tag), steps[0])]
    if there and bed.random.random() < 0.85:
        known = bed.random.choice(there)
        return (known, steps[1:]) if len(steps) > 1 else (known.getparent(), steps)
    if steps[0].startswith("@"):
        return bed.random.choice([bed.root, *(e for e in bed.elements() if steps[0][1:] in e.attrib)]), steps
    if "*" not in steps[0]:
        prefix, _, local = steps[0].partition(":")
        way = bed.grammar.ways(str(bed.root.tag), f"{{{NAMESPACES.get(prefix, '')}}}{local}")
        return reach(bed, bed.root, tuple(way)), steps
    hosts = [e for e in (bed.root, *bed.elements()) if any(_allowed(bed, e, steps[0]))]
    return (bed.random.choice(hosts) if hosts else None), steps


def reach(
    bed: Bed, start: etree._Element | None, steps: tuple[str, ...], fresh: int = -1
) -> etree._Element | None:
    """The element (or the owner of the attribute) that the steps lead to, made on the way where it is missing.

    `fresh`: the number of the step at which a new one is made even where there is one.
    """
    here = start
    for number, step in enumerate(steps):
        if here is None:
            return None
        if step.startswith("@"):
            kind = bed.kind(here)
            if step[1:] in kind.attributes:
                here.set(step[1:], bed.attribute(step[1:], kind))
            return here
        kids = [child for child in here.iterchildren(etree.Element) if _fits(str(child.tag), step)]
        if kids and number != fresh and (fresh > number or bed.random.random() < 0.9):
            here = bed.random.choice(kids)
            continue
        allowed, known = list(_allowed(bed, here, step)), kids[0] if kids else None
        if allowed and not kids and bed.kind(here).choice:
            here[:] = []
        here = bed.make(bed.random.choice(allowed), here) if allowed else known
    return here


def _allowed(bed: Bed, parent: etree._Element, step: str) -> Iterator[Child]:
    return (child for child in bed.kind(parent).children if _fits(child.name, step))


def _fits(tag: str, step: str) -> bool:
    if step.startswith("{"):
        return tag == step
    prefix, _, local = step.rpartition(":")
    space, _, name = tag[1:].partition("}")
    if prefix and NAMESPACES.get(prefix) != space:
        return False
    return name.endswith(local[1:]) if local.startswith("*") else name == local


def _twice(bed: Bed, element: etree._Element | None) -> None:
    """Repeats the target, or what it stands in; the twin says something else now and then."""
    if element is None or element is bed.root:
        return
    while (
        bed.random.random() < 0.2 and (parent := element.getparent()) is not None and parent is not bed.root
    ):
        element = parent
    twin = copy.deepcopy(element)
    element.addnext(twin)
    leaves = [leaf for leaf in twin.iter(etree.Element) if not len(leaf)]
    if leaves and bed.random.random() < 0.5:
        wording.restated(bed, bed.random.choice(leaves))


def _unlike(bed: Bed, element: etree._Element | None) -> None:
    """Repeats what the target stands in; the target of the twin says something else."""
    above = element.getparent() if element is not None else None
    if element is None or above is None or above is bed.root:
        return
    twin = copy.deepcopy(above)
    twin[above.index(element)].text = f"{element.text or ''} x".strip()
    above.addnext(twin)


def _grouped(bed: Bed) -> None:
    """Makes lines with one above them groups or details of it, with a total or without (Factur-X EXTENDED)."""
    lines = [line for line in bed.elements() if _fits(str(line.tag), "ram:IncludedSupplyChainTradeLineItem")]
    if not lines:
        return
    twin = copy.deepcopy(lines[-1])
    lines[-1].addnext(twin)
    lines = [*lines, twin]
    document = "ram:AssociatedDocumentLineDocument"
    for number, line in enumerate(lines):
        if (own := reach(bed, line, (document, "ram:LineID"))) is not None:
            own.text = str(1 + number)
        if number and (above := reach(bed, line, (document, "ram:ParentLineID"))) is not None:
            above.text = "1"
        if (role := reach(bed, line, (document, "ram:LineStatusReasonCode"))) is not None:
            role.text = bed.random.choice(("GROUP", "DETAIL")) if number else "GROUP"
        way = ("ram:SpecifiedLineTradeSettlement", "ram:SpecifiedTradeSettlementLineMonetarySummation")
        totals = reach(bed, line, way) if number and bed.random.random() < 0.5 else None
        for total in list(totals) if totals is not None else ():
            if totals is not None and _fits(str(total.tag), "ram:LineTotalAmount"):
                totals.remove(total)


def _times(bed: Bed, start: etree._Element, steps: tuple[str, ...], limit: int) -> None:
    """Makes the target stand there as often as allowed, once less or once more."""
    level = len(steps) - 1 if bed.random.random() < 0.5 else bed.random.randrange(len(steps))
    for _ in range(limit + bed.random.choice((-1, 0, 1, 1, 1, 2))):
        reach(bed, start, steps, fresh=level)
    if bed.random.random() < 0.2 and steps:
        _unstate(bed, start, steps[-1])


def _unstate(bed: Bed, parent: etree._Element | None, step: str) -> None:
    """Takes the target away, or leaves it empty."""
    for child in list(parent.iterchildren(etree.Element)) if parent is not None else ():
        if parent is None or not _fits(str(child.tag), step):
            continue
        if bed.random.random() < 0.5:
            parent.remove(child)
        elif not len(child):
            child.text = bed.random.choice(("", " ", "\n", "\u00a0"))
    if parent is not None and step[1:] in parent.attrib:
        del parent.attrib[step[1:]]


def _state(bed: Bed, element: etree._Element | None, aim: Aim) -> None:
    """Gives the target another text, or takes it away, or repeats it."""
    if element is None:
        return
    text, random = bed.kind(element).text, bed.random
    if aim.kind == "max_length" and aim.limit.isdigit() and random.random() < 0.6:
        element.text = "1" * (int(aim.limit) + random.choice((0, 1, 1)))
    elif len(element) and aim.kind == "holds" and random.random() < 0.3:
        element[:] = []
    elif aim.kind in ("max_decimals", "decimals", "max_length") or (
        text == "decimal" and random.random() < 0.3
    ):
        number = random.choice(("1", "-2.5", "100.10", "0"))
        element.text = (
            number.partition(".")[0] + "." + "".join(random.choices("0123456789", k=random.randint(1, 5)))
        )
    elif text == "decimal" and random.random() < 0.6:
        element.text = shifted(element.text or "", random) or "1.00"
    elif len(element) or (random.random() < 0.3 and aim.kind == "term"):
        parent = element.getparent()
        if parent is not None and random.random() < 0.7:
            parent.remove(element)
    elif aim.steps[-1].startswith("@"):
        kind = bed.kind(element)
        if aim.steps[-1][1:] in kind.attributes:
            element.set(aim.steps[-1][1:], bed.attribute(aim.steps[-1][1:], kind))
    elif text:
        element.text = value_for(element, text, random)
    if random.random() < 0.1:
        wording.pad(bed)
