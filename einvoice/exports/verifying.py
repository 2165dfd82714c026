"""Of which batch a file is an export."""

from sqlmodel import select

from einvoice.store.seals import sha256
from einvoice.store.store import Store
from einvoice.store.tables import Batch, Export


def exported_as(store: Store, data: bytes) -> list[tuple[Export, Batch]]:
    """The exports whose bytes these are: where they were made, and where delivered."""
    with store.reading() as session:
        rows = session.exec(
            select(Export, Batch).where(Export.batch_id == Batch.id, Export.sha256 == sha256(data))
        ).all()
    return [(export, batch) for export, batch in rows]
