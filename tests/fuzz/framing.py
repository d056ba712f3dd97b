"""Answers whose headers and framing are broken, over a socket and through the SDK.

The bodies are the emulator's own: what breaks is how they come. A fault strikes one answer of an
operation, or all from then on; random bytes of the head are changed besides, named by a seed.
"""

from __future__ import annotations

import gzip
import logging
import re
import socket
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random
from threading import Event
from urllib.parse import parse_qs, urlsplit

from local.ecs.emulator import LOCAL_KEY, local_credential
from local.ecs.http.endpoint import Wire
from local.ecs.http.messages import HttpReply, HttpRequest
from shared.run import REAL_WORLD
from shared.settings.settings import Credentials, Settings
from tests.fuzz.cases import CASES, FuzzError, Run
from tests.harness.servers import listening, request_from

OK = b"HTTP/1.1 200 OK\r\n"

Broken = Callable[[bytes], bytes]
"""Of a body, all bytes that come."""


def _chunked(size: bytes) -> Broken:
    return lambda body: OK + b"Transfer-Encoding: chunked\r\n\r\n" + size + b"\r\n" + body


def _headed(*headers: bytes, status: bytes = b"200 OK") -> Broken:
    head = b"".join(one + b"\r\n" for one in headers)
    return lambda body: b"HTTP/1.1 " + status + b"\r\n" + head + b"\r\n" + body


def _packed(coding: bytes, pack: Callable[[bytes], bytes]) -> Broken:
    return lambda body: _headed(b"Content-Encoding: " + coding)(pack(body))


FAULTS: Mapping[str, Broken] = {
    "nothing": lambda _: b"",
    "no-http": lambda body: body,
    "half-a-status-line": lambda _: b"HTTP/1.",
    "half-a-head": lambda _: OK + b"Content-Type: appl",
    "no-body": lambda body: OK + b"Content-Length: %d\r\n\r\n" % len(body),
    "half-a-body": lambda body: (
        OK + b"Content-Length: %d\r\n\r\n" % len(body) + body[: len(body) // 2]
    ),
    "short-length": _headed(b"Content-Length: 10"),
    "two-lengths": _headed(b"Content-Length: 2", b"Content-Length: 3"),
    "negative-length": _headed(b"Content-Length: -1"),
    "no-length-at-all": _headed(),
    "length-that-is-none": _headed(b"Content-Length: x"),
    "huge-length": _headed(b"Content-Length: 99999999999999999999"),
    "length-and-chunks": _headed(b"Content-Length: 5", b"Transfer-Encoding: chunked"),
    "unknown-transfer": _headed(b"Transfer-Encoding: gzip"),
    "negative-chunk": _chunked(b"-1"),
    "huge-chunk": _chunked(b"7fffffffffffffff"),
    "chunk-that-is-none": _chunked(b"x"),
    "no-last-chunk": lambda body: _chunked(b"%x" % len(body))(body + b"\r\n"),
    "chunk-cut-off": lambda body: _chunked(b"%x" % (len(body) + 9))(body),
    "status-0": _headed(status=b"000 Odd"),
    "status-204": _headed(status=b"204 No Content"),
    "status-302": _headed(b"Location: http://127.0.0.1:1/", status=b"302 Found"),
    "status-404": _headed(status=b"404 Not Found"),
    "status-500": _headed(status=b"500 Odd"),
    "status-503": _headed(b"Retry-After: 9", status=b"503 Odd"),
    "status-999": _headed(status=b"999 Odd"),
    "status-of-letters": _headed(status=b"OK OK"),
    "continue-for-ever": lambda _: b"HTTP/1.1 100 Continue\r\n\r\n" * 9,
    "early-hints-alone": _headed(status=b"103 Early Hints"),
    "another-protocol": _headed(status=b"101 Switching Protocols"),
    "many-headers": _headed(*(b"X-%d: y" % number for number in range(200))),
    "long-header": _headed(b"X: " + b"y" * 70_000),
    "odd-headers": _headed(b"\x00\xff: \x1b", b":", b"x-acs-retry-after: \xff", b" folded"),
    "retry-after-odd": _headed(b"x-acs-retry-after: 9" + b"9" * 400, status=b"400 Odd"),
    "limits-odd": _headed(b"x-ratelimit-user: TimeLeft:,TimeLeft:-5,:", status=b"400 Odd"),
    "cookies": _headed(b"Set-Cookie: a=b; expires=\xff; Max-Age=x", b"Set-Cookie: ="),
    "unknown-coding": _packed(b"br", bytes),
    "gzip-that-is-none": _packed(b"gzip", bytes),
    "gzip": _packed(b"gzip", gzip.compress),
    "gzip-cut-off": _packed(b"gzip", lambda body: gzip.compress(body)[:-9]),
    "gzip-bomb": _packed(b"gzip", lambda _: gzip.compress(bytes(20 << 20), 1)),
    "two-answers": lambda body: _headed(b"Content-Length: %d" % len(body))(body) * 2,
    "html": lambda _: _headed(b"Content-Type: text/html", status=b"502 Bad Gateway")(b"<html>"),
    "bytes-that-are-no-text": lambda body: _headed()(body[:20] + b"\xff\xfe" + body[20:]),
    "byte-order-mark": lambda body: _headed()(b"\xef\xbb\xbf" + body),
}


@dataclass(frozen=True)
class Fault:
    """What breaks.

    Attributes:
        operation: Whose answers.
        occurrence: Which of them, from 0.
        what: A key of ``FAULTS``, or a seed for the bytes of the head that change.
        always: All from then on.
    """

    operation: str
    occurrence: int
    what: str
    always: bool = False

    def __str__(self) -> str:
        return f"{self.operation}#{self.occurrence}{'…' if self.always else ''}: {self.what}"

    def strikes(self, operation: str, occurrence: int) -> bool:
        """Does it break this answer?"""
        if operation != self.operation:
            return False
        return occurrence >= self.occurrence if self.always else occurrence == self.occurrence

    def broken(self, body: bytes) -> bytes:
        """All bytes of the answer."""
        if self.what in FAULTS:
            return FAULTS[self.what](body)
        dice = Random(self.what)  # noqa: S311  # damage to be repeated, not secrets
        head = bytearray(OK + b"Content-Type: application/json\r\nContent-Length: %d" % len(body))
        for _ in range(dice.randrange(1, 4)):
            place = dice.randrange(len(head))
            head[place : place + dice.randrange(3)] = dice.randbytes(dice.randrange(3))
        return bytes(head) + b"\r\n\r\n" + body


PLAYED = ("stop", "release", "set-by-name")
"""Every kind of call is in one of these cases."""


def faults(seed: int, random_heads: int) -> Iterator[tuple[str, Fault]]:
    """By case, everything that can break: each fault, and so many heads of random bytes."""
    dice = Random(seed)  # noqa: S311  # as above
    for name in PLAYED:
        counts = Counter(_calls(name))
        for operation in counts:
            for what in FAULTS:
                yield name, Fault(operation, 0, what)
                yield name, Fault(operation, counts[operation] - 1, what)
                yield name, Fault(operation, 0, what, always=True)
        for _ in range(random_heads // len(PLAYED)):
            operation = dice.choice(sorted(counts))
            seeded = f"{seed}/{dice.randrange(1 << 30)}"
            yield name, Fault(operation, dice.randrange(counts[operation]), seeded)


def check(name: str, fault: Fault) -> str:
    """Play a case with this fault; how it ended: ``report`` or an error's class.

    Raises:
        FuzzError: not as it must.
    """
    run, _ = _played(name, fault)
    try:
        return run.check()
    except FuzzError as error:
        raise FuzzError(f"{name}: {fault}: {error}") from run.error


def outcomes_of(part: tuple[int, int, int, int]) -> tuple[Counter[str], list[str]]:
    """Check every so-many-eth fault of a seed: how they ended, and what was wrong. No log."""
    logging.disable()
    seed, random_heads, first, step = part
    outcomes: Counter[str] = Counter()
    wrong: list[str] = []
    for number, (name, fault) in enumerate(faults(seed, random_heads)):
        if number % step == first:
            try:
                outcomes[check(name, fault)] += 1
            except FuzzError as error:
                wrong.append(str(error))
    return outcomes, wrong


def _calls(name: str) -> list[str]:
    """The operations that a case asks for when nothing breaks."""
    return _played(name, None)[1]


def _played(name: str, fault: Fault | None) -> tuple[Run, list[str]]:
    run = Run(CASES[name])
    wire = Wire(run.stage.gateway, [local_credential()])
    asked: list[str] = []

    def answer(connection: socket.socket, _: Event) -> None:
        while head := request_from(connection):
            request = _parsed(head)
            operation = parse_qs(urlsplit(request.target).query)["Action"][0]
            occurrence = asked.count(operation)
            asked.append(operation)
            reply = wire.handle(request)
            if fault and fault.strikes(operation, occurrence):
                connection.sendall(fault.broken(reply.body))
                return
            connection.sendall(_whole(reply))

    with listening(answer) as server:
        settings = Settings(endpoint=f"http://127.0.0.1:{server.port}")
        transport = REAL_WORLD.connect(settings, Credentials(LOCAL_KEY, LOCAL_KEY))
        run.play(transport)  # type: ignore[arg-type]  # another way to the same account
        transport.close()
    return run, asked


def _parsed(head: bytes) -> HttpRequest:
    method, target = re.match(rb"([A-Z]+) (\S+) HTTP", head).groups()  # type: ignore[union-attr]  # the SDK's own
    return HttpRequest(method.decode(), target.decode())


def _whole(reply: HttpReply) -> bytes:
    headers = "".join(f"{name}: {value}\r\n" for name, value in reply.headers.items())
    length = f"Content-Length: {len(reply.body)}\r\n\r\n"
    return f"HTTP/1.1 {reply.status} X\r\n{headers}{length}".encode() + reply.body
