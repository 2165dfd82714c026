"""Dask's own programs, called with settings that fit our work."""

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NoReturn

from einvoice.interfaces.cli.session import note, say

if TYPE_CHECKING:
    from einvoice.cluster.settings import ClusterSettings

_SETTINGS = {
    "SCHEDULER__ALLOWED_FAILURES": "1",
    "SCHEDULER__WORKER_TTL": "60s",
    "WORKER__PROFILE__ENABLED": "false",
}
"""Environment of Dask's programs. A task whose worker died is tried on one more before we take it apart; a worker
that says nothing for a minute is given up; nobody looks at the profiles that workers make of themselves."""


def certificates(settings: "ClusterSettings") -> list[str]:
    """The options that name the certificates; none without TLS."""
    pairs = (
        ("--tls-ca-file", settings.ca),
        ("--tls-cert", settings.cert),
        ("--tls-key", settings.key),
    )
    return [text for name, path in pairs if settings.encrypted and path for text in (name, path)]


def become(program: Literal["worker", "scheduler"], arguments: Sequence[str]) -> NoReturn:
    """This process goes on as Dask's program. Raises ConfigurationError where the extra is missing."""
    from einvoice.cluster.connection import needed

    needed()
    for name, value in _SETTINGS.items():
        os.environ.setdefault(f"DASK_DISTRIBUTED__{name}", value)
    note(say("einvoice: von hier an spricht Dask, auf Englisch.", "einvoice: from here on Dask speaks."))
    sys.stdout.flush()
    local = [
        "--no-dashboard",
        "--dashboard-address",
        "127.0.0.1:0",
    ]  # what is left of it is for this host only
    command = [sys.executable, "-m", f"distributed.cli.dask_{program}", *arguments, *local]
    os.execv(sys.executable, command)
