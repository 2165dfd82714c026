"""The base invoices of rule examples (rules/examples), and an example as a content."""

import functools
import tomllib
from collections.abc import Mapping
from typing import Any

from einvoice import data
from einvoice.errors import BadExample
from einvoice.model.changes import apply
from einvoice.model.content import Content

_CREDIT_NOTE = "381"


def names() -> tuple[str, ...]:
    """The names of all bases, sorted."""
    return tuple(sorted(path.stem for path in (data.folder("rules") / "examples").glob("*.toml")))


def base(name: str = "standard", syntax: str = "ubl-invoice") -> Content:
    """A valid invoice; for "ubl-creditnote" it is a credit note (BT-3 = 381). BadExample: there is no such base."""
    content = _loaded(name).copy()
    if syntax == "ubl-creditnote":
        content.values["BT-3"][0].text = _CREDIT_NOTE
    return content


def example(changes: Mapping[str, Any], syntax: str = "ubl-invoice") -> Content:
    """A rule's example, as its `fails` or `passes` states it: its base (default "standard") with its changes."""
    return apply(base(changes.get("base", "standard"), syntax), changes)


@functools.cache
def _loaded(name: str) -> Content:
    path = data.folder("rules") / "examples" / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(names())
        raise BadExample(
            f"there is no base invoice {name!r}; there are {known}",
            f"die Grundrechnung {name!r} gibt es nicht; bekannt sind {known}",
        )
    return Content.parse(tomllib.loads(path.read_text(encoding="utf-8")))
