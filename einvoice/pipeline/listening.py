"""Mailboxes that say themselves when a mail came (IMAP IDLE, RFC 2177), so that `watch` need not wait."""

import threading
from collections.abc import Iterable

from einvoice.errors import EinvoiceError
from einvoice.intake.connecting import connected
from einvoice.intake.settings import ImapSettings

_AGAIN = 60.0
"""Seconds after which a mailbox that could not be listened to is tried again; meanwhile rounds fetch it as ever."""

_LONGEST = 28 * 60.0


class Listening:
    """Listens to mailboxes side by side, each by a line of its own that only looks; `commands` as in `connected`."""

    def __init__(self, mailboxes: Iterable[ImapSettings], commands: bool) -> None:
        self._commands = commands
        self._came = threading.Event()
        for one in mailboxes:
            threading.Thread(target=self._listen, args=(one,), name=f"listen-{one.name}", daemon=True).start()

    def came(self) -> bool:
        """Whether anything came since this was asked last."""
        there = self._came.is_set()
        self._came.clear()
        return there

    def _listen(self, mailbox: ImapSettings) -> None:
        """For ever; what is wrong with a mailbox is told by the round that fetches it."""
        from einvoice.intake.imap import ImapSource

        pause = threading.Event()
        while True:
            try:
                with connected(mailbox, readonly=True, commands=self._commands) as source:
                    assert isinstance(source, ImapSource)
                    if next(source.ready(), None):  # came between the last round and now
                        self._came.set()
                    while (more := source.wait(_LONGEST)) is not None:
                        if more:
                            self._came.set()
            except EinvoiceError:
                pass
            pause.wait(_AGAIN)
