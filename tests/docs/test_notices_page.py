"""docs/notices: what it shows works, and what it says of links is what the page answers."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest

from functions import extend_lease
from local.channels.channels import environment
from shared.notify import generic
from shared.notify.channels import Channel, Kind, read_channels
from shared.notify.leases import Linking
from tests.docs.pages import blocks, tables, text_of
from tests.unit.notify.runs import NOW, report, row, run

PAGES = ("docs/notices.md", "docs/notices.zh-CN.md")
both = pytest.mark.parametrize("page", PAGES)


@both
def test_the_servers_own_check_takes_what_is_sent_and_nothing_else(
    page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (code,) = blocks(page, "python")
    names: dict[str, Any] = {}
    exec(code.text, names)  # noqa: S102  # what the page shows
    monkeypatch.setattr(names["time"], "time", NOW.timestamp)
    channel = Channel(Kind.GENERIC, "https://ops.example.com", "s", 1)

    sent = generic.request(channel, run(report(row(1))), Linking("", "", ""), NOW)

    check, header = names["is_from_curfew"], sent.headers["X-Curfew-Signature"]
    assert check(header, sent.body, "s")
    assert not check(header, sent.body + b" ", "s")
    assert not check(header, sent.body, "t")
    forged = ("", "x", "t=1", "t=x,v1=y", f"{header},", header.replace("v1=", "v1=\u00e9"))
    assert not any(check(one, sent.body, "s") for one in forged)
    monkeypatch.setattr(names["time"], "time", lambda: NOW.timestamp() + 301)
    assert not check(header, sent.body, "s")


@both
def test_the_addresses_that_it_shows_are_channels(page: str) -> None:
    shown, _ = re.findall(r"CURFEW_NOTIFY='(.*?)'", text_of(page))

    read = read_channels(shown.replace("…", "x"))

    assert [one.kind for one in read.usable] == [Kind.DINGTALK, Kind.SLACK]


@both
def test_the_addresses_of_the_channels_here_are_theirs(page: str) -> None:
    _, first = re.findall(r"CURFEW_NOTIFY='(.*?)'", text_of(page))
    ends = re.findall(r"`(/\S+local)`", text_of(page))

    url = "http://127.0.0.1:8421"
    shown = {first, *(f"{url}{one}" for one in ends)}
    assert shown == set(environment(url)["CURFEW_NOTIFY"].split())


@both
def test_every_status_of_the_page_has_its_row(page: str) -> None:
    source = inspect.getsource(extend_lease)
    known = {*map(int, re.findall(r"Shown\((\d{3}),", source)), 200}

    assert {int(one[0]) for one in tables(page)[1]} == known
