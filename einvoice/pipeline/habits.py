"""The table `[run]` of einvoice.toml: how runs go about their work, and whom they tell."""

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from einvoice.formats.mail import address
from einvoice.intake.settings import clock
from einvoice.pipeline.section import read_section


def _mails(given: object) -> object:
    found = [one.strip() for one in given.split(",") if one.strip()] if isinstance(given, str) else given
    if isinstance(found, list) and not all(isinstance(one, str) and address(one) for one in found):
        raise ValueError("a list of mail addresses")
    return found


class Habits(BaseModel):
    """The table `[run]`; every key also as EINVOICE_RUN_KEY.

    jobs: how many processes look at deliveries (0: one per core). every: seconds between two rounds of `watch`.
    log: file of JSON lines (`-`: stderr). metrics: file for the node exporter of Prometheus. port: where `watch`
    answers /metrics on this machine (0: nowhere). mails: who is told what a run did; mail_when: `always`, or only
    where something is left over. morning: the time of day (Europe/Berlin) from which the first run sends each
    person what waits, and writes the towns' overviews; without it no mails are sent.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    jobs: Annotated[int, Field(ge=0, le=256)] = 0
    every: Annotated[float, Field(ge=1, le=86400)] = 60.0
    log: str | None = None
    metrics: str | None = None
    port: Annotated[int, Field(ge=0, le=65535)] = 0
    mails: Annotated[list[str], BeforeValidator(_mails)] = Field(default_factory=list)
    mail_when: Literal["always", "problems"] = "always"
    morning: Annotated[str, BeforeValidator(clock)] | None = None
    base: Annotated[Path, Field(exclude=True)] = Path()

    @property
    def processes(self) -> int:
        """How many processes look at deliveries."""
        return self.jobs or os.cpu_count() or 1

    def path(self, stated: str | None) -> Path | None:
        """A path of these settings, which counts from the folder of the file; `-` stays what it is."""
        return None if not stated else Path("-") if stated == "-" else self.base / stated


def read_habits(file: Path, table: object) -> Habits:
    """The habits that a configuration states. Raises ConfigurationError naming file and key."""
    return read_section(Habits, "run", file, table)
