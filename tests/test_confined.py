"""A confined child works, is replaced when it dies, and never lets more than data through."""

import os
import time
from pathlib import Path

import pytest

from einvoice.confined import Child, Pool
from einvoice.errors import ConfigurationError, Unchecked
from einvoice.formats import xml
from einvoice.nursery import Nursery


def echo(value: object) -> object:
    return value


def parent() -> int:
    return os.getppid()


def greedy() -> int:
    return len(bytearray(400_000_000))


def slow() -> None:
    time.sleep(30)


def suicidal() -> None:
    os._exit(9)


def wrong() -> None:
    raise ConfigurationError("not usable")


def parsing(data: bytes) -> str:
    return xml.parse(data).tag


def talkative() -> str:
    print("noise on stdout must not reach the pipe")
    return "done"


def test_values_and_bytes_survive_the_way() -> None:
    child = Child()
    value = {"a": [1, None, "ä"], "data": b"\0\xff" * 100_000}
    assert child.call("tests.test_confined:echo", {"value": value}, 20) == value
    assert child.call("tests.test_confined:talkative", {}, 20) == "done"
    child.close()


@pytest.mark.parametrize(
    ("function", "seconds", "why"),
    [("greedy", 20, "memory"), ("slow", 0.3, "time"), ("suicidal", 20, "died")],
)
def test_a_death_is_unchecked_and_the_next_call_works(function: str, seconds: float, why: str) -> None:
    child = Child(memory_mb=100)
    child.call("tests.test_confined:echo", {"value": 1}, 20)
    with pytest.raises(Unchecked, match=why):
        child.call(f"tests.test_confined:{function}", {}, seconds)
    assert child.call("tests.test_confined:echo", {"value": 2}, 20) == 2
    child.close()


def test_our_own_errors_keep_their_kind() -> None:
    child = Child()
    with pytest.raises(ConfigurationError, match="not usable"):
        child.call("tests.test_confined:wrong", {}, 20)
    child.close()


def test_no_module_is_taken_from_the_folder_of_the_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit")
    monkeypatch.chdir(tmp_path)
    child = Child()
    assert child.call("tests.test_confined:echo", {"value": 1}, 20) == 1
    child.close()


@pytest.mark.parametrize(
    ("function", "seconds", "why"),
    [("greedy", 20, "memory"), ("slow", 0.3, "time"), ("suicidal", 20, "died")],
)
def test_a_forked_process_is_limited_and_replaced_like_any_other(
    function: str, seconds: float, why: str
) -> None:
    nursery = Nursery("tests.test_confined:echo")
    child = Child(100, born=lambda memory_mb: nursery.born(memory_mb, {"value": "loaded"}))
    assert child.call("tests.test_confined:parent", {}, 20) == nursery.process
    with pytest.raises(Unchecked, match=why):
        child.call(f"tests.test_confined:{function}", {}, seconds)
    assert child.call("tests.test_confined:parent", {}, 20) == nursery.process
    child.close()
    nursery.close()
    assert nursery.process is None


def test_where_nothing_can_be_forked_a_process_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "pidfd_open")
    nursery = Nursery("tests.test_confined:echo")
    child = Child(100, born=lambda memory_mb: nursery.born(memory_mb, {"value": "loaded"}))
    assert child.call("tests.test_confined:parent", {}, 20) == os.getpid()
    child.close()


def test_answers_that_nobody_read_are_not_those_of_whoever_borrows_next() -> None:
    pool = Pool(Child)
    asked = [({"value": n}, 20.0) for n in range(3)]
    with pool.borrowed(500) as child:
        answers = child.calls("tests.test_confined:echo", asked)
        assert next(answers) == 0
    with pool.borrowed(500) as again:
        assert again.call("tests.test_confined:echo", {"value": "mine"}, 20) == "mine"
        answers.close()
        assert not again.fresh
    pool.close_idle()


def test_xml_for_which_memory_does_not_suffice_is_unchecked_and_not_broken() -> None:
    data = b"<a>" + b"<b>1</b>" * 1_000_000 + b"</a>"
    child = Child(memory_mb=60)
    with pytest.raises(Unchecked, match="memory"):
        child.call("tests.test_confined:parsing", {"data": data}, 60)
    child.close()
