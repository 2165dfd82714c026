"""One town for all tests of a module, on either database, and what its tests share."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from einvoice.approval.chain import POLICY, chain_from
from einvoice.approval.proposals import decide, propose
from einvoice.errors import Refused
from tests import stores
from tests.approval.town import Town, town
from tests.parts import missing

ADA, BOB, CLERK, OTHER, HEAD = "Ada Admin", "Bob Betreiber", "Sabine Sander", "Rolf Rechner", "Anton Albers"
DORA, AUDIT, CASH = "Dora Dahl", "Vera Visa", "Karin Kruse"
M = "musterlippe"


@contextlib.contextmanager
def module_town(database: str, factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The town, in a store of its own on `sqlite` or `postgresql`."""
    with contextlib.ExitStack() as stack:
        if database == "sqlite":
            url = stores.sqlite(factory.mktemp("town") / "store.sqlite")
        elif why := missing("postgres"):
            pytest.skip(why)
        else:
            url = stack.enter_context(stores.postgresql())
        yield stack.enter_context(town(url))


def changed(there: Town, kind: str, subject: str, tenant: str | None, new: Any) -> None:
    """A change, proposed by one and accepted by another."""
    row = propose(there.store, there.who(ADA), kind, subject, tenant, new)
    if row.state == "open":
        decide(there.store, there.who(BOB), row.id or 0, True)


def set_chain(there: Town, table: dict[str, Any]) -> None:
    """Gives the town a chain."""
    changed(there, "policy", POLICY, M, chain_from(table).stored())


def number(there: Town, name: str) -> int:
    """The id of a person."""
    return there.who(name).person_id


def refused(there: Town, rule: str, act: Callable[[], object]) -> None:
    """The act is refused, and an event says by which rule."""
    before = len(there.said("act-refused"))
    with pytest.raises(Refused) as caught:
        act()
    assert caught.value.de
    assert caught.value.code == rule
    assert [one["rule"] for one in there.said("act-refused")[before:]] == [rule]
