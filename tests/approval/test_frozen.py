"""What a batch row keeps: everything an export may say, as it was when the row was made."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from einvoice.approval import acts, batches, persons
from einvoice.pipeline.workplace import Opened
from tests.approval.demo import demo


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Opened]:
    with demo(tmp_path) as made:
        yield made


def test_a_row_keeps_who_is_paid_what_was_supplied_and_who_said_so(place: Opened) -> None:
    clerk, head, cash = (
        persons.actor(place.store, name) for name in ("Sabine Sander", "Anton Albers", "Karin Kruse")
    )
    acts.note(place.store, clerk, 1, "nur eine Notiz")
    acts.confirm(place.store, clerk, 1)
    acts.authorise(place.store, head, 1)
    batch = batches.build(place.store, cash, "musterlippe")
    with place.store.reading() as session:
        (row,) = batches.rows_of(session, batch)
    said = row.content or {}
    assert said["creditor"]["iban"] == "DE19499999600123456789"
    assert said["creditor"]["address"]["country"] == "DE"
    assert said["creditor"]["confirmed"]["source"].startswith("Rahmenvertrag")
    assert {(act["kind"], act["person"]) for act in said["acts"]} == {
        ("confirm-factual", clerk.person_id),
        ("confirm-arithmetic", clerk.person_id),
        ("authorise", head.person_id),
    }
    assert said["payment"]["accounts"][0]["iban"] == said["creditor"]["iban"]
    assert said["breakdown"][0]["BT-118"] == "S"
    assert {"cost_centre", "cost_object", "product", "investment", "budget_year"} <= said["postings"][
        0
    ].keys()
    assert said["tenant"] == {"name": "musterlippe", "title": "Stadt Musterlippe"}
    assert (said["credit"], said["approved"]) == (False, said["payable"])
