"""Reads a profile: TOML, its models, its expressions. What is wrong is told with file, line and what is expected."""

import hashlib
import tomllib
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from einvoice import data
from einvoice.errors import ConfigurationError, UsageError
from einvoice.exports.profiles.compiling import Compiling, Problem
from einvoice.exports.profiles.form import ProfileForm
from einvoice.exports.profiles.lines import Lines
from einvoice.exports.profiles.profile import Profile
from einvoice.intake.settings import said_of_each

MOST = 200_000
"""The most bytes a profile may have."""


def shipped() -> dict[str, Path]:
    """The samples that come with einvoice, by name."""
    folder = data.folder("schemas") / "exports"
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def named(name: str) -> Path:
    """The file of a profile: a path, or the name of a sample. Raises UsageError with the names there are."""
    path = shipped().get(name) or Path(name)
    if not path.is_file():
        listed = ", ".join(shipped())
        raise UsageError(
            f"{name}: there is no such profile. Samples: {listed}",
            f"{name}: Dieses Profil gibt es nicht. Muster: {listed}",
        )
    return path


def read(path: Path) -> Profile:
    """The profile in a file. Raises ConfigurationError, a line `file:line: …` for each mistake."""
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig") if len(content) <= MOST else None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"{path}: cannot be read ({error})", f"{path}: nicht lesbar ({error})"
        ) from None
    if text is None:
        raise ConfigurationError(f"{path}: more than {MOST} bytes", f"{path}: mehr als {MOST} Bytes")
    return parse(text, str(path), path.stem)


def parse(text: str, file: str, name: str) -> Profile:
    """The profile in a text. `file`: how mistakes call it. Raises ConfigurationError as `read` does."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(
            f"{file}: no valid TOML: {error}", f"{file}: kein gültiges TOML: {error}"
        ) from None
    try:
        form = ProfileForm.model_validate(table)
    except ValidationError as error:
        raise _wrong(file, text, list(_of_models(error))) from None
    compiling = Compiling(form)
    records, checks, companions, file_name = compiling.all()
    if compiling.problems:
        raise _wrong(file, text, compiling.problems)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Profile(name, form, compiling.names, records, checks, companions, file_name, text, digest)


def _of_models(error: ValidationError) -> Iterator[Problem]:
    for path, en, de in said_of_each(error):
        key = str(path[-1]) if path else ""
        yield Problem(path, f"{key}: {en}" if key else en, f"{key}: {de}" if key else de)


def _wrong(file: str, text: str, problems: list[Problem]) -> ConfigurationError:
    lines = Lines(text)
    placed = sorted((lines.of(one.path), one.en, one.de) for one in problems)
    return ConfigurationError(
        "\n".join(f"{file}:{line}: {en}" for line, en, _ in placed),
        "\n".join(f"{file}:{line}: {de}" for line, _, de in placed),
    )
