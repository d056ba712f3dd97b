"""The operator's proxy: how it is stated, and what is said to it on a real socket."""

from __future__ import annotations

import base64
import socket
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.base.errors import Refused
from shared.ecs.transport import NoResponse
from shared.settings.proxy import Proxy, read_proxy
from shared.settings.settings import read_settings
from tests.harness.certificates import Authority
from tests.harness.servers import (
    ANSWER,
    asked,
    failure_of,
    listening,
    saying,
    stalling,
    tunnelling,
)

FORM = (
    "HTTPS_PROXY must be http://HOST:PORT or http://USER:PASSWORD@HOST:PORT, with every character "
    "of USER and PASSWORD that is not a letter or digit percent-encoded:"
    " %23 for #, %2F for /, %40 for @"
)
HOST = "ecs.cn-test.example"


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize(
    ("text", "proxy"),
    [
        ("", Proxy()),
        ("  ", Proxy()),
        ("http://proxy:3128", Proxy("http://proxy:3128")),
        (" http://Proxy.Example:3128/ ", Proxy("http://proxy.example:3128")),
        ("HTTP://10.0.0.1", Proxy("http://10.0.0.1")),
        ("http://[2001:DB8::1]:3128", Proxy("http://[2001:db8::1]:3128")),
        ("http://u:p@proxy:3128", Proxy("http://proxy:3128", basic("u", "p"))),
        ("http://u@proxy:3128", Proxy("http://proxy:3128", basic("u", ""))),
        ("http://:p@proxy:3128", Proxy("http://proxy:3128", basic("", "p"))),
        ("http://u:p:q@proxy:3128", Proxy("http://proxy:3128", basic("u", "p:q"))),
        (
            "http://u%40corp:p%23%2F%3a%25%E5%AF%86@proxy:3128",
            Proxy("http://proxy:3128", basic("u@corp", "p#/:%密")),
        ),
        (
            "http://u:p$&+,;=~!*'()@proxy:3128",
            Proxy("http://proxy:3128", basic("u", "p$&+,;=~!*'()")),
        ),
    ],
)
def test_a_proxy_is_http_with_a_host_and_perhaps_a_user(text: str, proxy: Proxy) -> None:
    assert read_proxy({"HTTPS_PROXY": text}) == proxy


@pytest.mark.promise("S50")
@pytest.mark.parametrize(
    "text",
    [
        "proxy",
        "proxy:3128",
        "u:MARKED@proxy:3128",
        "//proxy:3128",
        "socks5://u:MARKED@proxy:1080",
        "ftp://proxy:3128",
        "http://",
        "http://:3128",
        "http://@proxy:3128",
        "http://u:MARKED@",
        "http://u:MARKED@:3128",
        "http://u:MARKED#x@proxy:3128",
        "http://u:MARKED/x@proxy:3128",
        "http://u:12/MARKED@proxy:3128",
        "http://u:MARKED?x@proxy:3128",
        "http://u:MARKED@x@proxy:3128",
        "http://u:MARKED%@proxy:3128",
        "http://u:MARKED%zz@proxy:3128",
        "http://u%3Av:MARKED@proxy:3128",
        "http://u:MARKED x@proxy:3128",
        "http://u:MARKED\tx@proxy:3128",
        "http://u:MARKED\nx@proxy:3128",
        "http://u:MARKED密@proxy:3128",
        "http://u:MARKED@pro xy:3128",
        "http://u:MARKED@proxy:port",
        "http://u:MARKED@proxy:",
        "http://u:MARKED@proxy:0",
        "http://u:MARKED@proxy:65536",
        "http://u:MARKED@proxy:+80",
        "http://u:MARKED@proxy:8_0",
        "http://u:MARKED@proxy:٣",
        "http://u:MARKED@proxy:80:80",
        "http://u:MARKED@proxy:3128/path",
        "http://u:MARKED@proxy:3128?x=1",
        "http://u:MARKED@proxy:3128#x",
        "http://u:MARKED@proxy\\x:3128",
        "http://u:MARKED@[::1",
        "http://u:MARKED@[]:3128",
        "http://u:MARKED@[::g]:3128",
        "http://u:MARKED@[1.2.3.4]:3128",
        "http://u:MARKED@::1:3128",
        "http:/proxy:3128",
    ],
)
def test_what_is_no_proxy_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(Refused) as caught:
        read_settings({"HTTPS_PROXY": text})

    assert str(caught.value) == FORM


@pytest.mark.promise("S50")
@pytest.mark.parametrize("text", ["https://proxy:443", "https://u:MARKED@proxy", "HTTPS://proxy"])
def test_a_proxy_by_https_is_refused_as_it_would_be_spoken_to_in_the_clear(text: str) -> None:
    with pytest.raises(Refused) as caught:
        read_settings({"HTTPS_PROXY": text})

    assert str(caught.value) == (
        "HTTPS_PROXY is an https:// address, but the proxy is asked for a tunnel in plain http, "
        "password included; use its http:// address if the network up to it is trusted"
    )


@given(st.text() | st.text("htps:/proxy127.0@[]#?%", max_size=30))
def test_no_proxy_raises_anything_but_a_refusal(text: str) -> None:
    try:
        proxy = read_proxy({"HTTPS_PROXY": text})
    except Refused:
        return
    assert proxy.url == "" or proxy.url.startswith("http://")


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({"HTTPS_PROXY": "http://big:1"}, "http://big:1"),
        ({"https_proxy": "http://small:1"}, "http://small:1"),
        ({"HTTPS_PROXY": "http://big:1", "https_proxy": "http://small:1"}, "http://big:1"),
        ({"HTTPS_PROXY": " ", "https_proxy": "http://small:1"}, "http://small:1"),
        ({"HTTP_PROXY": "http://x:1", "ALL_PROXY": "http://x:1", "all_proxy": "http://x:1"}, ""),
        ({"Https_Proxy": "http://x:1"}, ""),
    ],
)
def test_only_https_proxy_counts_capitals_first(environ: Mapping[str, str], url: str) -> None:
    assert read_proxy(environ).url == url


@pytest.mark.parametrize(
    ("exceptions", "host", "is_direct"),
    [
        ("", HOST, False),
        ("*", HOST, True),
        (HOST, HOST, True),
        ("ECS.cn-test.Example", HOST, True),
        ("example", HOST, True),
        (".example", HOST, True),
        ("*.example", HOST, True),
        ("cn-test.example", HOST, True),
        ("test.example", HOST, False),
        ("ecs.cn-test.example.com", HOST, False),
        ("localhost, 127.0.0.1,.cn-test.example", HOST, True),
        ("localhost  cn-test.example", HOST, True),
        (",, .,", HOST, False),
        ("10.0.0.0/8", "10.0.0.1", False),
        ("10.0.0.1", "10.0.0.1", True),
        (f"{HOST}:443", HOST, True),
        (".example:443", HOST, True),
        (f"{HOST}:8443", HOST, False),
    ],
)
def test_no_proxy_names_hosts_and_domains(exceptions: str, host: str, is_direct: bool) -> None:  # noqa: FBT001  # a column of the table
    for variable in ("NO_PROXY", "no_proxy"):
        proxy = read_proxy({"HTTPS_PROXY": "http://proxy:1", variable: exceptions})

        assert proxy.url_for(host) == ("" if is_direct else "http://proxy:1")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("proxy"))


def environment(proxy: str, bundle: Path, **other: str) -> dict[str, str]:
    return {
        "ALIBABA_CLOUD_CA_BUNDLE": str(bundle),
        "ECS_ENDPOINT": f"https://{HOST}",
        "HTTPS_PROXY": proxy,
        **other,
    }


def test_user_and_password_are_sent_decoded_and_to_the_proxy_alone(authority: Authority) -> None:
    with (
        listening(saying(ANSWER), authority.server(HOST)) as server,
        listening(tunnelling(server.port)) as proxy,
    ):
        url = f"http://u%40corp:p%23%2F%E5%AF%86@127.0.0.1:{proxy.port}"
        answer = asked(read_settings(environment(url, authority.bundle)))

    assert answer == {"RequestId": "1"}
    (head,) = proxy.received[0].split(b"\r\n\r\n")[:1]
    assert f"Proxy-Authorization: {basic('u@corp', 'p#/密')}".encode() in head.split(b"\r\n")
    assert b"Proxy-Authorization" not in server.received[0]


def test_without_user_and_password_none_are_sent(authority: Authority) -> None:
    with (
        listening(saying(ANSWER), authority.server(HOST)) as server,
        listening(tunnelling(server.port)) as proxy,
    ):
        url = f"http://127.0.0.1:{proxy.port}"
        asked(read_settings(environment(url, authority.bundle)))

    assert b"Proxy-Authorization" not in proxy.received[0]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "the proxy refuses: HTTP 407"),
        (b"HTTP/1.1 502 Bad Gateway\r\nX: MARKED\r\n\r\n<html>", "the proxy refuses: HTTP 502"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://evil/\r\n\r\n", "the proxy refuses: HTTP 302"),
        (b"HTTP/1.1 103 Early\r\n\r\n", "the proxy refuses: HTTP 103"),
        (b"HTTP/1.1 2x0 Odd\r\n\r\n", "the proxy: the connection broke"),
        (b"", "the proxy: the connection broke"),
        (b"\x15\x03\x01\x00\x02", "the proxy: the connection broke"),
        (b"HTTP/1.1 200 " + b"x" * 70_000, "the proxy: the connection broke"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000, "the proxy: the connection broke"),
    ],
    ids=["407", "502", "302", "103", "2x0", "nothing", "tls", "endless-line", "endless-header"],
)
def test_a_proxy_that_makes_no_tunnel_gets_no_request(answer: bytes, reason: str) -> None:
    with listening(saying(answer)) as proxy:
        settings = read_settings(
            {"ECS_ENDPOINT": f"https://{HOST}", "HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}"}
        )

        with pytest.raises(NoResponse) as caught:
            asked(settings)

    assert (caught.value.reason, caught.value.unresolved) == (reason, False)
    assert b"MARKED" not in proxy.received[0]
    assert proxy.received[0].count(b"\r\n\r\n") == 1


def test_a_proxy_without_end_is_left() -> None:
    """Python 3.12 counts its headers, before that only their bytes are counted."""
    with listening(saying(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 2_000_000)) as proxy:
        failure = failure_of(
            read_settings(
                {"ECS_ENDPOINT": f"https://{HOST}", "HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}"}
            )
        )

    assert failure.reason in {
        "the proxy: a response of more than 8 MiB",
        "the proxy: the connection broke",
    }


def test_a_proxy_that_says_nothing_is_waited_for_as_long_as_for_a_connection() -> None:
    with listening(stalling()) as proxy:
        settings = read_settings(
            {"ECS_ENDPOINT": f"https://{HOST}", "HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}"}
        )

        failure = failure_of(settings, timeout_s=4)

    assert failure.reason == "the proxy: no response in time"


def test_a_proxy_that_is_not_there_is_named(free_port: int) -> None:
    settings = read_settings(
        {"ECS_ENDPOINT": f"https://{HOST}", "HTTPS_PROXY": f"http://u:MARKED@127.0.0.1:{free_port}"}
    )

    with pytest.raises(NoResponse, match=r"^the proxy: no connection$"):
        asked(settings)


def test_a_proxy_without_an_address_says_nothing_of_ecs_host(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    settings = read_settings({"HTTPS_PROXY": "http://proxy.invalid:3128"})

    with pytest.raises(NoResponse) as caught:
        asked(settings)

    assert (caught.value.reason, caught.value.unresolved) == (
        "the proxy: the host name could not be resolved",
        False,
    )


def test_an_exception_is_reached_directly(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        listening(saying(ANSWER), authority.server(HOST)) as server,
        listening(saying()) as proxy,
    ):
        address = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port))
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [address])
        environ = environment(
            f"http://127.0.0.1:{proxy.port}", authority.bundle, NO_PROXY=".cn-test.example"
        )

        answer = asked(read_settings(environ))

    assert (answer, proxy.received) == ({"RequestId": "1"}, [])


@pytest.fixture
def free_port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port
