"""Two invoices that may be one are never both payable, in whatever order they come, and none is dropped."""

import itertools
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from sqlalchemy import text
from sqlmodel import col, select

from einvoice.formats.canonical import content_digest
from einvoice.intake.duplicates import supplier
from einvoice.pipeline.placing import Newcomer, place_in_tenants, take_over
from einvoice.pipeline.results import listed
from einvoice.store import people
from einvoice.store.tables import Identity, Invoice, Tenant
from einvoice.store.work import Work
from tests.store.installation import Made, make

SELLER, OTHER = "DE123456789", "DE987654321"
IBAN, NEW = "DE19499999600123456789", "DE75512108001245126199"


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    found = make(tmp_path)
    yield found
    found.store.close()


def arrive(made: Made, tenant: int = 1, **stated: Any) -> tuple[int, str, str | None]:
    """An invoice comes to a tenant: its id, state and the code of the reason."""
    number = arrive.count = getattr(arrive, "count", 0) + 1  # type: ignore[attr-defined]
    fields: dict[str, Any] = {
        "number": f"R-{number}", "type_code": "380", "issue_date": "2026-03-01", "seller": "Werre GmbH",
        "seller_vat_id": SELLER, "currency": "EUR", "gross": Decimal(100 + number), "iban": IBAN,
        "sha256": f"bytes-{number}", "content_sha256": f"content-{number}", "verdict": "accepted",
    }  # fmt: skip
    fields |= stated
    fields.setdefault("payable", fields["gross"])
    with made.store.writing(people.SERVICE) as work:
        row = Invoice(
            delivery_id=1, position=number, file="x.xml", received=work.time, since=work.time,
            tenant_id=tenant, state="checked", container="xml", **fields,
        )  # fmt: skip
        row.payable_cents = int(row.payable * 100) if row.payable is not None else None
        row.supplier = supplier(row.seller_vat_id, row.seller)
        work.number(row)
        come(work, [row])
    return row.id or 0, row.state, (row.reason or {}).get("code")


def come(work: Work, rows: Sequence[Invoice]) -> None:
    """Invoices come to their tenants together."""
    placed = place_in_tenants(work, [Newcomer(row, {}) for row in rows])
    work.insert(*rows)
    work.insert(*(identity for one in placed for identity in one.new))
    take_over(work, placed)
    for row in rows:
        work.event("invoice-arrived", row)


def move(made: Made, number: int, state: str) -> None:
    with made.store.writing(people.SERVICE) as work:
        row = work.session.exec(select(Invoice).where(Invoice.id == number)).one()
        row.state = state
        work.session.add(row)
        work.event("moved", row)


LAYERS = [
    ({"sha256": "b", "content_sha256": "c", "number": "1", "gross": Decimal(9)}, {}, "duplicate", "same-bytes"),
    ({"content_sha256": "c", "number": "1", "gross": Decimal(9)}, {}, "duplicate", "same-content"),
    ({"number": "A 1"}, {}, "held", "same-number"),
    ({"number": "A 1", "seller_vat_id": "de 123.456.789"}, {"number": "A 1"}, "held", "same-number"),
    ({"number": "A 1", "issue_date": "2026-03-01"}, {"issue_date": "2027-03-01"}, "routed", None),
    ({"number": "A 1", "iban": None}, {"seller_vat_id": OTHER}, "routed", None),
    ({"gross": Decimal("77.00")}, {"issue_date": "2026-03-10"}, "held", "same-amount"),
    ({"gross": Decimal("77.00")}, {"issue_date": "2026-04-01"}, "routed", None),
    ({"gross": Decimal("77.00")}, {"type_code": "381"}, "routed", None),
    ({"gross": Decimal("77.00")}, {"currency": "CHF"}, "routed", None),
    ({"gross": Decimal("77.00")}, {"seller_vat_id": OTHER}, "held", "same-account"),
    ({}, {"iban": NEW}, "held", "iban-changed"),
    ({}, {"iban": NEW, "seller_vat_id": OTHER}, "routed", None),
    ({}, {"payee": "Factoring AG"}, "held", "payee"),
    ({}, {"payee": "WERRE gmbh"}, "routed", None),
]  # fmt: skip
"""What both invoices state, what the second states otherwise, and where the second then stands, and why."""


@pytest.mark.parametrize(("common", "second", "state", "code"), LAYERS)
def test_each_layer_says_why(
    made: Made, common: dict[str, Any], second: dict[str, Any], state: str, code: str | None
) -> None:
    first = arrive(made, **common)
    assert first[1:] == ("routed", None)
    again = arrive(made, **{"number": f"Z-{common.get('number')}", **common, **second})
    assert again[1:] == (state, code)
    with made.store.reading() as session:
        row = session.exec(select(Invoice).where(Invoice.id == again[0])).one()
        linked = code in ("same-bytes", "same-content", "same-number")
        assert row.duplicate_of == (first[0] if linked else None)


def test_another_town_is_no_neighbour(made: Made) -> None:
    same = {"sha256": "b", "content_sha256": "c", "number": "1", "gross": Decimal(9)}
    assert arrive(made, tenant=1, **same)[1] == "routed"
    assert arrive(made, tenant=2, **same)[1] == "routed"


def test_an_amount_far_above_all_before_is_held(made: Made) -> None:
    for _ in range(3):
        assert arrive(made)[1] == "routed"
    assert arrive(made, gross=Decimal(900))[1] == "routed"
    assert arrive(made, gross=Decimal(99_000))[2] == "amount-unusual"
    assert arrive(made, seller_vat_id=OTHER, iban=None, gross=Decimal(99_001))[1] == "routed"


def test_a_town_sets_its_own_limits(made: Made) -> None:
    with made.store.writing(people.SERVICE) as work:
        town = work.session.exec(select(Tenant).where(Tenant.id == 1)).one()
        people.set_policy(
            work, town, "duplicates", {"near_days": 3, "factor": 1.5, "payees": ["Factoring AG"]}
        )
    arrive(made, gross=Decimal(77))
    assert arrive(made, gross=Decimal(77), issue_date="2026-03-05")[1] == "routed"
    assert arrive(made, payee="factoring ag")[1] == "routed"
    assert arrive(made, gross=Decimal(1000))[2] == "amount-unusual"


@pytest.mark.parametrize(
    ("gone", "type_code", "state"),
    [(None, "384", "held"), (None, "380", "held"), (None, "381", "routed"), (None, "326", "routed"),
     ("rejected", "384", "routed"), ("returned", "380", "routed")],
)  # fmt: skip
def test_a_corrected_invoice_is_linked_to_what_it_replaces(
    made: Made, gone: str | None, type_code: str, state: str
) -> None:
    first, _, _ = arrive(made, number="A-1")
    if gone:
        move(made, first, gone)
    number, found, code = arrive(made, number="A-2", preceding="A-1", type_code=type_code)
    assert found == state
    assert code == ("corrects" if state == "held" else None)
    with made.store.reading() as session:
        row = session.exec(select(Invoice).where(Invoice.id == number)).one()
    assert row.replaces == (None if type_code == "326" else first)


def test_what_was_returned_gives_its_number_up_once(made: Made) -> None:
    first, _, _ = arrive(made, number="A-1")
    move(made, first, "returned")
    assert arrive(made, number="A-1")[1] == "routed"
    assert arrive(made, number="A-1")[2] == "same-number"


def test_blanks_and_attributes_in_another_order_are_the_same_content() -> None:
    def digest(text_: str) -> str:
        return content_digest(etree.fromstring(text_))

    assert digest('<a b="1" c="2"><d>x</d></a>') == digest("<a c='2'  b='1'>\n  <d>x</d>\n</a>")
    assert digest("<a><d>x</d></a>") != digest("<a><d>x </d></a>")
    assert digest("<a><d/></a>") == digest("<a><d></d></a>")


_STATED = st.fixed_dictionaries(
    {
        "number": st.sampled_from("AB"),
        "gross": st.sampled_from([Decimal(10), Decimal(20)]),
        "iban": st.sampled_from([IBAN, NEW]),
        "seller_vat_id": st.sampled_from([SELLER, OTHER]),
        "issue_date": st.sampled_from(["2026-03-01", "2026-03-12", "2026-03-24"]),
        "content_sha256": st.sampled_from("xyz"),
    }
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_STATED, min_size=2, max_size=4), st.randoms(use_true_random=False))
def test_in_no_order_two_that_may_be_one_are_both_payable(
    tmp_path_factory: pytest.TempPathFactory, came: list[dict[str, Any]], dice: Any
) -> None:
    dice.shuffle(came)
    made = make(tmp_path_factory.mktemp("order"))
    numbers = {arrive(made, sha256=str(place), **one)[0]: one for place, one in enumerate(came)}
    with made.store.reading() as session:
        found = {row.id: row for row in session.exec(select(Invoice)) if row.id in numbers}
        identities = session.exec(select(Identity)).all()
    assert len(found) == len(came)
    assert all(row.reason and row.reason.get("of", 1) for row in found.values() if row.state != "routed")
    payable = [numbers[number] for number, row in found.items() if row.state == "routed"]
    assert len(payable) >= 1
    for one, other in itertools.combinations(payable, 2):
        assert one["content_sha256"] != other["content_sha256"]
        assert (one["number"], one["seller_vat_id"]) != (other["number"], other["seller_vat_id"])
        same_seller = one["seller_vat_id"] == other["seller_vat_id"]
        apart = abs(int(one["issue_date"][-2:]) - int(other["issue_date"][-2:]))
        if one["gross"] == other["gross"]:
            assert not (same_seller and apart <= 14)
            assert not (not same_seller and one["iban"] == other["iban"])
        assert not (same_seller and one["iban"] != other["iban"])
    assert len({(one.kind, one.value) for one in identities}) == len(identities)
    made.store.close()


def test_every_question_is_answered_by_an_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make(tmp_path)
    asked: list[tuple[str, Any]] = []
    from sqlalchemy import event

    arrive(made)

    @event.listens_for(made.store.engine, "before_cursor_execute")
    def _(_c: Any, _k: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT") and ("FROM invoice" in statement or "JOIN invoice" in statement):
            asked.append((statement, parameters))

    arrive(made, payee="Jemand", preceding="R-0", iban=NEW)
    assert len(asked) >= 6
    with made.store.engine.connect() as connection:
        for statement, parameters in list(asked):
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
            steps = [str(row[3]) for row in plan]
            known = ("SEARCH", "USE TEMP", "SCAN asked VIRTUAL", "LIST SUB", "CORRELATED SCALAR", "REUSE")
            assert all(step.startswith(known) for step in steps), (statement, steps)
            assert not [step for step in steps if "ix_invoice_tenant_id (" in step or "(tenant_id=?)" in step]
    made.store.close()


def test_lists_of_a_town_are_answered_by_an_index(tmp_path: Path) -> None:
    made = make(tmp_path)
    with made.store.engine.connect() as connection:
        for state in (None, "routed"):
            query = (
                listed(1, state)
                .order_by(col(Invoice.id))
                .compile(made.store.engine, compile_kwargs={"literal_binds": True})
            )
            plan = [str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}")]
            wanted = "(tenant_id=? AND state=?)" if state else "(tenant_id=?)"
            assert plan[0].startswith("SEARCH invoice USING INDEX")
            assert plan[0].endswith(wanted)
            assert not [step for step in plan if "TEMP B-TREE" in step]
    made.store.close()


def test_it_stays_as_quick_with_many_invoices(tmp_path: Path) -> None:
    import time

    made = make(tmp_path)
    first, _, _ = arrive(made)
    with made.store.engine.execution_options(writing=True).begin() as connection:
        columns = [column.name for column in Invoice.__table__.columns if column.name != "id"]  # type: ignore[attr-defined]
        other = {"position": "1000 + n", "number": "'M-' || n", "supplier": "'S-' || (n % 500)",
                 "payable_cents": "n * 7", "sha256": "'m-' || n", "iban": "'I-' || (n % 700)"}  # fmt: skip
        chosen = ", ".join(other.get(name, f'"{name}"') for name in columns)
        names = ", ".join(f'"{name}"' for name in columns)
        connection.execute(
            text(
                f"WITH RECURSIVE many(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < 30000) "
                f"INSERT INTO invoice ({names}) SELECT {chosen} FROM invoice, many WHERE id = {first}"
            )
        )
    started = time.process_time()
    for _ in range(5):
        arrive(made)
    assert (time.process_time() - started) / 5 < 0.25
    made.store.close()
