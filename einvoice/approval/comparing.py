"""What a proposal would replace and by what, side by side: one line per value that differs or is there at all."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from einvoice.approval.persons import holders
from einvoice.approval.proposals import KEYS, described, kind_of
from einvoice.approval.sight import Sight
from einvoice.rulebook.releases import today
from einvoice.store.tables import Proposal, Tenant


@dataclass(frozen=True, slots=True)
class Line:
    """One value: its key in German and English, old and new as text ("": none)."""

    de: str
    en: str
    old: str
    new: str

    @property
    def differs(self) -> bool:
        """Whether it changes."""
        return self.old != self.new


def side_by_side(row: Proposal) -> list[Line]:
    """The old and the new value, key by key, in the order of the new one."""
    old, new = dict(_flat(row.old)), dict(_flat(row.new))
    return [
        Line(_named(key, 0), _named(key, 1), old.get(key, ""), new.get(key, "")) for key in {**new, **old}
    ]


def concerns(session: Session, eyes: Sight, row: Proposal) -> bool:
    """Whether somebody finds a proposal: he may propose or decide such, or made it."""
    if row.proposed_by == eyes.person_id or eyes.governs(row.tenant_id):
        return True
    kind = kind_of(row.kind)
    wanted = kind.proposers | kind.deciders
    return eyes.person_id in holders(session, wanted, row.tenant_id, today(), everywhere=False)


def legible(eyes: Sight, row: Proposal) -> bool:
    """Whether somebody sees the values, too: those that are a town's own content only with a role there."""
    return not kind_of(row.kind).content or eyes.content(row.tenant_id)


def told(session: Session, eyes: Sight, row: Proposal) -> tuple[str, str]:
    """What would change, in German and English; of what he may not see only what kind of thing it is, and where."""
    if legible(eyes, row):
        return described(session, row)
    kind, town = kind_of(row.kind), session.get(Tenant, row.tenant_id) if row.tenant_id else None
    where = f" ({town.title})" if town else ""
    return f"{kind.de}{where}", f"{kind.en}{where}"


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Key and text of every value; parts of a table by `.`, tables in a list by their name or number."""
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from _flat(one, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and any(isinstance(one, Mapping) for one in value):
        for number, one in enumerate(value, 1):
            name = one.get("name", number) if isinstance(one, Mapping) else number
            yield from _flat(one, f"{path} {name}")
    elif isinstance(value, list):
        yield path, "\n".join(" ".join(map(str, one)) if isinstance(one, list) else str(one) for one in value)
    elif value is not None:
        yield path, str(value).lower() if isinstance(value, bool) else str(value)


def _named(key: str, lang: int) -> str:
    """A key as a person reads it, where it has a word; lang: 0 German, 1 English."""
    return ".".join(KEYS.get(part, (part, part))[lang] for part in key.split("."))
