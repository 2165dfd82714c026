"""One transaction that changes the store: what it changes, and the events that say so, are durable together.

Every sealed row it writes is proved by an event of the row's chain; rows without an event are a mistake of
the caller and nothing is written. The heads of the chains are locked last, in name order.
"""

import secrets
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event as listeners
from sqlalchemy import inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, select

from einvoice.errors import StoreError
from einvoice.store import seals
from einvoice.store.tables import INSTALLATION, UNSEALED, Event, Head, Payload, Row


@dataclass(slots=True)
class _Said:
    """An event to be written; `subject` is a row (its id may not be known yet) or a name."""

    chain: str | None
    kind: str
    subject: Row | str
    payload: dict[str, Any] | None
    erases: tuple[Payload, ...] = ()


@dataclass(slots=True)
class Work:
    """A transaction in progress; see `Store.writing`. actor: the id of the person who acts; time: as
    stored.
    """

    session: Session
    actor: int
    time: str
    tenant: int | None = None
    _said: list[_Said] = field(default_factory=list)
    _touched: dict[str, Row] = field(default_factory=dict)
    _left: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def __post_init__(self) -> None:
        """Watches what the session writes."""
        listeners.listen(self.session, "before_flush", self._stay_inside)
        listeners.listen(self.session, "after_flush", self._watch)

    def add(self, *rows: Row) -> None:
        """Adds new rows."""
        self.session.add_all(rows)

    def event(
        self,
        kind: str,
        subject: Row | str,
        payload: dict[str, Any] | None = None,
        *,
        chain: str | None = None,
    ) -> None:
        """Says what happened. Without `chain`: the chain of the subject; the payload can be erased later."""
        self._said.append(_Said(chain, kind, subject, payload))

    def erase(self, subject: Row | str, payloads: Sequence[Payload], why: dict[str, Any]) -> None:
        """Erases payloads under a protocol event in the chain of each: only their digests stay."""
        chains: dict[str, list[Payload]] = defaultdict(list)
        for one in payloads:
            chains[one.chain].append(one)
        for chain, ours in chains.items():
            said = {**why, "erased": [one.sequence for one in ours]}
            self._said.append(_Said(chain, "erased", subject, said, tuple(ours)))

    def finish(self) -> None:
        """Appends the events with the digests of all rows written. The transaction's last act before
        commit.
        """
        self.session.flush()
        chains: dict[str, list[_Said]] = defaultdict(list)
        for said in self._said:
            chains[said.chain or _chain(said.subject)].append(said)
        rows = self._rows()
        if unsaid := sorted(set(rows) - set(chains)):
            raise StoreError(f"Rows of {', '.join(unsaid)} were changed without an event: {rows[unsaid[0]]}")
        for name in sorted(chains):
            self._append(name, chains[name], rows.get(name, {}))
        self.session.flush()

    def _stay_inside(self, session: Session, *_: Any) -> None:
        """In a tenant's transaction nothing is written but the tenant's own rows."""
        if self.tenant is None:
            return
        for row in [*session.new, *session.dirty, *session.deleted]:
            if type(row) not in UNSEALED and seals.chain_of(row) != seals.tenant_chain(self.tenant):
                name = seals.name_of(row)
                raise StoreError(f"{name} does not belong to the tenant in whose name it would be changed.")

    def _watch(self, session: Session, _context: Any) -> None:
        for row in [*session.new, *session.dirty, *session.deleted]:
            if type(row) in UNSEALED:
                continue
            name = seals.name_of(row)
            self._touched[name] = row
            for old in _former_chains(row, deleted=row in session.deleted):
                self._left[old].add(name)

    def _rows(self) -> dict[str, dict[str, str | None]]:
        found: dict[str, dict[str, str | None]] = defaultdict(dict)
        for chain, names in self._left.items():
            found[chain].update(dict.fromkeys(names))
        for name, row in self._touched.items():
            if not inspect(row).deleted:
                found[seals.chain_of(row)][name] = seals.digest_of(row)
        return found

    def _append(self, chain: str, said: list[_Said], rows: dict[str, str | None]) -> None:
        head = self._head(chain)
        for one in said:
            subject = one.subject if isinstance(one.subject, str) else seals.name_of(one.subject)
            event = Event(
                chain=chain,
                sequence=head.sequence + 1,
                time=self.time,
                kind=one.kind,
                subject=subject,
                actor_id=self.actor,
                rows=rows if one is said[-1] and rows else None,
                previous=head.digest,
                digest="",
            )
            if one.payload is not None:
                salt = secrets.token_hex(8)
                event.payload_digest = seals.payload_digest(salt, one.payload)
                self.session.add(
                    Payload(chain=chain, sequence=event.sequence, salt=salt, content=one.payload)
                )
            event.digest = seals.event_digest(event)
            self.session.add(event)
            for erased in one.erases:
                erased.content = erased.salt = None
                erased.erased_by = f"{chain}/{event.sequence}"
                self.session.add(erased)
            head.sequence, head.digest = event.sequence, event.digest

    def _head(self, chain: str) -> Head:
        """The end of a chain, locked until the transaction ends; a new chain begins here."""
        locked = select(Head).where(Head.chain == chain).with_for_update()
        head = self.session.exec(locked, execution_options={"populate_existing": True}).one_or_none()
        if head is None:  # two may begin it at once: neither may fail for that
            new = insert_of(self.session)(Head).values(chain=chain, sequence=0, digest="")
            self.session.execute(new.on_conflict_do_nothing())
            head = self.session.exec(locked).one()
        return head


def insert_of(session: Session) -> Any:
    """The INSERT of the session's database that can say `on_conflict_do_nothing`."""
    return postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert


def _chain(subject: Row | str) -> str:
    return INSTALLATION if isinstance(subject, str) else seals.chain_of(subject)


def _former_chains(row: Row, *, deleted: bool) -> list[str]:
    """The chains that proved a row before this flush and no longer do."""
    if deleted:
        return [seals.chain_of(row)]
    if "tenant_id" not in inspect(type(row)).columns or inspect(row).pending:
        return []
    history = inspect(row).attrs.tenant_id.history
    if not history.deleted:
        return []
    old = history.deleted[0]
    former = INSTALLATION if old is None else seals.tenant_chain(old)
    return [] if former == seals.chain_of(row) else [former]
