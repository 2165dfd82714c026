"""What `make bench` says of figures beside those recorded."""

import pytest

from benchmarks.figures import changed

CASES = [
    ("verdict", 3.0, 2.0, "slower by 50%"),
    ("official", 3.0, 6.0, "slower by 100%"),
    ("official", 9.0, 6.0, "faster by 33%"),
    ("batch-overhead", 0.28, -0.02, "slower by 100%"),
    ("batch-overhead", -0.02, 0.28, "faster by 100%"),
    ("batch-overhead", 0.3, 0.0, "slower by 100%"),
    ("batch-overhead", -0.01, -0.02, ""),
    ("run", 2.2, 2.1, ""),
]


@pytest.mark.parametrize(("key", "now", "before", "said"), CASES)
def test_what_got_slower_is_called_so(key: str, now: float, before: float, said: str) -> None:
    found = changed({key: now}, {key: before})
    assert [one.partition(":")[0] for one in found] == ([said] if said else [])
