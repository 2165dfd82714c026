"""Lists cost the same however many invoices there are: every question is answered by an index, in its order."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event

from einvoice.approval.sight import Sight
from einvoice.pipeline.results import page, tally
from einvoice.pipeline.run import open_deliveries
from einvoice.pipeline.workplace import Opened
from tests.pipeline.mailbox import at, workplace

OPERATOR, CLERK = Sight(1, operator=True), Sight(2, tenants=frozenset({2}))

QUESTIONS: dict[str, Callable[[Opened], Any]] = {
    "all towns": lambda here: page(here, OPERATOR, 50),
    "older ones": lambda here: page(here, OPERATOR, 50, before=40),
    "one town": lambda here: page(here, CLERK, 50, tenant=2),
    "held": lambda here: page(here, CLERK, 50, tenant=2, state="held"),
    "held everywhere": lambda here: page(here, OPERATOR, 50, state="held"),
    "what a run has left to do": open_deliveries,
    "what a run has done": lambda here: tally(here, [1, 2, 3]),
}


def test_every_list_is_answered_by_an_index(tmp_path: Path, store_url: str) -> None:
    asked: list[tuple[str, str, Any]] = []
    with at(workplace(tmp_path, url=store_url)) as here:
        for name, ask in QUESTIONS.items():

            def note(_c: Any, _k: Any, said: str, values: Any, *_: Any, name: str = name) -> None:
                if "FROM invoice" in said or "FROM delivery" in said:
                    asked.append((name, said, values))

            event.listen(here.store.engine, "before_cursor_execute", note)
            ask(here)
            event.remove(here.store.engine, "before_cursor_execute", note)
        with here.store.engine.connect() as connection:
            plans = [(name, _plan(connection, said, values)) for name, said, values in asked]
    assert {name for name, _ in plans} == set(QUESTIONS)
    for name, plan in plans:
        whole = [step for step in plan if "Seq Scan on invoice" in step or "Seq Scan on delivery" in step]
        whole += [step for step in plan if step in ("SCAN invoice", "SCAN delivery")]
        assert whole == (["SCAN invoice"] if name == "all towns" and "sqlite" in store_url else []), (
            name,
            plan,
        )


def _plan(connection: Connection, statement: str, parameters: Any) -> list[str]:
    """How the database goes about a question, as if its tables were big."""
    if connection.dialect.name == "sqlite":
        found = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        return [str(row[3]) for row in found]
    connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    return [str(row[0]) for row in connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)]
