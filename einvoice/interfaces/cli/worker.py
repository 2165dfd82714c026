"""`einvoice worker`: this machine as one more worker of a Dask cluster."""

import os
from typing import Annotated

import typer

from einvoice.errors import ConfigurationError
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.clustered import settings
from einvoice.interfaces.cli.dask_programs import certificates, keep_up
from einvoice.interfaces.cli.session import leave, say

app = typer.Typer(add_completion=False, rich_markup_mode=None)

Address = Annotated[
    str | None,
    typer.Argument(
        metavar=say("[ADRESSE]", "[ADDRESS]"),
        help=say(
            "Adresse des Schedulers [Standard: address unter [cluster]]",
            "Address of the scheduler [default: address in [cluster]]",
        ),
    ),
]


@app.command(
    help=told(
        "Arbeitet in einem Dask-Cluster mit, bis Strg-C kommt.",
        "Joins a Dask cluster as a worker, until Ctrl-C.",
        "einvoice worker tls://10.0.0.1:8786 --config /etc/einvoice",
    )
)
def worker(
    address: Address = None,
    jobs: Annotated[
        int,
        typer.Option(
            min=0,
            help=say("Dokumente zugleich (0: so viele wie Kerne)", "Documents at a time (0: one per core)"),
        ),
    ] = 0,
    host: Annotated[
        str | None,
        typer.Option(
            metavar="IP",
            help=say("Eigene Adresse, unter der andere hierher finden", "Own address for others"),
        ),
    ] = None,
) -> None:
    """Exit 130 or 143 after a signal; as Dask's worker where it cannot begin; 2 where there is no address, no extra
    or no certificate."""
    found = settings(address)
    if found is None:
        raise ConfigurationError(
            "Which cluster? einvoice worker tls://host:8786, or address in [cluster] of einvoice.toml.",
            "Welcher Cluster? einvoice worker tls://rechner:8786 oder address unter [cluster] in einvoice.toml.",
        )
    options = ["--nworkers", "1", "--no-nanny", "--nthreads", str(jobs or os.cpu_count() or 1)]
    options += ["--host", host] if host else []
    leave(keep_up("worker", [found.address, *options, *certificates(found)]))
