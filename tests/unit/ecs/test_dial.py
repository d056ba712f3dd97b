"""Connecting takes no longer than it may, however many addresses a name has."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from shared.ecs.dial import dial
from shared.ecs.transport import NoResponse
from shared.settings.settings import Settings
from tests.harness.servers import ANSWER, asked, listening, saying

TIMEOUT_S = 5.0


def addresses(*hosts: str, port: int = 1) -> Callable[..., list[Any]]:
    """What DNS answers."""
    found = [
        (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (host, port)) for host in hosts
    ]
    return dns(lambda: found)


def dns(answer: Callable[[], Any]) -> Callable[..., Any]:
    """What is asked of names; addresses are not asked for."""

    def ask(*_: object, flags: int = 0, **__: object) -> Any:  # noqa: ANN401  # as DNS
        if flags & socket.AI_NUMERICHOST:
            raise socket.gaierror(socket.EAI_NONAME, "no address")
        return answer()

    return ask


class Network:
    """One on which time passes only where somebody waits for a dead address."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, alive: str = "") -> None:
        self.seconds = 0.0
        self.waited: list[float] = []
        network = self

        class Socket(socket.socket):
            def connect(self, address: Any) -> None:  # noqa: ANN401  # as its base
                if address[0] == alive:
                    return
                allowed = self.gettimeout() or 0.0
                network.waited.append(allowed)
                network.seconds += allowed
                raise TimeoutError("timed out")

        monkeypatch.setattr(time, "monotonic", lambda: self.seconds)
        monkeypatch.setattr(socket, "socket", Socket)


@pytest.mark.promise("S37")
def test_a_name_with_many_dead_addresses_takes_no_longer_than_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", addresses(*(f"192.0.2.{n}" for n in range(1, 9))))
    network = Network(monkeypatch)

    with pytest.raises(NoResponse, match=r"^no connection$"):
        dial("ecs.example.com", 443, TIMEOUT_S)

    assert network.waited == [pytest.approx(TIMEOUT_S / 8)] * 8
    assert network.seconds == pytest.approx(TIMEOUT_S)


def test_the_last_address_has_its_share_of_the_time_too(monkeypatch: pytest.MonkeyPatch) -> None:
    hosts = [*(f"192.0.2.{n}" for n in range(1, 8)), "198.51.100.1"]
    monkeypatch.setattr(socket, "getaddrinfo", addresses(*hosts))
    network = Network(monkeypatch, alive="198.51.100.1")

    dial("ecs.example.com", 443, TIMEOUT_S).close()

    assert network.waited == [pytest.approx(TIMEOUT_S / 8)] * 7


def test_what_one_address_leaves_of_its_share_is_for_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", addresses("192.0.2.1", "192.0.2.2", "192.0.2.3"))
    network = Network(monkeypatch)
    slow = socket.socket

    class FirstRefuses(slow):  # type: ignore[misc, valid-type]  # the network's
        def connect(self, address: Any) -> None:  # noqa: ANN401  # as its base
            if address[0] == "192.0.2.1":
                raise ConnectionRefusedError
            super().connect(address)

    monkeypatch.setattr(socket, "socket", FirstRefuses)

    with pytest.raises(NoResponse):
        dial("ecs.example.com", 443, TIMEOUT_S)

    assert network.waited == [pytest.approx(TIMEOUT_S / 2)] * 2


def test_the_first_address_that_answers_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """By real sockets: some that refuse, and one."""
    with listening(saying(ANSWER)) as server:
        hosts = ("127.0.0.2", "127.0.0.3", "127.0.0.1")
        monkeypatch.setattr(socket, "getaddrinfo", addresses(*hosts, port=server.port))

        answer = asked(Settings(endpoint=f"http://localhost:{server.port}"))

    assert answer == {"RequestId": "1"}


def test_addresses_of_a_kind_that_this_system_lacks_are_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with listening(saying(ANSWER)) as server:
        (good,) = addresses("127.0.0.1", port=server.port)()
        monkeypatch.setattr(socket, "getaddrinfo", dns(lambda: [(9999, *good[1:]), good]))

        answer = asked(Settings(endpoint=f"http://localhost:{server.port}"))

    assert answer == {"RequestId": "1"}


def test_a_name_without_addresses_has_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", addresses())

    with pytest.raises(NoResponse, match=r"^no connection$"):
        dial("ecs.example.com", 443, TIMEOUT_S)


@pytest.mark.parametrize(
    ("error", "unresolved"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), True),
        (socket.gaierror(socket.EAI_NODATA, "No address associated with hostname"), True),
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"), False),
        (socket.gaierror(socket.EAI_FAIL, "Non-recoverable failure"), False),
        (UnicodeError("label empty or too long"), True),
        (OSError("too many open files"), False),
        (MemoryError(), False),
    ],
    ids=lambda value: str(value)[:40],
)
def test_only_a_name_that_does_not_exist_is_unresolved(
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    unresolved: bool,  # noqa: FBT001  # a column of the table
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", dns(fail))

    with pytest.raises(NoResponse) as caught:
        asked(Settings())

    assert (caught.value.reason, caught.value.unresolved) == (
        "the host name could not be resolved",
        unresolved,
    )


def test_an_address_is_not_asked_of_dns(monkeypatch: pytest.MonkeyPatch) -> None:
    asked_for = []
    ask = socket.getaddrinfo

    def spied(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401  # as its base
        asked_for.append(options.get("flags", 0))
        return ask(*arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", spied)
    with listening(saying()) as server:
        dial("127.0.0.1", server.port, TIMEOUT_S).close()

    assert asked_for == [socket.AI_NUMERICHOST]


def test_a_label_that_dns_cannot_hold_is_unresolved() -> None:
    with pytest.raises(NoResponse) as caught:
        dial(f"ecs.{'x' * 80}.invalid", 443, TIMEOUT_S)

    assert caught.value.unresolved


@pytest.mark.promise("S37")
def test_a_resolver_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def hang() -> None:
        over.wait(60)
        raise socket.gaierror(socket.EAI_NONAME, "too late")

    monkeypatch.setattr(socket, "getaddrinfo", dns(hang))
    try:
        with pytest.raises(NoResponse) as caught:
            dial("ecs.example.com", 443, 0.05)
    finally:
        over.set()

    assert (caught.value.reason, caught.value.unresolved) == (
        "the host name could not be resolved in time",
        False,
    )


def test_a_port_where_nobody_listens_is_no_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    with pytest.raises(NoResponse, match=r"^no connection$"):
        asked(Settings(endpoint=f"http://127.0.0.1:{port}"))


def test_small_requests_are_sent_at_once() -> None:
    with listening(saying()) as server, dial("127.0.0.1", server.port, 5) as connection:
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
