"""Where what is read the short way goes: values and groups into the tables of the public model.

The same as `walk.settle` and `stating` do for the long way, for documents that are plain.
"""

from operator import itemgetter
from typing import Any

from einvoice.formats.directing import Place, Table, Unplain
from einvoice.formats.walk.bindings import group_of
from einvoice.model.terms import terms, way

Chain = tuple[str, Table, "Chain | None"]
"""The groups open at a place, innermost first: id, what it states, what it lies in."""

_MEANS, _ACCOUNTS, _CODE = "BG-16", "BG-17", "BT-81"
"""Payment means are repeated for each account; the code says which belong together."""

_TABLE, _GROUP_AND_TABLE = itemgetter(1), itemgetter(0, 1)


class Placing:
    """One invoice while it is read: `invoice` is its table."""

    def __init__(self) -> None:
        self.invoice: Table = {}
        self.begun: list[Chain] = []
        self.astray: list[tuple[Place, Chain, Any]] = []
        self.means: list[Table] = []
        self.unplaced: dict[tuple[str, str], str] = {}

    def put(self, one: Place, chain: Chain, value: Any) -> None:
        """Puts a value or group into the innermost group that it belongs to; without one it waits."""
        group, table, around = chain
        while group != one.group:
            if around is None:
                self.astray.append((one, chain, value))
                return
            group, table, around = around
        self.add(one, table, value)

    def add(self, one: Place, table: Table, value: Any) -> None:
        """Puts a value or group into its table; what stands once may be said twice, if it is the same."""
        field = one.field
        if one.is_group:
            self.begun.append((one.term, value, (one.group, table, None)))
        if field not in table:
            table[field] = [value] if one.repeats else value
        elif one.repeats:
            table[field].append(value)
        elif one.term == _MEANS:
            self.means.append(value)
        elif not one.twofold or one.group == _MEANS:
            raise Unplain
        elif str(table[field]) != str(value):
            self.again(one, value)

    def again(self, one: Place, value: Any) -> None:
        """Keeps a second text where one may stand (CII: person and department, both BT-41). Of more than two, the
        long way says which are the same."""
        groups = way("", one.group)
        key = one.term, "/".join(f"{group}[1]" for group in groups or ())
        repeated = any(terms()[group].repeats for group in groups or ())
        if one.read is not None or not groups or repeated or key in self.unplaced:
            raise Unplain
        self.unplaced[key] = value

    def finish(self) -> None:
        """Puts in its place what could not be placed before all groups were there."""
        if self.astray:
            self._settle()
        for mean in self.means:
            self._join(mean)
        if self.unplaced:
            self.invoice["unplaced"] = [
                {"term": term, "place": place, "stated": text}
                for (term, place), text in self.unplaced.items()
            ]
        if all(map(_TABLE, self.begun)):
            return
        for term, table, around in reversed(self.begun):
            field, holding = terms()[term].field, around[1] if around else {}
            if not table and holding.get(field) is table:
                del holding[field]
            elif not table:  # one of several
                _prune(self.invoice)
                break

    def _settle(self) -> None:
        """Finds a home for what stands outside the element of its group."""
        first: dict[str, Table] | None = None
        homeless = []
        for one, chain, value in self.astray:
            around: Chain | None = chain
            while around is not None and around[0] != one.within:
                around = around[2]
            if around is not None:
                home = _first(around[1].get(one.home))
            else:
                if first is None:
                    first = dict(map(_GROUP_AND_TABLE, reversed(self.begun)))
                home = first.get(one.group)
            if home is None:
                homeless.append((one, chain, value))
            else:
                self.add(one, home, value)
                if one.is_group and first is not None:
                    first.setdefault(one.term, value)
        for one, chain, value in homeless:
            self.add(one, self._made(one.group, chain), value)

    def _made(self, group: str, chain: Chain) -> Table:
        """The first group of that id below the place, made with those around it where the document has none."""
        ids, above = [group], group_of(terms()[group]) if group else ""
        while above not in ("", chain[0]):
            ids.append(above)
            above = group_of(terms()[above])
        home = chain[1] if above == chain[0] else self.invoice
        for one in reversed(ids if group else []):
            row = terms()[one]
            found = _first(home.get(row.field))
            if found is None:
                found = {}
                home[row.field] = [found] if row.repeats else found
                self.begun.append((one, found, ("", home, None)))
            home = found
        return home

    def _join(self, mean: Table) -> None:
        """Payment means that only add an account to the first ones, as `stating` joins them."""
        kept: Table = self.invoice[terms()[_MEANS].field]
        accounts, code = terms()[_ACCOUNTS].field, terms()[_CODE].field
        others = {field: value for field, value in mean.items() if field != accounts}
        if accounts not in mean or kept.get(code) != mean.get(code) or not all(mean[accounts]):
            raise Unplain
        if any(kept.get(field) != value for field, value in others.items()):
            raise Unplain
        kept.setdefault(accounts, []).extend(mean[accounts])


def _prune(table: Table) -> None:
    """Groups that say nothing are no content; however many there are, each is looked at once."""
    for field, stated in list(table.items()):
        groups = [one for one in stated if isinstance(one, dict)] if isinstance(stated, list) else []
        for group in groups or ([stated] if isinstance(stated, dict) else []):
            _prune(group)
        if groups:
            stated[:] = [one for one in stated if one != {}]
        if stated in ({}, []):
            del table[field]


def _first(stated: Any) -> Any:
    """The first of what a table states under a name; None if there is nothing."""
    if isinstance(stated, list):
        return stated[0] if stated else None
    return stated
