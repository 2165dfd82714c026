"""The worker's side: one function, called by name, on some pieces; its answers as plain values."""

import functools
import importlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from einvoice.cluster.carried import Carried, lay_down, moved
from einvoice.cluster.likeness import differences, likeness


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about every piece: `module:function`, its plain arguments, what must be the same where it is
    answered, and the names of the files it needs there (path here → name below the worker's folder)."""

    function: str
    arguments: dict[str, Any]
    like: dict[str, str]
    further: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """Of one worker: a plain value for each piece; or, without them, what is not as it must be there."""

    worker: str
    values: list[Any] | None = None
    different: tuple[str, ...] = ()
    missing: bool = False


def answer(question: Question, pieces: Sequence[tuple[str, bytes]]) -> Answer:
    """What a worker does for some pieces (name, bytes): `function(pieces, **arguments)`, a value for each."""
    from distributed import get_worker

    worker = get_worker()
    if different := differences(question.like, likeness(question.further)):
        return Answer(worker.address, different=tuple(different))
    home = _home(worker)
    where = {path: str(home / name) for path, name in question.files.items()}
    if not all(Path(path).exists() for path in where.values()):
        return Answer(worker.address, missing=True)
    values = _named(question.function)(pieces, **moved(question.arguments, where))
    return Answer(worker.address, list(values))


def likeness_there(further: tuple[str, ...]) -> dict[str, str]:
    """What a worker says about itself when a run begins."""
    return likeness(further)


def take(files: Sequence[Carried], dask_worker: Any) -> None:
    """Lays down what a run needs besides the software. dask_worker: the worker; the name is Dask's."""
    for one in files:
        lay_down(one, _home(dask_worker))


def _home(worker: Any) -> Path:
    return Path(worker.local_directory) / "einvoice"


@functools.cache
def _named(function: str) -> Any:
    module, _, name = function.partition(":")
    return getattr(importlib.import_module(module), name)
