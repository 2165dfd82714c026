"""Makes schemas/profiles.tsv, what each Factur-X profile cannot hold: `python -m tests.formats.profiles`.

Found by asking: the rule examples are written in each profile and judged by its official schema and rules; the terms
in an element that may not stand there are taken out, until nothing is refused any more.
"""

from collections.abc import Iterator

from lxml import etree

from einvoice import data
from einvoice.formats.profiles import PROFILES, Profile
from einvoice.formats.reading import read
from einvoice.formats.walk.groups import Group
from einvoice.formats.writing import write
from einvoice.formats.xml import parse
from einvoice.model.bases import base, names
from einvoice.model.content import Content, Value
from einvoice.model.location import Locator
from einvoice.model.terms import terms
from einvoice.validation.glance import Glance
from einvoice.validation.options import Options
from einvoice.validation.scenario import choose
from einvoice.validation.stages import judge

HEADER = """\
# What the Factur-X profiles below EN 16931 cannot hold: terms, groups and components by id.
# Made by `python -m tests.formats.profiles`, which asks the official schemas and rules of Factur-X 1.09.
"""


def refused(root: etree._Element, profile: Profile) -> set[str]:
    """Places of elements that may not stand where they do."""
    scenario = choose("cii", profile.specification, True)
    findings, _ = judge(root, "cii", scenario, Options(rules_after_schema=True), Glance(root, "cii"))
    return {
        finding.location or ""
        for finding in findings
        if finding.rule == "UNSPECIFIC" or (finding.rule == "EI-XSD" and finding.location)
    }


def inside(root: etree._Element, places: set[str]) -> set[str]:
    """The terms and components that stand in the elements at these places."""
    locator = Locator()
    at_fault = {node for node in root.iter("*") if locator.path(node) in places}
    return {
        occurrence.term
        for group in _groups(read(root).invoice)
        for occurrence in group.occurrences()
        if at_fault & {occurrence.element, *occurrence.element.iterancestors()}
    }


def _groups(group: Group) -> Iterator[Group]:
    yield group
    for one in group.groups:
        yield from _groups(one)


def without(content: Content, ids: set[str]) -> Content:
    """The content without terms and components, and without groups that say nothing then."""
    for _, group in content.walk():
        for term in ids & {*group.values}:
            del group.values[term]
        for values in group.values.values():
            for value in values:
                value.parts = {part: text for part, text in value.parts.items() if part not in ids}
    return _pruned(content)


def _pruned(content: Content) -> Content:
    for group, occurrences in list(content.groups.items()):
        content.groups[group] = [one for one in map(_pruned, occurrences) if one.values or one.groups]
        if not content.groups[group]:
            del content.groups[group]
    return content


def lacking(profile: Profile) -> set[str]:
    """All ids that the profile cannot hold: terms and components as found, groups that hold none but these."""
    found: set[str] = set()
    for name in names():
        content = base(name)
        content.descend(["BG-2"]).values["BT-24"] = [Value(profile.specification)]
        content.groups.pop("BG-DEX-09", None)
        while True:
            root = parse(write(without(content, found), "cii").data)
            more = inside(root, refused(root, profile)) - found
            if not more:
                break
            found |= more
    return found | set(_groups_of(found))


def _groups_of(found: set[str]) -> Iterator[str]:
    """Groups all of whose terms, with those of the groups in them, are lacking."""
    for row in terms().values():
        held = [one.id for one in terms().values() if _is_below(one.id, row.id) and not one.is_component]
        leaves = [one for one in held if not terms()[one].is_group]
        if row.is_group and leaves and "DEX" not in row.id and found.issuperset(leaves):
            yield row.id


def _is_below(term: str, group: str) -> bool:
    above = terms()[term].parent
    return above == group or (bool(above) and _is_below(above, group))


def table() -> str:
    """The whole file."""
    lines = ["profile\tterm"]
    for name, profile in PROFILES.items():
        if profile.is_partial:
            found = lacking(profile)
            lines += [f"{name}\t{term}" for term in terms() if term in found]
    return HEADER + "\n".join(lines) + "\n"


if __name__ == "__main__":
    (data.folder("schemas") / "profiles.tsv").write_text(table(), encoding="utf-8")
