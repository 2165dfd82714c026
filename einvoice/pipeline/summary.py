"""What a run did."""

from dataclasses import dataclass, field

from einvoice.errors import EinvoiceError
from einvoice.pipeline.fetching import Fetched
from einvoice.store import times


@dataclass(slots=True)
class RunSummary:
    """What a run did. `problems`: what is left over, a sentence each; then the exit code is 3.

    deliveries: the numbers of those it worked on; waiting: how many there were to do. sources: what came of each.
    stopped: the exit code of the signal that ended it before all was done.
    """

    started: str = field(default_factory=times.utc_now)
    ended: str = ""
    received: int = 0
    released: int = 0
    exported: int = 0
    waiting: int = 0
    deliveries: list[int] = field(default_factory=list)
    sources: dict[str, Fetched] = field(default_factory=dict)
    problems: list[EinvoiceError] = field(default_factory=list)
    stopped: int | None = None

    @property
    def idle(self) -> bool:
        """Whether there was nothing to do."""
        return not self.received and not self.deliveries and not self.exported
