"""From the settings of a source to the connected source."""

import contextlib
from collections.abc import Iterator

from einvoice.intake.settings import FolderSettings, ImapSettings, SourceSettings
from einvoice.intake.source import Source


@contextlib.contextmanager
def connected(settings: SourceSettings, *, readonly: bool = False, commands: bool = True) -> Iterator[Source]:
    """The source, connected for a while. Raises SourceProblem.

    readonly: it will only be looked at. commands: whether its settings may run commands.
    """
    source = _connect(settings, readonly, commands)
    try:
        yield source
    finally:
        source.close()


def _connect(settings: SourceSettings, readonly: bool, commands: bool) -> Source:
    if isinstance(settings, FolderSettings):
        from einvoice.intake.folder import FolderSource

        return FolderSource(settings)
    if isinstance(settings, ImapSettings):
        from einvoice.intake.imap import ImapSource

        return ImapSource(settings, readonly=readonly, commands=commands)
    from einvoice.intake.location import LocationSource

    return LocationSource(settings)
