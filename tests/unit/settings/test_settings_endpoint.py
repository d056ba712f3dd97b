"""The endpoint in the settings: a scheme, a host, perhaps a port; plain http to loopback alone."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.base.errors import Refused
from shared.settings.settings import (
    is_loopback,
    read_settings,
)


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("https://ecs.example.com", "https://ecs.example.com"),
        ("https://ecs.example.com/", "https://ecs.example.com"),
        ("https://ECS.Example.com:8443", "https://ecs.example.com:8443"),
        ("ecs.example.com", "https://ecs.example.com"),
        ("ecs.example.com:8443", "https://ecs.example.com:8443"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.9.9.9", "http://127.9.9.9"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("HTTP://LOCALHOST:8080", "http://localhost:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("https://[2001:db8::1]", "https://[2001:db8::1]"),
        ("localhost:8080", "https://localhost:8080"),
        (" https://ecs.example.com ", "https://ecs.example.com"),
    ],
)
def test_an_endpoint_is_a_scheme_a_host_and_perhaps_a_port(text: str, endpoint: str) -> None:
    assert read_settings({"ECS_ENDPOINT": text}).endpoint == endpoint


@pytest.mark.parametrize(
    "text",
    [
        "https://",
        "https://:443",
        "http:///x",
        "ftp://ecs.example.com",
        "file:///etc/passwd",
        "https://user@ecs.example.com",
        "https://user:secret@ecs.example.com",
        "https://:secret@ecs.example.com",
        "https://ecs.example.com/path",
        "https://ecs.example.com?x=1",
        "https://ecs.example.com#x",
        "https://ecs.example.com:port",
        "https://ecs.example.com:99999",
        "https://ecs.example.com:0",
        "https://[::1",
        "https://[[]",
        "https://[]",
        "https://ecs example.com",
        "https://ecs.example.com\\x",
        "https://ecs.%65xample.com",
        "https://ecs.example.com:443:443",
        "https://ecs.example.com:+443",
        "https://ecs.example.com:4_3",
        "https://ecs.exam\nple.com",
        "https://ecs.\texample.com",
        "https://ecs.example.com//",
        "https://[::g]",
        "https://[127.0.0.1]",
        "https://2001:db8::1",
        "https://ecs.exämple.com",
    ],
)
def test_what_is_no_endpoint_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(Refused) as caught:
        read_settings({"ECS_ENDPOINT": text})

    assert str(caught.value) == (
        "ECS_ENDPOINT must be https://HOST[:PORT], or http://127.0.0.1:PORT"
    )


@pytest.mark.parametrize(
    "host",
    [
        "ecs.example.com",
        "10.0.0.1",
        "0.0.0.0",  # noqa: S104  # refused
        "127.0.0.1.example.com",
        "localhost.example.com",
        "localhost.",
        "2130706433",
        "[2001:db8::1]",
    ],
)
def test_plain_http_to_another_machine_is_refused(host: str) -> None:
    with pytest.raises(Refused) as caught:
        read_settings({"ECS_ENDPOINT": f"http://{host}:8080"})

    assert str(caught.value) == (
        f"ECS_ENDPOINT is plain http to {host.strip('[]')}; "
        "requests that leave this machine must use https"
    )


@given(st.text() | st.text("htps:/localhost127.0@[]#?", max_size=30))
@example("[[]")
def test_no_endpoint_raises_anything_but_a_refusal(text: str) -> None:
    try:
        endpoint = read_settings({"ECS_ENDPOINT": text}).endpoint
    except Refused:
        return
    parts = urlsplit(endpoint)
    assert parts.scheme in {"", "https"} or is_loopback(parts.hostname or "")


@pytest.mark.parametrize(
    ("host", "is_this_machine"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.255.255.254", True),
        ("::1", True),
        ("0.0.0.0", False),  # noqa: S104  # refused
        ("128.0.0.1", False),
        ("::2", False),
        ("", False),
        ("localhost.localdomain", False),
    ],
)
def test_loopback_is_told_by_the_address(
    host: str,
    is_this_machine: bool,  # noqa: FBT001  # a column of the table
) -> None:
    assert is_loopback(host) is is_this_machine
