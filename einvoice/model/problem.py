"""What is wrong with a document before any rule of the norm can speak: one of our own findings, not yet in words."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Problem:
    """An `EI-` finding as it is met: its id, the values its message needs, and where it stands.

    The words (German, English, hint) and the severity stand in rules/own.toml under the same id.
    """

    rule: str
    values: dict[str, str] = field(default_factory=dict)
    location: str | None = None
    line: int | None = None
