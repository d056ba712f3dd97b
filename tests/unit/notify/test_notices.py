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
    occasions: str, pages: int
) -> None:
    rows = [leased(number, "li.na") for number in range(2_000)]
    failed = before(*rows, row(9_999, Result.FAILED))

    bodies, [told] = sent("wecom", failed, CURFEW_NOTIFY_ON=occasions)

    assert len(bodies) == 5
    assert sum("即将被 ECS 释放" in one for one in bodies) == pages
    assert told.startswith("the notice to address 1 (wecom) is too long; ")


def test_a_server_of_ones_own_is_sent_a_signature_of_now() -> None:
    server = Server()

    telling(server, environ={"CURFEW_NOTIFY": "https://ops.example.com/x#secret"}).tell(ORIGIN)

    [(outgoing, _)] = server.taken
    assert outgoing.headers["X-Curfew-Signature"].startswith("t=1795780800,v1=")
