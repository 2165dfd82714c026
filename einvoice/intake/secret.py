"""Secrets: from a variable, a file only its owner reads, or a systemd credential; never from the configuration."""

import os
import stat
import subprocess
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Strict, model_validator

from einvoice.intake.source import SourceProblem

_COMMAND_SECONDS = 60


class Secret(BaseModel):
    """Where a secret lies: exactly one of `env` (a variable), `file` (a path) and `credential` (systemd)."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    env: str | None = None
    file: Annotated[Path, Strict(False)] | None = None
    credential: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _no_text(cls, value: object) -> object:
        if isinstance(value, str):
            raise ValueError(
                'a secret does not stand in the configuration: write { file = "…" } or { env = "…" }'
            )
        return value

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(one is not None for one in (self.env, self.file, self.credential)) != 1:
            raise ValueError("exactly one of env, file and credential")
        return self

    def reveal(self, base: Path) -> str:
        """The secret, without the line's end. Raises SourceProblem that says where it should be."""
        if self.env is not None:
            text = os.environ.get(self.env)
            if not text:
                raise SourceProblem(
                    f"The variable {self.env} is not set.", f"Die Variable {self.env} ist nicht gesetzt."
                )
            return text
        if self.file is not None:
            return _of_file(base / self.file, private=True)
        folder = os.environ.get("CREDENTIALS_DIRECTORY")
        if not folder:
            raise SourceProblem(
                f"The credential {self.credential} is only there in a systemd service (LoadCredential=).",
                f"Den Schlüssel {self.credential} gibt es nur in einem systemd-Dienst (LoadCredential=).",
            )
        return _of_file(Path(folder, Path(self.credential or "").name), private=False)


def _of_file(path: Path, *, private: bool) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            if private and os.fstat(file.fileno()).st_mode & (stat.S_IROTH | stat.S_IWOTH):
                raise SourceProblem(
                    f"{path} can be read by everybody: chmod 600 {path}",
                    f"{path} kann jeder lesen: chmod 600 {path}",
                )
            return file.read().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "not UTF-8"
        raise SourceProblem(
            f"The secret cannot be read: {path}: {why}", f"Das Geheimnis ist nicht lesbar: {path}: {why}"
        ) from None


def from_command(command: list[str]) -> str:
    """What a command prints, for example an OAuth2 token. Run without a shell; its output is never shown."""
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=_COMMAND_SECONDS, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        why = error.strerror if isinstance(error, OSError) else f"{_COMMAND_SECONDS} s"
        raise SourceProblem(
            f"The command {command[0]} cannot be run: {why}",
            f"Der Befehl {command[0]} ist nicht ausführbar: {why}",
        ) from None
    token = done.stdout.decode("ascii", "replace").strip()
    if done.returncode or not token:
        raise SourceProblem(
            f"The command {command[0]} gave no token (exit {done.returncode}).",
            f"Der Befehl {command[0]} gab kein Token (Ende mit {done.returncode}).",
        )
    return token
