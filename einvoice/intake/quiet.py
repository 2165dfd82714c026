"""When a file is complete: it was left alone for a while, by its own clock or, where clocks differ, by ours."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from einvoice.validation.files import is_left_alone

_FUTURE = 1.0


@dataclass(frozen=True, slots=True)
class Seen:
    """A file as a listing shows it. modified: seconds since 1970 by the file's own clock, None if it says nothing.

    mark: whatever changes when the file is written (time and size, ETag, …).
    """

    name: str
    size: int
    modified: float | None
    mark: str


def settled(
    look: Callable[[], list[Seen]],
    quiet: float,
    *,
    own_clock: bool,
    sleep: Callable[[float], None] = time.sleep,
) -> list[Seen]:
    """The files that are ready, by name: not half-copied by their name, and not written to for `quiet` seconds.

    own_clock: the listing's times are of this machine's clock. Where they are not, or lie in the future, a second
    look after `quiet` seconds must find the same.
    """
    now, found = time.time(), [one for one in look() if not is_left_alone(one.name)]
    certain, doubtful = list[Seen](), list[Seen]()
    for one in found:
        if not own_clock or one.modified is None or one.modified > now + _FUTURE:
            doubtful.append(one)
        elif now - one.modified >= quiet:
            certain.append(one)
    if doubtful and quiet:
        sleep(quiet)
        again = {one.name: one for one in look()}
        doubtful = [one for one in doubtful if again.get(one.name) == one]
    return sorted([*certain, *doubtful], key=lambda one: one.name)
