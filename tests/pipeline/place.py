"""A demo workplace with the samples in its inbox, and what its end state is, ids of the moment left out."""

import functools
import hashlib
import shutil
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlmodel import col, select

from einvoice.pipeline.run import run
from einvoice.pipeline.summary import RunSummary
from einvoice.pipeline.workplace import Workplace, init, opened, read_workplace
from einvoice.store.archive import FolderArchive
from einvoice.store.differences import Difference
from einvoice.store.store import Store
from einvoice.store.tables import Delivery, Identity, Invoice, Report, Tenant
from einvoice.store.verify import verify
from tests import stores

SAMPLE = "01-skonto.xml"


def demo(folder: Path, *keep: str, url: str | None = None) -> Path:
    """A new demo workplace; with `keep` only those samples are left in the inbox; url: of another store."""
    place = begun(folder / "place", url)
    for path in place.inbox.iterdir():
        if keep and path.name not in keep:
            path.unlink()
    return place.file.parent


def begun(folder: Path, url: str | None = None) -> Workplace:
    """A demo workplace, its store (by default in it) not laid out step by step; url: of another one."""
    if url is not None:
        return init(folder, demo=True, url=url)
    shutil.copytree(_founded(), folder, copy_function=shutil.copy, dirs_exist_ok=True)
    return read_workplace(folder / "einvoice.toml")


@functools.cache
def _founded() -> Path:
    """One that is only copied; what is copied is as old as the copy."""
    folder = Path(tempfile.mkdtemp()) / "founded"
    stores.sqlite(folder / "data" / "einvoice.sqlite")
    init(folder, demo=True)
    return folder


def once(folder: Path) -> RunSummary:
    """One run of a workplace."""
    with opened(read_workplace(folder / "einvoice.toml")) as place:
        return run(place)


def differences(folder: Path) -> list[Difference]:
    """What `archive verify` says."""
    place = read_workplace(folder / "einvoice.toml")
    with closing(Store(place.store_url)) as store:
        return verify(store, FolderArchive(place.archive))


def end_state(folder: Path) -> dict[str, Any]:
    """What became of all files, without times, numbers of rows and their order."""
    place = read_workplace(folder / "einvoice.toml")
    with closing(Store(place.store_url)) as store, store.reading() as session:
        names = {tenant.id: tenant.name for tenant in session.exec(select(Tenant))}
        invoices = session.exec(select(Invoice).order_by(col(Invoice.id))).all()
        known = {row.id: (row.file, row.path) for row in invoices}
        return {
            "deliveries": sorted((d.name, d.sha256, d.state) for d in session.exec(select(Delivery))),
            "invoices": sorted(
                (row.file, row.path or "", names.get(row.tenant_id, ""), row.verdict, row.sha256 or "")
                for row in invoices
            ),
            "reports": sorted(str(known[row.invoice_id]) for row in session.exec(select(Report))),
            "identities": sorted((i.kind, i.value) for i in session.exec(select(Identity))),
            "payable": sorted(str(row.number) for row in invoices if row.state == "routed"),
            "objects": sorted(FolderArchive(place.archive).objects()),
            "inbox": sorted(p.name for p in place.inbox.iterdir()),
            "processed": sorted(
                hashlib.sha256(p.read_bytes()).hexdigest() for p in place.inbox.glob("processed/*")
            ),
            "pages": len([p for p in place.reports.glob("*.html") if not p.name.startswith(".")]),
        }
