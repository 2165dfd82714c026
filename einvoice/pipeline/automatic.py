"""Exports closed batches by itself: to the targets of a town, and into folders where a town switched that on.

Only batches closed since then: nothing old is sent again by a switch; into folders none that a person has exported.
What did not reach its target is tried again by every run, whoever sent it.
"""

from dataclasses import dataclass, field
from pathlib import Path

from sqlmodel import Session, col, select

from einvoice.approval.batches import name
from einvoice.approval.persons import Actor
from einvoice.errors import EinvoiceError, NotDelivered, Refused
from einvoice.exports.closed import EXPORTABLE
from einvoice.exports.delivery import hand_over
from einvoice.exports.doors.door import through
from einvoice.exports.formats import TRIAL, demand_tried
from einvoice.exports.marks import NONE, Marks
from einvoice.exports.places import CmisPlace, FilesPlace, FolderPlace, Place
from einvoice.exports.targets import Target, place_of, targets
from einvoice.pipeline.backoff import Backoff
from einvoice.pipeline.workplace import Opened
from einvoice.store import people
from einvoice.store.leases import new_holder, taken
from einvoice.store.tables import Batch, Export, Policy, Tenant

POLICY = "exports"
"""The tenant's policy: `{"targets": [{"format": "datev-extf", "folder": "/mnt/hkr"}]}`."""


@dataclass(slots=True)
class Exported:
    """What was exported, and what could not be."""

    batches: int = 0
    problems: list[EinvoiceError] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Due:
    """An export that is due: of a batch, in a format, to a target of the town or into a folder."""

    batch: int
    tenant_id: int
    said: str
    form: str
    key: str
    to: Target | Path

    @property
    def lease(self) -> str:
        """What keeps two processes apart."""
        return f"export/{self.batch}/{self.form}/{self.key}"[:200]


def export_closed(place: Opened, patience: Backoff) -> Exported:
    """Exports what is due. A target that cannot be reached is named and tried again; the others go on."""
    done = Exported()
    for due in what_is_due(place):
        if not patience.may(due.lease):
            continue
        try:
            with taken(place.store, due.lease, new_holder()) as ours:
                if ours:
                    send(place, Actor(people.SERVICE, "einvoice"), due)
                    done.batches += 1
            patience.note(due.lease, worked=True)
        except (NotDelivered, Refused) as error:
            patience.note(due.lease, worked=False)
            done.problems.append(_problem(due, error))
    return done


def send(place: Opened, who: Actor, due: Due) -> list[str]:
    """Sends one export; where its files lie. Raises NotDelivered, Refused."""
    where = _place(place, due)
    with through(where) as door:
        marks = Marks(where.checksum, where.trigger) if isinstance(where, FilesPlace) else NONE
        return hand_over(place.store, place.archive, who, due.batch, due.form, door, due.key, marks)


def _place(place: Opened, due: Due) -> Place:
    if isinstance(due.to, Path):
        return FolderPlace(name="folder", path=due.to)
    found = place_of(due.to, place.workplace.places)
    if isinstance(found, CmisPlace):
        with place.store.reading() as session:
            demand_tried("cmis", people.policy(session, due.tenant_id, TRIAL), due.to.tenant)
    return found


def what_is_due(place: Opened) -> list[Due]:
    """The exports that a run would make now."""
    with place.store.reading() as session:
        stated = people.policies(session, POLICY)
        found = []
        for town in people.tenants(session):
            if town.id in stated:
                found += _of_policy(session, town, stated[town.id])
            for one in targets(session, town):
                found += _of_target(session, one)
    return found


def _of_target(session: Session, found: Target) -> list[Due]:
    """The batches closed since the target was set, and those that somebody sent there in vain."""
    tried: dict[int, bool] = {}
    query = select(Export.batch_id, Export.state).where(
        Export.tenant_id == found.tenant.id, Export.target == found.key, Export.format == found.form
    )
    for batch_id, state in session.exec(query):
        tried[batch_id] = tried.get(batch_id, True) and state == "delivered"
    due = []
    for batch in _batches(session, found.tenant, ""):
        automatic = found.since is not None and (batch.closed or "") >= found.since
        if not tried.get(batch.id or 0, not automatic):
            said = f"{found.tenant.title}, {name(batch)}"
            due.append(Due(batch.id or 0, batch.tenant_id, said, found.form, found.key, found))
    return due


def _of_policy(session: Session, town: Tenant, policy: Policy) -> list[Due]:
    found = []
    for batch in _batches(session, town, policy.since):
        exports = session.exec(select(Export).where(Export.batch_id == batch.id)).all()
        if any(one.made_by != people.SERVICE for one in exports):
            continue
        made = {(one.format, one.target) for one in exports if one.state == "delivered"}
        for target in (policy.value or {}).get("targets", ()):
            if (target["format"], target["folder"]) not in made:
                said = f"{town.title}, {name(batch)}"
                folder = Path(target["folder"])
                found.append(Due(batch.id or 0, batch.tenant_id, said, target["format"], str(folder), folder))
    return found


def _batches(session: Session, town: Tenant, since: str) -> list[Batch]:
    query = select(Batch).where(
        Batch.tenant_id == town.id, col(Batch.state).in_(EXPORTABLE), col(Batch.closed) >= since
    )
    return list(session.exec(query.order_by(col(Batch.id))).all())


def _problem(due: Due, error: EinvoiceError) -> EinvoiceError:
    again = isinstance(error, NotDelivered)
    return EinvoiceError(
        f"{due.said} ({due.form}): {error}" + ("; it is tried again." if again else ""),
        f"{due.said} ({due.form}): {error.said('de')}" + ("; es wird wieder versucht." if again else ""),
    )
