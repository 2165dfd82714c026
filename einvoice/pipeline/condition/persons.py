"""Who is there: enough persons for four eyes, a second one for what decides, and nobody who could write past us."""

import pwd
from collections.abc import Iterator
from pathlib import Path

from sqlmodel import Session, col, select

from einvoice.approval.persons import holders
from einvoice.approval.proposals import in_force, pending
from einvoice.pipeline.condition.finding import Finding
from einvoice.pipeline.workplace import Opened
from einvoice.rulebook.releases import today
from einvoice.store import people
from einvoice.store.tables import Account, Role, Tenant


def four_eyes(here: Opened) -> Iterator[Finding]:
    """Every tenant needs one who confirms and another who authorises."""
    with here.store.reading() as reading:
        for town in people.tenants(reading):
            if not enough(reading, town):
                yield Finding(
                    False,
                    f"{town.title}: Es fehlt, wer bestätigt, wer als andere Person anordnet oder Stapel schließt: "
                    "user role.",
                    f"{town.title}: someone to confirm, another to authorise or one to close batches is missing: "
                    "user role.",
                )


def enough(session: Session, town: Tenant) -> bool:
    """Whether a town has somebody to confirm, somebody else to authorise, and somebody to close batches."""
    held = {
        kind: holders(session, frozenset({kind}), town.id, today())
        for kind in ("confirmer", "authoriser", "cash")
    }
    pairs = any(one != other for one in held["confirmer"] for other in held["authoriser"])
    return pairs and bool(held["cash"])


def two_persons(here: Opened) -> Iterator[Finding]:
    """Where a change of what decides takes effect without a second person; and how many wait for one."""
    with here.store.reading() as reading:
        towns = [(one.id, one.title) for one in people.tenants(reading)]
        everywhere = in_force(reading, None)
        alone = [] if everywhere else [title for number, title in towns if not in_force(reading, number)]
        waiting = len(pending(reading))
    if not everywhere:
        where = ", ".join(["", *alone[:5]]) + (" …" if len(alone) > 5 else "")
        yield Finding(
            None,
            "Änderungen an Regeln, Personen, Rollen und Zielen wirken noch ohne zweite Person"
            f" (Installation{where}): user role NAME administrator für eine zweite.",
            "Changes of policies, persons, roles and targets take effect without a second person so far"
            f" (installation{where}): user role NAME administrator for a second one.",
        )
    if waiting:
        yield Finding(
            None,
            f"Vorschläge, die auf eine zweite Person warten: {waiting} (einvoice approve proposals).",
            f"Proposals that wait for a second person: {waiting} (einvoice approve proposals).",
        )


def writers(here: Opened) -> Iterator[Finding]:
    """Who approves should not be able to write the store's file past einvoice."""
    file: Path | None = here.store.file
    if file is None:
        return
    state = file.stat()
    with here.store.reading() as reading:
        approving = select(Role.person_id).where(col(Role.role).in_(("confirmer", "authoriser", "cash")))
        names = reading.exec(select(Account.name).where(col(Account.person_id).in_(approving))).all()
    owner = next((one.pw_name for one in pwd.getpwall() if one.pw_uid == state.st_uid), "")
    if state.st_mode & 0o022 or owner in names:
        yield Finding(
            None,
            f"{file} ist für jemanden beschreibbar, der auch freigibt. Bewiesen sind damit nur Änderungen nach "
            "dem letzten veröffentlichten Kopf (archive verify --head), sonst nichts.",
            f"{file} can be written by someone who also approves. What is proved then is changes after the last "
            "published head (archive verify --head), and nothing else.",
        )
