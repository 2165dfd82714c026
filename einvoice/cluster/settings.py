"""Where the cluster is, and the certificates by which it is told from others."""

from dataclasses import dataclass

from einvoice.errors import ConfigurationError

PATIENCE = 60.0
"""Seconds that a run waits while there is no worker, before it says so and ends."""


@dataclass(frozen=True, slots=True)
class ClusterSettings:
    """A scheduler's address (`tcp://host:port`, `tls://host:port`); for tls the paths of certificates (PEM).

    ca: whom all sides trust; cert, key: who we are. patience: seconds to wait while there is no worker.
    """

    address: str
    ca: str | None = None
    cert: str | None = None
    key: str | None = None
    patience: float = PATIENCE

    def __post_init__(self) -> None:
        """Raises ConfigurationError for an address of another kind, and for tls without its three files."""
        scheme, _, rest = self.address.partition("://")
        if scheme not in ("tcp", "tls") or ":" not in rest:
            raise ConfigurationError(
                f"{self.address}: a cluster's address looks like tls://host:8786 or tcp://host:8786.",
                f"{self.address}: die Adresse eines Clusters sieht so aus: tls://rechner:8786 oder tcp://rechner:8786.",
            )
        if scheme == "tls" and not (self.ca and self.cert and self.key):
            raise ConfigurationError(
                f"{self.address}: tls needs ca, cert and key in [cluster] of einvoice.toml.",
                f"{self.address}: tls braucht ca, cert und key unter [cluster] in einvoice.toml.",
            )

    @property
    def encrypted(self) -> bool:
        """Whether what goes over the line is encrypted, and both sides show who they are."""
        return self.address.startswith("tls://")
