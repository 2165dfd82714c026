"""Inputs made to hurt end as a verdict with a reason, in bounded time, and reach nothing outside."""

import itertools
import string
import time

import pytest

from einvoice.formats import xml
from einvoice.validation.batch import validate_bytes
from einvoice.validation.options import Options
from tests.formats.hostile import ALL

OPTIONS = Options(limit_time=20, limit_memory=500)


@pytest.mark.parametrize("name", ALL)
def test_hostile_input_ends_as_a_verdict(name: str) -> None:
    file, make, verdicts, rule = ALL[name]
    data = make()
    started = time.perf_counter()
    reports = validate_bytes(data, file, OPTIONS)
    assert time.perf_counter() - started < 120  # the limit, and a machine under load
    assert {report.verdict for report in reports} <= verdicts
    said = [finding for report in reports for finding in report.findings]
    assert not rule or any(finding.rule.startswith(rule) for finding in said)
    assert not any("root:" in finding.message for finding in said)
    assert all(report.reason or report.findings or report.verdict == "accepted" for report in reports)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("many", [xml.MAX_ATTRIBUTES, xml.MAX_ATTRIBUTES + 1])
def test_attributes_are_limited_however_short_they_are(many: int, encoding: str) -> None:
    letters = string.ascii_letters + "\u3c00"
    names = itertools.chain(letters, map("".join, itertools.product(letters, repeat=2)))
    said = "".join(f' {name}=""' for name in itertools.islice(names, many))
    data = f'<?xml version="1.0" encoding="{encoding}"?><a><b{said}/></a>'.encode(encoding)
    try:
        xml.parse(data)
        refused = False
    except xml.Refused:
        refused = True
    assert refused == (many > xml.MAX_ATTRIBUTES)
