"""Approving, building, closing, exporting, reopening and acknowledging batches, killed before a step counted off:
F06 to F08, F31 to F33.

The act goes on where it finds things: whatever was left, one more of it brings everything to an end. The receiver
rejects the first row of every batch, so that there is always something to do; every third batch is reopened by two
persons instead of being answered. One target is a service that refuses, takes and does not say so, or is cut.
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
from einvoice.approval.persons import Actor
from einvoice.approval.proposals import decide, pending, propose
from einvoice.exports.delivery import export
from einvoice.exports.making import ARCHIVE
from einvoice.exports.targets import agreed
from einvoice.pipeline.automatic import export_closed
from einvoice.pipeline.backoff import Backoff
from einvoice.pipeline.workplace import Opened, opened, read_workplace
from einvoice.store import people
from einvoice.store.tables import Batch, BatchRow, Export, Invoice
from einvoice.store.times import utc_now
from einvoice.store.verify import verify
from tests import cluster
from tests.exports.receivers import Receiver, receiver
from tests.faults.chunks import Chunk, Found
from tests.faults.forks import forks
from tests.pipeline.place import demo, once

TOWN, FORMS, TARGET = "musterlippe", ("csv", "datev-extf"), "kasse"
KILLED = -9
MOODS = ("take", "refuse", "cut before", "cut within", "cut after")
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
            export_closed(here, Backoff())
            if batch % 3 == 0:
                _reopen(here, batch)
                continue
            answers = [Answer(1, False, reason="Kreditor gesperrt"), Answer(None, True, voucher="4711")]
            acknowledging.acknowledge(here.store, cash, batch, answers)
        export_closed(here, Backoff())
    return ()


def _reopen(here: Opened, batch: int) -> None:
    """One proposes it, unless that was done before; another agrees."""
    with here.store.reading() as session:
        waiting = [one.id or 0 for one in pending(session) if one.subject == str(batch)]
    if not waiting:
        cash, wish = persons.actor(here.store, "Karin Kruse"), {"reason": "Falsches Konto"}
        waiting = [propose(here.store, cash, "batch-reopen", str(batch), TOWN, wish).id or 0]
    decide(here.store, persons.actor(here.store, "Anton Albers"), waiting[0], accept=True)


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
        moods = dice.choices(MOODS, k=2 * chunk.rounds)
        service = stack.enter_context(receiver(*moods, "take"))
        _target(place, service.url)
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
            found.violations += [*violations(place), *_taken(place, service)]
        del service.moods[:-1]
        warm.act(place, what="batch")
        found.violations += [*_taken(place, service, at_rest=True)]
    return found


def _target(place: Path, url: str) -> None:
    """Gives the town a target at a service."""
    config = place / "einvoice.toml"
    config.write_text(f'{config.read_text()}\n[[place]]\nname = "hkr"\nkind = "http"\nurl = "{url}"\n')
    workplace = read_workplace(config)
    with opened(workplace) as here:
        wish = agreed(workplace.places["hkr"], "csv", since=utc_now(), profile=None)
        propose(here.store, Actor(people.SERVICE, "einvoice", True), "export-target", TARGET, TOWN, wish)


def _taken(place: Path, service: Receiver, *, at_rest: bool = False) -> Iterator[str]:
    """The service has each file once, whole, as it was made; at rest all that are not reopened."""
    kept = Counter(hashlib.sha256(body).hexdigest() for body in service.kept.values())
    with opened(read_workplace(place / "einvoice.toml")) as here, here.store.reading() as session:
        rows = [one for one in session.exec(select(Export)) if one.format == "csv"]
        made = {one.sha256 for one in rows if one.target == ARCHIVE}
        told = {one.sha256 for one in rows if one.target == f"target/{TARGET}" and one.state == "delivered"}
        closed = {one.id for one in session.exec(select(Batch)) if one.state in ("exported", "acknowledged")}
        due = {one.sha256 for one in rows if one.target == ARCHIVE and one.batch_id in closed}
    if twice := [one for one, count in kept.items() if count > 1]:
        yield f"F32: the target has files twice: {twice}"
    if lost := told - kept.keys():
        yield f"F32: said to be delivered, not there: {sorted(lost)}"
    if odd := kept.keys() - made:
        yield f"F32: the target has what was not made: {sorted(odd)}"
    if at_rest and (late := due - told):
        yield f"F31: never delivered: {sorted(late)}"


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
