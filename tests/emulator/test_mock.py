"""The decorator and context manager, and that no library gets past them to another machine."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import socket
import unittest
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import CommonRequest

from local.ecs.account.model import Status
from local.ecs.fake import StrayRequestError
from local.ecs.fleet.fleet_file import FleetFileError
from local.ecs.mock import mock_ecs
from local.ecs.server import local_ecs

FLEET = "instances: [{name: web, region: cn-hangzhou, count: 2}]\n"


def call(action: str, **parameters: str) -> Any:  # noqa: ANN401  # JSON
    """What a script that knows nothing of the emulator does."""
    request = CommonRequest("ecs.cn-hangzhou.aliyuncs.com", "2014-05-26", action)
    for name, value in {"RegionId": "cn-hangzhou", **parameters}.items():
        request.add_query_param(name, value)
    key = os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"]
    secret = os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]
    return json.loads(AcsClient(key, secret, "cn-hangzhou").do_action_with_exception(request))


@mock_ecs()
def stop_the_first() -> int:
    """A decorated function: how many instances of a new account are stopping after one stop."""
    first = call("DescribeInstances")["Instances"]["Instance"][0]
    call("StopInstance", InstanceId=first["InstanceId"])
    shown = call("DescribeInstances")["Instances"]["Instance"]
    return sum(each["Status"] == "Stopping" for each in shown)


class TestStarted(unittest.TestCase):
    """As where a block does not fit."""

    def setUp(self) -> None:
        mock = mock_ecs(fleet={"instances": [{"name": "web"}]})
        self.ecs = mock.start()
        self.addCleanup(mock.stop)

    def test_it_is_there_until_it_is_stopped(self) -> None:
        call("DescribeRegions")

        assert self.ecs.log.count("DescribeRegions") == 1
        assert [each.name for each in self.ecs.engine.instances()] == ["web"]


def test_what_was_started_is_stopped_once() -> None:
    before = socket.getaddrinfo
    mock = mock_ecs()
    mock.start()
    assert socket.getaddrinfo is not before

    mock.stop()
    mock.stop()

    assert socket.getaddrinfo is before


def test_a_stray_request_is_raised_when_it_is_stopped() -> None:
    before, mock = socket.getaddrinfo, mock_ecs()
    mock.start()
    with suppress(BaseException):
        socket.create_connection(("example.com", 80))

    with pytest.raises(StrayRequestError, match=r"would have gone to example\.com"):
        mock.stop()

    assert socket.getaddrinfo is before


def test_a_decorated_function_has_an_emulator_of_its_own_at_each_call() -> None:
    assert [stop_the_first(), stop_the_first()] == [1, 1]


def test_the_block_gives_the_emulator_with_its_clock_and_log() -> None:
    with mock_ecs() as ecs:
        first = call("DescribeInstances")["Instances"]["Instance"][0]["InstanceId"]
        call("StopInstance", InstanceId=first)
        ecs.clock.advance(timedelta(minutes=5))

        assert ecs.engine.instance(first).status is Status.STOPPED
        assert ecs.log.count("StopInstance") == 1


@pytest.mark.parametrize("kind", [str, Path])
def test_it_starts_with_the_fleet_of_a_file(kind: Callable[[Path], Any], tmp_path: Path) -> None:
    (tmp_path / "fleet.yaml").write_text(FLEET)

    with mock_ecs(fleet=kind(tmp_path / "fleet.yaml")):
        names = [
            each["InstanceName"] for each in call("DescribeInstances")["Instances"]["Instance"]
        ]

    assert sorted(names) == ["web-1", "web-2"]


def test_a_fleet_that_cannot_be_read_leaves_nothing_mounted(tmp_path: Path) -> None:
    before = (dict(os.environ), socket.getaddrinfo, requests.adapters.HTTPAdapter.send)

    with pytest.raises(FleetFileError), mock_ecs(fleet=tmp_path / "none.yaml"):
        pass

    assert before == (dict(os.environ), socket.getaddrinfo, requests.adapters.HTTPAdapter.send)


def test_afterwards_everything_is_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "mine")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    before = (dict(os.environ), socket.getaddrinfo, socket.socket.connect)

    @mock_ecs()
    def fail() -> None:
        assert "https_proxy" not in os.environ
        raise ValueError("of the test")

    with pytest.raises(ValueError, match="of the test"):
        fail()

    assert before == (dict(os.environ), socket.getaddrinfo, socket.socket.connect)


def test_requests_by_hand_is_answered_too() -> None:
    with mock_ecs() as ecs:
        answer = requests.get("https://ecs.aliyuncs.com/?Action=DescribeRegions", timeout=5)

    assert answer.status_code == 400
    assert "<Code>Missing" in answer.text
    assert ecs.endpoints == ["https://ecs.aliyuncs.com"]


def test_requests_to_this_machine_go_where_they_are_sent() -> None:
    with local_ecs() as url, mock_ecs() as ecs:
        health = requests.get(f"{url}/_local/health", timeout=5)

    assert health.status_code == 200
    assert ecs.endpoints == []


def by_http_client() -> None:
    http.client.HTTPSConnection("example.com", timeout=5).request("GET", "/")


def by_urllib() -> None:
    urllib.request.urlopen("https://example.com", timeout=5)


def by_address() -> None:
    socket.create_connection(("192.0.2.1", 80), timeout=5)


def by_asyncio() -> None:
    asyncio.run(asyncio.open_connection("example.com", 443))


def by_requests() -> None:
    requests.get("https://example.com", timeout=5)


def by_a_library_that_is_not_mounted() -> None:
    http.client.HTTPSConnection("ecs.aliyuncs.com", timeout=5).request("GET", "/")


def by_name() -> None:
    socket.gethostbyname("ecs.example.com")


def by_datagram() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.sendto(b"counter:1|c", ("192.0.2.1", 8125))


def by_message() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.sendmsg([b"counter:1|c"], [], 0, ("192.0.2.1", 8125))


WAYS = (
    by_name,
    by_datagram,
    by_message,
    by_http_client,
    by_urllib,
    by_address,
    by_asyncio,
    by_requests,
    by_a_library_that_is_not_mounted,
)


@pytest.mark.parametrize("send", WAYS)
def test_what_would_leave_the_machine_is_raised(send: Callable[[], None]) -> None:
    with pytest.raises(StrayRequestError, match=r"would have gone to \S+"), mock_ecs():
        send()


@pytest.mark.parametrize("send", WAYS)
def test_what_is_swallowed_is_raised_at_the_end(send: Callable[[], None]) -> None:
    @mock_ecs()
    def swallow() -> None:
        with suppress(BaseException):
            send()

    with pytest.raises(StrayRequestError, match=r"would have gone to \S+"):
        swallow()


def test_sockets_of_this_machine_stay_open() -> None:
    with mock_ecs(), socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname()):
            pass
        with socket.create_connection(("localhost", server.getsockname()[1])):
            pass


def test_this_machine_may_look_itself_up_and_send_itself_datagrams() -> None:
    with (
        mock_ecs(),
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as here,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as there,
    ):
        here.bind(("127.0.0.1", 0))
        there.sendto(b"hello", here.getsockname())
        received = here.recv(10)
        assert socket.gethostbyname("localhost") == "127.0.0.1"
        with suppress(OSError):  # a machine need not know its own name
            socket.getaddrinfo(socket.gethostname(), None)

    assert received == b"hello"
