"""How often something may be done by one person or from one address: counted here, in memory, for this process."""

import ipaddress
import threading
import time
from collections import OrderedDict, deque
from dataclasses import dataclass

_KEPT = 50_000
"""Names that are remembered; the longest untouched are forgotten first."""


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` times in `seconds`."""

    count: int
    seconds: float


LOGIN = Rate(30, 300)
PAGES = Rate(600, 60)
SEARCH = Rate(120, 60)
UPLOAD = Rate(120, 60)
API = Rate(600, 60)
RECEIPT = Rate(60, 60)


class Limits:
    """Counts what was done under a name. Safe under threads."""

    def __init__(self) -> None:
        self._done: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def over(self, what: str, who: str, rate: Rate) -> int:
        """0 if it may be done now (and then it is counted), else seconds to wait."""
        name, now = f"{what}:{who}", time.monotonic()
        with self._lock:
            times = self._done.setdefault(name, deque())
            self._done.move_to_end(name)
            while len(self._done) > _KEPT:
                self._done.popitem(last=False)
            while times and times[0] <= now - rate.seconds:
                times.popleft()
            if len(times) >= rate.count:
                return max(1, round(times[0] + rate.seconds - now + 0.5))
            times.append(now)
            return 0

    def forgive(self, what: str, who: str) -> None:
        """Takes the last one off the count: it was what it should be (a sign-in that was right)."""
        with self._lock:
            if times := self._done.get(f"{what}:{who}"):
                times.pop()


def network(address: str) -> str:
    """Whom an address is counted under: itself, and of IPv6 the network of one customer (/64)."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)
