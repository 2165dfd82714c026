"""`einvoice doctor`: whether everything is as it should be, and what to do where it is not."""

import functools
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from einvoice.errors import EinvoiceError
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.configuration import find, place
from einvoice.interfaces.cli.session import leave, say, session

if TYPE_CHECKING:
    from einvoice.pipeline.workplace import Opened, Workplace

app = typer.Typer(add_completion=False, rich_markup_mode=None)

_SPACE = 1_000_000_000
"""Bytes that should be free for the archive."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at. ok: True as it should be, False not so, None worth knowing."""

    ok: bool | None
    text: str


@app.command(
    help=told(
        "Sieht nach, ob alles ist, wie es sein soll: Regeln, Schemas, Speicher, Archiv, Ordner, Personen.",
        "Looks whether everything is as it should be: rules, schemas, store, archive, folders, persons.",
        "einvoice doctor",
    )
)
def doctor(
    sources: Annotated[
        bool,
        typer.Option(
            "--sources",
            help=say(
                "Auch jede Quelle besuchen: verbinden, zählen, nichts ändern",
                "Also visit each source: connect, count, change nothing",
            ),
        ),
    ] = False,
    targets: Annotated[
        bool,
        typer.Option(
            "--targets",
            help=say(
                "Auch jeden Ort für Exporte besuchen; nichts wird dort abgelegt",
                "Also visit each place of exports; nothing is left there",
            ),
        ),
    ] = False,
    cluster: Annotated[
        bool,
        typer.Option(
            "--cluster",
            help=say(
                "Auch den Cluster besuchen: Sind alle Arbeiter wie dieser Rechner?",
                "Also visit the cluster: are all workers like this machine?",
            ),
        ),
    ] = False,
) -> None:
    """Exit 0 as it should be, 1 something is not, 2 configuration, 3 could not be looked at."""
    findings: list[Finding] = []
    unseen = 0
    for look in (
        _rules,
        _schemas,
        _workplace,
        functools.partial(_cluster, visit=cluster),
        *((_sources,) if sources else ()),
        *((_targets,) if targets else ()),
    ):
        try:
            findings += look()
        except (EinvoiceError, OSError) as error:
            unseen += 1
            text = error.said(session.lang) if isinstance(error, EinvoiceError) else str(error)
            findings.append(Finding(False, text))
    marks = {True: say("gut", "good"), False: say("MANGEL", "WRONG"), None: say("Hinweis", "note")}
    for one in findings:
        print(f"{marks[one.ok]}: {one.text}")
    leave(3 if unseen else 1 if any(one.ok is False for one in findings) else 0)


def _cluster(*, visit: bool) -> Iterator[Finding]:
    from einvoice.interfaces.cli.doctor_cluster import cluster

    yield from (Finding(ok, text) for ok, text in cluster(visit=visit))


def _rules() -> Iterator[Finding]:
    from einvoice import rulebook

    chosen = rulebook.release()
    count = len(rulebook.catalogue(chosen.name))
    text = say("{0} Regeln der Ausgabe {1} sind geladen.", "{0} rules of the release {1} load.")
    yield Finding(True, text.format(count, chosen.name))


def _schemas() -> Iterator[Finding]:
    from einvoice.formats.writing import write
    from einvoice.model.bases import base
    from einvoice.validation.batch import validate_bytes
    from einvoice.validation.options import Options

    for syntax in ("ubl-invoice", "ubl-creditnote", "cii"):
        report = validate_bytes(write(base(syntax=syntax), syntax).data, syntax, Options(lang=session.lang))[
            0
        ]
        ok = report.verdict == "accepted"
        said = report.reason or " ".join(one.message for one in report.findings)
        text = say(
            "Eine Musterrechnung ({0}) wird geprüft und angenommen.",
            "A sample ({0}) is checked and accepted.",
        )
        wrong = say(
            "Eine Musterrechnung ({0}) wird nicht angenommen: {1}", "A sample ({0}) is not accepted: {1}"
        )
        yield Finding(ok, (text if ok else wrong).format(syntax, said))


def _workplace() -> Iterator[Finding]:
    from einvoice.pipeline.workplace import opened, read_workplace

    found = find()
    if found is None:
        yield Finding(
            None,
            say(
                "Hier ist kein Arbeitsplatz; prüfen und auslesen geht ohne (einvoice init legt einen an).",
                "There is no workplace here; validate and extract need none (einvoice init makes one).",
            ),
        )
        return
    workplace = read_workplace(found.file, given=found.given)
    yield Finding(True, say(f"Einstellungen: {found.file}", f"Settings: {found.file}"))
    yield from _folders(workplace)
    with opened(workplace) as here:
        yield Finding(
            True, say("Speicher und Archiv gehören zusammen.", "Store and archive belong together.")
        )
        for look in _OF_PLACE:
            yield from look(here)


def _sources() -> Iterator[Finding]:
    """Each source is visited as a run would, without changing anything there or here."""
    from einvoice.intake.smtp import probe
    from einvoice.pipeline.surveying import survey

    with place() as here:
        for settings in here.workplace.sources:
            found = survey(here, settings)
            name = f"{settings.name} ({settings.kind})"
            for fault in found.faults:
                yield Finding(False, f"{name}: {fault.said(session.lang)}")
            if not found.faults:
                text = say(
                    "{0}: erreichbar, {1} bereit ({2} Bytes).", "{0}: reachable, {1} ready ({2} bytes)."
                )
                yield Finding(True, text.format(name, found.count, found.size))
        if here.workplace.mail is not None:
            why = probe(here.workplace.mail)
            good = say("Antworten können gesendet werden (mail).", "Answers can be sent (mail).")
            wrong = say(
                "Antworten können nicht gesendet werden (mail): {0}", "Answers cannot be sent (mail): {0}"
            )
            yield Finding(why is None, good if why is None else wrong.format(why))


def _targets() -> Iterator[Finding]:
    """Each place that exports may go to, and what did not get to its target so far."""
    from sqlmodel import select

    from einvoice.interfaces.cli.export_target import faults
    from einvoice.store.tables import Export

    with place() as here:
        for name, found in faults(here):
            yield from (Finding(False, f"{name}: {one.said(session.lang)}") for one in found)
            if not found:
                yield Finding(True, say(f"{name}: erreichbar.", f"{name}: can be reached."))
        with here.store.reading() as reading:
            for row in reading.exec(select(Export).where(Export.state == "failed")):
                text = say(
                    f"{row.name} ist noch nicht bei {row.target} ({row.attempts} Versuche).",
                    f"{row.name} is not at {row.target} yet ({row.attempts} tries).",
                )
                yield Finding(False, text)


def _folders(workplace: "Workplace") -> Iterator[Finding]:
    """Sources must be readable and writable (files are moved on), the others writable."""
    from einvoice.intake.settings import FolderSettings

    named = {one.name: one.folder for one in workplace.sources if isinstance(one, FolderSettings)}
    for name, path in {**named, "reports": workplace.reports, "exports": workplace.exports}.items():
        if not path.is_dir():
            yield Finding(False, say(f"{path} ({name}) fehlt.", f"{path} ({name}) is missing."))
        elif not os.access(path, os.R_OK | os.W_OK | os.X_OK):
            text = say("ist nicht les- und beschreibbar.", "cannot be read and written.")
            yield Finding(False, f"{path} ({name}) {text}")
        else:
            yield Finding(True, say(f"{path} ({name}) ist beschreibbar.", f"{path} ({name}) can be written."))
    if workplace.archive.is_dir() and (free := shutil.disk_usage(workplace.archive).free) < _SPACE:
        megabytes = free // 1_000_000
        yield Finding(
            False, say(f"Für das Archiv sind nur {megabytes} MB frei.", f"Only {megabytes} MB are free.")
        )


def _four_eyes(here: "Opened") -> Iterator[Finding]:
    """Every tenant needs one who confirms and another who authorises."""
    from einvoice.approval.persons import holders, today
    from einvoice.store import people

    with here.store.reading() as reading:
        for town in people.tenants(reading):
            held = {
                kind: holders(reading, frozenset({kind}), town.id, today())
                for kind in ("confirmer", "authoriser", "cash")
            }
            pairs = any(one != other for one in held["confirmer"] for other in held["authoriser"])
            if not pairs or not held["cash"]:
                text = say(
                    "{0}: Es fehlt, wer bestätigt, wer als andere Person anordnet oder Stapel schließt: user role.",
                    "{0}: someone to confirm, another to authorise or one to close batches is missing: user role.",
                )
                yield Finding(False, text.format(town.title))


def _two_persons(here: "Opened") -> Iterator[Finding]:
    """Where a change of what decides takes effect without a second person."""
    from einvoice.approval.proposals import in_force, pending
    from einvoice.store import people

    with here.store.reading() as reading:
        towns = [(one.id, one.title) for one in people.tenants(reading)]
        everywhere = in_force(reading, None)
        alone = [] if everywhere else [title for number, title in towns if not in_force(reading, number)]
        waiting = len(pending(reading))
    if not everywhere:
        where = ", ".join(alone[:5]) + (" …" if len(alone) > 5 else "")
        yield Finding(
            None,
            say(
                "Änderungen an Regeln, Personen, Rollen und Zielen wirken noch ohne zweite Person"
                f" (Installation{', ' + where if where else ''}): user role NAME administrator für eine zweite.",
                "Changes of policies, persons, roles and targets take effect without a second person so far"
                f" (installation{', ' + where if where else ''}): user role NAME administrator for a second one.",
            ),
        )
    if waiting:
        text = say("Vorschläge, die auf eine zweite Person warten: {0} (einvoice approve proposals).",
                   "Proposals that wait for a second person: {0} (einvoice approve proposals).")  # fmt: skip
        yield Finding(None, text.format(waiting))


def _writers(here: "Opened") -> Iterator[Finding]:
    """Who approves should not be able to write the store's file past einvoice."""
    import pwd

    from sqlmodel import col, select

    from einvoice.store.tables import Account, Role

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
            say(
                f"{file} ist für jemanden beschreibbar, der auch freigibt. Bewiesen sind damit nur Änderungen nach "
                "dem letzten veröffentlichten Kopf (archive verify --head), sonst nichts.",
                f"{file} can be written by someone who also approves. What is proved then is changes after the last "
                "published head (archive verify --head), and nothing else.",
            ),
        )


def _archive(here: "Opened") -> Iterator[Finding]:
    """The archive's door does what it promises, tried out; and the head is kept somewhere."""
    from einvoice.store.probing import probed

    for ok, de, en in probed(here.archive, shared=here.store.postgres):
        yield Finding(ok, say(de, en))
    if not (here.workplace.head_folders or here.workplace.head_mails):
        yield Finding(
            None,
            say(
                "Der Kopf der Ketten wird nirgends sonst aufbewahrt: [heads] in einvoice.toml (docs/archive.md).",
                "The head of the chains is kept nowhere else: [heads] in einvoice.toml (docs/archive.md).",
            ),
        )
    for folder in here.workplace.head_folders:
        if not os.access(folder, os.W_OK | os.X_OK):
            text = say(
                "(Köpfe) fehlt oder ist nicht beschreibbar.", "(heads) is missing or cannot be written."
            )
            yield Finding(False, f"{folder} {text}")


def _backup(here: "Opened") -> Iterator[Finding]:
    """There is a proved backup, and it is not old."""
    from datetime import UTC, datetime, timedelta

    from einvoice.store.backups import newest_verified_backup
    from einvoice.store.times import moment

    last = newest_verified_backup(here.store)
    if last is None:
        yield Finding(
            None,
            say(
                "Es gibt noch keine bewiesene Sicherung: einvoice backup.",
                "No proved backup yet: einvoice backup.",
            ),
        )
    elif datetime.now(UTC) - moment(last) > timedelta(days=8):
        day = last[:10]
        yield Finding(None, say(f"Die letzte Sicherung ist vom {day}.", f"The last backup is of {day}."))


def _exported(here: "Opened") -> Iterator[Finding]:
    from einvoice.interfaces.cli.doctor_exports import exports

    yield from (Finding(False, text) for text in exports(here))


_OF_PLACE: tuple[Callable[["Opened"], Iterator[Finding]], ...] = (
    _archive,
    _backup,
    _four_eyes,
    _two_persons,
    _writers,
    _exported,
)
