"""How to validate: what the command's options and a tenant's settings say."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, cast

from einvoice.errors import ConfigurationError

Engine = Literal["native", "official", "both"]


@dataclass(frozen=True, slots=True)
class Options:
    """Settings of one validation. `release` None: the one in force on `day` (None: today, Europe/Berlin).

    installed: folders of installed releases, each a tree of rules of its own. house: folders of house rules to run.

    engine: who judges, see `engines`; scenarios: the zip or folder of KoSIT's configuration for the official one.
    verapdf: how to call veraPDF (`pdfa.command`); empty: PDF/A is claimed, not checked.

    limit_time: seconds per document, None = 10 + 2 per MB. limit_memory: MB per document.
    """

    release: str | None = None
    installed: tuple[str, ...] = ()
    house: tuple[str, ...] = ()
    day: date | None = None
    lang: Literal["de", "en"] = "de"
    unknown_profile: Literal["reject", "check"] = "reject"
    rules_after_schema: bool = False
    engine: Engine = "native"
    scenarios: str | None = None
    verapdf: tuple[str, ...] = ()
    limit_time: float | None = None
    limit_memory: int = 500

    def seconds(self, size: int) -> float:
        """How long one document of `size` bytes may take."""
        return self.limit_time if self.limit_time is not None else 10 + 2 * size / 1_000_000

    @property
    def packages(self) -> tuple[str, ...]:
        """What a machine needs installed beyond what every verdict needs."""
        return ("saxonche",) if self.engine != "native" else ()


def engine_of(stated: Any) -> Engine:
    """The setting `engine`, from wherever it was stated. Raises ConfigurationError for another word."""
    return cast(Engine, _one_of("engine", stated, ("native", "official", "both")))


def unknown_profile_of(stated: Any) -> Literal["reject", "check"]:
    """The setting `unknown_profile`. Raises ConfigurationError for another word."""
    return cast(Literal["reject", "check"], _one_of("unknown_profile", stated, ("reject", "check")))


def _one_of(name: str, stated: Any, words: tuple[str, ...]) -> str:
    if stated not in words:
        known = ", ".join(words)
        raise ConfigurationError(
            f"The setting {name} = {stated} is not known. Known: {known}",
            f"Die Einstellung {name} = {stated} gibt es nicht. Bekannt: {known}",
        )
    return str(stated)
