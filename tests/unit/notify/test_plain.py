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
        ("[x](http://example.com)", "\uff3bx\uff3d(http\uff1a//example\uff0ecom)"),
        ("@all", "\uff20all"),
        ("</font>", "\uff1c/font\uff1e"),
        ("<!channel> &lt;", "\uff1c\uff01channel\uff1e \uff06lt;"),
        ("**b** `c` ~d~", "\uff0a\uff0ab\uff0a\uff0a \uff40c\uff40 \uff5ed\uff5e"),
        ("_i_ a_b", "\uff3fi\uff3f a_b"),
        ("WWW.example.com", "WWW\uff0eexample\uff0ecom"),
        ("two\nlines", "two\uff3cu000alines"),
        ("\u6d4b\u8bd5", "\u6d4b\u8bd5"),
    ],
)
def test_it_looks_alike_and_means_nothing(name: str, shown: str) -> None:
    assert in_markdown(name) == shown


@pytest.mark.promise("S52")
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("evil.example.com", "evil\uff0eexample\uff0ecom"),
        ("see evil.cn/x?y=1, now", "see evil\uff0ecn/x?y=1, now"),
        ("Evil.COM:8080", "Evil\uff0eCOM:8080"),
        ("e1.evil-2.co.uk", "e1\uff0eevil-2\uff0eco\uff0euk"),
        ("ecs.evil.com", "ecs\uff0eevil\uff0ecom"),
        ("ecs.com.large", "ecs\uff0ecom\uff0elarge"),
        ("x.xn--fiqs8s", "x\uff0exn--fiqs8s"),
        ("例子.中国", "例子\uff0e中国"),
        ("me@example.com", "me\uff20example\uff0ecom"),
        ("b\u00fccher.de", "b\u00fccher\uff0ede"),
        ("a..com", "a.\uff0ecom"),
        ("e\u0301.com", "e\u0301\uff0ecom"),
        ("under_.com", "under_\uff0ecom"),
    ],
)
def test_no_bare_domain_is_left(name: str, shown: str) -> None:
    assert harmless(name) == shown
    assert not DOMAIN.search(in_markdown(name))


@pytest.mark.parametrize(
    "name",
    [
        "i-bp1pebbem8vzoequadoc",
        "web-1.2.3",
        "v0.2.0",
        "192.0.2.1",
        "ecs.g7.large",
        "ecs.gn7i-c8g1.2xlarge is out of stock.",
        "Stopped. Then started...",
        "e.g. this",
        "2026-11-24T20:00:00.5+08:00",
        "curfew:keep-until 2026-12-01",
        "测试-1",
        ".env",
    ],
)
def test_what_can_be_no_domain_can_be_copied(name: str) -> None:
    assert harmless(name) == name


DOMAIN = re.compile(r"[^\W_]\.([^\W\d_]{2}|xn--)", re.IGNORECASE)
"""What any client can take for a domain: no top-level domain begins otherwise (RFC 3696, 2)."""


@given(
    st.text(st.sampled_from("ab1Z-.中_。/@"), max_size=20),
    st.sampled_from(["com", "cn", "xn--fiqs8s", "中国", "IO"]),
)
def test_no_name_with_a_top_level_domain_is_one(name: str, top: str) -> None:
    for shown in (harmless(f"{name}x.{top}"), in_markdown(f"{name}.{top} {name}")):
        assert not DOMAIN.search(shown)


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
