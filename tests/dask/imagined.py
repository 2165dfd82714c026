"""A cluster without Dask: answers at once, dies of deadly pieces, loses its scheduler or its workers when told to."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from einvoice.cluster.carried import Carried
from einvoice.cluster.connection import Killed, Lost
from einvoice.cluster.settings import ClusterSettings
from einvoice.cluster.working import Answer, Question

QUESTION = Question("imagined", {}, {"einvoice": "1"})


@dataclass
class Imagined:
    """Stands for `connection.Cluster`. dice: which innocent chunks die beside a deadly one."""

    workers: int = 2
    patience: float = 0.0
    lost_after: int | None = None
    silent_after: int | None = None
    different: tuple[str, ...] = ()
    missing: int = 0
    dice: random.Random = field(default_factory=lambda: random.Random(8))
    under_way: int = 0
    most: int = 0
    asked: int = 0
    alone: list[str] = field(default_factory=list)

    @property
    def settings(self) -> ClusterSettings:
        return ClusterSettings("tcp://imagined:1", patience=self.patience)

    def question(self, function: str, arguments: dict[str, Any], files: Sequence[Carried] = ()) -> Question:
        return replace(QUESTION, function=function, arguments=arguments)

    def lay_down(self, files: Sequence[Carried]) -> dict[str, str]:
        self.missing -= 1
        return {"tcp://imagined:2": "OSError: disk full"} if self.missing else {}

    def ask(self, question: Question, pieces: Sequence[tuple[str, bytes]]) -> "ImaginedAsked":
        self.asked += 1
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        if len(pieces) == 1:
            self.alone.append(pieces[0][0])
            assert self.under_way == 1 or b"deadly" not in pieces[0][1]
        return ImaginedAsked(self, pieces)

    def threads(self) -> dict[str, int]:
        if self.lost_after is not None and self.asked > self.lost_after:
            raise Lost
        return {f"tcp://imagined:{n}": 1 for n in range(2, 2 + self.workers)}


class ImaginedAsked:
    """Stands for `connection.Asked`."""

    def __init__(self, cluster: Imagined, pieces: Sequence[tuple[str, bytes]]) -> None:
        self._cluster, self._pieces = cluster, pieces
        self._open = True

    def wait(self, seconds: float) -> Answer:
        cluster = self._cluster
        if self._open:
            self._open = False
            cluster.under_way -= 1
        if cluster.lost_after is not None and cluster.asked > cluster.lost_after:
            raise Lost
        if cluster.silent_after is not None and cluster.asked > cluster.silent_after:
            cluster.workers = 0
            raise TimeoutError
        if cluster.different:
            return Answer("tcp://imagined:2", different=cluster.different)
        if cluster.missing:
            return Answer("tcp://imagined:2", missing=True)
        if any(b"deadly" in data for _, data in self._pieces):
            raise Killed
        if len(self._pieces) > 1 and cluster.dice.random() < 0.2:
            raise Killed
        return Answer("tcp://imagined:2", [[name, len(data)] for name, data in self._pieces])

    def give_up(self) -> None:
        self._open = False
