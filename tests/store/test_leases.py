"""A lease is one holder's at a time, and comes free when he gives it back, is dead, or lets it run out."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from einvoice.store import leases
from einvoice.store.host import this_host
from tests.store.installation import Made


def test_one_holder_at_a_time(made: Made) -> None:
    store = made.store
    with leases.taken(store, "work", "first") as ours:
        assert ours
        assert not leases.take(store, "work", "second")
        assert leases.take(store, "other", "second")
    assert leases.take(store, "work", "second")


def test_it_runs_out(made: Made) -> None:
    store = made.store
    assert leases.take(store, "work", "first", seconds=-1)
    assert leases.take(store, "work", "second")
    leases.give_back(store, "work", "first")
    assert not leases.take(store, "work", "first")


def test_a_dead_holder_has_nothing(made: Made) -> None:
    store = made.store
    dead = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True
    )
    assert leases.take(store, "work", f"{this_host()}~{dead.stdout.strip()}~ab")
    assert leases.take(store, "work", leases.new_holder())


def test_of_many_at_once_one_has_it(made: Made) -> None:
    store = made.store
    with ThreadPoolExecutor(6) as pool:
        got = list(pool.map(lambda n: leases.take(store, "work", f"holder {n}"), range(12)))
    assert got.count(True) == 1


def test_claims_are_disjoint_and_as_many_as_asked(made: Made) -> None:
    names = [f"delivery/{number}" for number in range(40)]
    with ThreadPoolExecutor(4) as pool:
        got = list(pool.map(lambda n: leases.claim(made.store, names, f"holder {n}", 10), range(4)))
    assert sorted(name for part in got for name in part) == sorted({name for part in got for name in part})
    assert all(len(part) <= 10 for part in got)
    left = leases.claim(made.store, names, "last", 40)
    assert sorted([*left, *(name for part in got for name in part)]) == sorted(names)
