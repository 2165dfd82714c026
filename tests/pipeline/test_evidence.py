"""A package proves itself without einvoice; any change in it is found, and it holds nothing of another town."""

import csv
import json
import random
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from lxml import etree
from sqlmodel import select

from einvoice.errors import ConfigurationError, Refused
from einvoice.pipeline.evidence.package import bundle, export
from einvoice.pipeline.workplace import opened, read_workplace
from einvoice.store.tables import Invoice, Report
from tests.pipeline.place import demo, once


@pytest.fixture
def worked(tmp_path: Path, store_url: str) -> Path:
    place = demo(
        tmp_path, "01-skonto.xml", "02-gutschrift.xml", "05-mail.eml", "08-falsche-summe.xml", url=store_url
    )
    once(place)
    return place


def checked(folder: Path) -> tuple[int, str]:
    """What the package's own program says, with nothing of ours at hand."""
    done = subprocess.run(
        [sys.executable, "-I", str(folder / "check.py")], capture_output=True, text=True, check=False, cwd="/"
    )
    sums = subprocess.run(
        ["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=folder, capture_output=True, check=False
    )
    return done.returncode + sums.returncode, done.stdout + done.stderr


def test_an_auditor_s_package_is_whole_and_of_one_town(worked: Path, tmp_path: Path) -> None:
    with opened(read_workplace(worked / "einvoice.toml")) as here:
        found = export(here, "musterlippe", tmp_path / "z3", date(2026, 1, 1), date(2099, 12, 31))
        with here.store.reading() as session:
            rows = {row.id: row for row in session.exec(select(Invoice))}
            reports = {row.invoice_id: row.content or {} for row in session.exec(select(Report))}
        with pytest.raises(Refused, match="not empty"):
            export(here, "musterlippe", tmp_path / "z3", None, None)
        with pytest.raises(ConfigurationError, match="no town"):
            export(here, "nirgends", tmp_path / "x", None, None)
        none = export(here, "musterlippe", tmp_path / "none", None, date(2000, 1, 1))
        assert not [name for name in none.rows if name.startswith("invoice/")]
    assert checked(tmp_path / "z3")[0] == checked(tmp_path / "none")[0] == 0, checked(tmp_path / "z3")[1]
    ours = {f"invoice/{n}" for n, row in rows.items() if row.tenant_id == 1}
    assert {name for name in found.rows if name.startswith("invoice/")} == ours
    text = "".join(p.read_text("utf-8", "replace") for p in (tmp_path / "z3").rglob("*") if p.is_file())
    for row in rows.values():
        if row.tenant_id != 1:
            assert str(row.number) not in text
            assert str(row.sha256) not in text
    with (tmp_path / "z3" / "data" / "report.csv").open(encoding="utf-8", newline="") as file:
        said = {
            int(row["invoice_id"]): json.loads(row["content"]) for row in csv.DictReader(file, delimiter=";")
        }
    assert {n: content["report"]["rules"] for n, content in said.items()} == {
        n: reports[n]["report"]["rules"] for n in said
    }
    assert all(
        rule["digest"].startswith("sha256:")
        for content in said.values()
        for rule in content["report"]["rules"]
    )


def test_its_tables_are_described_column_by_column(worked: Path, tmp_path: Path) -> None:
    with opened(read_workplace(worked / "einvoice.toml")) as here:
        export(here, "musterlippe", tmp_path / "z3", None, None)
    index = etree.parse(str(tmp_path / "z3" / "data" / "index.xml"))
    files = {path.name for path in (tmp_path / "z3" / "data").glob("*.csv")}
    assert {node.text for node in index.iterfind(".//URL")} == files
    for table in index.iterfind(".//Table"):
        with (tmp_path / "z3" / "data" / str(table.findtext("URL"))).open(
            encoding="utf-8", newline=""
        ) as file:
            heads = next(csv.reader(file, delimiter=";"))
        named = [
            n.text
            for kind in ("VariablePrimaryKey", "VariableColumn")
            for n in table.iterfind(f".//{kind}/Name")
        ]
        assert sorted(filter(None, named)) == sorted(heads)


def test_a_bundle_holds_all_about_one_invoice_and_any_change_is_found(worked: Path, tmp_path: Path) -> None:
    with opened(read_workplace(worked / "einvoice.toml")) as here:
        with here.store.reading() as session:
            number = session.exec(select(Invoice.id).where(Invoice.tenant_id == 1)).first() or 0
        bundle(here, number, tmp_path / "one")
        with pytest.raises(Refused):
            bundle(here, 999, tmp_path / "two")
    code, said = checked(tmp_path / "one")
    assert (code, said[:2]) == (0, "OK")
    assert {path.name for path in (tmp_path / "one" / "pages").iterdir()} == {f"{number}.html"}
    dice = random.Random(5)
    files = sorted(p for p in (tmp_path / "one").rglob("*") if p.is_file() and p.name != "check.py")
    for path in files:
        saved = path.read_bytes()
        place = dice.randrange(len(saved))
        path.write_bytes(saved[:place] + bytes([saved[place] ^ 1]) + saved[place + 1 :])
        assert checked(tmp_path / "one")[0] != 0, path
        path.write_bytes(saved)
    shutil.copyfile(files[0], tmp_path / "one" / "added")
    assert "added" in checked(tmp_path / "one")[1]


def test_sums_written_anew_do_not_help(worked: Path, tmp_path: Path) -> None:
    with opened(read_workplace(worked / "einvoice.toml")) as here:
        export(here, "musterlippe", tmp_path / "z3", None, None)
    rows = tmp_path / "z3" / "rows.json"
    rows.write_text(rows.read_text().replace('"currency": "EUR"', '"currency": "USD"', 1))
    sums = subprocess.run(
        "find . -type f ! -name SHA256SUMS -printf '%P\\0' | xargs -0 sha256sum > SHA256SUMS",
        shell=True, cwd=tmp_path / "z3", check=True,
    )  # fmt: skip
    assert sums.returncode == 0
    assert "changed" in checked(tmp_path / "z3")[1]
