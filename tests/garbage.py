"""The search for garbage, kept short: what lives to the end of the session is not looked at again and again.

That are a million objects of modules and tests, and whatever is loaded when a test first needs it: a whole
search among them takes a third of a second, and each run of the pipeline in a test's own process makes one.
"""

import gc

MANY = 50_000
"""Objects: to look at more of them takes longer than most tests do."""

_searches: list[int] = []
"""Of the test that runs: what each whole search found."""


def begin() -> None:
    """From now on, when all modules of tests are there."""
    gc.callbacks.append(_note)
    gc.set_threshold(20_000, 10, 10)
    _set_aside()


def after_a_test() -> None:
    """Sets aside what tests have left to live, where it was looked at and is much."""
    if _searches and len(gc.get_objects(generation=2)) > MANY:
        _set_aside()
    _searches.clear()


def _set_aside() -> None:
    gc.collect()
    gc.freeze()


def _note(phase: str, what: dict[str, int]) -> None:
    if phase == "stop" and what["generation"] == 2:
        _searches.append(what["collected"])
