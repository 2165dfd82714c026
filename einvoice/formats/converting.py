"""Brings an invoice into another syntax or profile: all that the target holds, and by term what it does not.

Nothing is taken on trust: what was written is read back and compared with what was to be written.
"""

from dataclasses import dataclass

from einvoice.errors import UsageError
from einvoice.formats.bindings import SYNTAXES
from einvoice.formats.profiles import Profile
from einvoice.formats.reading import read
from einvoice.formats.writing import Written, write
from einvoice.formats.xml import parse
from einvoice.model.content import Content, Value
from einvoice.model.differences import Difference, differences
from einvoice.model.terms import terms

CREDIT_NOTES = frozenset(
    ["81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "502", "503", "532"]
)
"""The type codes (BT-3) that UBL states in a credit note (BR-CL-01)."""

_INVOICES = frozenset(["326", "380", "384", "389", "875", "876", "877"])
"""The type codes of invoices in German use (BR-DE-17)."""

_TRIES = 60
"""How often an invoice is written to find the places at which a term cannot be carried; what is not found by then
goes with them."""


@dataclass(frozen=True, slots=True)
class Carried:
    """An invoice as a target holds it: the XML, and what is not as in the content it was made of.

    `losses` are texts the target cannot hold, `changes` those that were changed on purpose (BT-24 by a profile),
    `added` fillers that the syntax asks for beside what is stated (UBL: BT-13 beside BT-14).
    """

    data: bytes
    syntax: str
    content: Content
    losses: tuple[Difference, ...]
    changes: tuple[Difference, ...] = ()
    added: tuple[Difference, ...] = ()


def syntax_for(content: Content, to: str, source: str | None = None) -> str:
    """The syntax for the target "ubl" or "cii"; UBL has two roots, told apart by BT-3.

    A type code that neither list has stays with the root of the `source`.
    """
    if to != "ubl":
        return to
    code = (content.text("BT-3") or "").strip()
    if source == "ubl-creditnote" and code not in _INVOICES:
        return source
    return "ubl-creditnote" if code in CREDIT_NOTES else "ubl-invoice"


def carry(content: Content, syntax: str, profile: Profile | None = None) -> Carried:
    """Writes a content in a syntax (and profile). Raises UsageError for a profile that the syntax does not have."""
    if syntax not in SYNTAXES:
        raise UsageError(f"{syntax}: {', '.join(SYNTAXES)}")
    asked = content.copy()
    if profile is not None:
        _state(asked, profile, syntax)
    fitting = _without(asked, profile.lacking if profile else frozenset())
    written = write(fitting, syntax)
    fitting, written = _thinned(fitting, written, syntax)
    back = read(parse(written.data)).content()
    differing = differences(fitting, back)
    added = tuple(one for one in differing if one.before is None and one.term in written.added)
    astray = [one for one in differing if one not in added]
    losses = (*differences(asked, fitting), *astray)
    changes = tuple(differences(content, asked))
    return Carried(written.data, syntax, back, losses, changes, added)


def _state(content: Content, profile: Profile, syntax: str) -> None:
    """Makes the content claim the profile (BT-24)."""
    if syntax not in profile.syntaxes:
        raise UsageError(
            f"the profile {profile.name} cannot be written as {syntax}",
            f"Das Profil {profile.name} gibt es nicht als {syntax}",
        )
    content.descend(["BG-2"]).values["BT-24"] = [Value(profile.specification)]


def _without(content: Content, ids: frozenset[str]) -> Content:
    """A copy without the terms, groups and components named, and without groups that say nothing then."""
    values = {
        term: [
            Value(v.text, {part: text for part, text in v.parts.items() if part not in ids}) for v in stated
        ]
        for term, stated in content.values.items()
        if term not in ids
    }
    groups = {
        group: [copy for one in occurrences if (copy := _without(one, ids)).values or copy.groups]
        for group, occurrences in content.groups.items()
        if group not in ids
    }
    return Content(values, {group: occurrences for group, occurrences in groups.items() if occurrences})


def _thinned(content: Content, written: Written, syntax: str) -> tuple[Content, Written]:
    """The content less what the syntax cannot carry, so that what is written is valid: of each term named the
    first in its group if that can be kept, else only where it does no harm, else none."""
    ways = (_keep_first, _keep_harmless, _keep_none)
    while written.losses:
        term = written.losses[0]
        for way in ways:
            fewer = _without(way(content, term, syntax), frozenset())
            rewritten = write(fewer, syntax)
            if term not in rewritten.losses:
                break
        content, written = fewer, rewritten
    return content, written


def _keep_first(content: Content, term: str, syntax: str) -> Content:
    return _cut(content, term, {id(home): 1 for home in _homes(content, term)})


def _keep_none(content: Content, term: str, syntax: str) -> Content:
    return _cut(content, term, {})


def _keep_harmless(content: Content, term: str, syntax: str) -> Content:
    """The places at fault are searched for by halves, unless there are too many of them."""
    tries = iter(range(_TRIES))

    def harmless(homes: list[Content]) -> list[Content]:
        if not homes or next(tries, None) is None:
            return []
        alone = _cut(content, term, {id(home): 1 for home in homes})
        if term not in write(alone, syntax).losses:
            return homes
        half = len(homes) // 2
        return harmless(homes[:half]) + harmless(homes[half:]) if half else []

    return _cut(content, term, {id(home): 1 for home in harmless(_homes(content, term))})


def _homes(content: Content, term: str) -> list[Content]:
    kind = "groups" if terms()[term].is_group else "values"
    return [group for _, group in content.walk() if getattr(group, kind).get(term)]


def _cut(content: Content, term: str, kept: dict[int, int]) -> Content:
    """A copy with as many occurrences of a term or group in each place as `kept` says for it."""
    copy = content.copy()
    for (_, old), (_, new) in zip(list(content.walk()), list(copy.walk()), strict=True):
        table: dict[str, list[Value]] | dict[str, list[Content]]
        table = new.groups if terms()[term].is_group else new.values
        if term in table:
            del table[term][kept.get(id(old), 0) :]
            if not table[term]:
                del table[term]
    return copy
