"""Functions, channels and ECS on one port, over sockets, as ``python -m local serve`` has it."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from local.channels.channels import PAGE, Channels, environment
from local.cli.serve import together
from local.ecs.server import LocalEcs
from local.fc.endpoint import FcEndpoint

TRIGGER = "/2016-08-15/proxy/curfew/"
LEASE: dict[str, object] = {"name": "dev-web-1", "release_after": "20h"}


@pytest.fixture
def url() -> Iterator[str]:
    neighbours = FcEndpoint(beside=environment).neighbour(), Channels().neighbour()
    with LocalEcs(neighbour=together(*neighbours)) as server:
        yield server.url


def ask(method: str, url: str, body: str = "", **headers: str) -> tuple[int, str]:
    """Status and body of what is answered."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    try:
        connection.request(method, f"{parts.path}?{parts.query}", body.encode(), headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def call(url: str, function: str, request: dict[str, object]) -> dict[str, Any]:
    """A function's report by its HTTP trigger."""
    status, body = ask("POST", f"{url}{TRIGGER}{function}/", json.dumps(request))
    assert status == 200, body
    report: dict[str, Any] = json.loads(body)
    return report


def test_a_notice_before_leads_to_a_later_release_time(url: str) -> None:
    at = call(url, "set_auto_release", LEASE)["instances"][0]["auto_release_at"]
    report = call(url, "describe", {"name": "dev-web-1", "releases_within": "72h"})
    _, page = ask("GET", f"{url}{PAGE}")
    links = {html.unescape(one) for one in re.findall(r'href="([^"]*lease=[^"]*)"', page)}

    assert report["warnings"] == []
    (link,) = links
    status, shown = ask("GET", link)
    assert (status, "Keep 3 days" in shown) == (200, True)
    assert ask("POST", link, "days=3", **{"Accept-Language": "zh-CN"})[0] == 200
    assert ask("POST", link, "days=3")[0] == 409
    later = call(url, "describe", {"name": "dev-web-1"})["instances"][0]["auto_release_at"]
    assert (at[:10], at[10:]) < (later[:10], later[10:])
    assert at[10:] == later[10:]


def test_every_channel_hears_of_a_run(url: str) -> None:
    report = call(url, "stop", {"name": "dev-web-1", "wait": False})

    _, page = ask("GET", f"{url}{PAGE}")
    assert report["warnings"] == []
    assert page.count("<article>") == 5
    assert "refused" not in page
