"""Approving, building, closing, exporting and acknowledging batches, killed before a step counted off: F06 to F08.

The act goes on where it finds things: whatever was left, one more of it brings everything to an end. The receiver
rejects the first row of every batch, so that there is always something to do.
"""

import contextlib
import hashlib
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlmodel import col, select

from einvoice.approval import acknowledging, acts, batches, persons
from einvoice.approval.acknowledging import Answer
from einvoice.exports.delivery import export
from einvoice.exports.making import ARCHIVE
from einvoice.pipeline.workplace import Opened, opened, read_workplace
from einvoice.store import people
from einvoice.store.tables import Batch, BatchRow, Export, Invoice
from einvoice.store.verify import verify
from tests import cluster
from tests.faults.chunks import Chunk, Found
from tests.faults.forks import forks
from tests.pipeline.place import demo, once

TOWN, FORMS = "musterlippe", ("csv", "datev-extf")
KILLED = -9
_LIVING = ("batched", "exported", "acknowledged")


def act(place: Path) -> Sequence[object]:
    """All that can be done with what was routed: approved, batched, exported, answered."""
    with opened(read_workplace(place / "einvoice.toml")) as here:
        clerk, head, cash = (
            persons.actor(here.store, name) for name in ("Sabine Sander", "Anton Albers", "Karin Kruse")
        )
        for invoice in _in(here, "routed"):
            acts.confirm(here.store, clerk, invoice)
        for invoice in _in(here, "confirmed"):
            acts.authorise(here.store, head, invoice)
        if _in(here, "authorised"):
            batches.build(here.store, cash, TOWN)
        for batch in _batches(here, "open"):
            batches.close(here.store, cash, batch)
        for batch in _batches(here, "closed", "exported"):
            for form in FORMS:
                export(here.store, here.archive, cash, batch, form, place / "exports")
            answers = [Answer(1, False, reason="Kreditor gesperrt"), Answer(None, True, voucher="4711")]
            acknowledging.acknowledge(here.store, cash, batch, answers)
    return ()


def _in(here: Opened, state: str) -> list[int]:
    with here.store.reading() as session:
        town = people.tenant(session, TOWN).id
        query = select(Invoice.id).where(Invoice.tenant_id == town, Invoice.state == state)
        return [number for number in session.exec(query.order_by(col(Invoice.id))) if number]


def _batches(here: Opened, *states: str) -> list[int]:
    with here.store.reading() as session:
        query = select(Batch.id).where(col(Batch.state).in_(states)).order_by(col(Batch.id))
        return [number for number in session.exec(query) if number]


def batches_killed(chunk: Chunk, folder: Path) -> Found:
    """`rounds` kills of one workplace, each followed by an act that comes to its end."""
    dice, found = random.Random(chunk.seed), Found()
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(cluster.database()) if chunk.store == "postgres" else None
        place = demo(folder, "01-skonto.xml", "04-zugferd.pdf", "11-unterpositionen.xml", url=url)
        once(place)
        warm = stack.enter_context(forks())
        usual = warm.act(place, what="batch")
        for _ in range(5 * chunk.rounds):
            if found.count == chunk.rounds or found.violations:
                break
            ended = warm.act(place, what="batch", last=dice.randint(1, usual.steps))
            if ended.code == KILLED:
                found.count += 1
                found.places[ended.place] += 1
            ended = warm.act(place, what="batch")
            if ended.code:
                found.violations.append(f"the next act ended with {ended.code}: {ended.place}")
            found.violations += violations(place)
    return found


def violations(place: Path) -> list[str]:
    """What does not hold of batches, rows, invoices, files and the archive."""
    with opened(read_workplace(place / "einvoice.toml")) as here, here.store.reading() as session:
        rows = list(session.exec(select(BatchRow)))
        found = [f"I5: {one.code} {one.where}" for one in verify(here.store, here.archive)]
        live = Counter(row.invoice_id for row in rows if row.live)
        paid = Counter(row.invoice_id for row in rows if (row.result or {}).get("state") == "accepted")
        for invoice in session.exec(select(Invoice)):
            if live[invoice.id or 0] != (invoice.state in _LIVING) or paid[invoice.id or 0] > 1:
                found.append(f"I3: invoice {invoice.id} is {invoice.state}, live in {live[invoice.id or 0]}")
        numbers = [batch.number for batch in session.exec(select(Batch)) if batch.number]
        if sorted(numbers) != list(range(1, len(numbers) + 1)):
            found.append(f"batches are numbered {sorted(numbers)}")
        return found + list(_files(list(session.exec(select(Export))), place / "exports"))


def _files(exports: list[Export], folder: Path) -> Iterator[str]:
    """Each file is made once, and what lies under its name are those bytes."""
    made = {one.name: one.sha256 for one in exports if one.target == ARCHIVE}
    if len(made) != sum(one.target == ARCHIVE for one in exports):
        yield "I3: a file was made twice"
    for path in folder.glob("[!.]*"):
        if hashlib.sha256(path.read_bytes()).hexdigest() != made.get(path.name):
            yield f"I3: {path.name} holds other bytes than were made"
    for one in exports:
        if one.target != ARCHIVE and made.get(one.name) != one.sha256:
            yield f"I3: {one.name} was delivered with other bytes than were made"
