"""What is sent to which channel: in its language, with its links, in as many messages as it may."""

from __future__ import annotations

import json

import pytest

from shared.domain.plan import Result
from shared.report.report import Report
from tests.unit.notify.runs import before, leased, report, row
from tests.unit.notify.test_telling import ORIGIN, Server, telling

ADDRESSES = {
    "dingtalk": "https://oapi.dingtalk.com/robot/send?access_token=x",
    "feishu": "https://open.feishu.cn/open-apis/bot/v2/hook/x",
    "lark": "https://open.larksuite.com/open-apis/bot/v2/hook/x",
    "wecom": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=x",
    "slack": "https://hooks.slack.com/services/x",
}
LINKS = {"CURFEW_LINK_KEY": "k" * 32, "CURFEW_LINK_URL": "https://keep.example.com/x"}
OK = b'{"errcode":0,"code":0}'


def sent(tool: str, *endings: Report, **variables: str) -> tuple[list[str], list[str]]:
    """The texts that a tool is sent, and what is said of it."""
    server = Server(answered=b"ok" if tool == "slack" else OK)
    environ = {"CURFEW_NOTIFY": ADDRESSES[tool], **variables}
    told = telling(server, environ=environ, endings=endings).tell(ORIGIN)
    bodies = (json.dumps(json.loads(one.body), ensure_ascii=False) for one, _ in server.taken)
    return list(bodies), told


@pytest.mark.parametrize("stated", ["", "en", "zh"])
@pytest.mark.parametrize("tool", ADDRESSES)
def test_each_tool_is_spoken_to_in_its_language_unless_another_is_stated(
    tool: str, stated: str
) -> None:
    [body], told = sent(tool, report(row(1)), CURFEW_LANGUAGE=stated)

    own = "en" if tool in {"lark", "slack"} else "zh"
    assert told == []
    assert ("已变更 1" in body, "1 changed" in body) == (
        ((stated or own) == "zh"), (stated or own) == "en"
    )  # fmt: skip


@pytest.mark.parametrize("tool", ADDRESSES)
def test_who_is_released_soon_has_a_link_where_there_are_links(tool: str) -> None:
    [linked], _ = sent(tool, before(leased(1)), CURFEW_NOTIFY_ON="failed", **LINKS)
    [bare], _ = sent(tool, before(leased(1)), CURFEW_NOTIFY_ON="failed")

    assert "https://keep.example.com/x?lease=" in linked
    assert "lease=" not in bare


@pytest.mark.parametrize("missing", LINKS)
def test_without_one_of_the_two_there_are_no_links(missing: str) -> None:
    variables = {name: value for name, value in LINKS.items() if name != missing}

    [body], _ = sent("slack", before(leased(1)), CURFEW_NOTIFY_ON="failed", **variables)

    assert "lease=" not in body


def test_what_is_due_is_told_before_what_became_of_the_run() -> None:
    told_of = before(leased(1), row(2, Result.FAILED, reason="no"))

    first, second = sent("slack", told_of, CURFEW_NOTIFY_ON="failed")[0]
    [alone] = sent("slack", told_of, CURFEW_NOTIFY_ON="changed")[0]

    assert first == alone
    assert "instances that ECS will release soon: 1" in first
    assert "Curfew stop: incomplete" in second


@pytest.mark.parametrize(("occasions", "pages"), [("changed", 5), ("failed", 4)])
def test_there_are_five_messages_at_most_and_what_is_left_out_is_said(
    occasions: str, pages: int, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [leased(number, "li.na") for number in range(2_000)]
    failed = before(*rows, row(9_999, Result.FAILED))

    bodies, [told] = sent("wecom", failed, CURFEW_NOTIFY_ON=occasions)

    assert len(bodies) == 5
    assert sum("即将被 ECS 释放" in one for one in bodies) == pages
    assert told.startswith("the notice to address 1 (wecom) is too long; ")
    assert '"channel": "address 1 (wecom)", "result": "failed"' in caplog.text


def test_a_server_of_ones_own_is_sent_a_signature_of_now() -> None:
    server = Server()

    telling(server, environ={"CURFEW_NOTIFY": "https://ops.example.com/x#secret"}).tell(ORIGIN)

    [(outgoing, _)] = server.taken
    assert outgoing.headers["X-Curfew-Signature"].startswith("t=1795780800,v1=")


def test_one_channel_that_fails_keeps_no_other_from_being_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("MARKED")

    monkeypatch.setattr("shared.notify.wecom.request", fail)
    server = Server(answered=OK)
    environ = {"CURFEW_NOTIFY": f"{ADDRESSES['wecom']} {ADDRESSES['dingtalk']}"}

    [told] = telling(server, environ=environ).tell(ORIGIN)

    assert told.startswith("no notice to address 1 (wecom): ")
    assert '"channel": "address 1 (wecom)", "result": "failed"' in caplog.text
    assert "ZeroDivisionError" in told
    assert "MARKED" not in told + caplog.text
    assert [one.url for one, _ in server.taken] == [ADDRESSES["dingtalk"]]


def test_after_a_message_that_is_not_taken_no_other_is_sent() -> None:
    rows = [leased(number, "li.na") for number in range(2_000)]
    server = Server(answered=b'{"errcode":45009}')

    told = telling(server, environ={"CURFEW_NOTIFY": ADDRESSES["wecom"]}, endings=[before(*rows)])

    assert told.tell(ORIGIN)[0] == "no notice to address 1 (wecom): errcode 45009: "
    assert len(server.taken) == 1


@pytest.mark.parametrize(
    ("address", "answered", "searched"),
    [
        (ADDRESSES["wecom"], OK, 0),
        (ADDRESSES["wecom"], b'{"errcode":45009}', 1),
        ("https://example.com/x", b"anything", 0),
    ],
    ids=["taken", "refused", "generic"],
)
def test_only_what_is_said_is_searched_for_secrets(
    address: str, answered: bytes, searched: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A generic notice of many rows has as many links, and none of them is repeated."""
    calls: list[str] = []

    def search(said: str, *_: object) -> str:
        calls.append(said)
        return said

    monkeypatch.setattr("shared.notify.notices.without_secrets", search)
    server = Server(answered=answered)

    telling(server, environ={"CURFEW_NOTIFY": address}, endings=[report(row(1))]).tell(ORIGIN)

    assert len(server.taken) == 1
    assert len(calls) == searched


@pytest.mark.parametrize(
    ("left_s", "messages", "said"),
    [
        (0.49, 0, "no notice was sent: no time was left for it"),
        (0.51, 1, ""),
    ],
)
def test_with_less_than_a_fifth_of_a_second_nothing_is_tried(
    left_s: float, messages: int, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    server = Server()

    told = telling(server, left_s).tell(ORIGIN)

    assert ('"channel": "", "result": "failed"' in caplog.text) == bool(said)

    assert (len(server.taken), told) == (messages, [said] if said else [])


def test_settings_that_cannot_be_read_keep_no_channel_from_being_told() -> None:
    [body], told = sent("slack", report(row(1)), CURFEW_NOTIFY_ON="nonsense")

    assert "1 changed" in body
    assert told == []


def test_without_addresses_nobody_is_told() -> None:
    server = Server()

    assert telling(server, environ={}).tell(ORIGIN) == []
    assert server.taken == []
