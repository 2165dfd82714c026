"""The only door for reading PDFs: embedded files, metadata (XMP), visible text. Hostile ones cost time and memory:
call this in a limited process (einvoice/confined.py)."""

import io
from collections.abc import Iterator
from typing import Any, NamedTuple

from einvoice.formats.delivery import Budget, TooMuch

MAX_NODES = 20_000
MAX_PAGES = 40
"""Pages whose text is read: an invoice says what it is about on its first and last ones."""

_MAX_TEXT = 2_000_000


class EmbeddedFile(NamedTuple):
    """A file in a PDF: label, MIME type and AFRelationship as stated ("" if not), whether the catalog lists it."""

    name: str
    mime: str
    data: bytes
    relation: str = ""
    associated: bool = False


class Unreadable(Exception):
    """The PDF cannot be opened: `why` is encrypted or damaged."""

    def __init__(self, why: str, detail: str) -> None:
        super().__init__(detail)
        self.why = why


_BROKEN = (
    KeyError,
    TypeError,
    ValueError,
    AttributeError,
    IndexError,
    RecursionError,
    OSError,
    AssertionError,
    NotImplementedError,
    ArithmeticError,
)


class Pdf:
    """An opened PDF. Raises Unreadable where it is encrypted or damaged."""

    def __init__(self, data: bytes) -> None:
        import logging

        from pypdf import PdfReader
        from pypdf.errors import DependencyError, PyPdfError

        logging.getLogger("pypdf").setLevel(logging.CRITICAL)
        self._broken = (PyPdfError, *_BROKEN)
        try:
            self._reader = PdfReader(io.BytesIO(data), strict=False)
            locked = self._reader.is_encrypted and not self._reader.decrypt("")
            self._catalog: Any = self._reader.trailer["/Root"].get_object() if not locked else {}
        except DependencyError as error:
            raise Unreadable("encrypted", f"{error}"[:200]) from None
        except self._broken as error:
            raise _damaged(error) from None
        if locked:
            raise Unreadable("encrypted", "")

    def files(self, budget: Budget) -> list[EmbeddedFile]:
        """Every embedded file, each once, in the order of the name tree, then of the associated files.

        Raises Unreadable, or TooMuch past the budget.
        """
        from pypdf.errors import LimitReachedError

        try:
            return list(self._files(budget))
        except LimitReachedError:
            raise TooMuch("bytes", budget.limits.bytes_out) from None
        except self._broken as error:
            raise _damaged(error) from None

    def _files(self, budget: Budget) -> Iterator[EmbeddedFile]:
        associated = {id(_stream(one.get_object())) for one in _associated(self._catalog)}
        for name, specification in _specifications(self._catalog):
            file = _content(name, specification, associated)
            if file is not None:
                budget.take(len(file.data))
                yield file

    def xmp(self) -> bytes | None:
        """The metadata packet; None where there is none, empty where it cannot be had."""
        try:
            stream = _entry(self._catalog, "/Metadata")
            return None if stream is None else bytes(stream.get_data()).strip(b"\0")
        except self._broken:
            return b""

    def is_portfolio(self) -> bool:
        """Whether the PDF is a mere folder of other files."""
        return isinstance(self._catalog, dict) and "/Collection" in self._catalog

    def text(self) -> str:
        """What the pages say in letters, in their order; what cannot be read is left out."""
        parts, size = list[str](), 0
        for number in self._shown():
            try:
                part = self._reader.pages[number].extract_text()
            except self._broken:
                continue
            parts.append(part)
            size += len(part)
            if size > _MAX_TEXT:
                break
        return "\n".join(parts)

    def _shown(self) -> list[int]:
        try:
            count = len(self._reader.pages)
        except self._broken:
            return []
        if count <= MAX_PAGES:
            return list(range(count))
        return [*range(MAX_PAGES - 5), *range(count - 5, count)]


def _damaged(error: BaseException) -> Unreadable:
    return Unreadable("damaged", f"{type(error).__name__}: {error}"[:200])


def _specifications(catalog: Any) -> Iterator[tuple[str, Any]]:
    seen: set[int] = set()
    files = _entry(_entry(catalog, "/Names"), "/EmbeddedFiles")
    for name, one in [*_tree(files), *(("", one) for one in _associated(catalog))]:
        number = getattr(one, "idnum", None)
        target = one.get_object()
        stream = _stream(target)
        key = id(stream) if stream is not None else number or id(target)
        if key not in seen:
            seen.add(key)
            yield name, target


def _associated(catalog: Any) -> list[Any]:
    listed = _entry(catalog, "/AF")
    return listed[:MAX_NODES] if isinstance(listed, list) else []


def _tree(root: Any) -> Iterator[tuple[str, Any]]:
    """The pairs of a name tree, whatever loops it has."""
    pending, visited = [root], set[int]()
    while pending and len(visited) < MAX_NODES:
        node = pending.pop(0)
        node = node.get_object() if node is not None else None
        if not isinstance(node, dict) or id(node) in visited:
            continue
        visited.add(id(node))
        pairs = _entry(node, "/Names")
        if isinstance(pairs, list):
            yield from ((str(pairs[i].get_object()), pairs[i + 1]) for i in range(0, len(pairs) - 1, 2))
        kids = _entry(node, "/Kids")
        pending += kids if isinstance(kids, list) else []


def _entry(node: Any, key: str) -> Any:
    if not isinstance(node, dict) or key not in node:
        return None
    value = node[key]
    return value.get_object() if value is not None else None


def _stream(specification: Any) -> Any:
    held = _entry(specification, "/EF")
    return _entry(held, "/UF") or _entry(held, "/F")


def _content(name: str, specification: Any, associated: set[int]) -> EmbeddedFile | None:
    stream = _stream(specification)
    if stream is None:
        return None
    label = _entry(specification, "/UF") or _entry(specification, "/F") or name or "unnamed"
    return EmbeddedFile(
        "".join(c for c in str(label) if c.isprintable()),
        _name(stream, "/Subtype").replace("#2F", "/").replace("#2f", "/"),
        bytes(stream.get_data()),
        _name(specification, "/AFRelationship"),
        id(stream) in associated,
    )


def _name(node: Any, key: str) -> str:
    return str(_entry(node, key) or "").removeprefix("/")
