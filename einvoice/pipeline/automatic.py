"""Exports closed batches by itself, where a tenant switched it on: the same files as `batch export` makes.

Only batches closed since then, and none that a person has exported: nothing old is sent again by a switch.
"""

from dataclasses import dataclass, field
from pathlib import Path

from sqlmodel import Session, col, select

from einvoice.approval.batches import name
from einvoice.approval.persons import Actor
from einvoice.errors import EinvoiceError, Refused
from einvoice.exports.closed import EXPORTABLE
from einvoice.exports.delivery import export
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
class _Due:
    batch: int
    said: str
    form: str
    folder: Path


def export_closed(place: Opened, patience: Backoff) -> Exported:
    """Exports what is due. A target that cannot be written is named and tried again; the others go on."""
    done, service = Exported(), Actor(people.SERVICE, "einvoice")
    for due in _due(place):
        key = f"export/{due.batch}/{due.form}"
        if not patience.may(key):
            continue
        try:
            with taken(place.store, key, new_holder()) as ours:
                if ours:
                    _into(due.folder)
                    export(place.store, place.archive, service, due.batch, due.form, due.folder)
                    done.batches += 1
            patience.note(key, worked=True)
        except (OSError, Refused) as error:
            patience.note(key, worked=False)
            done.problems.append(_problem(due, error))
    return done


def _into(folder: Path) -> None:
    """A folder that is not there is a mount that is missing: nothing is made in its place."""
    if not folder.is_dir():
        raise FileNotFoundError(2, "No such folder", str(folder))


def _due(place: Opened) -> list[_Due]:
    with place.store.reading() as session:
        stated = people.policies(session, POLICY)
        towns = {one.id: one for one in people.tenants(session)} if stated else {}
        return [due for number, row in stated.items() for due in _of_town(session, towns[number], row)]


def _of_town(session: Session, town: Tenant, policy: Policy) -> list[_Due]:
    batches = session.exec(
        select(Batch)
        .where(
            Batch.tenant_id == town.id, col(Batch.state).in_(EXPORTABLE), col(Batch.closed) >= policy.since
        )
        .order_by(col(Batch.id))
    ).all()
    found = []
    for batch in batches:
        exports = session.exec(select(Export).where(Export.batch_id == batch.id)).all()
        if any(one.made_by != people.SERVICE for one in exports):
            continue
        made = {(one.format, one.target) for one in exports if one.state == "delivered"}
        for target in (policy.value or {}).get("targets", ()):
            if (target["format"], target["folder"]) not in made:
                said = f"{town.title}, {name(batch)}"
                found.append(_Due(batch.id or 0, said, target["format"], Path(target["folder"])))
    return found


def _problem(due: _Due, error: OSError | Refused) -> EinvoiceError:
    if isinstance(error, Refused):
        return EinvoiceError(
            f"{due.said} ({due.form}): {error}", f"{due.said} ({due.form}): {error.said('de')}"
        )
    why = error.strerror or str(error)
    return EinvoiceError(
        f"{due.said}: not exported to {due.folder} ({why}); it is tried again.",
        f"{due.said}: nicht nach {due.folder} exportiert ({why}); es wird wieder versucht.",
    )
