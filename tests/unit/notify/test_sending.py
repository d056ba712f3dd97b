"""Sending a notice over a socket: who is trusted, how long it takes, what is believed."""

from __future__ import annotations

import gzip
import socket
import ssl
import time
import zlib
from collections.abc import Mapping
from pathlib import Path
from threading import Event

import pytest

from shared.base.errors import Refused
from shared.notify.notices import NotTold
from shared.notify.outgoing import Answer, posted
from shared.notify.sending import poster
from tests.harness.certificates import Authority
from tests.harness.servers import Answerer, http, listening, saying, stalling, tunnelling

BODY = b'{"text":"x"}'
LARGE = b"x" * 9_000_000
"""More than fits between two programs that do not read."""

SLOWLY_S = 0.4


def post(url: str, environ: Mapping[str, str] | None = None, timeout_s: float = 3) -> Answer:
    """What a channel answers; why it does not is raised."""
    return poster(environ or {})(posted(url, BODY, **{"X-Curfew-Signature": "t=1"}), timeout_s)


def why_not(url: str, environ: Mapping[str, str] | None = None, timeout_s: float = 3) -> str:
    """Why a channel was not told."""
    with pytest.raises(NotTold) as caught:
        post(url, environ, timeout_s)
    assert caught.value.__context__ is None
    return str(caught.value)


def test_it_is_one_post_with_its_headers() -> None:
    with listening(saying(http(b"ok"))) as server:
        answer = post(f"http://127.0.0.1:{server.port}/services/a?b=c")

    (received,) = server.received
    assert answer == Answer(200, b"ok")
    assert received.startswith(b"POST /services/a?b=c HTTP/1.1\r\n")
    assert b"\r\nX-Curfew-Signature: t=1\r\n" in received
    assert received.endswith(b"\r\n\r\n" + BODY)


def test_a_redirect_is_told_and_not_followed() -> None:
    with listening(saying(http(b"ok"))) as other:
        there = b"Location: http://127.0.0.1:%d/" % other.port
        with listening(saying(http(b"", there, status=b"302 Found"))) as server:
            problem = why_not(f"http://127.0.0.1:{server.port}/x")

    assert problem == "it returned a redirect (HTTP 302), which is not followed"
    assert other.received == []


def dripping() -> Answerer:
    """An answer without an end."""

    def answer(connection, over):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202  # an Answerer
        saying(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")(connection, over)
        while not over.wait(0.001):
            connection.sendall(b"x" * 1_000)

    return answer


@pytest.mark.parametrize(
    ("answerer", "problem"),
    [
        (stalling(), "no response in time"),
        (stalling(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"), "no response in time"),
        (saying(b""), "the connection broke"),
        (
            saying(b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"errcode":0}'),
            "the connection broke",
        ),
        (saying(b"SSH-2.0\r\n"), "a response that is not HTTP"),
    ],
    ids=["silent", "half", "closed", "cut", "other"],
)
def test_no_answer_is_waited_for_longer_than_allowed(answerer: Answerer, problem: str) -> None:
    with listening(answerer) as server:
        begun = time.monotonic()
        assert why_not(f"http://127.0.0.1:{server.port}/x", timeout_s=0.6) == problem
        assert time.monotonic() - begun < 3


class Slow:
    """A server's TLS that takes its time."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context

    def wrap_socket(self, connection: socket.socket, *, server_side: bool) -> ssl.SSLSocket:
        time.sleep(SLOWLY_S)
        return self._context.wrap_socket(connection, server_side=server_side)


def slow(connection: socket.socket, _: Event) -> None:
    """Reads late, and answers late."""
    time.sleep(SLOWLY_S)
    received = 0
    while received < len(LARGE) and (got := connection.recv(1 << 20)):
        received += len(got)
    time.sleep(SLOWLY_S)
    connection.sendall(http(b"ok"))


@pytest.mark.parametrize("host", ["127.0.0.1", "ops.example.com"], ids=["directly", "by-proxy"])
def test_connecting_sending_and_the_answer_share_the_time(tmp_path: Path, host: str) -> None:
    """Each of them is within half of it, and all together are not."""
    authority = Authority(tmp_path)
    context = Slow(authority.server(host))
    with (
        listening(slow, context) as server,  # type: ignore[arg-type]  # all that is used
        listening(tunnelling(server.port)) as proxy,
    ):
        environ = {
            "ALIBABA_CLOUD_CA_BUNDLE": str(authority.bundle),
            "HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}",
        }
        outgoing = posted(f"https://{host}:{server.port}/x", LARGE)
        with pytest.raises(NotTold):
            poster(environ)(outgoing, 2.5 * SLOWLY_S)


def test_an_answer_without_an_end_ends() -> None:
    with listening(dripping()) as server:
        begun = time.monotonic()
        answer = post(f"http://127.0.0.1:{server.port}/x", timeout_s=2)
        assert len(answer.body) == 65_536
        assert time.monotonic() - begun < 2.5


def test_nobody_listens() -> None:
    with listening(saying(b"")) as server:
        port = server.port
    assert why_not(f"http://127.0.0.1:{port}/x") == "no connection"


@pytest.mark.promise("S49")
def test_by_tls_only_who_is_proved_gets_the_message(tmp_path: Path) -> None:
    trusted, other = Authority(tmp_path, "trusted"), Authority(tmp_path, "other")
    environ = {
        "ALIBABA_CLOUD_CA_BUNDLE": str(trusted.bundle),
        "SSL_CERT_FILE": str(other.bundle),
        "PYTHONHTTPSVERIFY": "0",
    }
    with listening(saying(http(b"ok")), trusted.server("127.0.0.1")) as server:
        assert post(f"https://127.0.0.1:{server.port}/x", environ) == Answer(200, b"ok")
    for context in (other.server("127.0.0.1"), trusted.server("example.com")):
        with listening(saying(http(b"ok")), context) as server:
            problem = why_not(f"https://127.0.0.1:{server.port}/x", environ)
        assert problem.startswith("no secure connection: ")
        assert list(map(bytes, server.received)) == [b""]


@pytest.mark.promise("S46")
@pytest.mark.parametrize("host", ["LocalHost", "127.0.0.1"])
def test_a_certificate_of_another_is_told_without_the_name_of_the_host(
    host: str, tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    with listening(saying(http(b"ok")), authority.server("example.com")) as server:
        environ = {"ALIBABA_CLOUD_CA_BUNDLE": str(authority.bundle)}
        problem = why_not(f"https://{host}:{server.port}/x", environ)

    assert problem.endswith(" mismatch, certificate is not valid for its host")


@pytest.mark.promise("S49")
def test_a_bundle_that_is_none_is_no_way_to_trust_everybody(tmp_path: Path) -> None:
    context = Authority(tmp_path).server("127.0.0.1")
    with listening(saying(http(b"ok")), context) as server:
        url = f"https://127.0.0.1:{server.port}/x"
        assert "there is no such file" in why_not(url, {"ALIBABA_CLOUD_CA_BUNDLE": "/absent"})
        assert why_not(url, {"ALIBABA_CLOUD_CA_BUNDLE": ""}).startswith("no secure connection: ")
    assert b"".join(map(bytes, server.received)) == b""


@pytest.mark.promise("S50")
def test_a_proxy_sees_a_tunnel_and_no_address() -> None:
    with listening(tunnelling(9, b"HTTP/1.1 403 No\r\n\r\n")) as proxy:
        problem = why_not(
            "https://ops.example.com/MARKED", {"HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}"}
        )

    assert problem == "the proxy refuses: HTTP 403"
    assert b"CONNECT ops.example.com:443" in proxy.received[0]
    assert b"MARKED" not in proxy.received[0]


def test_a_channel_on_this_machine_needs_no_proxy() -> None:
    with listening(saying(http(b"ok"))) as server:
        answer = post(f"http://localhost:{server.port}/x", {"HTTPS_PROXY": "http://127.0.0.1:9"})

    assert answer == Answer(200, b"ok")


def test_nor_does_one_that_is_reached_by_tls(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    environ = {
        "ALIBABA_CLOUD_CA_BUNDLE": str(authority.bundle),
        "HTTPS_PROXY": "http://127.0.0.1:9",
    }
    with listening(saying(http(b"ok")), authority.server("127.0.0.1")) as server:
        assert post(f"https://127.0.0.1:{server.port}/x", environ) == Answer(200, b"ok")


@pytest.mark.parametrize(
    ("host", "no_proxy", "proxy"),
    [
        ("127.0.0.1:9", "", None),
        ("ops.example.com", "", "http://127.0.0.1:9"),
        ("ops.example.com", "example.com", None),
    ],
)
def test_half_of_the_time_is_for_connecting_by_the_proxy_that_counts(
    host: str, no_proxy: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Mapping[str, object]] = []

    def exchange(*_: object, **options: object) -> None:
        asked.append(options)
        raise OSError

    monkeypatch.setattr("shared.notify.sending.Adapter.exchange", exchange)
    environ = {"HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": no_proxy}

    why_not(f"https://{host}/x", environ, timeout_s=3)

    assert asked == [{"timeouts_s": (1.5, 1.5), "proxies": {"http": None, "https": proxy}}]


def test_what_has_no_content_is_whole_whatever_length_it_states() -> None:
    with listening(saying(b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n")) as server:
        assert post(f"http://127.0.0.1:{server.port}/x") == Answer(204, b"")


@pytest.mark.parametrize("coding", [b"gzip", b"deflate"])
def test_what_is_compressed_unasked_is_read(coding: bytes) -> None:
    packed = (gzip.compress if coding == b"gzip" else zlib.compress)(b'{"errcode":0}')
    with listening(saying(http(packed, b"Content-Encoding: " + coding))) as server:
        assert post(f"http://127.0.0.1:{server.port}/x") == Answer(200, b'{"errcode":0}')


def test_it_says_who_it_is_and_wants_no_compression() -> None:
    with listening(saying(http(b"ok"))) as server:
        post(f"http://127.0.0.1:{server.port}/x")

    assert b"\r\nUser-Agent: Curfew\r\n" in server.received[0]
    assert b"\r\nAccept-Encoding: identity\r\n" in server.received[0]


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (OSError("read timed out"), "no response in time"),
        (OSError("MARKED reset by peer"), "the connection broke"),
        (RuntimeError("MARKED"), "the connection broke"),
    ],
)
def test_whatever_breaks_on_the_way_is_said_without_its_words(
    error: Exception, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("shared.notify.sending.Adapter.exchange", fail)

    assert why_not("http://127.0.0.1:9/MARKED") == problem


def test_a_proxy_that_cannot_be_read_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(Refused, match="HTTPS_PROXY"):
        poster({"HTTPS_PROXY": "https://proxy.example.com"})
