"""Towns as they should be: how they differ from the store, as one change that takes two persons.

A town is stated wholly: claims and addresses it had and that are not stated are taken away. Claims may move from one
town to another within one change.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session, select

from einvoice.approval.kind import Change, Kind, Value
from einvoice.errors import ConfigurationError
from einvoice.store import people
from einvoice.store.tables import Address, LeitwegPattern, Row, Tenant
from einvoice.store.work import Work


@dataclass(frozen=True, slots=True)
class Town:
    """A town as it shall be. addresses: (kind, value), kind `mail` or an EAS scheme; policies by name."""

    name: str
    title: str
    leitweg: tuple[str, ...] = ()
    addresses: tuple[tuple[str, str], ...] = ()
    policies: Mapping[str, dict[str, Any]] = field(default_factory=dict)

    def claims(self) -> Iterator[str]:
        """All by which it is addressed, as a person names it."""
        yield from (f"Leitweg-ID {one}" for one in self.leitweg)
        yield from (f"{kind} {value}" for kind, value in self.addresses)


@dataclass(frozen=True, slots=True)
class Difference:
    """What the store has of a town, and what it shall have (None: nothing)."""

    town: str
    what: str
    old: str | None
    new: str | None


def changes(session: Session, towns: list[Town]) -> list[Difference]:
    """How the store differs from a file. Raises ConfigurationError where another town has an equal claim."""
    _free(session, towns)
    found: list[Difference] = []
    for town in towns:
        row = session.exec(select(Tenant).where(Tenant.name == town.name)).one_or_none()
        old = stated(session, row) if row is not None else None
        if old is None or old.title != town.title:
            found.append(Difference(town.name, "title", old.title if old else None, town.title))
        before, after = set(old.claims() if old else ()), set(town.claims())
        found += [Difference(town.name, "claim", one, None) for one in sorted(before - after)]
        found += [Difference(town.name, "claim", None, one) for one in sorted(after - before)]
        for name, value in town.policies.items():
            now = people.policy(session, row.id or 0, name) if row is not None else {}
            if now != value:
                found.append(Difference(town.name, name, str(now) if now else None, str(value)))
    return found


def stated(session: Session, row: Tenant) -> Town:
    """A town as the store has it, without its policies."""
    patterns = session.exec(select(LeitwegPattern.pattern).where(LeitwegPattern.tenant_id == row.id)).all()
    addresses = session.exec(select(Address).where(Address.tenant_id == row.id)).all()
    return Town(
        row.name,
        row.title,
        tuple(sorted(patterns)),
        tuple(sorted((one.kind, one.value) for one in addresses)),
    )


def _free(session: Session, towns: list[Town]) -> None:
    """A claim may be had by a town that the file names: what that town shall have, the file says."""
    named = {town.name for town in towns}
    others = {
        claim: row.title
        for row in people.tenants(session)
        if row.name not in named
        for claim in stated(session, row).claims()
    }
    for town in towns:
        for claim in town.claims():
            if claim in others:
                raise equal("", claim, others[claim], town.title)


def equal(where: str, claim: str, one: str, other: str) -> ConfigurationError:
    """The error that two towns claim the same; where: what the sentence begins with."""
    return ConfigurationError(
        f"{where}{claim} is claimed by {one} and by {other}: an invoice can go to one only.",
        f"{where}{claim} beanspruchen {one} und {other}: eine Rechnung kann nur an eine gehen.",
    )


def _give_up(work: Work, town: Town) -> None:
    row = work.session.exec(select(Tenant).where(Tenant.name == town.name)).one_or_none()
    if row is None:
        return
    wanted = set(town.claims())
    gone: list[Row] = [
        one
        for one in work.session.exec(select(LeitwegPattern).where(LeitwegPattern.tenant_id == row.id))
        if f"Leitweg-ID {one.pattern}" not in wanted
    ]
    gone += [
        one
        for one in work.session.exec(select(Address).where(Address.tenant_id == row.id))
        if f"{one.kind} {one.value}" not in wanted
    ]
    for part in gone:
        work.session.delete(part)
    if gone:
        work.event("addresses-removed", gone[0])
    work.session.flush()


def _set(work: Work, town: Town, demo: bool) -> None:
    row = work.session.exec(select(Tenant).where(Tenant.name == town.name)).one_or_none()
    if row is None:
        row = people.add_tenant(work, town.name, town.title, demo=demo)
    elif row.title != town.title:
        row.title = town.title
        work.session.add(row)
        work.event("tenant-renamed", row, {"title": town.title})
    have = set(stated(work.session, row).claims())
    number = row.id or 0
    new: list[Row] = [
        LeitwegPattern(tenant_id=number, pattern=one)
        for one in town.leitweg
        if f"Leitweg-ID {one}" not in have
    ]
    new += [
        Address(tenant_id=number, kind=kind, value=value)
        for kind, value in town.addresses
        if f"{kind} {value}" not in have
    ]
    if new:
        work.add(*new)
        work.session.flush()
        work.event("addresses-changed", new[0], {"claims": list(town.claims())})
    for name, value in town.policies.items():
        if people.policy(work.session, number, name) != value:
            people.set_policy(work, row, name, value)


def value(towns: list[Town]) -> dict[str, Any]:
    """Towns as the value of a proposal."""
    return {
        "towns": [
            {
                "name": town.name,
                "title": town.title,
                "leitweg": sorted(town.leitweg),
                "addresses": [list(one) for one in sorted(town.addresses)],
                "policies": dict(town.policies),
            }
            for town in towns
        ]
    }


def _of(new: Value) -> list[Town]:
    return [
        Town(
            row["name"],
            row["title"],
            tuple(row["leitweg"]),
            tuple((kind, text) for kind, text in row["addresses"]),
            row["policies"],
        )
        for row in (new or {}).get("towns", ())
    ]


def _now(session: Session, tenant: int | None, subject: str, new: Value) -> Value:
    found = []
    for town in _of(new):
        row = session.exec(select(Tenant).where(Tenant.name == town.name)).one_or_none()
        if row is not None:
            kept = {name: people.policy(session, row.id or 0, name) for name in town.policies}
            had = stated(session, row)
            found.append(Town(had.name, had.title, had.leitweg, had.addresses, kept))
    return value(found)


def _apply(work: Work, change: Change) -> None:
    towns, demo = _of(change.new), people.installation(work.session).demo
    for town in towns:  # first all that is given up, so that a claim may move from one town to another
        _give_up(work, town)
    for town in towns:
        _set(work, town, demo)


def _check(session: Session, tenant: int | None, subject: str, new: Value) -> None:
    _free(session, _of(new))


def _told(old: Value, new: Value) -> tuple[str, str]:
    """Per town what comes and what goes."""
    before = {town.name: town for town in _of(old)}
    said: dict[str, list[str]] = {"de": [], "en": []}
    for town in _of(new):
        had = before.get(town.name)
        gone, come = set(had.claims() if had else ()), set(town.claims())
        marks = [f"+{one}" for one in sorted(come - gone)] + [f"−{one}" for one in sorted(gone - come)]
        marks += [name for name, one in town.policies.items() if not had or had.policies.get(name) != one]
        for lang, new_word in (("de", "neu"), ("en", "new")):
            begin = [new_word] if had is None else [town.title] if had.title != town.title else []
            said[lang].append(f"{town.name}: {', '.join(begin + marks)}")
    return "; ".join(said["de"]), "; ".join(said["en"])


TOWNS = Kind("Kommunen", "towns", _now, _apply, _check, told=_told)
