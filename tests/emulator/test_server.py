"""The emulator on a socket, with the real SDK over HTTP."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Thread
from typing import Any
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, Request, build_opener

import pytest
from aliyunsdkcore.acs_exception.exceptions import ClientException, ServerException
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import RpcRequest

import local.ecs.server as server_module
from local.ecs.account.model import Status
from local.ecs.clock import ManualClock
from local.ecs.emulator import Emulator, Options, default_engine
from local.ecs.gateway.faults import Cut, Delay, SlowBody
from local.ecs.server import LocalEcs, local_ecs, serve

SERVE = "from local.ecs.server import serve; serve()"
PATIENCE_S = 50
"""Real seconds after which something hangs, however slow the machine is."""


@pytest.fixture(scope="module")
def server() -> Iterator[LocalEcs]:
    options = Options(build=lambda: default_engine(ManualClock()))
    with LocalEcs(Emulator(options)) as running:
        yield running


@pytest.fixture
def ecs(server: LocalEcs) -> LocalEcs:
    server.emulator.reset()
    return server


def client() -> AcsClient:
    """An SDK client; a proxy of the environment is not for this machine."""
    return AcsClient("local", "local", "cn-hangzhou", auto_retry=False, pool_size=16)


def ask(ecs: LocalEcs, sdk: AcsClient, action: str, **parameters: str) -> dict[str, Any]:
    request = RpcRequest("Ecs", "2014-05-26", action)
    request.set_endpoint(ecs.url)
    request.set_read_timeout(PATIENCE_S)
    for name, value in parameters.items():
        request.add_query_param(name, value)
    answer: dict[str, Any] = json.loads(sdk.do_action_with_exception(request))
    return answer


def running(ecs: LocalEcs) -> str:
    return next(
        each.instance_id
        for each in ecs.engine.instances("cn-hangzhou")
        if each.status is Status.RUNNING and not each.locks
    )


def test_the_url_is_of_this_machine(ecs: LocalEcs) -> None:
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", ecs.url)


def test_the_official_sdk_lists_and_stops(ecs: LocalEcs) -> None:
    sdk, instance_id = client(), running(ecs)

    listed = ask(ecs, sdk, "DescribeInstances", MaxResults="100")
    ask(ecs, sdk, "StopInstance", InstanceId=instance_id)

    assert {each["InstanceId"] for each in listed["Instances"]["Instance"]} == {
        each.instance_id for each in ecs.engine.instances("cn-hangzhou")
    }
    assert ecs.engine.instance(instance_id).status is Status.STOPPING
    assert ecs.log.actions() == ("DescribeInstances", "StopInstance")


def test_idle_connections_are_said_to_be_closed_after_25_seconds(ecs: LocalEcs) -> None:
    said = []
    for connection in ("keep-alive", "close"):
        link = http.client.HTTPConnection(urlsplit(ecs.url).netloc)
        link.request("GET", "/?Action=DescribeRegions", headers={"Connection": connection})
        headers = link.getresponse().headers
        said.append((headers["Connection"], headers["Keep-Alive"]))
        link.close()

    assert said == [("keep-alive", "timeout=25"), ("close", None)]


def test_an_idle_connection_is_closed(ecs: LocalEcs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "IDLE_S", 0.2)
    with LocalEcs(ecs.emulator) as hasty:
        link = socket.create_connection(("127.0.0.1", int(urlsplit(hasty.url).port or 0)))
        link.settimeout(PATIENCE_S)
        link.sendall(b"GET /_local/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        received = b""
        while part := link.recv(65536):  # until the other end closes
            received += part

    assert received.startswith(b"HTTP/1.1 200 OK")


def test_the_official_sdk_gets_here_by_the_proxy_variable_alone(
    ecs: LocalEcs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", ecs.url)
    request = RpcRequest("Ecs", "2014-05-26", "DescribeRegions")
    request.set_endpoint("ecs.cn-hangzhou.aliyuncs.com")
    request.set_read_timeout(PATIENCE_S)

    answer = json.loads(client().do_action_with_exception(request))

    assert answer["Regions"]["Region"]
    assert ecs.log.actions() == ("DescribeRegions",)


def test_a_request_as_to_a_proxy_for_another_site_is_refused(ecs: LocalEcs) -> None:
    link = http.client.HTTPConnection(urlsplit(ecs.url).netloc)
    said = []
    for url in ("http://example.com/", "http://ecs.aliyuncs.com/_local/state"):
        link.request("GET", url, headers={"Host": "127.0.0.1"})
        response = link.getresponse()
        said.append((response.status, json.loads(response.read())["Code"]))
    link.close()

    assert said == [(403, "Forbidden.Host")] * 2


def test_the_official_sdk_understands_the_errors(ecs: LocalEcs) -> None:
    with pytest.raises(ServerException) as caught:
        ask(ecs, client(), "StopInstance", InstanceId="i-unknown")

    error = caught.value
    assert (error.get_http_status(), error.get_error_code(), error.get_error_msg()) == (
        404,
        "InvalidInstanceId.NotFound",
        "The specified InstanceId does not exist.",
    )
    assert error.get_request_id() == ecs.log.entries()[0].request_id


def test_the_official_sdk_recognizes_its_own_string_to_sign(ecs: LocalEcs) -> None:
    wrong = AcsClient("local", "wrong", "cn-hangzhou")

    with pytest.raises(ServerException) as caught:
        ask(ecs, wrong, "DescribeRegions")

    assert caught.value.get_error_code() == "InvalidAccessKeySecret"


def test_a_request_line_may_be_longer_than_eight_kilobytes(ecs: LocalEcs) -> None:
    ids = {f"InstanceId.{n + 1}": f"i-bp1{n:017d}" for n in range(100)}

    with pytest.raises(ServerException) as caught:
        ask(ecs, client(), "StopInstances", ClientToken="x" * 8192, **ids)

    assert caught.value.get_error_code() == "InvalidInstanceIds.NotFound"


def test_threads_share_connections_and_all_are_answered(ecs: LocalEcs) -> None:
    sdk = client()

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: ask(ecs, sdk, "DescribeRegions"), range(80)))

    assert len({each["RequestId"] for each in answers}) == 80


@pytest.mark.parametrize(
    ("after_write", "status"), [(False, Status.RUNNING), (True, Status.STOPPING)]
)
def test_a_cut_connection_is_an_error_of_the_network(
    ecs: LocalEcs,
    after_write: bool,  # noqa: FBT001  # a table's column
    status: Status,
) -> None:
    instance_id = running(ecs)
    ecs.gateway.faults.add(Cut(after_write=after_write))

    with pytest.raises(ClientException) as caught:
        ask(ecs, client(), "StopInstance", InstanceId=instance_id)

    assert caught.value.get_error_code() == "SDK.HttpError"
    assert ecs.engine.instance(instance_id).status is status


@pytest.mark.parametrize("fault", [Delay(seconds=0.1), SlowBody(seconds=0.1)])
def test_a_slow_answer_comes_late_but_whole(ecs: LocalEcs, fault: Delay | SlowBody) -> None:
    ecs.gateway.faults.add(fault)
    begun = time.monotonic()

    answer = ask(ecs, client(), "DescribeRegions")

    assert time.monotonic() - begun >= 0.1
    assert answer["Regions"]["Region"]


def test_one_slow_answer_does_not_hold_up_the_others(ecs: LocalEcs) -> None:
    ecs.gateway.faults.add(Delay(seconds=3600, action="DescribeRegions"))
    sdk = client()

    def wait_long() -> None:
        with suppress(ClientException):  # it is never answered
            ask(ecs, sdk, "DescribeRegions")

    slow = Thread(target=wait_long, daemon=True)
    slow.start()
    while not ecs.gateway.faults.snapshot()[0].struck:
        time.sleep(0.01)

    ask(ecs, sdk, "DescribeInstances")

    assert slow.is_alive()


def test_a_connection_is_kept_and_serves_the_control_endpoint_too(ecs: LocalEcs) -> None:
    connection = http.client.HTTPConnection(urlsplit(ecs.url).netloc, timeout=PATIENCE_S)
    connection.request("GET", "/_local/health")
    assert json.loads(connection.getresponse().read())["status"] == "ok"
    kept = connection.sock

    connection.request("POST", "/_local/faults", body='{"fault": "cut", "times": 1}')
    connection.getresponse().read()

    assert connection.sock is kept
    assert len(ecs.gateway.faults.snapshot()) == 1
    connection.close()


def test_headers_that_are_no_text_are_refused_not_stumbled_over(ecs: LocalEcs) -> None:
    connection = http.client.HTTPConnection(urlsplit(ecs.url).netloc, timeout=PATIENCE_S)
    headers = {
        "x-acs-action": b"DescribeRegions",
        "x-acs-version": b"2014-05-26",
        "x-acs-date": b"\xff",
        "x-acs-signature-nonce": b"1",
        "x-acs-content-sha256": b"1",
        "authorization": b"ACS3-HMAC-SHA256 Credential=local,SignedHeaders=x-acs-date,Signature=0",
    }

    connection.request("POST", "/", headers=headers)
    reply = connection.getresponse()

    assert (reply.status, json.loads(reply.read())["Code"]) == (400, "InvalidTimeStamp.Format")
    connection.close()


def test_a_url_is_all_that_another_process_needs() -> None:
    with local_ecs(Options(seed=3)) as url:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE_S)
        connection.request("GET", "/_local/health")
        assert connection.getresponse().status == 200
        connection.close()

    with (
        pytest.raises(ConnectionRefusedError),
        socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), timeout=PATIENCE_S),
    ):
        pass


def test_a_browser_is_led_to_the_status_page(ecs: LocalEcs) -> None:
    with build_opener(ProxyHandler({})).open(
        Request(f"{ecs.url}/", headers={"Accept": "text/html"}),  # noqa: S310  # our own
        timeout=PATIENCE_S,
    ) as answer:
        page = answer.read()

    assert (answer.url, answer.status) == (f"{ecs.url}/_local/", 200)
    assert page.startswith(b"<!DOCTYPE html>")


def test_a_name_that_was_pointed_here_is_refused_on_every_path(ecs: LocalEcs) -> None:
    port = urlsplit(ecs.url).port

    for method, path in (
        ("POST", "/?Action=DescribeRegions"),
        ("GET", "/_local/state"),
        ("GET", "/"),
    ):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        connection.request(method, path, headers={"Host": f"rebound.example:{port}"})
        assert connection.getresponse().status == 403
        connection.close()
    assert len(ecs.log) == 0


def test_servers_do_not_share_anything(ecs: LocalEcs) -> None:
    with LocalEcs(Emulator()) as other:
        ask(other, client(), "DescribeRegions")

        assert other.url != ecs.url
        assert len(other.log) == 1
        assert len(ecs.log) == 0
        assert other.gateway is other.emulator.gateway


@pytest.mark.parametrize(
    "host",
    ["0.0.0.0", "192.168.1.7", "", "ecs.example"],  # noqa: S104  # to be refused
)
def test_only_this_machine_is_listened_to(host: str) -> None:
    with pytest.raises(ValueError, match="listens on this machine alone"):
        LocalEcs(host=host)
    with pytest.raises(ValueError, match="listens on this machine alone"):
        serve(host=host)


def test_ipv6s_loopback_is_this_machine_too() -> None:
    try:
        with LocalEcs(host="::1") as local:
            assert re.fullmatch(r"http://\[::1\]:\d+", local.url)
    except OSError:
        pytest.skip("this machine has no IPv6")


def test_a_port_that_is_taken_is_an_error(ecs: LocalEcs) -> None:
    port = urlsplit(ecs.url).port or 0

    with pytest.raises(OSError, match=str(port)), LocalEcs(port=port):
        pass


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM], ids=lambda each: each.name)
def test_in_the_foreground_it_says_where_it_listens_and_ends_cleanly(
    ending: signal.Signals,
) -> None:
    with subprocess.Popen(  # noqa: S603  # our own code
        [sys.executable, "-c", SERVE],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    ) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        found = re.fullmatch(r"listening on http://127\.0\.0\.1:(\d+)\n", said)
        assert found is not None
        page = process.stdout.readline()
        connection = http.client.HTTPConnection("127.0.0.1", int(found[1]), timeout=PATIENCE_S)
        connection.request("GET", "/_local/health")
        assert connection.getresponse().status == 200

        process.send_signal(ending)
        rest, complaints = process.communicate(timeout=PATIENCE_S)

    connection.close()
    assert page == f"status page: http://127.0.0.1:{found[1]}/_local/\n"
    assert (process.returncode, rest, complaints) == (0, "", "")


def test_a_client_that_waits_to_be_told_to_go_on_is_told(ecs: LocalEcs) -> None:
    port = urlsplit(ecs.url).port or 0
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as opened:
        opened.sendall(
            b"POST /_local/clock HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: 100-continue\r\n"
            b"Content-Length: 2\r\nConnection: close\r\n\r\n"
        )
        with opened.makefile("rb") as answer:
            said = answer.readline()
            opened.sendall(b"{}")
            rest = answer.read()

    assert said == b"HTTP/1.1 100 Continue\r\n"
    assert b"HTTP/1.1 200 OK" in rest
