"""Whom the emulator answers: on ECS's port, on its own pages, and what stands beside it."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from urllib.parse import urlsplit

import pytest

from local.ecs.emulator import Emulator, Options
from local.ecs.http.hosts import Hosts, read_host
from local.ecs.http.messages import HttpReply, HttpRequest
from local.ecs.ram.caller import Caller
from local.ecs.server import LocalEcs, Neighbour, Served

ECS = "/?Action=DescribeRegions&Version=2014-05-26"
CONTROL = "/_local/health"
NAMED = Hosts(frozenset({"ecs.test", "10.0.0.7"}))
PLACES = [pytest.param(ECS, id="ECS"), pytest.param(CONTROL, id="control")]

FOREIGN = [
    pytest.param({"host": "evil.example:8421"}, "as evil.example,", id="rebound name"),
    pytest.param({"host": "127.0.0.1.evil.example"}, "as 127.0.0.1.evil.example,", id="prefix"),
    pytest.param({"host": "evilaliyuncs.com"}, "as evilaliyuncs.com,", id="suffix"),
    pytest.param({"host": "[::1"}, "with an unreadable host name", id="no name"),
    pytest.param({"host": ""}, "with an unreadable host name", id="empty name"),
    pytest.param(
        {"origin": "https://evil.example"}, "from a page of evil.example,", id="other site"
    ),
    pytest.param({"origin": "null"}, "from a page of unknown origin", id="opaque origin"),
    pytest.param(
        {"origin": "https://bucket.oss-cn-hangzhou.aliyuncs.com"},
        "from a page of bucket.oss-cn-hangzhou.aliyuncs.com",
        id="customer's page",
    ),
    pytest.param({"sec-fetch-site": "cross-site"}, "from a page of another site", id="picture"),
]
OWN = [
    pytest.param({}, id="no host"),
    pytest.param({"host": "127.0.0.1:8421"}, id="IPv4"),
    pytest.param({"host": "[::1]:8421"}, id="IPv6"),
    pytest.param({"host": "LOCALHOST.:8421"}, id="spelling"),
    pytest.param({"host": "localhost:1", "origin": "http://127.0.0.1:2"}, id="own page"),
    pytest.param({"host": "localhost", "sec-fetch-site": "same-origin"}, id="own script"),
    pytest.param(
        {"host": "localhost", "origin": "null", "sec-fetch-site": "same-origin"},
        id="own page without a referrer",
    ),
]


def get(target: str, headers: Mapping[str, str], hosts: Hosts | None = None) -> HttpReply:
    emulator = Emulator(Options(hosts=hosts or Hosts()))
    return emulator.handle(HttpRequest("GET", target, headers))


@pytest.mark.parametrize("target", PLACES)
@pytest.mark.parametrize(("headers", "who"), FOREIGN)
def test_a_foreign_site_is_turned_away(target: str, headers: dict[str, str], who: str) -> None:
    reply = get(target, {"host": "localhost", **headers})

    body = json.loads(reply.body)
    assert (reply.status, body["Code"]) == (403, "Forbidden.Host")
    assert body["Message"] == body["error"]
    assert body["Message"].startswith(f"the emulator accepts no requests {who}")
    assert "serve --allow-host NAME" in body["Message"]


@pytest.mark.parametrize("target", PLACES)
@pytest.mark.parametrize("headers", OWN)
def test_this_machine_is_answered(target: str, headers: dict[str, str]) -> None:
    assert get(target, headers).status != 403


def test_the_names_of_ecs_are_for_ecs_alone() -> None:
    headers = {"host": "ecs.cn-hangzhou.aliyuncs.com"}

    assert get(ECS, headers).status != 403
    assert get(CONTROL, headers).status == 403


@pytest.mark.parametrize("target", PLACES)
@pytest.mark.parametrize(
    "headers",
    [
        {"host": "ecs.test:8421"},
        {"host": "10.0.0.7"},
        {"host": "localhost", "origin": "https://ecs.test"},
    ],
    ids=["name", "address", "origin"],
)
def test_what_the_user_names_is_answered(target: str, headers: dict[str, str]) -> None:
    assert get(target, headers, NAMED).status != 403
    assert get(target, headers).status == 403


def test_what_is_turned_away_does_nothing_and_is_not_in_the_log() -> None:
    emulator = Emulator()
    emulator.gateway.call("DescribeRegions", {}, Caller())

    for method in ("GET", "POST", "DELETE"):
        request = HttpRequest(method, "/_local/log", {"host": "evil.example"})
        assert emulator.handle(request).status == 403

    assert emulator.log.actions() == ("DescribeRegions",)


@pytest.mark.parametrize("target", ["/", "/_local/", "/_local"])
def test_a_link_of_another_site_may_lead_to_the_page_and_no_further(target: str) -> None:
    link = {"accept": "text/html", "sec-fetch-site": "cross-site"}
    emulator = Emulator()

    def status(method: str, path: str) -> int:
        return emulator.handle(HttpRequest(method, path, {"host": "localhost", **link})).status

    assert status("GET", target) in {200, 302}
    assert status("POST", target) == 403
    assert status("GET", "/?Action=DescribeRegions") == 403
    assert status("GET", "/_local/state") == 403


@pytest.mark.parametrize("target", ["/", "/?utm_source=readme"])
def test_a_browser_that_opens_the_endpoint_is_led_to_the_page(target: str) -> None:
    reply = get(target, {"host": "127.0.0.1:8421", "accept": "text/html,application/xhtml+xml"})

    assert (reply.status, reply.headers["Location"]) == (302, "/_local/")


@pytest.mark.parametrize(
    ("method", "target", "headers"),
    [
        pytest.param("GET", "/", {"accept": "*/*"}, id="no browser"),
        pytest.param("GET", "/", {}, id="nothing accepted"),
        pytest.param("POST", "/", {"accept": "text/html"}, id="a form"),
        pytest.param("GET", ECS, {"accept": "text/html"}, id="an action"),
        pytest.param("GET", "/", {"accept": "text/html", "x-acs-action": "X"}, id="ACS3"),
        pytest.param("GET", "/other", {"accept": "text/html"}, id="another path"),
    ],
)
def test_clients_of_ecs_are_led_nowhere(method: str, target: str, headers: dict[str, str]) -> None:
    reply = Emulator().handle(HttpRequest(method, target, {"host": "localhost", **headers}))

    assert reply.status >= 400
    assert b"<Error>" in reply.body


@pytest.mark.parametrize(
    "text", ["ecs.test", "ECS.Test", "emulator", "10.0.0.7", "my_service-1.internal"]
)
def test_a_host_is_named_in_any_case(text: str) -> None:
    assert read_host(text) == text.lower()


@pytest.mark.parametrize(
    "text",
    ["", "http://ecs.test", "ecs.test:8421", "ecs.test/", "*.test", "-a", "a..b", "a b", "*"],
)
def test_what_is_no_host_name_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a host name; write it without scheme"):
        read_host(text)


def test_what_stands_beside_the_emulator_is_as_safe_as_it() -> None:
    met: list[Served] = []

    def answer(served: Served, _: HttpRequest) -> HttpReply:
        met.append(served)
        return HttpReply(200, {}, b"met")

    def status(url: str, host: str) -> int:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=50)
        connection.request("GET", "/beside/", headers={"Host": host})
        reply = connection.getresponse()
        reply.read()
        connection.close()
        return reply.status

    with LocalEcs(neighbour=Neighbour(("/beside/",), answer)) as server:
        statuses = [status(server.url, host) for host in ("evil.example", "localhost")]

    assert statuses == [403, 200]
    assert met == [Served(server.url, server.engine.clock)]
