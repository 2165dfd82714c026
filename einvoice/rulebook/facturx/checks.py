"""The kinds of check of the tables: each makes, from the path and limit of a row, a function that judges a node.

None is fine; otherwise the values that the message needs. Kinds and limits are described in rules/factur-x/README.md.
"""

import re
from collections.abc import Callable, Sequence

from einvoice.model.lexical import BLANKS, trim
from einvoice.rulebook.facturx.codes import codes
from einvoice.rulebook.facturx.computed import computed
from einvoice.rulebook.facturx.conditions import named
from einvoice.rulebook.facturx.paths import select
from einvoice.rulebook.facturx.states import Check
from einvoice.rulebook.facturx.tree import Item, Node
from einvoice.rulebook.facturx.values import Values, compared, single

Factory = Callable[[str, str], Check]

_DAY = r"[0-9]{4}(1[0-2]|0[1-9])(3[01]|[12][0-9]|0[1-9])"
_MOMENTS = {"yyyymmdd": _DAY, "yyyymmddhhmm": _DAY + r"([01][0-9]|2[0-3])[0-5][0-9]"}
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "=": lambda left, right: left == right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}
_SHOWN = 100
"""Characters of a value that a message repeats."""


def _always(path: str, limit: str) -> Check:
    return lambda node: {}


def _never(path: str, limit: str) -> Check:
    return lambda node: None


def _absent(path: str, limit: str) -> Check:
    if path == ".":
        return lambda node: {"value": _excerpt([node])}
    find = select(path, named)
    return lambda node: {"value": _excerpt(items)} if (items := find(node)) else None


def _present(path: str, limit: str) -> Check:
    find = select(path, named)
    return lambda node: None if find(node) else {}


def _stated(path: str, limit: str) -> Check:
    find = select(path, named)
    return lambda node: None if any(item.text for item in find(node)) else {}


def _visible(path: str, limit: str) -> Check:
    find = select(path, named)
    return lambda node: None if single(find(node)).strip(BLANKS) else {}


def _holds(path: str, limit: str) -> Check:
    test = named(path)
    return lambda node: None if test(node) else {"condition": path}


def _counted(fits: Callable[[int, int], bool]) -> Factory:
    def factory(path: str, limit: str) -> Check:
        find, number = select(path, named), int(limit)

        def check(node: Node) -> Values | None:
            count = len(find(node))
            return None if fits(count, number) else {"count": str(count), "limit": limit}

        return check

    return factory


def _in_list(path: str, limit: str) -> Check:
    return _listed(path, codes(limit), limit)


def _one_of(path: str, limit: str) -> Check:
    return _listed(path, frozenset(limit.split()), limit.replace(" ", ", "))


def _listed(path: str, listed: frozenset[str], name: str) -> Check:
    """Nothing and the empty text are fine: the official test asks other rules about them."""
    find = select(path, named)

    def check(node: Node) -> Values | None:
        value = single(find(node))
        return None if value == "" or value in listed else {"value": value[:_SHOWN], "list": name}

    return check


def _prefix_in_list(path: str, limit: str) -> Check:
    find, listed = select(path, named), codes(limit)

    def check(node: Node) -> Values | None:
        value = single(find(node))
        return None if value[:2] in listed else {"value": value[:_SHOWN], "list": limit}

    return check


def _word_in_list(path: str, limit: str) -> Check:
    find, listed = select(path, named), codes(limit)

    def check(node: Node) -> Values | None:
        value = trim(single(find(node)))
        return None if value in listed else {"value": value[:_SHOWN], "list": limit}

    return check


def _number(path: str, limit: str, *, if_any: bool = False) -> Check:
    find = select(path, named)
    sign, bound = limit.split()
    fits, number = _COMPARE[sign], float(bound)

    def check(node: Node) -> Values | None:
        items = find(node)
        numbers = [compared(item) for item in items]
        if (if_any and not items) or any(fits(value, number) for value in numbers):
            return None
        return {"stated": _excerpt(items), "expected": bound if sign == "=" else limit}

    return check


def _number_if_any(path: str, limit: str) -> Check:
    return _number(path, limit, if_any=True)


def _max_decimals(path: str, limit: str) -> Check:
    find, number = select(path, named), int(limit)

    def check(node: Node) -> Values | None:
        value = single(find(node))
        return None if len(value.partition(".")[2]) <= number else {"value": value[:_SHOWN], "limit": limit}

    return check


def _max_length(path: str, limit: str) -> Check:
    find, number = select(path, named), int(limit)

    def check(node: Node) -> Values | None:
        value = trim(single(find(node)))
        return None if len(value) <= number else {"value": value[:_SHOWN], "limit": limit}

    return check


def _moment(path: str, limit: str) -> Check:
    find, shape = select(path, named), re.compile(f"[{BLANKS}]*{_MOMENTS[limit]}[{BLANKS}]*")

    def check(node: Node) -> Values | None:
        value = single(find(node))
        return None if shape.fullmatch(value) else {"value": value[:_SHOWN], "expected": limit}

    return check


def _same_text(path: str, limit: str) -> Check:
    find = select(path, named)

    def check(node: Node) -> Values | None:
        texts = dict.fromkeys(trim(item.text) for item in find(node))
        return None if len(texts) <= 1 else {"value": ", ".join(texts)[:_SHOWN]}

    return check


def _ordered(path: str, limit: str) -> Check:
    """Fine if one is missing, or some end (format 102) is not before some start: compared as text."""
    paths = path.split()
    whole = [select(part, named) for part in paths]
    days = [select(f"{part}/udt:DateTimeString[format 102]", named) for part in paths]

    def check(node: Node) -> Values | None:
        starts, ends = ([item.text for item in find(node)] for find in days)
        if not all(find(node) for find in whole) or any(e >= s for s in starts for e in ends):
            return None
        return {"start": ", ".join(starts), "end": ", ".join(ends)}

    return check


def _excerpt(items: Sequence[Item]) -> str:
    return ", ".join(trim(item.text) for item in items)[:_SHOWN]


KINDS: dict[str, Factory] = {
    "absent": _absent,
    "always": _always,
    "at_least": _counted(lambda count, limit: count >= limit),
    "at_most": _counted(lambda count, limit: count <= limit),
    "computed": computed,
    "exactly": _counted(lambda count, limit: count == limit),
    "holds": _holds,
    "in_list": _in_list,
    "max_decimals": _max_decimals,
    "max_length": _max_length,
    "moment": _moment,
    "never": _never,
    "number": _number,
    "number_if_any": _number_if_any,
    "one_of": _one_of,
    "ordered": _ordered,
    "prefix_in_list": _prefix_in_list,
    "present": _present,
    "same_text": _same_text,
    "stated": _stated,
    "visible": _visible,
    "word_in_list": _word_in_list,
}
