"""An answer that drips in is late as a whole; measured on a real socket, as only that can drip."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Event, Thread

import pytest

from shared.failures import NoAnswer
from shared.sdk import SdkTransport
from shared.settings import Credentials, Settings
from shared.whole_answer import WholeAnswer

REGION = {"RegionId": "cn-hangzhou"}
BODY = b'{"RequestId": "1"}'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n" % len(BODY)
ANSWER = HEAD + b"\r\n" + BODY
TIMEOUT_S = 0.4
PATIENCE_S = 50
"""Where an answer is not to be late, however slow the machine is."""
DRIP_S = 0.05
DRIPS = 40
"""Two seconds in all: long enough to be late, and over soon where nobody minds."""

Answerer = Callable[[socket.socket, Event], None]


@contextmanager
def server(answerers: Sequence[Answerer]) -> Iterator[str]:
    """Listens, takes one connection after another, and answers each in its own way."""
    over = Event()

    def serve(listening: socket.socket) -> None:
        for answerer in answerers:
            connection, _ = listening.accept()
            with connection:
                try:
                    answerer(connection, over)
                except OSError:
                    continue  # the client has gone, as it should

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=serve, args=(listening,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            over.set()
            thread.join()


def dripping(before: bytes, drop: bytes) -> Answerer:
    def answer(connection: socket.socket, over: Event) -> None:
        connection.recv(65536)
        connection.sendall(before)
        for _ in range(DRIPS):
            if over.wait(DRIP_S):
                return
            connection.sendall(drop)

    return answer


def stalling(before: bytes) -> Answerer:
    def answer(connection: socket.socket, over: Event) -> None:
        connection.recv(65536)
        connection.sendall(before)
        over.wait(DRIP_S * DRIPS)

    return answer


def prompt(answers: int) -> Answerer:
    def answer(connection: socket.socket, over: Event) -> None:
        for _ in range(0 if over.is_set() else answers):
            connection.recv(65536)
            connection.sendall(ANSWER)

    return answer


def transport(url: str) -> SdkTransport:
    return SdkTransport(Settings(endpoint=url), Credentials("k", "s"), connections=1)


@pytest.mark.parametrize(
    "answerer",
    [
        pytest.param(dripping(b"", b"H"), id="status"),
        pytest.param(dripping(HEAD + b"X-Slow: ", b"a"), id="headers"),
        pytest.param(dripping(HEAD + b"\r\n", b" "), id="body"),
        pytest.param(stalling(HEAD + b"\r\n{"), id="nothing-more"),
    ],
)
def test_an_answer_that_drips_in_is_late_as_a_whole(answerer: Answerer) -> None:
    with server([answerer]) as url:
        made = transport(url)

        with pytest.raises(NoAnswer, match="no answer in time"):
            made.send("DescribeInstances", REGION, timeout_s=TIMEOUT_S)

        made.close()


def test_a_connection_lives_on_for_the_next_call() -> None:
    with server([prompt(answers=3)]) as url:
        made = transport(url)

        bodies = [made.send("DescribeInstances", REGION, timeout_s=PATIENCE_S) for _ in range(3)]

        assert bodies == [{"RequestId": "1"}] * 3
        made.close()


def test_a_connection_keeps_its_time_out() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(ANSWER)
        ours.settimeout(7)
        answer = WholeAnswer(ours, method="POST")
        answer.begin()

        body = answer.read()

        assert (body, answer.isclosed(), ours.gettimeout()) == (BODY, True, 7)


def test_after_a_late_answer_the_next_call_has_a_connection_of_its_own() -> None:
    with server([dripping(HEAD + b"\r\n", b" "), prompt(answers=1)]) as url:
        made = transport(url)
        with pytest.raises(NoAnswer):
            made.send("DescribeInstances", REGION, timeout_s=TIMEOUT_S)

        answer = made.send("DescribeInstances", REGION, timeout_s=PATIENCE_S)

        assert answer == {"RequestId": "1"}
        made.close()
