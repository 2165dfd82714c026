"""How values are written, beside what other readers of the same standards say."""

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from einvoice.model.lexical import trim

_NORMALIZED = etree.XPath("normalize-space($text)")
_TEXTS = st.text(st.sampled_from(" \t\r\nab.ä\u00a0\u2028\u200b\U0001f4a9") | st.characters(codec="utf-8"))


@given(_TEXTS)
def test_a_trimmed_text_is_what_xpath_normalizes(text: str) -> None:
    try:
        expected = _NORMALIZED(etree.Element("a"), text=text)
    except ValueError:  # no XML can hold it
        return
    assert trim(text) == expected
