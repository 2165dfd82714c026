"""Whether a file is an export: byte for byte, or what was done to it, down to the invoice and the value."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from einvoice.approval import acts, batches, persons
from einvoice.exports.delivery import export
from einvoice.exports.differing import differences
from einvoice.exports.verifying import Verified, verified
from einvoice.pipeline.workplace import Opened
from einvoice.store import people
from tests.approval.demo import demo
from tests.exports.rows import PAYMENT
from tests.interfaces.calls import call

CASH, TOWN = "Karin Kruse", "musterlippe"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, store: str) -> Iterator[tuple[Opened, dict[str, Path]]]:
    """A closed batch of two invoices in every format that needs nothing else."""
    folder = tmp_path_factory.mktemp("verify")
    with demo(folder, store) as place:
        who = {name: persons.actor(place.store, name) for name in ("Sabine Sander", "Anton Albers", CASH)}
        for number in (1, 4):
            acts.confirm(place.store, who["Sabine Sander"], number)
            acts.authorise(place.store, who["Anton Albers"], number)
        with place.store.writing(people.SERVICE) as work:
            town = people.tenant(work.session, TOWN)
            people.set_policy(work, town, "payment", {**PAYMENT, "accounts": "authorised"})
        batch = batches.build(place.store, who[CASH], TOWN)
        batches.close(place.store, who[CASH], batch)
        files = {
            form: export(place.store, place.archive, who[CASH], batch, form, folder / form)[0]
            for form in ("datev-extf", "csv", "sepa")
        }
        yield place, files


def look(place: Opened, data: bytes, name: str = "datei.csv") -> Verified:
    found = verified(place.store, place.archive, data, name)
    assert found is not None
    return found


@pytest.mark.parametrize("form", ["datev-extf", "csv", "sepa"])
def test_an_export_is_told_with_batch_town_and_where_it_went(
    made: tuple[Opened, dict[str, Path]], form: str
) -> None:
    place, files = made
    found = look(place, files[form].read_bytes(), "anders.bin")
    assert found.genuine
    assert (found.export.format, found.tenant.name, found.batch.state) == (form, TOWN, "exported")
    assert [one.target for one in found.deliveries] == [str(files[form].parent)]


CHANGES: dict[str, tuple[Callable[[bytes], bytes], set[str]]] = {
    "cut": (lambda data: data[:-30], {"cut"}),
    "line ends": (lambda data: data.replace(b"\r\n", b"\n"), {"line-ends"}),
    "UTF-8": (lambda data: data.decode("cp1252").encode("utf-8"), {"encoding"}),
    "UTF-8 with mark": (lambda data: data.decode("cp1252").encode("utf-8-sig"), {"encoding", "mark"}),
    "a row less": (lambda data: b"\r\n".join(data.split(b"\r\n")[:-2]) + b"\r\n", {"cut"}),
    "a row twice": (lambda data: data + data.split(b"\r\n")[-2] + b"\r\n", {"added"}),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_was_done_to_the_whole_file_is_named(made: tuple[Opened, dict[str, Path]], name: str) -> None:
    place, files = made
    change, codes = CHANGES[name]
    data = files["datev-extf"].read_bytes()
    found = look(place, change(data))
    assert not found.genuine
    assert {one.code for one in found.differences} == codes


@pytest.mark.parametrize(
    ("form", "old", "new", "column"),
    [
        ("datev-extf", b"\r\n412,38;", b"\r\n912,38;", "Umsatz (ohne Soll/Haben-Kz)"),
        ("csv", b";412.38;", b";912.38;", "amount"),
        ("sepa", b"DE19499999600123456789", b"DE75512108001245126199", "CdtrAcct/Id/IBAN"),
    ],
)
def test_a_changed_value_is_named_with_its_invoice(
    made: tuple[Opened, dict[str, Path]], form: str, old: bytes, new: bytes, column: str
) -> None:
    place, files = made
    data = files[form].read_bytes()
    assert old in data
    found = look(place, data.replace(old, new, 1), files[form].name)
    changed = [one for one in found.differences if one.code == "value"]
    assert column in {one.column for one in changed}
    assert all(one.key in found.invoices for one in changed)


def test_a_file_of_nobody_is_none(made: tuple[Opened, dict[str, Path]]) -> None:
    place, _ = made
    assert verified(place.store, place.archive, b"Einkaufsliste; Milch; Brot\r\n", "liste.csv") is None
    assert verified(place.store, place.archive, b"", "leer.csv") is None
    found = made[1]["csv"].read_bytes()
    assert verified(place.store, place.archive, found, "x.csv", lambda tenant: False) is None


def test_the_command_says_it_with_its_exit_code(made: tuple[Opened, dict[str, Path]], tmp_path: Path) -> None:
    place, files = made
    config = f"--config={place.workplace.file}"
    good = call("batch", "verify", str(files["datev-extf"]), config)
    assert good.code == 0
    assert "Byte für Byte" in good.out
    assert "DEMO" in good.out
    bad = tmp_path / files["datev-extf"].name
    bad.write_bytes(files["datev-extf"].read_bytes().replace(b"412,38", b"1,00", 1))
    told = call("batch", "verify", str(bad), config, lang="en")
    assert told.code == 1
    assert "'412,38' → '1,00'" in told.out
    assert "approved 506.20 EUR" in told.out
    assert call("batch", "verify", str(tmp_path / "none"), config).code == 2
    other = tmp_path / "other.csv"
    other.write_bytes(b"x;y;z\r\n")
    assert call("batch", "verify", str(other), config).code == 1


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_any_two_files_are_compared(ours: bytes, theirs: bytes) -> None:
    assert (differences(ours, theirs) == []) == (ours == theirs)


def test_doctor_names_folders_and_files_that_are_open_to_everybody(
    made: tuple[Opened, dict[str, Path]],
) -> None:
    from einvoice.pipeline.condition.keeping import exported

    place, files = made
    place.workplace.exports.chmod(0o750)
    assert list(exported(place)) == []
    file = files["csv"]
    for path, mode in ((file, 0o644), (file.parent, 0o755)):
        path.chmod(mode)
    found = " ".join(one.de for one in exported(place))
    assert f"{file} ist 0644" in found
    assert f"{file.parent} (Exporte) steht jedem offen (0755)" in found
    file.parent.chmod(0o750)
    file.chmod(0o640)
