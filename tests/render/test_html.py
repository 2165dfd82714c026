"""The HTML page: valid, accessible, self-contained, and nothing in an invoice is markup to it."""

import functools
import io
import itertools
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import html5lib
import pytest

from einvoice.render.html import page
from einvoice.validation.batch import validate_bytes
from einvoice.validation.options import Options
from einvoice.validation.report import Report
from einvoice.validation.reports import html_report
from tests.interfaces.web.browsing import chromium
from tests.parts import AXE, needs
from tests.render.pages import HOSTILE, SAMPLES, hostile, sheet_of

__all__ = ["chromium"]

XHTML = "{http://www.w3.org/1999/xhtml}"


def _show(data: bytes | Path, lang: str = "de") -> str:
    return "".join(page(sheet_of(data, lang)))


@functools.cache
def _report(lang: str = "de") -> str:
    return _written(
        [r for p in sorted(SAMPLES.glob("0*")) for r in validate_bytes(p.read_bytes(), p.name, Options())],
        lang,
    )


def _written(reports: list[Report], lang: str = "de") -> str:
    stream = io.StringIO()
    html_report.write(reports, stream, lang)
    return stream.getvalue()


PAGES: dict[str, Callable[[], str]] = {
    "small": lambda: _show(SAMPLES / "03-cii.xml"),
    "credit note": lambda: _show(SAMPLES / "02-gutschrift.xml", "en"),
    "rejected": lambda: _show(SAMPLES / "08-falsche-summe.xml"),
    "sub lines": lambda: _show(SAMPLES / "11-unterpositionen.xml"),
    "hostile": lambda: _show(hostile(100_000)),
    "report": _report,
    "report in English": lambda: _report("en"),
    "empty report": lambda: _written([]),
}


@pytest.fixture(params=PAGES)
def shown(request: pytest.FixtureRequest) -> str:
    return PAGES[request.param]()


def test_a_parser_of_another_origin_finds_no_error(shown: str) -> None:
    html5lib.HTMLParser(strict=True).parse(shown)


def test_the_page_is_self_contained_and_its_anchors_are_there(shown: str) -> None:
    tree = html5lib.parse(shown)
    names = {element.tag.removeprefix(XHTML) for element in tree.iter() if isinstance(element.tag, str)}
    assert not names & {"script", "img", "iframe", "object", "embed", "link", "form", "svg", "base", "video"}
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    for element in tree.iter():
        kept = {
            "href",
            "id",
            "class",
            "lang",
            "dir",
            "charset",
            "name",
            "content",
            "http-equiv",
            "scope",
            "colspan",
        }
        kept |= {"aria-label", "aria-labelledby", "tabindex", "data-label"}
        assert set(element.keys()) <= kept
        if target := element.get("href"):
            assert target[:1] == "#"
            assert target[1:] in ids
        if element.get("aria-labelledby"):
            assert element.get("aria-labelledby") in ids


def test_headings_step_down_one_at_a_time_and_tables_have_captions(shown: str) -> None:
    levels = [int(level) for level in re.findall(r"<h([1-6])[ >]", shown)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    tables = shown.count("<table")
    assert shown.count("<caption") == tables
    assert len(re.findall(r"<th (?!scope=)", shown)) == 0


def test_the_text_of_an_invoice_is_data() -> None:
    shown = _show(hostile())
    tree = html5lib.parse(shown)
    said = " ".join("".join(tree.itertext()).split())
    visible = (
        HOSTILE.replace("\u202e", "⟨U+202E⟩").replace("\u202c", "⟨U+202C⟩").replace("\u200b", "⟨U+200B⟩")
    )
    visible = visible.replace("\u2066", "⟨U+2066⟩").replace("\u2069", "⟨U+2069⟩")
    assert said.count(" ".join(visible.split())) == 2
    assert '<bdi dir="auto">شركة المكاتب الحديثة</bdi>' in shown
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b")


def test_a_hundred_kilobytes_stay_whole() -> None:
    assert "W" * 100_000 in _show(hostile(100_000))


def test_every_finding_is_listed_and_the_placed_ones_stand_beside_their_field() -> None:
    sheet = sheet_of(SAMPLES / "08-falsche-summe.xml")
    shown = "".join(page(sheet))
    assert sheet.report
    assert sheet.placed
    for remark in sheet.remarks:
        assert f'id="befund-{remark.number}"' in shown
        assert (f'id="stelle-{remark.number}"' in shown) == (remark.number in sheet.placed)
    total = shown.partition(">BT-115<")[2]
    assert "BR-CO-16" in total.partition("</div>")[0]


def test_the_report_sums_up_what_it_lists() -> None:
    shown = _report()
    tree = html5lib.parse(shown)
    rows = [row for row in tree.iter(f"{XHTML}tr") if row.find(f".//{XHTML}a") is not None]
    numbers = re.findall(r"<dt>(\S+[^<]*)</dt><dd>(\d+)</dd>", shown)
    assert int(numbers[0][1]) == len(rows) == sum(int(count) for _, count in numbers[1:4])


@needs("chromium")
@needs("axe")
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", ["rejected", "sub lines", "hostile", "report"])
def test_axe_finds_no_barrier(name: str, width: int, tmp_path: Path, chromium: Any) -> None:
    place = tmp_path / "page.html"
    place.write_text(PAGES[name](), "utf-8")
    context = chromium.new_context(viewport={"width": width, "height": 900})
    shown = context.new_page()
    shown.goto(place.as_uri())
    shown.evaluate(AXE.read_text("utf-8"))
    result = shown.evaluate("async () => await axe.run()")
    context.close()
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in result["violations"]] == []
    assert len(result["passes"]) > 20


@needs("chromium")
def test_the_policy_of_the_page_lets_its_own_style_through_and_nothing_else(tmp_path: Path) -> None:
    place = tmp_path / "page.html"
    probe = "<script>document.title = 'run'</script>"
    place.write_text(PAGES["small"]().replace("</body>", f"{probe}</body>"), "utf-8")
    command = [
        "chromium",
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={tmp_path}/profile",
    ]
    ran = subprocess.run(
        [*command, "--enable-logging=stderr", "--dump-dom", place.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert "<title>run</title>" not in ran.stdout
    complaints = [line for line in ran.stderr.splitlines() if "Content Security Policy" in line]
    assert complaints
    assert not [line for line in complaints if "style" in line.partition("directive")[0]]
