"""What the pages say, in German and English: one table, `words.toml`, [section] key = [German, English]."""

import functools
import tomllib
from collections.abc import Mapping
from importlib import resources

from einvoice.interfaces.web.languages import Lang


class Words:
    """The words in one language: `w("section.key")`, with `{names}` filled in."""

    def __init__(self, lang: Lang) -> None:
        self.lang = lang

    def known(self, key: str, otherwise: str) -> str:
        """The text of a key that stands for a code, or the code itself where there is no word for it yet."""
        return self(key) if key in table() else otherwise

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key. Raises KeyError for one that is not in the table."""
        text = table()[key][self.lang != "de"]
        return text.format(**values) if values else text


@functools.cache
def table() -> Mapping[str, tuple[str, str]]:
    """All words, by section.key."""
    said = tomllib.loads(resources.files("einvoice.interfaces.web").joinpath("words.toml").read_text("utf-8"))
    return {
        f"{section}.{key}": (pair[0], pair[1])
        for section, words in said.items()
        for key, pair in words.items()
    }
