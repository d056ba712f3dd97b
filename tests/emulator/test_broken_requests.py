"""Requests that are not valid HTTP: 400, and a line on the screen instead of a traceback."""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from local.ecs.server import LocalEcs

PATIENCE_S = 50
"""Real seconds after which something hangs, however slow the machine is."""

HEAD = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"


@pytest.fixture(scope="module")
def server() -> Iterator[LocalEcs]:
    with LocalEcs() as running:
        yield running


def answer(server: LocalEcs, request: bytes) -> bytes:
    """What comes back for these bytes; the client stays until the end."""
    port = urlsplit(server.url).port or 0
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as opened:
        opened.sendall(request)
        with opened.makefile("rb") as reply:
            return reply.read()


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        pytest.param(
            b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", None, id="gzip-that-is-none"
        ),
        pytest.param(
            b"Content-Encoding: br\r\nContent-Length: 3\r\n\r\nabc", "brotli", id="unknown-encoding"
        ),
        pytest.param(b"Content-Length: x\r\n\r\n", "Content-Length", id="length"),
        pytest.param(b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", "chunk size", id="chunk"),
    ],
)
def test_a_broken_request_is_answered_400(
    server: LocalEcs, rest: bytes, said: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    reply = answer(server, HEAD + rest)

    assert reply.split(b"\r\n")[0].split(b" ", 1)[1] == b"400 Bad Request"
    lines = [record.getMessage() for record in caplog.records]
    assert [record.exc_info for record in caplog.records] == [None] * len(lines)
    assert len(lines) == (1 if said else 0)
    assert all("not valid HTTP" in line and said and said in line for line in lines)


def test_a_client_that_leaves_midway_is_not_worth_a_line(
    server: LocalEcs, caplog: pytest.LogCaptureFixture
) -> None:
    port = urlsplit(server.url).port or 0
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as opened:
        opened.sendall(HEAD + b"Content-Length: 10\r\n\r\nabc")

    assert answer(server, b"GET /_local/clock HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
    assert caplog.records == []
