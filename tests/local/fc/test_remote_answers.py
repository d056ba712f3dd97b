"""A remote call whose answer is anything at all: it ends in words."""

from __future__ import annotations

import json
import re
import socket
import time
from base64 import b64encode
from threading import Event

import pytest

from tests.harness.remote_calls import ENVIRON, SAID, answered, report, run
from tests.harness.servers import http, listening, request_from, saying, stalling

pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # the clients leave sockets open
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


def refusal(code: str, message: str) -> bytes:
    body = {"Code": code, "Message": message, "ErrorCode": code, "ErrorMessage": message}
    return http(json.dumps(body).encode(), status=b"403 Forbidden")


BODIES = {
    "empty": b"",
    "list": b"[]",
    "null": b"null",
    "number": b"1",
    "text": b'"x"',
    "object": b"{}",
    "page": b"<html>Bad gateway</html>",
    "no-text": b"\xff\xfe\x00\x1b[31m",
    "deep": b"[" * 100_000,
    "deep-object": b'{"a":' * 100_000,
    "wrong-kinds": b'{"Code": [1], "Message": {}, "ErrorCode": null, "ErrorMessage": 1}',
    "no-time": report(auto_release_at="soon"),
    "controls": b'{"errorMessage": 1, "errorType": "\\u001b[31m\\u009b"}',
    "half-a-letter": b'{"statusCode": 500, "body": "\\ud800"}',
}
STATUSES = (
    *(b"202 Accepted", b"301 Moved Permanently", b"400 Bad Request", b"403 Forbidden"),
    *(b"404 Not Found", b"429 Too Many Requests", b"500 Error", b"502 Bad Gateway", b"600 X"),
)
ANSWERS = {
    **{f"200-{kind}": http(body) for kind, body in BODIES.items()},
    **{
        f"200-{kind}-failed": http(body, b"X-Fc-Error-Type: HandledInvocationError")
        for kind, body in BODIES.items()
    },
    **{
        f"{status[:3].decode()}-{kind}": http(body, status=status)
        for status in STATUSES
        for kind, body in BODIES.items()
    },
    "xml": http(b"<x/>", b"Content-Type: text/xml;charset=utf-8", status=b"400 Bad Request"),
    "not-packed": http(b"{}", b"Content-Encoding: gzip"),
    "unknown-packing": http(b"{}", b"Content-Encoding: br", status=b"404 Not Found"),
    "closed": b"",
    "no-http": b"SSH-2.0-OpenSSH_9.9\r\n",
    "half-a-status": b"HTTP/1.1 2",
    "no-status": b"HTTP/1.1 abc OK\r\n\r\n",
    "half-the-headers": b"HTTP/1.1 200 OK\r\nContent-Le",
    "half-the-body": b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}",
    "half-a-refusal": b"HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\n{}",
    "no-length": b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n{}",
    "no-chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "too-long": b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n",
    "many-headers": b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200 + b"\r\n",
    "long-header": b"HTTP/1.1 200 OK\r\na: " + b"a" * 70_000 + b"\r\n\r\n",
    "another-protocol": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n",
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_what_is_no_answer_ends_in_one_line(name: str, answer: bytes) -> None:
    result = answered(name, answer or b"\r\n", "--verbose")

    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == 1
    assert SAID.fullmatch(result.stderr), result.stderr
    assert re.sub(r"[\n\t]", "", result.output).isprintable()


def test_a_closed_connection_leaves_open_what_happened(name: str) -> None:
    with listening(saying(b"")) as server:
        result = run(name, f"http://127.0.0.1:{server.port}")

    assert SAID.fullmatch(result.stderr)
    assert "the connection broke; the function may still be running" in result.stderr


@pytest.mark.parametrize(
    "log",
    [b"!", b"abc", b"\xff\xfe", b"YWJj\x1b[31m", b"e" * 5],
    ids=str,
)
def test_a_log_that_cannot_be_read_takes_nothing_from_the_report(name: str, log: bytes) -> None:
    result = answered(name, http(report(), b"X-Fc-Log-Result: " + log), "--verbose")

    assert result.exit_code == 0, result.exception
    assert "stop: 1 unchanged" in result.stdout
    assert result.stderr == "The end of the function's log was returned, but cannot be read.\n"


def test_a_log_that_is_no_text_is_shown_as_far_as_it_is(name: str) -> None:
    log = b64encode(b"\xad\xe5 Start\x1b[31m\n")

    result = answered(name, http(report(), b"X-Fc-Log-Result: " + log), "--verbose")

    assert result.stderr == "�� Start\\x1b[31m\n"


def test_an_answer_that_repeats_nothing_is_printed_as_it_came(name: str) -> None:
    body = rb'{"n": 1.0, "a": "C:\\/x \\u0041", "a": "\u4e2d"}'

    assert answered(name, http(body), "--json").stdout == body.decode() + "\n"


@pytest.mark.parametrize("one", ["\\", "\\u00", "&#", "&#0", "&#9", "{", ' {"a":'])
def test_an_answer_of_one_thing_over_and_over_is_read_at_once(name: str, one: str) -> None:
    many = one * (400_000 // len(one))
    answer = http(json.dumps({"errorMessage": many}).encode(), b"X-Fc-Error-Type: HandledError")

    began = time.monotonic()
    result = answered(name, answer)

    assert isinstance(result.exception, SystemExit)
    assert time.monotonic() - began < 20


def test_a_refusal_is_told_with_its_code_and_without_controls(name: str) -> None:
    result = answered(name, refusal("Access\x1bDenied", "No.\r\nReally\u2028no\u202e."))

    assert result.stderr == (
        "Error: Function Compute returned 403 Access\\u001bDenied: No.\\u000d\\u000aReally\\u2028no"
        "\\u202e.; the key needs fc:InvokeFunction on the function\n"
    )


def test_a_web_page_has_accepted_nothing(name: str) -> None:
    result = answered(name, http(b"<html>Sign in</html>"), "--async")

    assert (result.exit_code, "not Function Compute" in result.stderr) == (1, True)


@pytest.mark.parametrize("status", [b"302 Found", b"307 Temporary Redirect"])
def test_a_redirect_is_not_followed(name: str, status: bytes) -> None:
    with listening(saying(http(report()))) as other:
        to = b"Location: http://127.0.0.1:%d/" % other.port
        result = answered(name, http(b"", to, status=status))

    assert (result.exit_code, other.received) == (1, [])


def test_an_answer_without_end_is_read_no_further_than_it_may_be(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.ecs.total_timeout.MAX_BYTES", 1024 * 1024)
    sent = 0

    def endless(connection: socket.socket, _: Event) -> None:
        nonlocal sent
        request_from(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while sent < 64 * 1024 * 1024:
            connection.sendall(b"{" * 65536)
            sent += 65536

    with listening(endless) as server:
        result = run(name, f"http://127.0.0.1:{server.port}")

    assert "a response of more than 1 MiB; the function may still be running" in result.stderr
    assert sent < 32 * 1024 * 1024


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\na: ", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_an_answer_that_drips_in_is_late(name: str, head: bytes) -> None:
    def dripping(connection: socket.socket, over: Event) -> None:
        request_from(connection)
        connection.sendall(head)
        while not over.wait(0.2):
            connection.sendall(b" ")

    began = time.monotonic()
    with listening(dripping) as server:
        result = run(name, f"http://127.0.0.1:{server.port}", "--timeout", "1")

    assert time.monotonic() - began < 6
    assert "no response within 1 s; the function may still be running" in result.stderr


def test_who_says_nothing_at_all_is_late(name: str) -> None:
    with listening(stalling()) as server:
        result = run(name, f"http://127.0.0.1:{server.port}", "--timeout", "1")

    assert "no response within 1 s; the function may still be running" in result.stderr


def test_a_proxy_that_refuses_is_told(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    with listening(saying(http(b"", status=b"407 Who are you"))) as proxy:
        environ = {**ENVIRON, "HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}"}
        result = run(name, "https://fc.example", environ=environ)

    assert result.stderr == (
        "Error: https://fc.example cannot be reached: the proxy refuses: HTTP 407\n"
    )


def test_this_machine_is_asked_without_the_proxy(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)

    def hanging_up(connection: socket.socket, _: Event) -> None:
        connection.recv(65536)  # the handshake, which does not end as a request does

    with listening(saying(b"")) as proxy, listening(hanging_up) as server:
        environ = {**ENVIRON, "HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}"}
        result = run(name, f"https://127.0.0.1:{server.port}", environ=environ)

    assert (proxy.received, len(server.received)) == ([], 1)
    assert "cannot be reached: no secure connection" in result.stderr


@pytest.mark.parametrize(
    ("variable", "value", "status"),
    [
        pytest.param("HTTPS_PROXY", "https://user:hunter2@proxy:1", 2, id="proxy"),
        pytest.param("ALIBABA_CLOUD_CA_BUNDLE", "/nowhere", 1, id="certificates"),
    ],
)
def test_a_way_that_cannot_be_gone_is_told(
    name: str, variable: str, value: str, status: int
) -> None:
    result = run(name, "https://fc.example", environ={**ENVIRON, variable: value})

    assert (result.exit_code, variable in result.stderr) == (status, True)
    assert "hunter2" not in result.output
