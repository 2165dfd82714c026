"""What was made to hurt has, uploaded, the verdict it has on the command line, and brings down no page (W09)."""

import html
import io
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from einvoice.validation.batch import validate_bytes
from einvoice.validation.options import Options
from tests.formats.hostile import ALL
from tests.interfaces.web.town import Site, site

WORDS = {"angenommen": "accepted", "abgelehnt": "rejected", "nicht geprüft": "unchecked"}
CHOSEN = ALL if os.environ.get("EINVOICE_FULL") else [*ALL][::9]
"""All of them, or every ninth."""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("hostile"), "[web]\nchecks_per_hour = 100000\n") as made:
        yield made


@pytest.mark.parametrize("name", CHOSEN)
def test_an_upload_has_the_verdict_of_the_command_line(here: Site, name: str) -> None:
    file, make, *_ = ALL[name]
    data = make()
    said = validate_bytes(data, file, Options())
    expected = [(one.verdict, sorted({finding.rule for finding in one.findings})) for one in said]
    browser = here.browser(address=f"198.51.100.{[*ALL].index(name) % 250}")
    kinds = {"content-type": "application/octet-stream"}
    told = browser.post("/validate", params={"name": file}, content=data, headers=kinds)
    assert told.status_code == 200, told.text
    got = [(one["verdict"], sorted({finding["rule"] for finding in one["findings"]})) for one in told.json()]
    assert got == expected
    page = browser.post(
        "/check",
        data={"csrf": browser.token("/check"), "act": "check"},
        files={"files": (Path(file).name, io.BytesIO(data))},
    )
    assert page.status_code == 200
    words = re.findall(r'kern-badge[^>]*><span class="kern-label[^>]*>([^<]+)<', page.text)
    shown = [WORDS[word] for word in map(html.unescape, words) if word in WORDS]
    assert shown == [verdict for verdict, _ in expected]
    assert "root:x" not in page.text
