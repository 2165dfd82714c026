"""Embedded files: told with size and hash, saved where they belong and nowhere else, never over another file."""

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from einvoice.model.content import Value
from einvoice.render.attachments import Embedded, described, embedded, safe_name, save


def value(name: str, mime: str = "application/pdf", content: bytes = b"%PDF-1.7") -> Value:
    return Value(base64.b64encode(content).decode(), {"BT-125-1": mime, "BT-125-2": name})


@given(st.text(max_size=300))
def test_a_safe_name_leads_nowhere(name: str) -> None:
    safe = safe_name(name)
    assert safe not in ("", ".", "..")
    assert Path(safe).name == safe
    assert safe[:1] not in (".", "-", " ")
    assert len(safe.encode()) <= 180
    assert safe.isprintable()
    assert not set(safe) & set('/\\:*?"<>|')


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\x.dll", "x.dll"),
        ("CON.pdf", "_CON.pdf"),
        ("rechnung\u202efdp.exe", "rechnung_fdp.exe"),
        ("Überstunden März.pdf", "Überstunden März.pdf"),
        ("-rf", "_-rf"),
        ("", "anlage"),
        ("...", "anlage"),
    ],
)
def test_names_are_sanitised(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_files_are_saved_beside_each_other_never_over_one_another(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"mine")
    (tmp_path / "a-2.pdf").symlink_to(tmp_path / "elsewhere")
    saved = save([embedded(value("a.pdf")), embedded(value("../a.pdf", content=b"second"))], tmp_path)
    assert (tmp_path / "a.pdf").read_bytes() == b"mine"
    assert not (tmp_path / "elsewhere").exists()
    assert [path and path.name for _, path in saved] == ["a-3.pdf", "a-4.pdf"]
    assert (tmp_path / "a-4.pdf").read_bytes() == b"second"
    assert (tmp_path / "a-3.pdf").stat().st_mode & 0o111 == 0


def test_what_is_no_base64_is_said_and_not_saved(tmp_path: Path) -> None:
    broken = embedded(Value("%%%", {"BT-125-2": "x.pdf"}))
    assert save([broken], tmp_path) == [(broken, None)]
    assert "kein gültiges Base64" in described(broken, "de")[0]


@pytest.mark.parametrize(
    ("name", "mime", "content", "active"),
    [
        ("stunden.pdf", "application/pdf", b"%PDF-1.7", False),
        ("tabelle.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK", False),
        ("rechnung.pdf.exe", "application/pdf", b"MZ", True),
        ("rechnung.pdf", "application/pdf", b"MZ\x90\x00", True),
        ("seite.HTML ", "text/plain", b"<p>", True),
        ("x", "image/svg+xml", b"<svg/>", True),
        ("makro.xlsm", "application/octet-stream", b"PK", True),
    ],
)
def test_what_may_run_something_is_warned_about(name: str, mime: str, content: bytes, active: bool) -> None:
    file = Embedded(name, mime, content)
    assert file.is_active is active
    assert any("Nicht öffnen" in note for note in described(file, "de")[1]) is active
