"""An answer that drips in is late as a whole; on a real socket, as only that can drip."""

from __future__ import annotations

import io
import socket
import time
from contextlib import suppress
from threading import Event, Thread
from typing import Any

import pytest

from shared.ecs.sdk import SdkTransport
from shared.ecs.total_timeout import TimedResponse
from shared.ecs.transport import NoResponse
from shared.settings.settings import Credentials, Settings
from tests.harness.servers import listening, saying

REGION = {"RegionId": "cn-hangzhou"}
BODY = b'{"RequestId": "1"}'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n" % len(BODY)
ANSWER = HEAD + b"\r\n" + BODY
TIMEOUT_S = 0.2
DRIP_S = 0.02


def late(before: bytes, drop: bytes) -> None:
    """Read an answer that begins so and then drips on until nobody reads it any more."""
    over = Event()
    ours, theirs = socket.socketpair()

    def drip() -> None:
        with suppress(OSError):  # nobody reads it any more
            theirs.sendall(before)
            while drop and not over.wait(DRIP_S):
                theirs.sendall(drop)

    dripping = Thread(target=drip, daemon=True)
    with ours, theirs:
        ours.settimeout(TIMEOUT_S)
        dripping.start()
        answer = TimedResponse(ours, method="POST")
        try:
            answer.begin()
            answer.read()
        finally:
            over.set()
            dripping.join()


@pytest.mark.promise("S37")
@pytest.mark.parametrize(
    ("before", "drop"),
    [
        pytest.param(b"", b"H", id="status"),
        pytest.param(HEAD + b"X-Slow: ", b"a", id="headers"),
        pytest.param(HEAD.replace(b"18", b"999") + b"\r\n", b" ", id="body"),
        pytest.param(b"", b"HTTP/1.1 100 Continue\r\n\r\n", id="interim-answers"),
        pytest.param(b"", b"", id="nothing-at-all"),
        pytest.param(HEAD + b"\r\n{", b"", id="nothing-more"),
    ],
)
def test_an_answer_that_drips_in_is_late_as_a_whole(before: bytes, drop: bytes) -> None:
    with pytest.raises(NoResponse, match="no response in time"):
        late(before, drop)


class Slow(io.RawIOBase):
    """A connection on which each byte takes a second, without anybody waiting for it."""

    def __init__(self, answer: bytes) -> None:
        self.seconds = 0.0
        self.waits: list[float | None] = []
        self._left = answer

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401  # a writable buffer
        self.seconds += 1
        buffer[:1], self._left = self._left[:1], self._left[1:]
        return 1

    def makefile(self, _: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def gettimeout(self) -> float:
        return 5

    def settimeout(self, seconds: float | None) -> None:
        self.waits.append(seconds)


def test_each_read_waits_for_no_longer_than_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow(ANSWER)
    monkeypatch.setattr(time, "monotonic", lambda: slow.seconds)
    answer = TimedResponse(slow, method="POST")  # type: ignore[arg-type]  # all that is used of one

    with pytest.raises(NoResponse, match="no response in time"):
        answer.begin()

    assert slow.waits == [5, 4, 3, 2, 1]


def transport(url: str) -> SdkTransport:
    return SdkTransport(Settings(endpoint=url), Credentials("k", "s"), connections=1)


@pytest.mark.parametrize("timeout_s", [20, 60])
def test_a_connection_lives_on_for_the_next_call(timeout_s: float) -> None:
    with listening(saying(ANSWER, ANSWER, ANSWER)) as server:
        made = transport(f"http://127.0.0.1:{server.port}")

        bodies = [made.send("DescribeInstances", REGION, timeout_s=timeout_s) for _ in range(3)]
        made.close()

    assert bodies == [{"RequestId": "1"}] * 3
    assert len(server.received) == 1


def test_a_connection_keeps_its_time_out() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(ANSWER)
        ours.settimeout(7)
        answer = TimedResponse(ours, method="POST")
        answer.begin()

        body = answer.read()

        assert (body, answer.isclosed(), ours.gettimeout()) == (BODY, True, 7)


def test_after_a_late_answer_the_next_call_has_a_connection_of_its_own() -> None:
    with listening(saying(ANSWER, HEAD, then_close=False)) as server:
        made = transport(f"http://127.0.0.1:{server.port}")
        made.send("DescribeInstances", REGION, timeout_s=60)
        with pytest.raises(NoResponse, match="no response in time"):
            made.send("DescribeInstances", REGION, timeout_s=TIMEOUT_S)

        assert made.send("DescribeInstances", REGION, timeout_s=60) == {"RequestId": "1"}
        made.close()

    assert len(server.received) == 2
