"""Moves the archive from an old folder to where the settings point now: copied and proved, nothing removed."""

import contextlib
from collections.abc import Callable
from pathlib import Path

from einvoice.pipeline.workplace import Workplace, archive_of
from einvoice.store import people
from einvoice.store.archive import FolderArchive
from einvoice.store.differences import Difference
from einvoice.store.migrate import ready
from einvoice.store.presence import objects, present, side_by_side
from einvoice.store.store import Store


def move(
    workplace: Workplace, old: Path, step: Callable[[int], None] = lambda count: None
) -> tuple[int, list[Difference]]:
    """Copies all objects from the folder `old` into the archive of the settings, which then belongs to the store.

    How many, and how the new archive differs from the store's rows. May be repeated. Raises StoreError if `old` is
    not the store's archive, or the new one another store's.
    """
    source, target = FolderArchive(old), archive_of(workplace)
    with contextlib.closing(Store(workplace.store_url)) as store:
        ready(store)
        with store.reading() as session:
            mark = people.installation(session).archive
        source.belongs_to(mark)
        target.create(mark)
        target.belongs_to(mark)
        found = 0
        for _ in side_by_side(lambda one: target.put(one[0], source.read(one[0], one[1])), present(store)):
            found += 1
            step(1)
        return found, objects(store, target, lambda count: None)[1]
