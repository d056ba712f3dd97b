"""The status page: that it fits the control endpoint."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from hashlib import sha256
from typing import get_args

import pytest

from local.ecs.emulator import Emulator
from local.ecs.fleet.fleet import InstanceSpec
from local.ecs.gateway.faults import AnyFault, Cut, parse_fault
from local.ecs.http.messages import HttpRequest
from local.ecs.ram.caller import Caller
from tests.harness.desk import emulated

NEEDED: dict[str, dict[str, object]] = {
    "delay": {"seconds": 1},
    "slowbody": {"seconds": 1},
    "garbledrow": {"id": "i-1", "field": "Status"},
}
"""What a fault of this kind cannot be without."""


def page(emulator: Emulator, path: str = "/_local/") -> tuple[str, dict[str, str]]:
    reply = emulator.handle(HttpRequest("GET", path, {"host": "127.0.0.1"}))
    assert reply.status == 200
    return reply.body.decode(), dict(reply.headers)


@pytest.mark.parametrize("path", ["/_local/", "/_local"])
def test_the_page_is_served_by_the_emulator_itself(path: str) -> None:
    text, headers = page(emulated(), path)

    assert text.startswith("<!DOCTYPE html>")
    assert headers["Content-Type"] == "text/html;charset=utf-8"


def test_the_page_needs_nothing_from_elsewhere() -> None:
    text, _ = page(emulated())

    links = re.findall(r"""(?:src|href|action)=["']?([^"'\s>]+)""", text)
    assert all(link.startswith(("#", "data:")) for link in links)
    assert not re.search(r"@import|url\(|https?://(?!www\.w3\.org/2000/svg)", text)


def test_only_the_pages_own_script_may_run() -> None:
    text, headers = page(emulated())

    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    digest = b64encode(sha256(scripts[0].encode()).digest()).decode()
    assert len(scripts) == 1
    assert f"script-src 'sha256-{digest}';" in headers["Content-Security-Policy"]
    assert not re.search(r"innerHTML|insertAdjacentHTML|document\.write|\bon\w+=", text)


def test_every_element_that_the_script_asks_for_is_there() -> None:
    text, _ = page(emulated())

    markup, _, script = text.partition("<script>")
    ids = set(re.findall(r"""\$\("([\w-]+)"\)""", script))
    assert ids - set(re.findall(r'\bid="([\w-]+)"', markup)) == set()


def test_every_field_that_the_script_reads_is_in_the_json() -> None:
    text, _ = page(emulated())
    emulator = emulated(InstanceSpec("web", tags={"a": "b"}))
    emulator.gateway.faults.add(Cut())
    emulator.gateway.call("DescribeRegions", {}, Caller())
    script = text.partition("<script>")[2]

    def asked(name: str) -> dict[str, object]:
        request = HttpRequest("GET", f"/_local/{name}", {"host": "127.0.0.1"})
        answer: dict[str, object] = json.loads(emulator.handle(request).body)
        return answer

    def first(name: str, kind: str) -> set[str]:
        items = asked(name)[kind]
        assert isinstance(items, list)
        return set(items[0])

    read = {
        variable: set(re.findall(rf"\b{variable}\.([a-z_]+)\b(?!\()", script))
        for variable in ("instance", "disk", "sg", "entry", "state")
    }
    assert read["instance"] <= first("state", "instances")
    assert read["disk"] <= first("state", "disks")
    assert read["sg"] <= first("state", "security_groups")
    assert read["entry"] <= first("log", "requests")
    assert read["state"] - {"append"} <= set(asked("state"))
    assert all(read.values())
    assert set(asked("clock")) == {"now", "speed"}
    assert {"number", "fault", "met", "struck"} == first("faults", "faults")


def test_every_fault_on_the_page_is_one_of_the_emulators() -> None:
    text, _ = page(emulated())

    form = text.partition('<select name="fault">')[2].partition("</select>")[0]
    kinds = re.findall(r'<option value="(\w+)">', form)
    assert sorted(kinds) == sorted(kind.__name__.lower() for kind in get_args(AnyFault))
    for kind in kinds:
        assert parse_fault(json.dumps({"fault": kind, **NEEDED.get(kind, {})}).encode())


def test_the_page_says_that_it_is_an_emulator() -> None:
    text, _ = page(emulated())

    assert "<title>ECS emulator</title>" in text
    assert "This is not Alibaba Cloud: nothing here is real, and nothing costs anything." in text
