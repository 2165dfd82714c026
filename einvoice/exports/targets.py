"""Where the exports of a town go: targets in the store, which two persons set; each names a place of the operator's.

A target remembers the address it was agreed on for: if the operator's place leads elsewhere by now, nothing is sent
there until two persons have agreed anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from einvoice.errors import NotDelivered, Refused
from einvoice.exports.places import Place
from einvoice.store.tables import ExportTarget, Tenant

KIND = "place"
"""The kind of a target that names a place."""


@dataclass(frozen=True, slots=True)
class Target:
    """A target of a town. form: the format that goes there; since: batches closed from then on go by themselves,
    None: only when a person sends them.
    """

    name: str
    tenant: Tenant
    form: str
    settings: Mapping[str, Any]

    @property
    def key(self) -> str:
        """What the rows of exports call it."""
        return f"target/{self.name}"

    @property
    def since(self) -> str | None:
        """See Target."""
        found = self.settings.get("since")
        return str(found) if found else None


def targets(session: Session, tenant: Tenant) -> list[Target]:
    """The targets of a town that are in force, by name."""
    query = select(ExportTarget).where(
        ExportTarget.tenant_id == tenant.id, ExportTarget.kind == KIND, col(ExportTarget.until).is_(None)
    )
    rows = session.exec(query.order_by(col(ExportTarget.name)))
    return [Target(row.name, tenant, row.format, row.settings or {}) for row in rows]


def target(session: Session, tenant: Tenant, name: str) -> Target:
    """A target by its name. Raises Refused with those there are."""
    found = {one.name: one for one in targets(session, tenant)}
    if name not in found:
        listed = ", ".join(found) or "-"
        raise Refused(
            f"{tenant.title} has no target {name}. There are: {listed}.",
            f"{tenant.title} hat kein Ziel {name}. Es gibt: {listed}.",
        )
    return found[name]


def place_of(found: Target, places: Mapping[str, Place]) -> Place:
    """The place a target names. Raises NotDelivered if it is gone, closed to the town, or leads elsewhere by now."""
    name = str(found.settings.get("place"))
    place = places.get(name)
    if place is None or (place.towns and found.tenant.name not in place.towns):
        raise NotDelivered(
            f"Target {found.name}: the configuration has no place {name} for {found.tenant.title}.",
            f"Ziel {found.name}: In der Konfiguration gibt es keinen Ort {name} für {found.tenant.title}.",
        )
    if place.address != found.settings.get("address"):
        raise NotDelivered(
            f"Target {found.name}: the place {name} leads elsewhere since it was agreed on: set the target anew.",
            f"Ziel {found.name}: Der Ort {name} führt inzwischen woandershin; bitte das Ziel neu festlegen.",
        )
    return place


def agreed(place: Place, form: str, *, since: str | None, profile: str | None) -> dict[str, Any]:
    """What two persons agree on: kind, format and settings of a target, as a proposal holds them."""
    settings: dict[str, Any] = {"place": place.name, "address": place.address}
    if since is not None:
        settings["since"] = since
    if profile is not None:
        settings["profile"] = profile
    return {"kind": KIND, "format": form, "settings": settings}
