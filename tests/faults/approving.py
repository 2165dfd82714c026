"""Confirming, authorising and returning are killed before any of their steps: an act is there with its signatures and
its event, or not at all (F06)."""

import random
from collections.abc import Iterator
from pathlib import Path

from sqlmodel import col, select

from einvoice.approval.progress import signatures
from einvoice.approval.signing import BY
from einvoice.pipeline.workplace import Opened, opened, read_workplace
from einvoice.store.tables import Act, Event, Invoice, Outbox
from tests.faults.bench import Bench, bench
from tests.faults.chunks import Chunk, Found
from tests.faults.forks import forks
from tests.pipeline.place import differences

_EVERY = 10
"""How many kills one set of invoices gets before it is finished undisturbed and another comes."""

STATES = {
    "routed": set[str](),
    "confirmed": {"confirm-factual", "confirm-arithmetic"},
    "authorised": {"confirm-factual", "confirm-arithmetic", "authorise"},
    "returned": set[str](),
}
"""State → the steps that are signed in it, no more and no less."""


def approving(chunk: Chunk, folder: Path) -> Found:
    """`rounds` kills of somebody who confirms, authorises and returns."""
    dice, found = random.Random(chunk.seed), Found()
    with bench(folder, chunk.store) as place, forks() as warm:
        while found.count < chunk.rounds and not found.violations:
            for _ in range(3):
                place.put("own")
            warm.act(place.folder)
            steps = 90
            for _ in range(_EVERY):
                ended = warm.act(place.folder, what="approve", last=dice.randint(1, steps))
                if ended.code == -9:
                    found.count += 1
                    found.places[ended.place] += 1
                found.violations += _half(place)
            warm.act(place.folder, what="approve")
            found.violations += [*_half(place), *_unfinished(place)]
        found.violations += map(str, differences(place.folder))
    return found


def _half(place: Bench) -> Iterator[str]:
    """Invoices whose state, signatures, events and replies do not fit each other."""
    with opened(read_workplace(place.folder / "einvoice.toml")) as here, here.store.reading() as session:
        for row in session.exec(select(Invoice).where(col(Invoice.state).in_(STATES))):
            signed = {act.step or "" for act in signatures(session, row)}
            held = {step for step, name in BY.items() if getattr(row, name) is not None}
            if not signed == held == STATES[row.state]:
                yield f"invoice {row.id} is {row.state}: signed {sorted(signed)}, kept {sorted(held)}"
            events = session.exec(select(Event).where(Event.subject == f"invoice/{row.id}")).all()
            last = [one.kind for one in events if one.kind == f"invoice-{row.state}"]
            if row.state != "routed" and len(last) != 1:
                yield f"invoice {row.id} is {row.state}: events {last}"
            returned = session.exec(select(Act).where(Act.invoice_id == row.id, Act.kind == "return")).all()
            replies = session.exec(select(Outbox).where(Outbox.invoice_id == row.id)).all()
            if len(returned) != (row.state == "returned") or len(replies) != len(returned):
                yield f"invoice {row.id} is {row.state}: {len(returned)} returns, {len(replies)} replies"


def _unfinished(place: Bench) -> Iterator[str]:
    with opened(read_workplace(place.folder / "einvoice.toml")) as here, here.store.reading() as session:
        left = session.exec(select(Invoice.id).where(col(Invoice.state).in_(("routed", "confirmed")))).all()
    if left:
        yield f"not approved in the end: {left}"


def approve(here: Opened) -> None:
    """All that can be done: every third invoice is returned with a reply, the others confirmed and authorised."""
    from einvoice.approval import acts, persons
    from einvoice.pipeline.returning import give_back, letter

    clerk, head = (persons.actor(here.store, name) for name in ("Sabine Sander", "Anton Albers"))
    with here.store.reading() as session:
        rows = session.exec(
            select(Invoice).where(col(Invoice.state).in_(("routed", "confirmed"))).order_by(col(Invoice.id))
        ).all()
    for row in rows:
        number = row.id or 0
        if number % 3 == 0:
            give_back(here, clerk, number, "x", letter(here, number, "x"), "a@muster.example", send=False)
            continue
        if row.state == "routed":
            acts.confirm(here.store, clerk, number)
        acts.authorise(here.store, head, number)
