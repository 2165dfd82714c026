"""A chunk of faults: what is to be done, from which seed, and what came of it; kept, so that a run can be resumed."""

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.parts import ROOT

KEPT = ROOT / ".faults"


@dataclass(slots=True)
class Found:
    """What came of a chunk. count: faults that happened; skipped: why it could not be done here."""

    count: int = 0
    places: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    skipped: str | None = None
    seconds: float = 0.0
    cpu: float = 0.0
    load: float = 0.0
    day: str = ""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of the faults, on a kind of store, as often as `rounds` says, from a seed."""

    part: str
    store: str
    seed: int
    rounds: int

    @property
    def repeat(self) -> str:
        """The command that does it again."""
        options = f"--only {self.part} --store {self.store} --seed {self.seed} --rounds {self.rounds}"
        return f"python -m tests.faults {options} --fresh"

    @property
    def file(self) -> Path:
        """Where its result is kept."""
        return KEPT / f"{self.part}-{self.store}-{self.seed}-{self.rounds}.json"


Part = Callable[[Chunk, Path], Found]


def done(
    chunks: Iterable[Chunk], parts: dict[str, Part], folder: Path, fresh: bool
) -> Iterator[tuple[Chunk, Found]]:
    """Does the chunks that were not done before."""
    KEPT.mkdir(exist_ok=True)
    for chunk in chunks:
        if chunk.file.exists() and not fresh:
            said = json.loads(chunk.file.read_text())
            yield chunk, Found(**{**said, "places": Counter(said["places"])})
            continue
        began, before = time.monotonic(), _cpu()
        found = parts[chunk.part](chunk, folder / chunk.file.stem)
        found.seconds, found.cpu = time.monotonic() - began, _cpu() - before
        found.load, found.day = os.getloadavg()[0], time.strftime("%Y-%m-%d %H:%M", time.gmtime())
        part = chunk.file.with_suffix(".part")
        part.write_text(json.dumps({**asdict(found), "places": dict(found.places)}))
        part.rename(chunk.file)
        yield chunk, found


def _cpu() -> float:
    return sum(os.times()[:4])
