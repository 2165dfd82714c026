"""`[[source]]` tables: what may stand there, and how a mistake is told."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from einvoice.errors import ConfigurationError
from einvoice.intake.secret import Secret, from_command
from einvoice.intake.settings import read_sources
from einvoice.intake.source import SourceProblem, plainly

FILE = Path("/srv/einvoice.toml")
MAIL = {"name": "post", "kind": "imap", "host": "h", "user": "u", "password": {"env": "X"}}


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"name": "a", "path": "x", "quite_seconds": 1}, "'a', quite_seconds: unknown setting"),
        ({"name": "a"}, "'a', path: is missing"),
        ({"path": "x"}, "#1, name: is missing"),
        ({"name": "a", "kind": "fax"}, "'a', kind:"),
        ({"name": "a/b", "path": "x"}, "'a/b', name:"),
        ({"name": "a", "path": "x", "limit_mb": "10"}, "'a', limit_mb:"),
        ({"name": "a", "path": "x", "every": "15 min"}, "'a', every:"),
        ({"name": "a", "path": "x", "at": ["25:00"]}, "'a', at.0:"),
        ({"name": "a", "path": "x", "base": "/"}, "'a', base: unknown setting"),
        ({**MAIL, "password": "geheim"}, "password: a secret does not stand in the configuration"),
        (
            {**MAIL, "password": {"env": "A", "file": "b"}},
            "password: exactly one of env, file and credential",
        ),
        ({**MAIL, "token_command": ["x"]}, "exactly one of password and token_command"),
        ({**MAIL, "tls": "none"}, "tls"),
        ({"name": "a", "kind": "location", "url": "ftp://h/x"}, "url: one of s3"),
        ({"name": "a", "kind": "location", "url": "sftp://u:geheim@h/x"}, "settings of their own"),
    ],
)
def test_a_mistake_names_file_table_and_key_and_no_secret(row: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read_sources(FILE, [row])
    for text in (str(raised.value), raised.value.said("de")):
        assert text.startswith(f"{FILE}: [[source]] ")
        assert "geheim" not in text
    assert told in str(raised.value)


def test_two_sources_of_one_name_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="two sources"):
        read_sources(FILE, [{"name": "a", "path": "x"}, {"name": "A", "path": "y"}])


@pytest.mark.parametrize(
    ("schedule", "last", "now", "due"),
    [
        ({}, "2026-03-02T10:00", "2026-03-02T10:01", True),
        ({"every": "15m"}, "2026-03-02T10:00", "2026-03-02T10:14", False),
        ({"every": "15m"}, "2026-03-02T10:00", "2026-03-02T10:15", True),
        ({"at": ["06:00"]}, "2026-03-02T04:59", "2026-03-02T05:00", True),  # 06:00 in Berlin, winter
        ({"at": ["06:00"]}, "2026-07-02T04:01", "2026-07-02T05:00", False),  # 06:00 was at 04:00 UTC, summer
        ({"at": ["23:30"]}, "2026-03-02T22:00", "2026-03-03T01:00", True),
    ],
)
def test_when_a_source_is_due(schedule: dict[str, Any], last: str, now: str, due: bool) -> None:
    (one,) = read_sources(FILE, [{"name": "a", "path": "x", **schedule}])
    times = [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (last, now)]
    assert one.due(times[0], times[1]) is due
    assert one.due(None, times[1])
    assert one.due(times[0], times[0] + timedelta(days=2))


def test_where_secrets_lie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pw").write_text("s3cret\n")
    (tmp_path / "pw").chmod(0o600)
    monkeypatch.setenv("PW", "s3cret")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    for where in ({"file": "pw"}, {"env": "PW"}, {"credential": "pw"}):
        assert Secret.model_validate(where).reveal(tmp_path) == "s3cret"
    (tmp_path / "pw").chmod(0o644)
    with pytest.raises(SourceProblem, match="chmod 600"):
        Secret.model_validate({"file": "pw"}).reveal(tmp_path)
    for wrong in ({"file": "none"}, {"env": "NONE"}, {"credential": "none"}):
        with pytest.raises(SourceProblem):
            Secret.model_validate(wrong).reveal(tmp_path)


def test_a_command_tells_its_token_and_nothing_else() -> None:
    assert from_command(["echo", "abc"]) == "abc"
    for command in (["false"], ["/nowhere"], ["true"]):
        with pytest.raises(SourceProblem):
            from_command(command)
    with pytest.raises(SourceProblem) as raised:
        from_command(["sh", "-c", "echo s3cret; exit 3"])
    assert "s3cret" not in str(raised.value)


def test_no_secret_is_left_in_what_a_library_says() -> None:
    error = ValueError("no luck at https://user:s3cret@host/x with s3cret")
    assert "s3cret" not in plainly(error, "s3cret")
    assert "s3cret" not in plainly(ValueError("sftp://user:s3cret@host/x"))
