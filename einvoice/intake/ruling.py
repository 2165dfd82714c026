"""What routing and posting rules say of one document: run here for small ones, in a limited process for big ones."""

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from einvoice import confined, rulebook
from einvoice.errors import RulebookError, Unchecked, UsageError
from einvoice.formats import xml
from einvoice.formats.delivery import KNOWN_ROOTS
from einvoice.formats.opening import is_plain
from einvoice.rulebook.booking import Bookings, bookings
from einvoice.rulebook.names import SYNTAXES
from einvoice.rulebook.routing import routes
from einvoice.validation.options import Options

Ruled = dict[str, Any]
"""`fits`: per file that knows [owner of the rules or None, rule, town it names or None]; `failed`: why not all."""


def ruled(data: bytes, files: Sequence[tuple[str | None, Path]], options: Options) -> Ruled:
    """What the rules of some files say; owner None: those of the installation. Never raises for what data holds."""
    chosen = rulebook.release(options.release, options.day, installed=map(Path, options.installed))
    arguments: dict[str, Any] = {
        "data": data,
        "files": [(owner, str(path)) for owner, path in files],
        "release": chosen.name,
        "installed": list(options.installed),
    }
    try:
        if is_plain(data):
            return in_child(**arguments)
        with confined.borrowed(options.limit_memory) as child:
            return dict(child.call("einvoice.intake.ruling:in_child", arguments, options.seconds(len(data))))
    except Unchecked as error:
        return {"fits": [], "failed": str(error)}


def fitting(data: bytes, file: Path, options: Options) -> tuple[list[str], str | None]:
    """All rules of one file that fit a document, and why that is not known. Never raises for what data holds."""
    return _pair(_asked(every_in_child, data, file, options))


def _asked(what: Callable[..., Ruled], data: bytes, file: Path, options: Options) -> Ruled:
    """What a function of this module says of a document and a file of rules, in a limited process for a big one."""
    chosen = rulebook.release(options.release, options.day, installed=map(Path, options.installed))
    arguments: dict[str, Any] = {
        "data": data,
        "file": str(file),
        "release": chosen.name,
        "installed": list(options.installed),
    }
    try:
        if is_plain(data):
            return what(**arguments)
        with confined.borrowed(options.limit_memory) as child:
            limit = options.seconds(len(data))
            return dict(child.call(f"einvoice.intake.ruling:{what.__name__}", arguments, limit))
    except Unchecked as error:
        return {"fits": [], "failed": str(error)}


def _pair(said: Ruled) -> tuple[list[str], str | None]:
    return list(said["fits"]), said["failed"]


def every_in_child(data: bytes, file: str, release: str, installed: list[str]) -> Ruled:
    """What a limited process runs for one invoice and one file of rules."""
    chosen = rulebook.release(release, installed=map(Path, installed))
    try:
        root = xml.parse(data)
        syntax = KNOWN_ROOTS.get(root.tag, "")
        found = routes(Path(file), chosen, syntax, own=True).every(root) if syntax in SYNTAXES else None
    except (xml.Refused, RulebookError, UsageError, Unchecked, OSError) as error:
        return {"fits": [], "failed": str(error)}
    return {
        "fits": found or [],
        "failed": None if found is not None else f"no rules for {syntax or root.tag}",
    }


def in_child(data: bytes, files: list[tuple[str | None, str]], release: str, installed: list[str]) -> Ruled:
    """What a limited process runs for one invoice."""
    chosen = rulebook.release(release, installed=map(Path, installed))
    found: Ruled = {"fits": [], "failed": None}
    try:
        root = xml.parse(data)
    except xml.Refused as error:
        return {"fits": [], "failed": str(error)}
    syntax = KNOWN_ROOTS.get(root.tag, "")
    for owner, path in files if syntax in SYNTAXES else ():
        try:
            first = routes(Path(path), chosen, syntax, own=owner is not None).first(root)
        except (RulebookError, UsageError, Unchecked, OSError) as error:
            found["failed"] = str(error)
            continue
        if first is not None:
            found["fits"].append([owner, *first])
    return found


def booked(data: bytes, file: Path, options: Options) -> Ruled:
    """What the posting rules of a file say: in `fits` per rule that fits [rule, what it sets], in its order.

    Never raises for what data holds; `file` is named by its content and never changes.
    """
    return _asked(booked_in_child, data, file, options)


def booked_in_child(data: bytes, file: str, release: str, installed: list[str]) -> Ruled:
    """What a limited process runs for one invoice."""
    try:
        root = xml.parse(data)
        syntax = KNOWN_ROOTS.get(root.tag, "")
        fits = _bookings(file, release, tuple(installed), syntax).fitting(root) if syntax in SYNTAXES else []
    except (xml.Refused, RulebookError, UsageError, Unchecked, OSError) as error:
        return {"fits": [], "failed": str(error)}
    return {"fits": [list(one) for one in fits], "failed": None}


@functools.lru_cache(maxsize=256)
def _bookings(file: str, release: str, installed: tuple[str, ...], syntax: str) -> Bookings:
    """Compiled once for all invoices of a run."""
    return bookings(Path(file), rulebook.release(release, installed=map(Path, installed)), syntax)
