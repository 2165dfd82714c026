"""Which files a folder means: what is hidden or half-copied is left alone, what is special is said and not opened."""

import os
import socket
from pathlib import Path

import pytest

from einvoice.errors import UsageError
from einvoice.validation.batch import validate_files
from einvoice.validation.files import Reached, reach
from einvoice.validation.options import Options


def names(*paths: Path | str) -> list[tuple[str, str | None]]:
    found = reach([str(path) for path in paths])
    return [(one.name, one.problem.values["why"] if one.problem else None) for one in found]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with an invoice, one below, and much that is none."""
    inbox = tmp_path / "in"
    (inbox / "sub").mkdir(parents=True)
    (inbox / ".git").mkdir()
    kept = ("a.xml", "sub/b.xml", "sub/ä ö.XML", "z.txt")
    left = (".hidden.xml", "~$a.docx", "c.part", "c.tmp", "c.crdownload", "c.filepart", "c.swp", ".git/x.xml")
    for name in (*kept, *left):
        (inbox / name).write_text("<a/>", "utf-8")
    return inbox


@pytest.mark.parametrize("output", ["in/bericht.jsonl", "in/sub/seiten/0001.html", "in/seiten/0001.html"])
@pytest.mark.parametrize("asked", ["in", "in/*", "in/../in", "linked"])
def test_what_a_call_writes_is_none_of_its_files(
    folder: Path, monkeypatch: pytest.MonkeyPatch, output: str, asked: str
) -> None:
    monkeypatch.chdir(folder.parent)
    Path("linked").symlink_to("in")
    made = Path(output)
    found = Reached([asked], made.parent if made.suffix == ".html" else made)
    before = list(found)
    made.parent.mkdir(exist_ok=True)
    made.write_text("<a/>", "utf-8")
    assert list(found) == before
    assert len(before) == len(found)


def test_a_folder_that_is_looked_at_and_written_into_is_what_it_was(folder: Path) -> None:
    found = Reached([str(folder)], folder)
    (folder / "0001-a.xml").write_text("<a/>", "utf-8")
    assert len(list(found)) == len(found) == 4


def test_hidden_and_half_copied_names_are_left_alone(folder: Path) -> None:
    wanted = [folder / "a.xml", folder / "z.txt", folder / "sub/b.xml", folder / "sub/ä ö.XML"]
    assert names(folder) == [(str(path), None) for path in wanted]
    assert names(folder / ".hidden.xml", folder / "c.part") == [
        (str(folder / ".hidden.xml"), None),
        (str(folder / "c.part"), None),
    ]


def test_special_files_and_links_out_are_said_and_never_opened(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret.xml"
    secret.write_text("geheim", "utf-8")
    (tmp_path / "in2").mkdir()
    os.mkfifo(folder / "f")
    (folder / "out.xml").symlink_to(secret)
    (folder / "out").symlink_to(tmp_path)
    (folder / "neighbour").symlink_to(tmp_path / "in2")
    (folder / "inside.xml").symlink_to(folder / "a.xml")
    (folder / "loop").symlink_to(folder)
    (folder / "below").symlink_to(folder / "sub")
    (folder / "dangling").symlink_to(folder / "none")
    monkeypatch.chdir(folder)
    server = socket.socket(socket.AF_UNIX)
    server.bind("s")
    found = {Path(name).name: why for name, why in names(folder)}
    server.close()
    assert found == {
        "a.xml": None, "b.xml": None, "ä ö.XML": None, "z.txt": None, "inside.xml": None,
        "f": "special", "s": "special", "out.xml": "link", "out": "link", "neighbour": "link",
        "dangling": "unreadable",
    }  # fmt: skip
    reports = [*validate_files(reach([str(folder)]), Options())]
    assert len(reports) == len(found)
    for report in reports:
        why = found[Path(report.file).name]
        assert (report.verdict == "unchecked") == (why is not None)
        assert report.verdict != "accepted"
        assert (report.container_sha256 is None) == (why is not None)


def test_globs_stdin_and_what_is_not_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert names("*.xml", "-") == [("a.xml", None), ("-", None)]
    assert names("s*/*.xml", "**/b.*") == [("sub/b.xml", None), ("sub/b.xml", None)]
    (folder / "a[1].xml").write_text("<a/>", "utf-8")
    assert names("a[1].xml") == [("a[1].xml", None)]
    for missing in ("none.xml", "*.none"):
        with pytest.raises(UsageError, match=missing.replace("*", r"\*")):
            names("a.xml", missing)


def test_a_name_that_is_no_text_survives(tmp_path: Path) -> None:
    name = os.fsdecode(b"r\xff.xml")
    (tmp_path / name).write_text("<a/>", "utf-8")
    (report,) = validate_files(reach([str(tmp_path)]), Options())
    assert os.fsencode(report.file).endswith(b"r\xff.xml")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_unchecked(folder: Path) -> None:
    (folder / "a.xml").chmod(0)
    (folder / "sub").chmod(0)
    found = {
        Path(report.file).name: report.verdict for report in validate_files(reach([str(folder)]), Options())
    }
    (folder / "sub").chmod(0o700)
    assert found == {"a.xml": "unchecked", "sub": "unchecked", "z.txt": "rejected"}
