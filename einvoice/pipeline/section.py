"""One table of einvoice.toml as settings, each key also as a variable of the environment."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from einvoice.errors import ConfigurationError
from einvoice.intake.settings import said_of

S = TypeVar("S", bound=BaseModel)


def read_section(model: type[S], name: str, file: Path, table: object) -> S:
    """What the table `[name]` states, overridden by EINVOICE_NAME_KEY; `base` is the file's folder.

    Raises ConfigurationError naming file and key.
    """
    prefix = f"EINVOICE_{name.upper()}_"
    given: Mapping[str, Any] = table if isinstance(table, dict) else {}
    stated = {
        key.removeprefix(prefix).lower(): value for key, value in os.environ.items() if key.startswith(prefix)
    }
    try:
        return model.model_validate({**given, **stated, "base": file.resolve().parent})
    except ValidationError as error:
        key, en, de = said_of(error)
        raise ConfigurationError(f"{file}: [{name}], {key}: {en}", f"{file}: [{name}], {key}: {de}") from None
