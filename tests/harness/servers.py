"""Servers on a socket of this machine that answer as no emulator does, and keep what they got."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any

import pytest

from shared.ecs.transport import Connection, NoResponse
from shared.run import REAL_WORLD
from shared.settings.settings import Credentials, Settings

HIDDEN = Credentials("STS.MARKEDKEY", "MARKEDSECRET", "MARKEDTOKEN")
BODY = b'{"RequestId": "1"}'


def http(body: bytes = BODY, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    """An answer with its length."""
    lines = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


ANSWER = http()
Answerer = Callable[[socket.socket, Event], None]


def saying(*answers: bytes, then_close: bool = True) -> Answerer:
    """Answers one request after another; then closes, or says nothing more."""

    def answer(connection: socket.socket, over: Event) -> None:
        for one in answers:
            if not request_from(connection):
                return
            if one:
                connection.sendall(one)
        if not then_close:
            over.wait(30)

    return answer


def stalling(before: bytes = b"") -> Answerer:
    """Takes a request, says this, and no more."""
    return saying(before, then_close=False)


def request_from(connection: socket.socket) -> bytes:
    """The head of the next request, whose body is read, too; "" if there is none."""
    request, missing = b"", 1
    while missing > 0:
        got = connection.recv(65536)
        if not got:
            return b""
        request += got
        head, ended, body = request.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: *([0-9]+)", head)
        missing = (int(length[1]) if length else 0) - len(body) if ended else 1
    return head + ended


@dataclass
class Server:
    """One that listens.

    Attributes:
        port: Where.
        received: What came over each connection, in order, as the program on top of TLS sees it.
        threads: What answers.
    """

    port: int
    received: list[bytearray] = field(default_factory=list)
    threads: list[Thread] = field(default_factory=list)

    @property
    def requests(self) -> int:
        """How many requests came in all."""
        return sum(one.count(b" HTTP/1.1\r\n") for one in self.received)


class _Kept:
    """A connection whose bytes are kept."""

    def __init__(self, connection: socket.socket, received: bytearray) -> None:
        self._connection = connection
        self._received = received

    def recv(self, size: int) -> bytes:
        got = self._connection.recv(size)
        self._received += got
        return got

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # the socket's own
        return getattr(self._connection, name)


@contextmanager
def listening(
    answerer: Answerer, context: ssl.SSLContext | None = None, *, port: int = 0
) -> Iterator[Server]:
    """A server whose connections, TLS with a context, are each answered in a thread."""
    over = Event()

    def serve(connection: socket.socket, received: bytearray) -> None:
        with suppress(OSError), connection:  # the client has gone, or does not trust us
            plain = context.wrap_socket(connection, server_side=True) if context else connection
            with plain:
                answerer(_Kept(plain, received), over)  # type: ignore[arg-type]  # all that is used

    def accept(server: Server) -> None:
        with suppress(OSError):  # closed
            while True:
                connection, _ = listener.accept()
                connection.settimeout(30)
                server.received.append(bytearray())
                thread = Thread(target=serve, args=(connection, server.received[-1]), daemon=True)
                server.threads.append(thread)
                thread.start()

    listener = socket.create_server(("127.0.0.1", port))
    server = Server(listener.getsockname()[1])
    accepting = Thread(target=accept, args=(server,), daemon=True)
    accepting.start()
    try:
        yield server
    finally:
        over.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        accepting.join()
        for thread in server.threads:
            thread.join()


def tunnelling(to_port: int, answer: bytes = b"HTTP/1.1 200 OK\r\n\r\n") -> Answerer:
    """A proxy that answers CONNECT with this, and, if that is a yes, leads to a port of ours."""

    def proxy(connection: socket.socket, _: Event) -> None:
        if not request_from(connection):
            return
        connection.sendall(answer)
        if not re.match(rb"HTTP/1\.[01] 200", answer):
            return
        with socket.create_connection(("127.0.0.1", to_port)) as beyond:
            back = Thread(target=_pump, args=(beyond, connection), daemon=True)
            back.start()
            _pump(connection, beyond)
            back.join()

    return proxy


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while got := source.recv(65536):
            target.sendall(got)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def connected(settings: Settings) -> Connection:
    """What a function connects by, with credentials that can be recognised."""
    return REAL_WORLD.connect(settings, HIDDEN)


def asked(settings: Settings, timeout_s: float = 20) -> object:
    """What one question is answered; its failure is raised."""
    transport = connected(settings)
    try:
        return transport.send("DescribeInstances", {"RegionId": "cn-hangzhou"}, timeout_s=timeout_s)
    finally:
        transport.close()


def failure_of(settings: Settings, timeout_s: float = 20) -> NoResponse:
    """Why a question has no answer."""
    with pytest.raises(NoResponse) as caught:
        asked(settings, timeout_s)
    return caught.value
