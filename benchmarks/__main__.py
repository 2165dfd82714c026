"""`make bench`: what a verdict costs as ratios to the floor (parse and schema), measured in one run.

CPU time of this thread, best of several rounds, on the rule examples written out in all syntaxes, and on the KoSIT
suite of the shared corpus where it is there. The official stylesheets are timed by `make conformance`.
"""

import sys
import time
from collections.abc import Callable

from einvoice.formats import xml
from einvoice.formats.delivery import KNOWN_ROOTS
from einvoice.formats.reading import read
from einvoice.formats.understanding import invoice_of
from einvoice.formats.writing import write
from einvoice.model.bases import base, names
from einvoice.validation import schema
from einvoice.validation.deliveries import validate_delivery
from tests.parts import CORPUS

ROUNDS = 7


def documents() -> dict[str, list[bytes]]:
    """The sets of documents by name."""
    syntaxes = ("ubl-invoice", "ubl-creditnote", "cii")
    found = {"rule examples": [write(base(name, s), s).data for name in names() for s in syntaxes]}
    suite = sorted((CORPUS / "kosit-testsuite" / "business-cases").rglob("*.xml"))
    if suite:
        found["KoSIT suite"] = [path.read_bytes() for path in suite]
    return found


def cost(work: Callable[[bytes], object], data: list[bytes]) -> float:
    """Milliseconds of CPU per document, the best round."""
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.thread_time()
        for one in data:
            work(one)
        best = min(best, time.thread_time() - started)
    return 1000 * best / len(data)


def floor(data: bytes) -> object:
    """Parse and schema: what no validator can do without."""
    root = xml.parse(data)
    return schema.check(root, KNOWN_ROOTS[root.tag])


WORK: dict[str, Callable[[bytes], object]] = {
    "parse": xml.parse,
    "floor (parse + schema)": floor,
    "verdict": lambda data: validate_delivery(data, ""),
    "parse + read": lambda data: read(xml.parse(data)),
    "parse + read + typed invoice": lambda data: invoice_of(xml.parse(data)),
}


def main() -> None:
    """Prints a table per set of documents."""
    print(f"Python {sys.version.split()[0]}, CPU time per document, best of {ROUNDS} rounds")
    for name, data in documents().items():
        print(f"\n{name}: {len(data)} documents, {sum(map(len, data)) / len(data) / 1000:.0f} kB each")
        costs = {what: cost(work, data) for what, work in WORK.items()}
        for what, milliseconds in costs.items():
            ratio = milliseconds / costs["floor (parse + schema)"]
            print(f"  {what:<30} {milliseconds:7.3f} ms  {ratio:5.2f} x floor")


if __name__ == "__main__":
    main()
