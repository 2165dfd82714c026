"""A workplace: `einvoice.toml`, the data folder, the inbox. Made by `einvoice init`, opened by everything else."""

import contextlib
import json
import os
import shutil
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from sqlmodel import select

from einvoice import data
from einvoice.errors import ConfigurationError
from einvoice.exports.places import Place, read_places
from einvoice.intake.settings import FolderSettings, SourceSettings, read_sources
from einvoice.intake.smtp import MailSettings, read_mail
from einvoice.pipeline.desk import Desk, read_desk
from einvoice.pipeline.habits import Habits, read_habits
from einvoice.store import people
from einvoice.store.archive import Archive, FolderArchive
from einvoice.store.bucket import BucketArchive, BucketSettings
from einvoice.store.migrate import migrate, ready
from einvoice.store.store import Store
from einvoice.store.tables import Account, Creditor, CreditorAccount, Proposal, Tenant
from einvoice.store.work import Work
from einvoice.validation.options import Engine, engine_of, unknown_profile_of

CONFIGURATION = "einvoice.toml"


@dataclass(frozen=True, slots=True)
class Workplace:
    """The settings of einvoice.toml, paths absolute. given: the caller named the file, so it may run commands."""

    file: Path
    store_url: str
    archive: Path
    reports: Path
    exports: Path
    backups: Path
    rules: Path
    sources: tuple[SourceSettings, ...]
    bucket: BucketSettings | None = None
    head_folders: tuple[Path, ...] = ()
    head_mails: tuple[str, ...] = ()
    release: str | None = None
    unknown_profile: Literal["reject", "check"] = "reject"
    engine: Engine = "native"
    scenarios: str | None = None
    given: bool = True
    mail: MailSettings | None = None
    habits: Habits = field(default_factory=Habits)
    desk: Desk = field(default_factory=Desk)
    places: Mapping[str, Place] = field(default_factory=dict)

    @property
    def inbox(self) -> Path:
        """The first folder from which files are taken. Raises ConfigurationError if there is none."""
        for one in self.sources:
            if isinstance(one, FolderSettings):
                return one.folder
        raise ConfigurationError(
            f"{self.file}: no source is a folder", f"{self.file}: keine Quelle ist ein Ordner"
        )

    def source_named(self, *names: str) -> tuple[SourceSettings, ...]:
        """The sources of these names. Raises ConfigurationError with the names there are."""
        known = {one.name: one for one in self.sources}
        for name in names:
            if name not in known:
                listed = ", ".join(known) or "-"
                raise ConfigurationError(
                    f"There is no source called {name}. Known: {listed}.",
                    f"Eine Quelle namens {name} gibt es nicht. Bekannt: {listed}.",
                )
        return tuple(known[name] for name in dict.fromkeys(names))


@dataclass(frozen=True, slots=True)
class Opened:
    """A workplace with its store and archive at hand."""

    workplace: Workplace
    store: Store
    archive: Archive


_KNOWN = {
    "store": {"url"},
    "archive": {"folder", "kind", "bucket", "prefix", "endpoint", "region", "credentials"},
    "reports": {"folder"},
    "exports": {"folder"},
    "backups": {"folder"},
    "heads": {"folders", "mails"},
    "validation": {"release", "unknown_profile", "engine", "scenarios", "verapdf"},
    "rules": {"folder"},
    "cluster": {"address", "ca", "cert", "key", "patience"},
}


def read_workplace(file: Path, *, given: bool = True) -> Workplace:
    """The workplace that a configuration describes. Raises ConfigurationError naming file and key.

    given: the caller named the file, or it is that of /etc; only then its settings may run commands.
    """
    try:
        table = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"{file}: cannot be read ({error})", f"{file}: nicht lesbar ({error})"
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(
            f"{file}: no valid TOML: {error}", f"{file}: kein gültiges TOML: {error}"
        ) from None
    sources, mail = table.pop("source", []), table.pop("mail", None)
    places = read_places(file, table.pop("place", []))
    habits = read_habits(file, table.pop("run", None))
    desk = read_desk(file, table.pop("web", None))
    if not isinstance(sources, list) or not all(isinstance(row, dict) for row in sources):
        text = "[[source]]"
        raise ConfigurationError(
            f"{file}: sources are tables: {text}", f"{file}: Quellen sind Tabellen: {text}"
        )
    _check(file, table)
    base = file.resolve().parent
    stated = table.get("store", {}).get("url", "sqlite:///data/einvoice.sqlite")
    url = os.environ.get("EINVOICE_STORE_URL") or str(stated)
    if url.startswith("sqlite:///") and not url.startswith("sqlite:////"):
        url = f"sqlite:///{base / url.removeprefix('sqlite:///')}"
    rules = table.get("validation", {})
    return Workplace(
        file=file.resolve(),
        store_url=url,
        archive=base / _folder(table, "archive", "data/archive"),
        reports=base / _folder(table, "reports", "reports"),
        exports=base / _folder(table, "exports", "exports"),
        backups=base / _folder(table, "backups", "data/backups"),
        rules=base / _folder(table, "rules", "data/rules"),
        sources=read_sources(file, sources),
        bucket=_bucket(file, base, table.get("archive", {})),
        head_folders=tuple(base / one for one in _texts(file, table, "heads", "folders")),
        head_mails=_texts(file, table, "heads", "mails"),
        release=rules.get("release"),
        unknown_profile=unknown_profile_of(rules.get("unknown_profile", "reject")),
        engine=engine_of(rules.get("engine", "native")),
        scenarios=str(base / str(rules["scenarios"])) if "scenarios" in rules else None,
        given=given,
        mail=read_mail(file, mail) if isinstance(mail, dict) else None,
        habits=habits,
        desk=desk,
        places=places,
    )


def _check(file: Path, table: Mapping[str, Any]) -> None:
    for section, rows in table.items():
        for row in rows if isinstance(rows, list) else [rows]:
            unknown = set(row) - _KNOWN.get(section, set()) if isinstance(row, dict) else {section}
            if section not in _KNOWN or unknown:
                name = f"{section}.{sorted(unknown)[0]}" if unknown else section
                raise ConfigurationError(
                    f"{file}: unknown setting {name}", f"{file}: unbekannte Einstellung {name}"
                )


def _folder(table: Mapping[str, Any], section: str, usual: str) -> str:
    return str(table.get(section, {}).get("folder", usual))


def _bucket(file: Path, base: Path, table: Mapping[str, Any]) -> BucketSettings | None:
    """The table [archive] where it names an object store. Raises ConfigurationError."""
    kind, rest = table.get("kind", "folder"), {k: v for k, v in table.items() if k not in ("kind", "folder")}
    if kind == "folder" and not rest:
        return None
    if kind != "object" or "bucket" not in rest or not all(isinstance(one, str) for one in rest.values()):
        raise ConfigurationError(
            f'{file}: [archive] has kind = "folder" with folder, or kind = "object" with bucket, prefix, endpoint, '
            "region, credentials",
            f'{file}: [archive] hat kind = "folder" mit folder oder kind = "object" mit bucket, prefix, endpoint, '
            "region, credentials",
        )
    credentials = rest.pop("credentials", None)
    return BucketSettings(**rest, credentials=base / credentials if credentials else None)


def _texts(file: Path, table: Mapping[str, Any], section: str, key: str) -> tuple[str, ...]:
    found = table.get(section, {}).get(key, [])
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise ConfigurationError(
            f"{file}: {section}.{key} must be a list of texts",
            f"{file}: {section}.{key} muss eine Liste von Texten sein",
        )
    return tuple(found)


def archive_of(workplace: Workplace) -> Archive:
    """The archive that the settings name. Raises ConfigurationError where its extra is missing."""
    return BucketArchive(workplace.bucket) if workplace.bucket else FolderArchive(workplace.archive)


@contextlib.contextmanager
def opened(workplace: Workplace) -> Iterator[Opened]:
    """The workplace with store and archive. Raises StoreError if they are missing, old or not each other's."""
    store = Store(workplace.store_url)
    try:
        ready(store)
        with store.reading() as session:
            mark = people.installation(session).archive
        archive = archive_of(workplace)
        archive.belongs_to(mark)
        yield Opened(workplace, store, archive)
    finally:
        store.close()


_TEMPLATE = """\
# einvoice: settings of this workplace. Paths are relative to this file.

[store]
url = {url}

[archive]
folder = "data/archive"

[reports]
folder = "reports"

[exports]
folder = "exports"

# Where the daily head of all chains is kept, so that nothing can be cut off or rewritten unseen: folders that
# whoever runs einvoice cannot change afterwards, addresses of others. See docs/archive.md.
# [heads]
# folders = ["/mnt/audit"]
# mails = ["audit@town.example"]

# Files put here are taken by `einvoice run` once they were left alone for quiet_seconds; then they lie in
# inbox/processed.
[[source]]
name = "inbox"
kind = "folder"
path = "inbox"
quiet_seconds = {quiet}
"""


def init(folder: Path, *, demo: bool = False, url: str = "sqlite:///data/einvoice.sqlite") -> Workplace:
    """Makes a workplace in a folder, or completes one that was begun; `demo` with invented towns and samples.

    url: of the store. Raises ConfigurationError where a finished workplace is there already, StoreError where the
    store cannot be made.
    """
    file = folder / CONFIGURATION
    if file.exists():
        raise ConfigurationError(f"{file} is there already.", f"{file} gibt es schon.")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = folder / (CONFIGURATION + ".tmp")
    draft.write_text(_TEMPLATE.format(url=json.dumps(url), quiet="0" if demo else "2"), "utf-8")
    draft.chmod(0o600)  # the url may hold a password
    workplace = read_workplace(draft)
    for made in (workplace.archive.parent, workplace.reports, workplace.exports, workplace.inbox):
        made.mkdir(mode=0o750, parents=True, exist_ok=True)
    store = Store(workplace.store_url)
    try:
        migrate(store, workplace.backups)
        mark = people.found(store, demo=demo).archive
        archive_of(workplace).create(mark)
        if demo:
            _people_of_the_demo(store)
            _samples(workplace.inbox)
        else:
            _first_person(store)
    finally:
        store.close()
    os.replace(draft, file)
    return read_workplace(file)


def _first_person(store: Store) -> None:
    """Whoever makes a workplace is its administrator."""
    with store.writing(people.SERVICE) as work:
        account = people.os_account()
        if not work.session.exec(select(Account).where(Account.name == account)).first():
            person = people.add_person(work, account, (account,))
            people.add_role(work, person, None, "administrator")


def _people_of_the_demo(store: Store) -> None:
    with (data.folder("samples") / "demo.toml").open("rb") as file:
        said = tomllib.load(file)
    with store.writing(people.SERVICE) as work:
        if work.session.exec(select(Tenant)).first():
            return
        tenants = [
            people.add_tenant(
                work, row["name"], row["title"], tuple(row["leitweg"]), tuple(row["mail"]), demo=True
            )
            for row in said["tenant"]
        ]
        for row in said["person"]:
            person = people.add_person(work, row["name"], demo=True)
            for tenant in tenants:
                for role in row["roles"]:
                    people.add_role(work, person, tenant, role)
        for tenant in tenants:
            people.set_policy(work, tenant, "posting", said["posting"])
            people.set_policy(work, tenant, "duplicates", said["duplicates"])
            for row in said["creditor"]:
                _creditor_of_the_demo(work, tenant, row)


def _creditor_of_the_demo(work: Work, tenant: Tenant, row: Mapping[str, Any]) -> None:
    number, name, vat_id = row["number"], row["name"], row["vat_id"]
    creditor = Creditor(tenant_id=tenant.id or 0, number=number, name=name, vat_id=vat_id)
    work.add(creditor)
    work.session.flush()
    first, second = (people.demo_person(work.session, one) for one in row["by"])
    account = CreditorAccount(
        tenant_id=tenant.id or 0, creditor_id=creditor.id or 0, iban=row["iban"], source=row["source"],
        seen=work.time, confirmed_by=second.id, confirmed_at=work.time,
    )  # fmt: skip
    subject, new = f"{creditor.id}/{row['iban']}", {"source": row["source"]}
    proposal = Proposal(
        tenant_id=tenant.id, kind="creditor-account", subject=subject, new=new, state="accepted",
        proposed_by=first.id or 0, proposed_at=work.time, decided_by=second.id, decided_at=work.time,
    )  # fmt: skip
    work.add(account, proposal)
    work.session.flush()
    work.event("creditor-account-confirmed", account, {"proposed_by": first.id, "new": new})


def _samples(inbox: Path) -> None:
    for path in sorted(data.folder("samples").iterdir()):
        if path.name[0].isdigit():
            shutil.copyfile(path, inbox / path.name)
