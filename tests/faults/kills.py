"""A run is killed again and again, before a step counted off or at any moment; what it left must do."""

import random
import time
from pathlib import Path

from tests.faults.bench import KINDS, QUIET, Bench, bench
from tests.faults.chunks import Chunk, Found
from tests.faults.forks import Forks, forks

CHECKED_EVERY = 20
KILLED = -9


def kills(chunk: Chunk, folder: Path) -> Found:
    """`rounds` kills of one workplace to which files keep coming."""
    dice, found = random.Random(chunk.seed), Found()
    with bench(folder, chunk.store) as place, forks() as warm:
        place.put("own")
        usual = warm.act(place.folder)
        unchecked = 0
        while found.count < chunk.rounds and not found.violations:
            place.put(dice.choice(QUIET if dice.random() < 0.9 else KINDS))
            killed = _killed(place, warm, dice, usual.steps, usual.seconds)
            if killed is not None:
                found.count += 1
                found.places[killed] += 1
                unchecked += 1
            if unchecked == CHECKED_EVERY or found.count == chunk.rounds:
                found.violations += place.violations()
                unchecked = 0
    return found


def _killed(place: Bench, warm: Forks, dice: random.Random, steps: int, seconds: float) -> str | None:
    """One attempt: where the run was killed, None if it came to its end before."""
    if dice.random() < 0.7:
        ended = warm.act(place.folder, last=dice.randint(1, steps))
        return ended.place if ended.code == KILLED else None
    pid = warm.begin(place.folder)
    time.sleep(seconds * dice.random())
    ended = warm.end(pid, kill=True)
    return "at a random moment" if ended.code == KILLED else None
