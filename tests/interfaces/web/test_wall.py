"""What stands before every page: headers (W11), hosts (W12), sizes (W08), rates (W15), silent faults (W17)."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from einvoice.errors import StoreError
from einvoice.interfaces.web import words, work
from tests.interfaces.web.test_matrix import FILLED, GETS
from tests.interfaces.web.town import Site, site
from tests.parts import ROOT

PAGES = [route for route in GETS if route != "/language/{lang}"]
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("wall")) as made:
        yield made


@pytest.mark.parametrize(
    "path", [*PAGES, "/nix", "/static/desk.css", "/api/v1/invoices", "/api/v1/openapi.json", "/static/../x"]
)
def test_every_answer_has_its_headers(here: Site, path: str) -> None:
    for name, value in FILLED.items():
        path = path.replace(name, value)
    answer = here.browser("confirmer").get(path)
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "server" not in answer.headers
    if not path.startswith("/static"):
        assert answer.headers["cache-control"] == "no-store"


def test_pages_have_no_script_or_style_of_their_own(here: Site) -> None:
    for path in ("/login", "/work?show=all", "/invoice/1", "/check", "/account", "/nix"):
        text = here.browser("confirmer").get(path).text
        assert not re.search(r"<script(?![^>]* src=)|<style| on[a-z]+=| style=|javascript:", text), path
        assert not re.search(r"(?:src|href)=\"(?:https?:)?//", text), path


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1@evil.example", "127.0.0.1.evil.example", "", "127.0.0.1/x"]
)
def test_another_host_is_not_answered(here: Site, host: str) -> None:
    assert here.browser().get("/login", headers={"host": host}).status_code == 400


@pytest.mark.parametrize(
    "path", ["//evil.example", "/..%2f..%2fetc/passwd", "/static/..%2f..%2fdesk.py", "/static/%2e"]
)
def test_paths_lead_nowhere_else(here: Site, path: str) -> None:
    answer = here.browser().get(f"http://127.0.0.1{path}")
    assert answer.status_code in (400, 404)
    assert "evil" not in answer.headers.get("location", "")


@pytest.mark.parametrize(
    "to",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/a\r\nx: y",
        "/%0d%0a",
    ],
)
def test_nobody_is_sent_elsewhere(here: Site, to: str) -> None:
    for answer in (
        here.browser("confirmer").get("/login", params={"to": to}),
        here.browser().get("/language/en", params={"to": to}),
    ):
        assert answer.headers["location"] in ("/work", "/", "/%0d%0a")
        assert "x: y" not in str(answer.headers)


def test_forwarded_headers_count_from_our_own_proxy_alone(tmp_path: Path) -> None:
    forged = {"x-forwarded-for": "10.9.9.9", "x-forwarded-proto": "https", "x-forwarded-host": "evil.example"}
    limit = '\n[web]\nchecks_per_hour = 1\nproxies = ["{}"]\n'
    for number, (proxy, expected) in enumerate((("198.51.100.1", [200, 429]), ("192.0.2.7", [200, 200]))):
        with site(tmp_path / str(number), limit.format(proxy)) as one:
            browser, got = one.browser(), []
            for last in (1, 2):
                files = {"files": ("a.xml", b"<a/>")}
                headers = {**forged, "x-forwarded-for": f"10.9.9.{last}"}
                data = {"csrf": browser.token("/check")}
                got.append(browser.post("/check", data=data, files=files, headers=headers).status_code)
            assert got == expected


def test_too_large_is_refused_before_it_is_read(here: Site) -> None:
    browser = here.browser("confirmer")
    assert browser.post("/login", content=b"x" * 300_000).status_code == 413
    stated = browser.post("/check", content=b"x", headers={"content-length": str(10**12)})
    assert stated.status_code == 413
    for wrong in ("-1", "1e9", "0x10"):
        answer = browser.post("/check", content=b"", headers={"content-length": wrong})
        assert answer.status_code == 400, wrong


def test_many_fields_and_files_are_refused(here: Site) -> None:
    browser = here.browser()
    token = browser.token("/check")
    fields = {"csrf": token, **{f"f{number}": "x" for number in range(300)}}
    assert browser.post("/check", data=fields, files={"files": ("a", b"x")}).status_code == 400
    many = [("files", (f"{number}.xml", b"<a/>")) for number in range(21)]
    assert browser.post("/check", data={"csrf": token}, files=many).status_code == 409
    long = {"files": ("a" * 100_000 + ".xml", b"<a/>")}
    assert browser.post("/check", data={"csrf": token}, files=long).status_code in (200, 400, 409)


def test_each_address_may_check_so_many_files(tmp_path: Path) -> None:
    with site(tmp_path, "\n[web]\nchecks_per_hour = 3\n") as one:
        browser = one.browser()
        token = browser.token("/check")
        answers = [
            browser.post("/check", data={"csrf": token}, files={"files": ("a.xml", b"<a/>")})
            for _ in range(4)
        ]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert 0 < int(answers[-1].headers["retry-after"]) <= 3601
        signed = one.browser("confirmer")
        data = {"csrf": signed.token("/check")}
        assert signed.post("/check", data=data, files={"files": ("a.xml", b"<a/>")}).status_code == 200


FAULTS = (KeyError("geheim /etc/passwd"), StoreError("the store /srv/geheim cannot be used"))


@pytest.mark.parametrize("error", FAULTS, ids=lambda error: type(error).__name__)
def test_a_fault_of_ours_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr(work, "listed", broken)
    with site(tmp_path, faults=True) as one:
        answer = one.browser("confirmer").get("/work")
        log = one.log.getvalue()
    assert answer.status_code == 500
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert not [word for word in ("geheim", "/etc", "/srv", "Traceback", "Error") if word in answer.text]
    assert "geheim" not in log
    assert "interfaces/web/work.py:" in log


def test_every_word_is_there_in_both_languages_and_used() -> None:
    folder = ROOT / "einvoice" / "interfaces" / "web"
    table = words.table()
    assert all(de.strip() and en.strip() for de, en in table.values())
    source = "\n".join(
        path.read_text("utf-8") for path in folder.rglob("*") if path.suffix in (".py", ".html")
    )
    asked = set(re.findall(r'\bw\("([a-z_]+\.[\w-]+)"(?! ~)', source)) - {"section.key"}
    asked |= set(re.findall(r' else "([a-z_]+\.[\w-]+)"', source)) & set(table)
    asked |= set(re.findall(r'"(nav\.\w+|work\.no\w+)"', source))
    assert asked <= set(table)
    computed = tuple(re.findall(r'\bw(?:\.known)?\("([a-z_]+\.(?:\w+_)?)" ~', source))
    assert not [key for key in table if key not in asked and not key.startswith((*computed, "fault."))]
