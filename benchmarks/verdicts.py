"""What verdict and typed invoice cost beside the floor (parse and schema): the KoSIT suite, and long documents."""

import contextlib
import gc
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from lxml import etree

from einvoice.confined import relax_collector
from einvoice.formats import xml
from einvoice.formats.delivery import KNOWN_ROOTS
from einvoice.formats.understanding import invoice_of
from einvoice.formats.writing import write
from einvoice.model.bases import base, names
from einvoice.validation import schema
from einvoice.validation.deliveries import validate_delivery
from einvoice.validation.official import worker
from einvoice.validation.options import Options
from einvoice.validation.typed import validate_and_read
from tests.parts import CORPUS, ROOT
from tests.sizes import many_lines

Work = Callable[[bytes], object]
_SHEETS = ROOT / ".conformance" / "configuration" / "kosit-2026-01-31" / "resources"
_OPTIONS = Options()
_ATTACHMENT = b"BinaryObject"


def suite() -> list[bytes]:
    """The KoSIT suite of the shared corpus; where that is not there, the rule examples written out."""
    found = sorted((CORPUS / "kosit-testsuite").rglob("*.xml"))
    syntaxes = ("ubl-invoice", "ubl-creditnote", "cii")
    return [path.read_bytes() for path in found] or [
        write(base(name, syntax), syntax).data for name in names() for syntax in syntaxes
    ]


def floor(data: bytes) -> object:
    """Parse and schema, by libxml2 alone."""
    root = etree.fromstring(data)
    return schema.official(KNOWN_ROOTS[root.tag]).errors(root)


def verdict(data: bytes) -> object:
    """The whole verdict, with its report."""
    return validate_delivery(data, "")


def typed(data: bytes) -> object:
    """The typed invoice."""
    return invoice_of(xml.parse(data))


def both(data: bytes) -> object:
    """Verdict and typed invoice in one pass."""
    return validate_and_read(data, "", _OPTIONS)


def costs(work: Mapping[str, Work], data: Sequence[bytes], rounds: int) -> dict[str, float]:
    """Milliseconds of CPU of this thread per document: each document's best of several rounds that take turns."""
    best = {name: [float("inf")] * len(data) for name in work}
    for _ in range(rounds):
        for name, one in work.items():
            gc.collect()
            best[name] = list(map(min, best[name], _each(one, data, time.thread_time)))
    return {name: 1000 * sum(found) / len(data) for name, found in best.items()}


def _each(one: Work, data: Sequence[bytes], clock: Callable[[], float]) -> Iterator[float]:
    """Seconds of each document."""
    for document in data:
        started = clock()
        one(document)
        yield clock() - started


def small(quick: bool) -> Iterator[tuple[str, float]]:
    """Figures of the suite."""
    every, rounds = suite(), 5 if quick else 60
    plain = [data for data in every if _ATTACHMENT not in data]
    beside: dict[str, Work] = {"floor": floor, "verdict": verdict, "both": both}
    found = costs(beside | {"parse": xml.parse, "typed": typed}, every, rounds)
    yield "verdict", found["verdict"] / found["floor"]
    yield "extraction", (found["both"] - found["verdict"]) / found["floor"]
    bare = costs(beside, plain, rounds)
    yield "extraction-terms", (bare["both"] - bare["verdict"]) / bare["floor"]
    yield "extraction-alone", (found["typed"] - found["parse"]) / found["floor"]
    if not quick and _SHEETS.is_dir():
        yield "official", official(every, rounds=10) / found["verdict"]


@contextlib.contextmanager
def as_commands_do() -> Iterator[None]:
    """Python's collector as commands and their processes have it; a library leaves it as it is."""
    usual = gc.get_threshold()
    relax_collector()
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()


def long(quick: bool) -> Iterator[tuple[str, float]]:
    """Figures of documents with many lines, in UBL."""
    few, many, most = (many_lines(count, "ubl-invoice") for count in (5_000, 10_000, 50_000))
    found = costs({"floor": floor, "verdict": verdict}, [many], 3)
    yield "lines-library", found["verdict"] / found["floor"]
    with as_commands_do():
        found = costs({"floor": floor, "verdict": verdict}, [many], 3)
        yield "lines-floor", found["verdict"] / found["floor"]
        if quick:
            return
        little, much = costs({"verdict": verdict}, [few], 3), costs({"verdict": verdict}, [most], 2)
    yield "lines-growth", much["verdict"] / little["verdict"]
    if _SHEETS.is_dir():
        yield "lines-official", official([many], rounds=1) / found["verdict"]
        yield "lines-official-50000", official([most], rounds=1) / much["verdict"]
    yield "lines-memory", _memory()


def official(data: Sequence[bytes], rounds: int) -> float:
    """Milliseconds of CPU per document of the official stylesheets under SaxonC, compiled before; in a process of
    its own, which SaxonC wants."""
    call = [sys.executable, "-m", "benchmarks.verdicts", str(rounds)]
    sent = b"".join(len(one).to_bytes(8, "big") + one for one in map(_rewritten, data))
    done = subprocess.run(call, input=sent, capture_output=True, check=True)
    return float(done.stdout)


def _rewritten(data: bytes) -> bytes:
    return xml.rewritten(xml.parse(data))


def _official(sent: bytes, rounds: int) -> float:
    documents = []
    while sent:
        size = int.from_bytes(sent[:8], "big")
        documents.append(sent[8 : 8 + size])
        sent = sent[8 + size :]
    best = [float("inf")] * len(documents)
    for document in documents[:2]:
        _transformed(document)
    for _ in range(rounds):
        best = list(map(min, best, _each(_transformed, documents, time.process_time)))
    return 1000 * sum(best) / len(documents)


def _transformed(document: bytes) -> object:
    return worker.transform(document, _sheets(document))


def _sheets(document: bytes) -> list[str]:
    syntax = "CII" if b"CrossIndustryInvoice" in document[:2000] else "UBL"
    return [str(_SHEETS / f"{name}-{syntax}-validation.xslt") for name in ("EN16931", "XRechnung")]


def _memory() -> float:
    """Peak memory of the verdict on 50,000 lines beside that of its tree, in processes of their own."""
    return _peak("verdict") / _peak("parse")


def _peak(what: str) -> float:
    call = [sys.executable, "-m", "benchmarks.peak", what]
    before, after = map(int, subprocess.run(call, capture_output=True, check=True).stdout.split())
    return after - before


if __name__ == "__main__":
    print(_official(sys.stdin.buffer.read(), int(sys.argv[1])))
