"""A schema that is not ours to ship: the operator provides it, and what is written is judged by it or not written."""

import functools
from pathlib import Path

from lxml import etree

from einvoice.errors import Refused


def demand_valid(data: bytes, path: Path, what: str) -> None:
    """Raises Refused where a document (what: its name) does not hold a schema file, or that file is none."""
    try:
        _compiled(path).assertValid(etree.ElementTree(etree.fromstring(data)))
    except etree.DocumentInvalid as error:
        raise Refused(f"{what}: {path.name}: {error}", f"{what}: {path.name}: {error}") from None


def absolute(path: Path, table: str) -> Path:
    """The path of a setting of a town, which counts from no folder. Raises Refused for one that is not absolute."""
    if not path.is_absolute():
        raise Refused(
            f"[{table}] schema: {path} has to be an absolute path.",
            f"[{table}] schema: {path} muss ein absoluter Pfad sein.",
        )
    return path


class _Provided(etree.Resolver):
    """What a schema includes from the network is looked for by its file name in the folder provided, and below."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def resolve(self, system_url: str, public_id: str, context: object) -> object:  # type: ignore[override]
        """See etree.Resolver: None leaves it to lxml, which reads files and no network."""
        if not system_url.startswith(("http:", "https:")):
            return None
        found = sorted(self.folder.rglob(system_url.rpartition("/")[2]))
        return self.resolve_filename(str(found[0]), context) if found else None  # type: ignore[attr-defined]


@functools.lru_cache(maxsize=16)
def _compiled(path: Path) -> etree.XMLSchema:
    parser = etree.XMLParser(no_network=True, resolve_entities=False, load_dtd=False)
    parser.resolvers.add(_Provided(path.parent))
    try:
        return etree.XMLSchema(etree.parse(str(path), parser))
    except (etree.XMLSchemaParseError, etree.XMLSyntaxError, OSError) as error:
        raise Refused(f"{path}: is no schema ({error})", f"{path}: ist kein Schema ({error})") from None
