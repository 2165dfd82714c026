"""A configuration of KoSIT's validator: a zip or folder with scenarios.xml, its schemas and stylesheets."""

import hashlib
import shutil
import tempfile
import weakref
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from lxml import etree

from einvoice.errors import ConfigurationError
from einvoice.formats import xml
from einvoice.validation.report import Severity

_S = "{http://www.xoev.de/de/validator/framework/1/scenarios}"
_MOST_BYTES = 400_000_000
_MOST_FILES = 20_000


@dataclass(frozen=True, slots=True)
class Part:
    """A file of a scenario, under the name its publisher gives it, with its SHA-256 (hex)."""

    name: str
    path: Path
    digest: str


@dataclass(frozen=True, slots=True)
class OfficialScenario:
    """A scenario: which documents it judges (an XPath), by which schema and stylesheets, with which levels.

    `accept`: an XPath over the report that decides about acceptance; without one, errors reject.
    """

    name: str
    match: str
    namespaces: dict[str, str]
    schemas: tuple[Part, ...]
    stylesheets: tuple[Part, ...]
    levels: dict[str, Severity] = field(default_factory=dict)
    accept: str = ""


@dataclass(frozen=True)
class Configuration:
    """The scenarios of a configuration, in their order, and its name and date as its publisher gives them."""

    name: str
    date: str
    home: Path
    scenarios: tuple[OfficialScenario, ...]


def read(path: Path) -> Configuration:
    """The configuration in a folder or zip; ConfigurationError says what is missing.

    A zip is unpacked into a folder of its own, which goes when the configuration does.
    """
    if path.is_dir():
        return _read(path)
    if not zipfile.is_zipfile(path):
        raise ConfigurationError(
            f"{path} is neither a folder nor a zip with KoSIT's scenarios.xml.",
            f"{path} ist weder ein Ordner noch ein Zip mit der scenarios.xml der KoSIT.",
        )
    unpacked = Path(tempfile.mkdtemp(prefix="einvoice-scenarios-"))
    try:
        _unpack(path, unpacked)
        configuration = _read(unpacked)
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError) as error:
        shutil.rmtree(unpacked, ignore_errors=True)
        raise ConfigurationError(
            f"{path} cannot be unpacked: {error}", f"{path} lässt sich nicht entpacken: {error}"
        ) from None
    except BaseException:
        shutil.rmtree(unpacked, ignore_errors=True)
        raise
    weakref.finalize(configuration, shutil.rmtree, unpacked, ignore_errors=True)
    return configuration


def _unpack(path: Path, target: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        if len(entries) > _MOST_FILES or sum(entry.file_size for entry in entries) > _MOST_BYTES:
            raise ConfigurationError(
                f"{path} is too large for a configuration of KoSIT's validator.",
                f"{path} ist zu groß für eine Konfiguration des KoSIT-Prüftools.",
            )
        for entry in entries:
            inner = PurePosixPath(entry.filename)
            if inner.is_absolute() or ".." in inner.parts or "\\" in entry.filename:
                raise ConfigurationError(
                    f"{path} holds a file that points outside: {entry.filename}",
                    f"{path} enthält eine Datei, die nach außen zeigt: {entry.filename}",
                )
            place = target / inner
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(archive.read(entry))


def _read(folder: Path) -> Configuration:
    found = sorted(folder.rglob("scenarios.xml"), key=lambda file: (len(file.parts), str(file)))
    if not found:
        raise ConfigurationError(
            f"There is no scenarios.xml in {folder}.", f"In {folder} gibt es keine scenarios.xml."
        )
    try:
        root = xml.parse(found[0].read_bytes())
    except xml.Refused as error:
        raise ConfigurationError(
            f"{found[0]} cannot be read: {error}.", f"{found[0]} ist nicht lesbar: {error}."
        ) from None
    home = found[0].parent.resolve()
    scenarios = tuple(_scenario(element, home) for element in root.iter(_S + "scenario"))
    if not scenarios:
        raise ConfigurationError(f"{found[0]} has no scenarios.", f"{found[0]} enthält keine Szenarien.")
    return Configuration(_text(root, "name"), _text(root, "date"), home, scenarios)


def _scenario(element: etree._Element, home: Path) -> OfficialScenario:
    levels: dict[str, Severity] = {}
    for level in element.iter(_S + "customLevel"):
        for rule in (level.text or "").split():
            levels[rule] = _level(level)
    return OfficialScenario(
        _text(element, "name"),
        _text(element, "match"),
        {str(space.get("prefix")): (space.text or "").strip() for space in element.findall(_S + "namespace")},
        _resources(element, "validateWithXmlSchema", home),
        _resources(element, "validateWithSchematron", home),
        levels,
        _text(element, "acceptMatch"),
    )


def _level(element: etree._Element) -> Severity:
    level = element.get("level")
    if level not in ("error", "warning", "information"):
        raise ConfigurationError(
            f"scenarios.xml, line {element.sourceline}: the level {level} is unknown.",
            f"scenarios.xml, Zeile {element.sourceline}: Die Stufe {level} ist unbekannt.",
        )
    return level  # type: ignore[return-value]


def _resources(element: etree._Element, step: str, home: Path) -> tuple[Part, ...]:
    found = []
    for resource in element.iterfind(f"{_S}{step}/{_S}resource"):
        if (location := resource.find(_S + "location")) is None:
            raise ConfigurationError(
                f"scenarios.xml, line {resource.sourceline}: a resource without a location.",
                f"scenarios.xml, Zeile {resource.sourceline}: eine resource ohne location.",
            )
        path = (home / unquote((location.text or "").strip())).resolve()
        if not path.is_relative_to(home):
            raise ConfigurationError(
                f"scenarios.xml, line {location.sourceline}: {location.text} lies outside.",
                f"scenarios.xml, Zeile {location.sourceline}: {location.text} liegt außerhalb der Konfiguration.",
            )
        try:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise ConfigurationError(
                f"scenarios.xml, line {location.sourceline}: {location.text} is missing ({error.strerror}).",
                f"scenarios.xml, Zeile {location.sourceline}: {location.text} fehlt ({error.strerror}).",
            ) from None
        found.append(Part(_text(resource, "name") or path.name, path, digest))
    return tuple(found)


def _text(element: etree._Element, name: str) -> str:
    return (element.findtext(_S + name) or "").strip()
