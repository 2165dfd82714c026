"""Which einvoice.toml is used, and whose is refused."""

import os
from pathlib import Path

import pytest

from einvoice.errors import ConfigurationError
from einvoice.interfaces.cli import configuration
from einvoice.interfaces.cli.session import Session, session

SETTINGS = '[validation]\nrelease = "en16931-1.3.16"\n'


@pytest.fixture(autouse=True)
def _own_session(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for field in Session.__slots__:
        monkeypatch.setattr(session, field, getattr(Session(), field))
    monkeypatch.setattr(configuration, "SYSTEM", tmp_path / "etc" / "einvoice.toml")
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)


def test_the_nearest_upward_is_used(tmp_path: Path) -> None:
    assert configuration.find() is None
    (tmp_path / "einvoice.toml").write_text(SETTINGS)
    assert configuration.find() == configuration.Configuration(tmp_path / "einvoice.toml", given=False)
    (tmp_path / "a" / "einvoice.toml").write_text("")
    found = configuration.find()
    assert found is not None
    assert found.file == tmp_path / "a" / "einvoice.toml"


@pytest.mark.parametrize("folder", [False, True])
@pytest.mark.parametrize("mode", [0o777, 0o775])
def test_what_others_could_have_written_is_refused(tmp_path: Path, folder: bool, mode: int) -> None:
    file = tmp_path / "a" / "einvoice.toml"
    file.write_text(SETTINGS)
    (file.parent if folder else file).chmod(mode)
    with pytest.raises(ConfigurationError, match="--config"):
        configuration.find()
    session.config = file
    assert configuration.find() == configuration.Configuration(file, given=True)


def test_what_belongs_to_another_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a" / "einvoice.toml"
    file.write_text(SETTINGS)
    if os.geteuid() == 0:
        os.chown(file, 65534, 65534)
    else:
        monkeypatch.setattr("os.geteuid", lambda: file.stat().st_uid + 1)
    with pytest.raises(ConfigurationError, match="--config"):
        configuration.find()


def test_isolated_reads_none(tmp_path: Path) -> None:
    (tmp_path / "a" / "einvoice.toml").write_text(SETTINGS)
    session.isolated = True
    assert configuration.find() is None
    with pytest.raises(ConfigurationError, match="init"):
        configuration.needed()


def test_the_systems_own_comes_last(tmp_path: Path) -> None:
    configuration.SYSTEM.parent.mkdir()
    configuration.SYSTEM.write_text(SETTINGS)
    assert configuration.find() == configuration.Configuration(configuration.SYSTEM, given=True)
    (tmp_path / "a" / "einvoice.toml").write_text("")
    found = configuration.find()
    assert found is not None
    assert not found.given


def test_a_folder_stands_for_the_file_in_it(tmp_path: Path) -> None:
    (tmp_path / "a" / "einvoice.toml").write_text(SETTINGS)
    session.config = tmp_path / "a"
    assert configuration.needed().file == tmp_path / "a" / "einvoice.toml"
    session.config = tmp_path / "nirgends"
    with pytest.raises(ConfigurationError):
        configuration.find()


def test_a_variable_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a" / "einvoice.toml").write_text(SETTINGS)
    assert configuration.section("validation") == {"release": "en16931-1.3.16"}
    monkeypatch.setenv("EINVOICE_VALIDATION_RELEASE", "kosit-2026-01-31")
    assert configuration.section("validation")["release"] == "kosit-2026-01-31"


def test_checking_goes_on_without_a_configuration_that_is_not_to_be_trusted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a" / "einvoice.toml"
    file.write_text(SETTINGS)
    file.chmod(0o666)
    assert configuration.section("validation") == {}
    assert str(file) in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"[validation", b"\xff\xfe"])
def test_a_configuration_that_cannot_be_read_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a" / "einvoice.toml").write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"einvoice\.toml"):
        configuration.section("validation")
