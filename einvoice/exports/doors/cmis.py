"""A document management system by CMIS 1.1 (on trial): a folder for each folder of a file's name, a document in it.

What is there already is told by its path and its bytes. A document whose bytes are the beginning of what was to be
sent was cut off, and is completed; one with other bytes is never replaced. Versions are not used.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time
from typing import Any

from einvoice.errors import EinvoiceError, NotDelivered
from einvoice.exports.about import filled
from einvoice.exports.doors.binding import Browser, Content, Properties
from einvoice.exports.doors.door import other_content
from einvoice.exports.files import File
from einvoice.exports.places import CmisPlace

_NOON = time(12, tzinfo=UTC)
"""CMIS knows moments, not days; at this time of a day it is that day in all of Europe and America."""


class CmisDoor:
    """See Door. Two deliveries of one file at once are kept apart by the lease of whoever delivers."""

    def __init__(self, place: CmisPlace) -> None:
        self.place, self.browser = place, Browser(place)
        self.described = bool(place.properties)
        self._folders: set[str] = set()
        self._definitions: dict[str, dict[str, Any]] | None = None

    def put(self, file: File, once: str) -> str:
        """See Door."""
        *folders, name = [part for part in file.name.split("/") if part]
        parent = self._folder(folders)
        path, where = f"{parent.rstrip('/')}/{name}", f"{self.place.url} {parent.rstrip('/')}/{name}"
        sent = Content(name, file.data)
        there = self.browser.seen(path)
        if there is None:
            self.browser.make_document(parent, self._properties(name, file.about), sent)
        elif there.get("cmis:baseTypeId") != "cmis:document":
            raise other_content(where)
        kept = self._content(path, file)
        if kept != file.data and file.data.startswith(kept):
            self.browser.set_content(path, sent)
            kept = self._content(path, file)
        if kept != file.data:
            raise other_content(where)
        return where

    def _content(self, path: str, file: File) -> bytes:
        return self.browser.content(path, len(file.data) + 1)

    def _folder(self, names: list[str]) -> str:
        """The folder of a file, made where it is missing; the place's own has to be there."""
        path = self.place.folder
        self._demand_folder(path)
        for name in names:
            parent, path = path, f"{path.rstrip('/')}/{name}"
            if path not in self._folders and self.browser.seen(path) is None:
                said = {"cmis:name": name, "cmis:objectTypeId": self.place.folder_type}
                self.browser.make_folder(parent, said)
            self._demand_folder(path)
        return path

    def _demand_folder(self, path: str) -> None:
        """Raises NotDelivered where there is no such folder."""
        if path in self._folders:
            return
        there = self.browser.seen(path)
        if there is None or there.get("cmis:baseTypeId") != "cmis:folder":
            raise self.browser.service.trouble(f"{path}: no such folder")
        self._folders.add(path)

    def _properties(self, name: str, about: Mapping[str, str]) -> Properties:
        said: dict[str, str | tuple[str, ...]] = {"cmis:name": name, "cmis:objectTypeId": self.place.type}
        for key, text in self.place.properties.items():
            value = filled(text, about)
            if value is not None:
                said[key] = self._typed(key, value)
        return said

    def _typed(self, key: str, value: str) -> str | tuple[str, ...]:
        """A value as its property takes it: days as milliseconds, of several values a list."""
        definition = self._defined().get(key, {})
        if definition.get("propertyType") == "datetime":
            value = _milliseconds(value) or value
        return (value,) if definition.get("cardinality") == "multi" else value

    def _defined(self) -> dict[str, dict[str, Any]]:
        if self._definitions is None:
            found = self.browser.type(self.place.type).get("propertyDefinitions")
            self._definitions = found if isinstance(found, dict) else {}
        return self._definitions

    def faults(self) -> Iterator[EinvoiceError]:
        """See Door: the folder, and whether documents of that type have the properties that are to be set."""
        try:
            self._demand_folder(self.place.folder)
            for key in self.place.properties:
                if self._defined().get(key, {}).get("updatability") not in ("readwrite", "oncreate"):
                    yield self.browser.service.trouble(f"properties: {self.place.type} takes no {key}")
        except NotDelivered as error:
            yield error

    def close(self) -> None:
        """See Door."""


def _milliseconds(text: str) -> str | None:
    """A day or a moment as CMIS writes it: milliseconds since 1970; None for what is neither."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    if len(text) == len("2026-11-25"):
        found = datetime.combine(found.date(), _NOON)
    return str(int(found.timestamp() * 1000)) if found.tzinfo else None
