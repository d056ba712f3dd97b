"""Answers as no ECS sends them, on a real socket: each is ECS's word, or typed as none of it."""

from __future__ import annotations

import gzip
import socket
import threading
import traceback
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from shared.ecs.total_timeout import MAX_BYTES
from shared.ecs.transport import ErrorResponse, NoResponse
from shared.settings.settings import Settings
from tests.harness.servers import (
    ANSWER,
    BODY,
    HIDDEN,
    Answerer,
    asked,
    connected,
    failure_of,
    http,
    listening,
    request_from,
    saying,
)

BROKE = "the connection broke"
NOT_HTTP = "a response that is not HTTP"
LENGTH = "a response of unclear length"
TOO_LONG = "a response of more than 8 MiB"
OK = b"HTTP/1.1 200 OK\r\n"


def chunked(*chunks: bytes, more: bytes = b"") -> bytes:
    """An answer in chunks, as they stand."""
    return OK + b"Transfer-Encoding: chunked\r\n" + more + b"\r\n" + b"".join(chunks)


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def headed(*headers: bytes, body: bytes = BODY) -> bytes:
    return OK + b"".join(one + b"\r\n" for one in headers) + b"\r\n" + body


def deflated(body: bytes) -> bytes:
    return zlib.compress(body)


BOMB = gzip.compress(bytes(MAX_BYTES * 20), 9)
N = b"Content-Length: %d" % len(BODY)

READ: Mapping[str, bytes] = {
    "as-usual": ANSWER,
    "no-length": OK + b"\r\n" + BODY,
    "no-reason": b"HTTP/1.1 200\r\n" + N + b"\r\n\r\n" + BODY,
    "http-1.0": b"HTTP/1.0 200 OK\r\n" + N + b"\r\n\r\n" + BODY,
    "line-feeds-alone": ANSWER.replace(b"\r\n", b"\n"),
    "the-same-length-twice": headed(N, N),
    "length-with-blanks": headed(b"Content-Length:    %d  " % len(BODY)),
    "in-chunks": chunked(chunk(BODY[:5]), chunk(BODY[5:]), b"0\r\n\r\n"),
    "chunks-with-extensions": chunked(b"12;x=y\r\n" + BODY + b"\r\n", b"0;z\r\n\r\n"),
    "chunks-with-a-trailer": chunked(chunk(BODY), b"0\r\nX-Trailer: 1\r\n\r\n"),
    "chunk-sizes-with-zeros": chunked(b"0012\r\n" + BODY + b"\r\n", b"000\r\n\r\n"),
    "continue-first": b"HTTP/1.1 100 Continue\r\nX: y\r\n\r\n" + ANSWER,
    "early-hints-first": b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 3 + ANSWER,
    "processing-first": b"HTTP/1.1 102 Processing\r\n\r\n" + ANSWER,
    "gzip": http(gzip.compress(BODY), b"Content-Encoding: gzip"),
    "x-gzip": http(gzip.compress(BODY), b"Content-Encoding: X-GZip"),
    "deflate": http(deflated(BODY), b"Content-Encoding: deflate"),
    "identity": http(BODY, b"Content-Encoding: identity"),
    "gzip-in-chunks": chunked(
        chunk(gzip.compress(BODY)), b"0\r\n\r\n", more=b"Content-Encoding: gzip\r\n"
    ),
    "odd-headers": headed(N, b"X-\xff\xfe: \x80\x00\x1b[31m", b": empty", b"no colon", b"X:"),
    "folded-header": headed(N, b"X-Folded: a\r\n b"),
    "cookies": headed(N, b"Set-Cookie: " + b"a=" * 20_000, b"Set-Cookie: =;;=; expires=\xff"),
    "ninety-headers": headed(N, *(b"X-%d: y" % n for n in range(90))),
    "retry-after": headed(N, b"Retry-After: 99999"),
}


@pytest.mark.parametrize("name", READ)
def test_what_http_allows_is_read(name: str) -> None:
    with listening(saying(READ[name])) as server:
        answer = asked(Settings(endpoint=f"http://127.0.0.1:{server.port}"))

    assert (answer, server.requests) == ({"RequestId": "1"}, 1)


NOT_READ: Mapping[str, tuple[bytes, str]] = {
    "nothing": (b"", BROKE),
    "not-http": (b"SSH-2.0-OpenSSH_9.2\r\n", NOT_HTTP),
    "tls": (b"\x15\x03\x01\x00\x02\x02\x46\r\n", NOT_HTTP),
    "http-0.9": (BODY, NOT_HTTP),
    "http-2": (ANSWER.replace(b"HTTP/1.1", b"HTTP/2.0"), NOT_HTTP),
    "status-of-letters": (b"HTTP/1.1 abc OK\r\n\r\n", NOT_HTTP),
    "no-status": (b"HTTP/1.1\r\n\r\n", NOT_HTTP),
    "negative-status": (b"HTTP/1.1 -20 OK\r\n\r\n", NOT_HTTP),
    "status-of-four-digits": (b"HTTP/1.1 2000 OK\r\n\r\n", NOT_HTTP),
    "status-99": (b"HTTP/1.1 99 OK\r\n\r\n", NOT_HTTP),
    "long-status-line": (b"HTTP/1.1 200 " + b"x" * 70_000, NOT_HTTP),
    "long-header": (headed(N, b"X: " + b"y" * 70_000), NOT_HTTP),
    "too-many-headers": (headed(N, *(b"X-%d: y" % n for n in range(120))), NOT_HTTP),
    "another-protocol": (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", NOT_HTTP),
    "cut-in-the-headers": (b"HTTP/1.1 200 OK\r\nContent-Le", "HTTP 200 without a JSON object"),
    "cut-in-the-body": (headed(b"Content-Length: 100"), BROKE),
    "two-lengths": (headed(N, b"Content-Length: 5"), LENGTH),
    "two-lengths-in-one": (headed(b"Content-Length: 18, 18"), LENGTH),
    "negative-length": (headed(b"Content-Length: -1"), LENGTH),
    "length-with-sign": (headed(b"Content-Length: +18"), LENGTH),
    "length-in-hex": (headed(b"Content-Length: 0x12"), LENGTH),
    "length-with-underscore": (headed(b"Content-Length: 1_8"), LENGTH),
    "empty-length": (headed(b"Content-Length:"), LENGTH),
    "length-of-500-digits": (headed(b"Content-Length: " + b"9" * 500), LENGTH),
    "huge-length": (headed(b"Content-Length: 999999999999999"), TOO_LONG),
    "length-and-chunks": (chunked(chunk(BODY), b"0\r\n\r\n", more=N + b"\r\n"), LENGTH),
    "unknown-transfer": (headed(b"Transfer-Encoding: gzip, chunked"), LENGTH),
    "transfer-twice": (
        headed(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"),
        LENGTH,
    ),
    "negative-chunk": (chunked(b"-1\r\n" + BODY), LENGTH),
    "very-negative-chunk": (chunked(b"-ffffff\r\n" + BODY), LENGTH),
    "chunk-with-sign": (chunked(b"+12\r\n" + BODY), LENGTH),
    "chunk-with-underscore": (chunked(b"1_2\r\n" + BODY), LENGTH),
    "chunk-of-no-size": (chunked(b"\r\n" + BODY), LENGTH),
    "chunk-of-no-hex": (chunked(b"xyz\r\n" + BODY), LENGTH),
    "huge-chunk": (chunked(b"fffffffffff\r\n" + BODY), TOO_LONG),
    "chunk-size-of-100-digits": (chunked(b"f" * 100 + b"\r\n" + BODY), LENGTH),
    "long-chunk-line": (chunked(b"12;" + b"x" * 70_000 + b"\r\n"), LENGTH),
    "cut-in-a-chunk": (chunked(b"fff\r\n" + BODY), BROKE),
    "no-last-chunk": (chunked(chunk(BODY)), LENGTH),
    "gzip-that-is-none": (
        http(BODY, b"Content-Encoding: gzip"),
        "a response that cannot be decompressed",
    ),
    "gzip-cut-off": (
        http(gzip.compress(BODY)[:-9], b"Content-Encoding: gzip"),
        "a response that cannot be decompressed",
    ),
    "deflate-that-is-gzip": (
        http(gzip.compress(BODY), b"Content-Encoding: deflate"),
        "a response that cannot be decompressed",
    ),
    "gzip-bomb": (http(BOMB, b"Content-Encoding: gzip"), TOO_LONG),
    "bomb-in-a-bomb": (
        http(gzip.compress(BOMB), b"Content-Encoding: gzip, gzip"),
        "a response in an unknown encoding",
    ),
    "unknown-coding": (http(BODY, b"Content-Encoding: br"), "a response in an unknown encoding"),
    "odd-coding": (http(BODY, b"Content-Encoding: \xff"), "a response in an unknown encoding"),
    "no-content": (b"HTTP/1.1 204 No Content\r\n\r\n", "HTTP 204 without a JSON object"),
    "redirect": (
        http(BODY, b"Location: /", status=b"302 Found"),
        "HTTP 302, which ECS never returns",
    ),
    "not-modified": (http(b"", status=b"304 Not Modified"), "HTTP 304, which ECS never returns"),
    "status-600": (http(BODY, status=b"600 Odd"), "HTTP 600, which ECS never returns"),
    "status-999": (http(BODY, status=b"999 Odd"), "HTTP 999, which ECS never returns"),
}


@pytest.mark.parametrize("name", NOT_READ)
def test_what_is_no_answer_of_ecs_says_why_in_few_words(name: str) -> None:
    said, reason = NOT_READ[name]
    with listening(saying(said)) as server, pytest.raises(NoResponse) as caught:
        asked(Settings(endpoint=f"http://127.0.0.1:{server.port}"))

    assert (caught.value.reason, caught.value.unresolved) == (reason, False)
    assert server.requests == 1
    told = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
    assert caught.value.__context__ is caught.value.__cause__ is None
    assert not any(secret in told for secret in ("MARKED", "Signature", "AccessKeyId"))


@pytest.mark.parametrize("status", [b"301 M", b"302 F", b"303 S", b"307 T", b"308 P", b"300 C"])
@pytest.mark.parametrize("where", ["http://127.0.0.1:{}/", "//127.0.0.1:{}/x", "http://[", "\xff"])
def test_a_redirect_is_followed_nowhere(status: bytes, where: str) -> None:
    with listening(saying(ANSWER)) as other:
        location = b"Location: " + where.format(other.port).encode("latin-1")
        with listening(saying(http(BODY, location, status=status), ANSWER)) as server:
            failure = failure_of(Settings(endpoint=f"http://127.0.0.1:{server.port}"))

    assert failure.reason == f"HTTP {status[:3].decode()}, which ECS never returns"
    assert (server.requests, other.received) == (1, [])


def endless(head: bytes, again: bytes) -> Answerer:
    """Goes on until the client has had enough."""

    def answer(connection: socket.socket, over: threading.Event) -> None:
        request_from(connection)
        connection.sendall(head)
        while not over.is_set():
            connection.sendall(again * (1 + 65536 // len(again)))

    return answer


@pytest.mark.parametrize(
    "answerer",
    [
        pytest.param(endless(OK + b"\r\n", b" "), id="body"),
        pytest.param(endless(chunked(), chunk(b" " * 1000)), id="chunks"),
        pytest.param(endless(chunked(), chunk(b" ")), id="small-chunks"),
        pytest.param(endless(chunked(chunk(BODY), b"0\r\n"), b"X: y\r\n"), id="trailer"),
        pytest.param(endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), id="continue"),
        pytest.param(endless(b"", b"HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n"), id="hints"),
    ],
)
def test_an_answer_without_end_is_read_no_further_than_it_may_be(
    monkeypatch: pytest.MonkeyPatch, answerer: Answerer
) -> None:
    monkeypatch.setattr("shared.ecs.total_timeout.MAX_BYTES", 1 << 20)
    with listening(answerer) as server, pytest.raises(NoResponse) as caught:
        asked(Settings(endpoint=f"http://127.0.0.1:{server.port}"), timeout_s=60)

    assert caught.value.reason == "a response of more than 1 MiB"


@pytest.mark.parametrize(("spare", "is_read"), [(0, True), (1, False)])
def test_an_answer_may_have_eight_mebibytes(spare: int, is_read: bool) -> None:  # noqa: FBT001  # a column of the table
    empty = http(b'{"a":""}' + b" " * 7_000_000)
    filling = MAX_BYTES - len(empty) + spare
    with listening(saying(http(b'{"a":"%s"}' % (b"x" * filling) + b" " * 7_000_000))) as server:
        settings = Settings(endpoint=f"http://127.0.0.1:{server.port}")
        if is_read:
            assert asked(settings, 60) == {"a": "x" * filling}
            return
        with pytest.raises(NoResponse, match=TOO_LONG):
            asked(settings, 60)


@pytest.mark.parametrize(("size", "is_read"), [(MAX_BYTES, True), (MAX_BYTES + 1, False)])
def test_a_packed_answer_may_have_as_much_when_it_is_unpacked(size: int, is_read: bool) -> None:  # noqa: FBT001  # a column of the table
    body = b'{"a":1}' + b" " * (size - 7)
    with listening(saying(http(gzip.compress(body), b"Content-Encoding: gzip"))) as server:
        settings = Settings(endpoint=f"http://127.0.0.1:{server.port}")
        if is_read:
            assert asked(settings, 60) == {"a": 1}
            return
        with pytest.raises(NoResponse, match=TOO_LONG):
            asked(settings, 60)


@pytest.mark.parametrize(
    "surplus",
    [
        pytest.param(b"\r\n\r\n" + http(b'{"RequestId": "not asked for"}'), id="lines-and-another"),
        pytest.param(http(b'{"RequestId": "not asked for"}'), id="another-answer"),
        pytest.param(b"x", id="one-byte"),
    ],
)
def test_what_comes_after_an_answer_is_not_taken_for_the_next(surplus: bytes) -> None:
    with listening(saying(ANSWER + surplus, http(b'{"RequestId": "2"}'))) as server:
        transport = connected(Settings(endpoint=f"http://127.0.0.1:{server.port}"))

        said = [
            transport.send("DescribeInstances", {"RegionId": "cn-hangzhou"}, timeout_s=20)
            for _ in range(2)
        ]
        transport.close()

    assert said == [{"RequestId": "1"}, {"RequestId": "1"}]  # each on a connection of its own
    assert (server.requests, len(server.received)) == (2, 2)


def test_after_an_answer_that_is_none_the_next_has_a_connection_of_its_own() -> None:
    with listening(saying(headed(N, b"Content-Length: 5"), then_close=False)) as server:
        transport = connected(Settings(endpoint=f"http://127.0.0.1:{server.port}"))
        for _ in range(2):
            with pytest.raises(NoResponse):
                transport.send("DescribeInstances", {"RegionId": "cn-hangzhou"}, timeout_s=20)
        transport.close()

    assert len(server.received) == 2


def _failing(error: Exception) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> Any:  # noqa: ANN401  # never returns
        raise error

    return fail


@pytest.mark.parametrize(
    "error",
    [
        KeyError("https://ecs.example.com/?Signature=MARKED"),
        ValueError("https://ecs.example.com/?Signature=MARKED"),
        RuntimeError("MARKED"),
        RecursionError(),
        MemoryError(),
        UnicodeEncodeError("latin-1", "MARKED", 0, 1, "x"),
        OSError(99, "MARKED"),
        AssertionError(),
        type("Unheard", (Exception,), {})("MARKED"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_whatever_goes_wrong_on_the_way_is_no_answer_and_tells_nothing(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr("shared.ecs.sdk.Adapter.send", _failing(error))

    with pytest.raises(NoResponse) as caught:
        asked(Settings())

    told = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
    assert caught.value.reason == BROKE
    assert caught.value.__context__ is caught.value.__cause__ is None
    assert "MARKED" not in told


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit])
def test_who_ends_the_process_is_not_held_back(
    monkeypatch: pytest.MonkeyPatch, interrupt: type[BaseException]
) -> None:
    monkeypatch.setattr("shared.ecs.sdk.Adapter.send", _failing(interrupt()))  # type: ignore[arg-type]  # on purpose

    with pytest.raises(interrupt):
        asked(Settings())


@pytest.mark.parametrize("operation", ["NoSuchOperation", "../x", ""])
def test_an_operation_that_the_sdk_does_not_know_is_no_answer(operation: str) -> None:
    transport = connected(Settings())

    with pytest.raises(NoResponse):
        transport.send(operation, {"RegionId": "cn-hangzhou"}, timeout_s=1)


@pytest.mark.parametrize("value", ["\ud83d", "\x00", "密" * 1000, "a&b=c#d"])
def test_odd_parameters_end_typed(value: str) -> None:
    with listening(saying(ANSWER)) as server:
        transport = connected(Settings(endpoint=f"http://127.0.0.1:{server.port}"))
        try:
            transport.send(
                "DescribeInstances", {"RegionId": "cn", "InstanceName": value}, timeout_s=20
            )
        except NoResponse:
            assert value == "\ud83d"  # nothing can be sent of it
        transport.close()

    assert server.requests == (0 if value == "\ud83d" else 1)


def test_texts_of_the_server_arrive_with_nothing_that_acts_on_a_terminal() -> None:
    body = (
        '{"Code": "Odd\\u001b[31m\\u2028", "Message": "\\u202e停止\\u0085\\n%s"}' % ("x" * 300)
    ).encode()
    answerer = saying(http(body, status=b"400 Bad Request"))
    with listening(answerer) as server, pytest.raises(ErrorResponse) as caught:
        asked(Settings(endpoint=f"http://127.0.0.1:{server.port}"))

    assert caught.value.code == r"Odd\u001b[31m\u2028"
    assert caught.value.message.startswith(r"\u202e停止\u0085\u000axxx")
    assert str(caught.value).isprintable()


def test_a_password_or_key_is_in_no_representation() -> None:
    transport = connected(Settings())

    assert "MARKED" not in f"{transport!r} {vars(transport)!r} {HIDDEN!r}"
