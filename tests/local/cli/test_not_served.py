"""What answers in an emulator's place can be anything; the commands that ask it end in words."""

from __future__ import annotations

import json
import re
import socket
import time
from threading import Event
from typing import Any
from urllib.request import urlopen

import pytest
from click.testing import CliRunner, Result

from local.cli.main import group
from local.ecs.emulator import Emulator
from local.ecs.server import LocalEcs
from tests.harness.servers import http, listening, request_from, saying

NOWHEN = {
    "no-zone": "2026-11-24T12:00:00",
    "first-year": "0001-01-01T00:00:00Z",
    "last-year": "9999-12-31T23:59:59Z",
}


@pytest.fixture(scope="module")
def state() -> dict[str, Any]:
    with LocalEcs(Emulator()) as server, urlopen(f"{server.url}/_local/state") as answer:  # noqa: S310  # ours
        content: dict[str, Any] = json.loads(answer.read())
    return content


def run(port: int, *arguments: str) -> Result:
    return CliRunner().invoke(group, [*arguments, "--endpoint", f"http://127.0.0.1:{port}"])


def answered(answer: bytes, *arguments: str) -> Result:
    with listening(saying(answer)) as server:
        return run(server.port, *arguments)


def fleet_of(state: dict[str, Any], now: str = "", **fields: object) -> bytes:
    """The emulator's state, with one instance, of which some fields are as stated."""
    changed = {**state, "instances": [{**state["instances"][0], **fields}]}
    return http(json.dumps({**changed, **({"now": now} if now else {})}).encode())


def ends_in_one_line(result: Result) -> bool:
    assert isinstance(result.exception, SystemExit), result.exception
    return bool(re.fullmatch(r"Error: [^\n]+\n", result.output)) and result.exit_code == 1


@pytest.mark.parametrize("command", [["fleet"], ["event", "timer", "stop"]], ids=lambda it: it[0])
@pytest.mark.parametrize(
    "answer",
    [
        *(http(body) for body in (b"", b"[]", b"null", b"<html>", b"\xff", b"[" * 100_000)),
        http(b'{"now": ' * 100_000),
        *(http(b'{"now": "%s", "speed": 1}' % one.encode()) for one in NOWHEN.values()),
        *(http(b'{"now": "2026-11-24T12:00:00Z", "speed": %s}' % one) for one in (b"-1", b"1e300")),
        http(b"{}", status=b"500 Error"),
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"HTTP/1.1 2",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n",
    ],
    ids=lambda answer: repr(answer[:70]),
)
def test_what_is_no_emulator_is_told_in_one_line(answer: bytes, command: list[str]) -> None:
    assert ends_in_one_line(answered(answer, *command))


@pytest.mark.parametrize("when", NOWHEN.values(), ids=NOWHEN)
def test_a_fleet_at_no_time_is_told_in_one_line(state: dict[str, Any], when: str) -> None:
    assert ends_in_one_line(answered(fleet_of(state, auto_release_at=when), "fleet"))
    assert ends_in_one_line(answered(fleet_of(state, now=when), "fleet"))


def test_a_fleets_texts_cannot_steer_the_terminal(state: dict[str, Any]) -> None:
    texts = dict.fromkeys(("name", "region", "instance_type"), "\x1b[31m\x9b\u202e")

    result = answered(fleet_of(state, tags={"\x1b": "\x9b"}, **texts), "fleet")

    assert result.exit_code == 0, result.exception
    assert result.output.replace("\n", "").isprintable()


def test_a_redirect_to_another_is_not_followed(state: dict[str, Any]) -> None:
    with listening(saying(fleet_of(state))) as other:
        to = b"Location: http://127.0.0.1:%d/" % other.port
        result = answered(http(b"", to, status=b"302 Found"), "fleet")

    assert (other.received, "returns HTTP 302" in result.output) == ([], True)


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\na: ", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_an_answer_that_drips_in_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, head: bytes
) -> None:
    def dripping(connection: socket.socket, over: Event) -> None:
        request_from(connection)
        connection.sendall(head)
        while not over.wait(0.1) and time.monotonic() < began + 15:
            connection.sendall(b" ")

    monkeypatch.setattr("local.cli.served._TIMEOUT_S", 0.5)
    began = time.monotonic()
    with listening(dripping) as server:
        assert ends_in_one_line(run(server.port, "fleet"))

    assert time.monotonic() - began < 10


def test_an_answer_without_end_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = 0

    def endless(connection: socket.socket, _: Event) -> None:
        nonlocal sent
        request_from(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while sent < 64 * 1024 * 1024:
            connection.sendall(b"[" * 65536)
            sent += 65536

    monkeypatch.setattr("local.cli.served._MAX_BYTES", 1024 * 1024)
    with listening(endless) as server:
        assert ends_in_one_line(run(server.port, "fleet"))

    assert sent < 32 * 1024 * 1024


def test_a_fleet_of_more_than_a_page_of_ecs_is_read(state: dict[str, Any]) -> None:
    description = "x" * 9 * 1024 * 1024

    assert answered(fleet_of(state, description=description), "fleet").exit_code == 0
