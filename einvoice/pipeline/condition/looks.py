"""All looks at an opened workplace, in the order they are told."""

from collections.abc import Callable, Iterator

from einvoice.pipeline.condition.desk import desk
from einvoice.pipeline.condition.finding import Finding
from einvoice.pipeline.condition.keeping import archive, backup, exported, folders
from einvoice.pipeline.condition.persons import four_eyes, two_persons, writers
from einvoice.pipeline.workplace import Opened

OF_PLACE: tuple[Callable[[Opened], Iterator[Finding]], ...] = (
    archive,
    backup,
    four_eyes,
    two_persons,
    writers,
    exported,
    desk,
)


def condition(here: Opened) -> Iterator[Finding]:
    """Everything that can be looked at without going elsewhere."""
    yield from folders(here.workplace)
    for look in OF_PLACE:
        yield from look(here)
