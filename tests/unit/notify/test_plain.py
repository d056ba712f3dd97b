"""Nothing in a name acts."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.notify.plain import harmless, in_markdown

ACTING = "`*[]<>&#~\\|!@_:/w.()\n\u202e"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("dev-web_1", "dev-web_1"),
        ("[x](http://example.com)", "\uff3bx\uff3d(http\uff1a//example.com)"),
        ("@all", "\uff20all"),
        ("</font>", "\uff1c/font\uff1e"),
        ("<!channel> &lt;", "\uff1c\uff01channel\uff1e \uff06lt;"),
        ("**b** `c` ~d~", "\uff0a\uff0ab\uff0a\uff0a \uff40c\uff40 \uff5ed\uff5e"),
        ("_i_ a_b", "\uff3fi\uff3f a_b"),
        ("WWW.example.com", "WWW\uff0eexample.com"),
        ("two\nlines", "two\uff3cu000alines"),
        ("\u6d4b\u8bd5", "\u6d4b\u8bd5"),
    ],
)
def test_it_looks_alike_and_means_nothing(name: str, shown: str) -> None:
    assert in_markdown(name) == shown


@pytest.mark.promise("S52")
@given(st.text(alphabet=st.one_of(st.sampled_from(ACTING), st.characters()), max_size=80))
def test_no_name_keeps_what_a_client_acts_upon(name: str) -> None:
    shown = in_markdown(name)

    assert not re.search(r"[`*\[\]<>&#~|!@\n\r]|://|\b(?i:www)\.", shown)
    assert shown.isprintable() or "\u3000" in shown
    assert not re.search(r"(^|\W)_|_(\W|$)", shown)


@given(st.text(max_size=80))
def test_no_name_calls_anybody_or_leads_anywhere(name: str) -> None:
    assert not re.search(r"[@<>\n]|://|\b(?i:www)\.", harmless(name))
