"""The tables of a batch as independent readers see them: csv, DuckDB, pyarrow, openpyxl; sums equal to the cent."""

import io
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pyarrow.parquet as parquet
import pytest

from einvoice.errors import UsageError
from einvoice.exports.grids import POLICY, chosen_columns
from einvoice.exports.making import made
from einvoice.pipeline.workplace import Opened
from einvoice.store import people
from einvoice.store.tables import Batch
from tests.approval.demo import demo
from tests.exports.closing import close, who


@pytest.fixture
def batch(tmp_path: Path) -> Iterator[tuple[Opened, int, Decimal]]:
    with demo(tmp_path) as place:
        number = close(place, 3)
        with place.store.reading() as session:
            total = session.get_one(Batch, number).total
        assert total is not None
        yield place, number, total


def files(place: Opened, number: int, form: str) -> dict[str, bytes]:
    found = made(place.store, place.archive, who(place, "Karin Kruse"), number, form).files
    return {file.name.rpartition("_")[2].rpartition(".")[0]: file.data for file in found}


def test_all_forms_add_up_to_the_batch(batch: tuple[Opened, int, Decimal], tmp_path: Path) -> None:
    place, number, total = batch
    said: dict[str, tuple[Decimal, Decimal]] = {}
    tables = files(place, number, "tables-csv")
    for name, data in tables.items():
        (tmp_path / f"{name}.csv").write_bytes(data)
    said["csv"] = tuple(
        duckdb.execute(
            f'SELECT sum(CAST("{column}" AS DECIMAL(18,2))) FROM '
            f"read_csv('{tmp_path}/{name}.csv', all_varchar=true)"
        ).fetchall()[0][0]
        for name, column in (("Rechnungen", "row.amount"), ("Kontierungen", "posting.signed"))
    )
    tables = files(place, number, "tables-parquet")
    rows = {name: parquet.read_table(io.BytesIO(data)).to_pylist() for name, data in tables.items()}
    said["parquet"] = (
        sum((row["row.amount"] for row in rows["Rechnungen"]), Decimal()),
        sum((row["posting.signed"] for row in rows["Kontierungen"]), Decimal()),
    )
    lines = {
        name: [json.loads(line) for line in data.splitlines()]
        for name, data in files(place, number, "tables-jsonl").items()
    }
    said["jsonl"] = (
        sum((Decimal(row["row.amount"]) for row in lines["Rechnungen"]), Decimal()),
        sum((Decimal(row["posting.signed"]) for row in lines["Kontierungen"]), Decimal()),
    )
    (book,) = files(place, number, "tables-xlsx").values()
    said["xlsx"] = _of_workbook(book)
    assert said == dict.fromkeys(said, (total, total))
    assert [len(rows[name]) for name in ("Rechnungen", "Kontierungen")] == [3, len(lines["Kontierungen"])]
    net = {row["row.number"]: row["row.net"] for row in rows["Rechnungen"]}
    for invoice, amount in net.items():
        of_lines = [row["line.net_amount"] for row in rows["Positionen"] if row["row.number"] == invoice]
        assert of_lines
        groups = [row["vat.taxable_amount"] for row in rows["Umsatzsteuer"] if row["row.number"] == invoice]
        assert sum(groups) == amount


def _of_workbook(data: bytes) -> tuple[Decimal, Decimal]:
    book = openpyxl.load_workbook(io.BytesIO(data))
    sums = []
    for sheet, heading in (
        ("Rechnungen", "genehmigter Betrag, Gutschriften"),
        ("Kontierungen", "Bruttobetrag, bei"),
    ):
        head, *rows = book[sheet].iter_rows()
        (place,) = [n for n, cell in enumerate(head) if str(cell.value).startswith(heading)]
        assert {row[place].data_type for row in rows} == {"n"}
        assert not [cell for row in rows for cell in row if cell.data_type == "f"]
        sums.append(sum((Decimal(repr(row[place].value)) for row in rows), Decimal()))
    return sums[0], sums[1]


def test_columns_are_chosen_by_name_and_by_term(batch: tuple[Opened, int, Decimal]) -> None:
    place, number, _ = batch
    chosen: dict[str, Any] = {"lines": ["row.number", "BT-131", "seller.postal_address.city"]}
    with place.store.writing(people.SERVICE) as work:
        people.set_policy(work, people.tenant(work.session, "musterlippe"), POLICY, chosen)
    data = files(place, number, "tables-csv")["Positionen"].decode("utf-8-sig")
    assert data.splitlines()[0] == "row.number;line.net_amount;seller.postal_address.city"
    assert all(cell for line in data.splitlines() for cell in line.split(";"))


@pytest.mark.parametrize(
    "wanted", [["BT-9999"], ["row.nummer"], ["row.number", "row.number"], ["BT-131", "line.net_amount"]]
)
def test_a_column_there_is_not_is_refused(wanted: list[str]) -> None:
    with pytest.raises(UsageError, match=r"no column|stands twice"):
        chosen_columns("lines", wanted)
