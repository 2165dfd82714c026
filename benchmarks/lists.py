"""`python -m benchmarks.lists FOLDER [COUNT] [URL]`: what lists cost in a store of COUNT invoices and of ten times as
many (100,000 and 1,000,000). Rows are copied inside the database, without events: only questions are asked of them.

Per question: the median processor time of one look, in both, and their ratio.
"""

import statistics
import sys
import time
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlmodel import func, select

from benchmarks.inbox import fill
from einvoice.approval.listing import Wish, listed
from einvoice.approval.sight import Sight
from einvoice.pipeline.results import page
from einvoice.pipeline.run import open_deliveries, run
from einvoice.pipeline.workplace import Opened, init, opened
from einvoice.store.tables import Invoice

OPEN, DONE = ("routed", "held", "confirmed", "authorised"), "acknowledged"
"""States of what waits, here 1 of 50, and of everything else."""

TOWNS, SIGNED = 3, {"factual_by": "2", "arithmetic_by": "2", "authorised_by": "3"}


def main(folder: Path, count: int = 100_000, url: str | None = None) -> None:
    """Fills a store twice, and tells what each question cost."""
    place = init(folder, demo=True, **({"url": url} if url else {}))
    for sample in place.inbox.iterdir():
        sample.unlink()
    fill(place.inbox, 30)
    with opened(place) as here:
        run(here)
        found = []
        for many in (count, 10 * count):
            grow(here, many)
            found.append({name: _median(ask) for name, ask in _questions(here).items()})
        print(f"{'ms for one look':42} {count:>10,} {10 * count:>10,}  ratio")
        for name, (few, many) in {name: (found[0][name], found[1][name]) for name in found[0]}.items():
            print(f"{name:42} {few:10.2f} {many:10.2f}  {many / few:5.2f}")


def grow(here: Opened, count: int) -> None:
    """Copies one routed invoice until there are so many, all different, spread over the towns."""
    with here.store.reading() as session:
        there = session.exec(select(func.count()).select_from(Invoice)).one()
        first = session.exec(select(func.min(Invoice.id)).where(Invoice.state == "routed")).one()
    states = " ".join(f"WHEN {number} THEN '{state}'" for number, state in enumerate(OPEN))
    other = {
        "position": "1000 + n",
        "number": "'M-' || n",
        "supplier": "'S-' || (n % 2000)",
        "seller": "'Lieferant ' || (n % 2000)",
        "search": "'m-' || n || ' lieferant ' || (n % 2000)",
        "payable_cents": "n",
        "sha256": "'m-' || n",
        "iban": "'I-' || (n % 2000)",
        **SIGNED,
        "tenant_id": f"1 + n % {TOWNS}",
        "state": f"CASE WHEN n % 50 = 0 THEN CASE (n / 50) % {len(OPEN)} {states} END ELSE '{DONE}' END",
    }
    columns = [column.name for column in Invoice.__table__.columns if column.name != "id"]  # type: ignore[attr-defined]
    chosen = ", ".join(other.get(name, f'"{name}"') for name in columns)
    names = ", ".join(f'"{name}"' for name in columns)
    many = (
        f"WITH RECURSIVE many(n) AS (SELECT {there} UNION ALL SELECT n + 1 FROM many WHERE n < {count - 1})"
    )
    with here.store.changing() as connection:
        connection.execute(
            text(
                f"{many} INSERT INTO invoice ({names}) SELECT {chosen} FROM invoice, many WHERE id = {first}"
            )
        )
        connection.execute(text("ANALYZE" if not here.store.postgres else "ANALYZE invoice"))


def _questions(here: Opened) -> Mapping[str, Callable[[], Any]]:
    operator, clerk = Sight(1, operator=True), Sight(2, tenants=frozenset({2}))
    with here.store.reading() as session:
        last = session.exec(select(func.max(Invoice.id))).one() or 0

    def desk(wish: Wish) -> Any:
        with here.store.reading() as session:
            return listed(session, clerk, wish, date(2026, 3, 5))

    return {
        "inbox list, all towns": lambda: page(here, operator, 500),
        "inbox list, all towns, from the middle": lambda: page(here, operator, 500, before=last // 2),
        "inbox list, one town": lambda: page(here, clerk, 500, tenant=2),
        "inbox list, what a town holds": lambda: page(here, clerk, 500, tenant=2, state="held"),
        "inbox list, held in all towns": lambda: page(here, operator, 500, state="held"),
        "desk: all of a town": lambda: desk(Wish()),
        "desk: from the middle": lambda: desk(Wish(after=str(last // 2))),
        "desk: held": lambda: desk(Wish(state="held")),
        "run: what is left to do": lambda: open_deliveries(here),
    }


def _median(ask: Callable[[], Any], times: int = 7) -> float:
    """Processor time of this thread, in ms, and with it of SQLite; a server's own is not in it."""
    ask()
    took = []
    for _ in range(times):
        began = time.thread_time()
        ask()
        took.append(1000 * (time.thread_time() - began))
    return statistics.median(took)


if __name__ == "__main__":
    stated = dict(enumerate(sys.argv))
    main(Path(stated[1]), int(stated.get(2, 100_000)), stated.get(3))
