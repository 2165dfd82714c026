"""One transaction that changes the store: what it changes, and the events that say so, are durable together.

Every sealed row it writes is proved by an event of the row's chain; rows without an event are a mistake of
the caller and nothing is written. The heads of the chains are locked last, in name order.
"""

import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event as listeners
from sqlalchemy import inspect, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm.attributes import get_history
from sqlmodel import Session, select

from einvoice.errors import StoreError
from einvoice.store import bulk, seals
from einvoice.store.columns import canonical
from einvoice.store.tables import INSTALLATION, UNSEALED, Event, Head, Payload, Row


@dataclass(slots=True)
class _Said:
    """An event to be written; `subject` is a row (its id may not be known yet) or a name."""

    chain: str | None
    kind: str
    subject: Row | str
    payload: dict[str, Any] | None
    erases: tuple[Payload, ...] = ()
    proves: Sequence[Row] = ()
    rows: dict[str, str | None] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The subject's name."""
        return self.subject if isinstance(self.subject, str) else seals.name_of(self.subject)


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
    _sealed: dict[str, tuple[str, str]] = field(default_factory=dict)
    _left: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def __post_init__(self) -> None:
        """Watches what the session writes."""
        listeners.listen(self.session, "before_flush", self._stay_inside)
        listeners.listen(self.session, "after_flush", self._watch)

    def add(self, *rows: Row) -> None:
        """Adds new rows."""
        self.session.add_all(rows)

    def number(self, *rows: Row) -> None:
        """Gives new rows their numbers before they are written."""
        bulk.number(self.session, rows)

    def insert(self, *rows: Row) -> None:
        """Writes many new rows of few kinds at once, kind by kind in the order given.

        They are written as they are now: to change one later, read it from the session.
        """
        self._inside(rows)
        self._seal(bulk.write(self.session, rows))

    def change(self, rows: Sequence[Row], *names: str) -> None:
        """Writes these columns of many rows of one kind at once, which the session does not know (`bulk.read`)."""
        self._inside(rows)
        self._seal(bulk.change(self.session, rows, *names))

    def _seal(self, written: Iterable[tuple[Row, str]]) -> None:
        for row, digest in written:
            if type(row) not in UNSEALED:
                self._sealed[seals.name_of(row)] = seals.chain_of(row), digest

    def event(
        self,
        kind: str,
        subject: Row | str,
        payload: dict[str, Any] | None = None,
        *,
        chain: str | None = None,
        proves: Sequence[Row] = (),
    ) -> None:
        """Says what happened. Without `chain`: the chain of the subject; the payload can be erased later.

        proves: rows whose digests it carries beside that of its subject; what no event claims the last one carries.
        """
        self._said.append(_Said(chain, kind, subject, payload, proves=proves))

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
            names, what = ", ".join(unsaid), rows[unsaid[0]]
            raise StoreError(
                f"Rows of {names} were changed without an event: {what}",
                f"Zeilen von {names} wurden ohne Ereignis geändert: {what}",
            )
        for name in sorted(chains):
            self._append(name, chains[name], rows.get(name, {}))
        self.session.flush()

    def close(self) -> None:
        """Lets go of all rows: session and work hold each other, and the collector comes rarely."""
        for held in (self._said, self._touched, self._sealed, self._left):
            held.clear()

    def _stay_inside(self, session: Session, *_: Any) -> None:
        """In a tenant's transaction nothing is written but the tenant's own rows."""
        self._inside([*session.new, *session.dirty, *session.deleted])

    def _inside(self, rows: Sequence[Row]) -> None:
        for row in rows if self.tenant is not None else ():
            if type(row) not in UNSEALED and seals.chain_of(row) != seals.tenant_chain(self.tenant or 0):
                name = seals.name_of(row)
                raise StoreError(
                    f"{name} does not belong to the tenant in whose name it would be changed.",
                    f"{name} gehört nicht der Kommune, in deren Namen es geändert würde.",
                )

    def _watch(self, session: Session, _context: Any) -> None:
        for row in [*session.new, *session.dirty, *session.deleted]:
            if type(row) in UNSEALED:
                continue
            name = seals.name_of(row)
            self._touched[name] = row
            self._sealed.pop(name, None)
            for old in _former_chains(row, deleted=row in session.deleted):
                self._left[old].add(name)

    def _rows(self) -> dict[str, dict[str, str | None]]:
        found: dict[str, dict[str, str | None]] = defaultdict(dict)
        for chain, names in self._left.items():
            found[chain].update(dict.fromkeys(names))
        for name, (chain, digest) in self._sealed.items():
            found[chain][name] = digest
        for name, row in self._touched.items():
            if not inspect(row).deleted:
                found[seals.chain_of(row)][name] = seals.digest_of(row)
        return found

    def _append(self, chain: str, said: list[_Said], rows: dict[str, str | None]) -> None:
        """Writes the events of a chain, each with the rows it proves, and moves the chain's end."""
        _share_out(said, rows)
        sequence, digest = self._head(chain)
        events: list[list[Any]] = []
        texts: list[str] = []
        payloads: list[dict[str, Any]] = []
        salts = os.urandom(_SALT * len(said)).hex()
        for at, one in enumerate(said, sequence + 1):
            proof = None
            if one.payload is not None:
                salt = salts[2 * _SALT * len(payloads) :][: 2 * _SALT]
                content = canonical(one.payload)
                proof = seals.digest_of_payload(salt, content)
                payloads.append({"chain": chain, "sequence": at, "salt": salt, "content": content})
            said_here = [chain, at, self.time, one.kind, one.name, self.actor, proof]
            proved, previous = canonical(one.rows) if one.rows else None, digest
            text = seals.event_text(said_here, proved, previous)
            digest = seals.sha256(text.encode())
            events.append([*said_here, proved, previous, digest])
            texts.append(f'{text[:-1]},"{digest}"]')
            for erased in one.erases:
                erased.content = erased.salt = None
                erased.erased_by = f"{chain}/{at}"
                self.session.add(erased)
        bulk.insert_listed(self.session, seals.table_of(Event), (*seals.EVENT, "digest"), events, texts)
        bulk.insert_stored(self.session, seals.table_of(Payload), payloads)
        self.session.execute(
            update(_HEADS).where(_HEADS.c.chain == chain).values(sequence=sequence + len(said), digest=digest)
        )

    def _head(self, chain: str) -> tuple[int, str]:
        """The end of a chain, locked until the transaction ends; a new chain begins here."""
        locked = select(_HEADS.c.sequence, _HEADS.c.digest).where(_HEADS.c.chain == chain).with_for_update()
        head = self.session.execute(locked).one_or_none()
        if head is None:  # two may begin it at once: neither may fail for that
            new = insert_of(self.session)(Head).values(chain=chain, sequence=0, digest="")
            self.session.execute(new.on_conflict_do_nothing())
            head = self.session.execute(locked).one()
        return head.sequence, head.digest


_HEADS = seals.table_of(Head)

_SALT = 8
"""Bytes."""


def _share_out(said: list[_Said], rows: dict[str, str | None]) -> None:
    """Gives each row to the last event that claims it or is about it, the rest to the last event of all."""
    carriers: dict[str, _Said] = {}
    for one in said:
        carriers[one.name] = one
        carriers.update((seals.name_of(row), one) for row in one.proves)
    for name, digest in rows.items():
        carriers.get(name, said[-1]).rows[name] = digest


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
    history = get_history(row, "tenant_id")
    if not history.deleted:
        return []
    old = history.deleted[0]
    former = INSTALLATION if old is None else seals.tenant_chain(old)
    return [] if former == seals.chain_of(row) else [former]
