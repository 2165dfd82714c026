"""What `einvoice doctor` says about [cluster]: the extra, the certificates, and with --cluster its workers."""

import ssl
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from einvoice.interfaces.cli.clustered import settings
from einvoice.interfaces.cli.session import say

if TYPE_CHECKING:
    from einvoice.cluster.settings import ClusterSettings

Said = tuple[bool | None, str]
"""Whether it is so (None: worth knowing), and what."""


def cluster(*, visit: bool) -> Iterator[Said]:
    """Nothing where no cluster is named. visit: connects, and looks whether all workers are like this machine.

    Raises ConfigurationError where it cannot be used.
    """
    found = settings(None)
    if found is None:
        if visit:
            yield (
                None,
                say("Kein Cluster: [cluster] nennt keine Adresse.", "No cluster: [cluster] names none."),
            )
        return
    from einvoice.cluster.connection import connected, needed

    needed()
    if found.encrypted:
        yield from _certificates(found)
    else:
        text = say(
            "{0} ist unverschlüsselt: Wer den Scheduler erreicht, kann dort Programme starten (tls://).",
            "{0} is not encrypted: whoever reaches the scheduler can run programs there (tls://).",
        )
        yield None, text.format(found.address)
    if visit:
        with connected(found) as joined:
            threads = joined.threads()
        text = say(
            "Cluster {0}: {1} Arbeiter, {2} Plätze, alle wie dieser Rechner.",
            "Cluster {0}: {1} workers, {2} places, all like this machine.",
        )
        yield True, text.format(found.address, len(threads), sum(threads.values()))


def _certificates(found: "ClusterSettings") -> Iterator[Said]:
    """Certificate and key belong together, and nobody else can read the key."""
    context = ssl.create_default_context(cafile=found.ca)
    try:
        context.load_cert_chain(found.cert or "", found.key)
    except ssl.SSLError as error:
        why = error.reason or str(error)
        text = say("{0} und {1} gehören nicht zusammen ({2}).", "{0} and {1} do not belong together ({2}).")
        yield False, text.format(found.cert, found.key, why)
        return
    if Path(found.key or "").stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield False, say(f"{found.key} ist für andere lesbar (chmod 600).", f"others can read {found.key}.")
    yield True, say(f"{found.cert} und sein Schlüssel passen.", f"{found.cert} and its key fit.")
