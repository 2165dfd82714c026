"""The official schema of pain.001.001.09 (ISO 20022): what is written is judged by it first, or it is not written.

It is a file of the distribution sepaxml (extra `sepa`), which is never imported; or a copy the town names.
"""

import functools
import hashlib
import importlib.util
from pathlib import Path

from lxml import etree

from einvoice.errors import Refused

SHA256 = "de038b373e47b0077b1832ddd81f4b2f1eb25d35721f62da1e38b7f5a09fda24"
"""Of the schema as ISO published it in February 2019, in sepaxml 2.7."""


def demand_valid(data: bytes, named: str | None = None) -> None:
    """Raises Refused where a message does not hold, with line and sentence, or there is no schema to ask."""
    try:
        _compiled(_file(named)).assertValid(etree.ElementTree(etree.fromstring(data)))
    except etree.DocumentInvalid as error:
        raise Refused(
            f"The payment file would not hold its schema: {error}",
            f"Die Zahlungsdatei würde ihr Schema verletzen: {error}",
        ) from None


def _file(named: str | None) -> Path:
    if named is not None:
        return Path(named)
    spec = importlib.util.find_spec("sepaxml")
    if spec is None or not spec.submodule_search_locations:
        raise Refused(
            "The schema of payment files is missing: pip install 'einvoice-pipeline[sepa]', or name a copy of "
            "pain.001.001.09.xsd in the policy payment (schema = …).",
            "Das Schema der Zahlungsdateien fehlt: pip install 'einvoice-pipeline[sepa]', oder in der Regel payment "
            "eine Kopie von pain.001.001.09.xsd nennen (schema = …).",
        )
    return Path(spec.submodule_search_locations[0]) / "schemas" / "pain.001.001.09.xsd"


@functools.lru_cache(maxsize=4)
def _compiled(path: Path) -> etree.XMLSchema:
    try:
        source = path.read_bytes()
    except OSError as error:
        raise Refused(
            f"{path}: cannot be read ({error.strerror})", f"{path}: nicht lesbar ({error.strerror})"
        ) from None
    if hashlib.sha256(source).hexdigest() != SHA256:
        raise Refused(
            f"{path} is not the schema pain.001.001.09 as ISO published it.",
            f"{path} ist nicht das Schema pain.001.001.09, wie ISO es veröffentlicht hat.",
        )
    return etree.XMLSchema(etree.fromstring(source))
