"""`einvoice scheduler`: the meeting point of a Dask cluster."""

from typing import Annotated

import typer

from einvoice.errors import ConfigurationError
from einvoice.interfaces.cli.application import told
from einvoice.interfaces.cli.clustered import settings
from einvoice.interfaces.cli.dask_programs import become, certificates
from einvoice.interfaces.cli.session import say

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(
    help=told(
        "Treffpunkt eines Dask-Clusters: Arbeiter und Aufrufe mit --cluster melden sich hier.",
        "The meeting point of a Dask cluster: workers and calls with --cluster come here.",
        "einvoice scheduler tls://10.0.0.1:8786 --config /etc/einvoice",
    )
)
def scheduler(
    address: Annotated[
        str | None,
        typer.Argument(
            metavar=say("[ADRESSE]", "[ADDRESS]"),
            help=say(
                "Wo er zu finden ist [Standard: address unter [cluster]]",
                "Where it is to be found [default: address in [cluster]]",
            ),
        ),
    ] = None,
) -> None:
    """Exit as Dask's scheduler ends; 2 where there is no address, no extra or no certificate."""
    found = settings(address)
    if found is None:
        raise ConfigurationError(
            "Where? einvoice scheduler tls://host:8786, or address in [cluster] of einvoice.toml.",
            "Wo? einvoice scheduler tls://rechner:8786 oder address unter [cluster] in einvoice.toml.",
        )
    scheme, _, place = found.address.partition("://")
    host, _, port = place.rpartition(":")
    options = ["--host", f"{scheme}://{host}", "--port", port, "--protocol", scheme]
    become("scheduler", [*options, *certificates(found)])
