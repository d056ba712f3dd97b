"""Which addresses are channels, of which tool, and what is said of those that are none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.notify.channels import Channel, Channels, Kind, lookalike, read_channels


@pytest.mark.parametrize(
    ("address", "kind", "url", "secret"),
    [
        (
            "https://oapi.dingtalk.com/robot/send?access_token=abc#SEC0a#b%2F",
            Kind.DINGTALK,
            "https://oapi.dingtalk.com/robot/send?access_token=abc",
            "SEC0a#b%2F",
        ),
        (
            "https://open.feishu.cn/open-apis/bot/v2/hook/1-2#s",
            Kind.FEISHU,
            "https://open.feishu.cn/open-apis/bot/v2/hook/1-2",
            "s",
        ),
        (
            "https://open.larksuite.com/open-apis/bot/v2/hook/1-2",
            Kind.LARK,
            "https://open.larksuite.com/open-apis/bot/v2/hook/1-2",
            "",
        ),
        (
            "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1-2",
            Kind.WECOM,
            "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1-2",
            "",
        ),
        (
            "https://HOOKS.slack.com/services/T1/B1/x",
            Kind.SLACK,
            "https://HOOKS.slack.com/services/T1/B1/x",
            "",
        ),
        ("https://ops.example.com/in?a=b#s", Kind.GENERIC, "https://ops.example.com/in?a=b", "s"),
        ("https://ops.example.com", Kind.GENERIC, "https://ops.example.com", ""),
        (
            "http://127.0.0.1:8/robot/send?access_token=a",
            Kind.DINGTALK,
            "http://127.0.0.1:8/robot/send?access_token=a",
            "",
        ),
        (
            "http://localhost:8/open-apis/bot/v2/hook/x",
            Kind.FEISHU,
            "http://localhost:8/open-apis/bot/v2/hook/x",
            "",
        ),
        (
            "http://[::1]:8/cgi-bin/webhook/send",
            Kind.WECOM,
            "http://[::1]:8/cgi-bin/webhook/send",
            "",
        ),
        ("http://127.0.0.1/services/x", Kind.SLACK, "http://127.0.0.1/services/x", ""),
        ("http://127.0.0.1/other", Kind.GENERIC, "http://127.0.0.1/other", ""),
    ],
)
def test_host_and_path_tell_the_channel(address: str, kind: Kind, url: str, secret: str) -> None:
    assert read_channels(address) == Channels((Channel(kind, url, secret, 1),), ())


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("oapi.dingtalk.com/robot/send?access_token=KEY", "cannot be read"),
        ("ftp://ops.example.com/KEY", "cannot be read"),
        ("https:///KEY", "cannot be read"),
        ("https://ops.example.com:99999/KEY", "cannot be read"),
        ("https://ops.example.com/KEY\u00e9", "cannot be read"),
        ("https://KEY:KEY@ops.example.com/", "has a user name in it"),
        ("http://ops.example.com/KEY", "is plain http"),
        ("http://oapi.dingtalk.com/robot/send?access_token=KEY", "is plain http"),
        ("https://oapi.dingtalk.com/robot/sent?access_token=KEY", "is not a webhook of oapi"),
        ("https://oapi.dingtalk.com/robot/send?token=KEY", "is not a webhook of oapi"),
        ("https://oapi.dingtalk.com./robot?KEY", "is not a webhook of oapi"),
        ("https://open.feishu.cn/open-apis/bot/hook/KEY", "is not a webhook of open.feishu"),
        ("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?KEY", "is not a webhook of qyapi"),
        ("https://hooks.slack.com/triggers/KEY", "is not a webhook of hooks.slack"),
        *(
            (address, "is followed by a comma or a semicolon; separate addresses by spaces alone")
            for address in (
                "https://hooks.slack.com/services/KEY,https://hooks.slack.com/services/KEY",
                "https://oapi.dingtalk.com/robot/send?access_token=KEY;HTTPS://ops.example.com/KEY",
                "https://oapi.dingtalk.com/robot/send?access_token=KEY#SECKEY,http://127.0.0.1/KEY",
                "https://ops.example.com/KEY\uff0chttps://ops.example.com/KEY",
                "https://hooks.slack.com/services/KEY,",
                "https://ops.example.com/#KEY;",
                "https://ops.example.com/KEY\u3001",
            )
        ),
    ],
)
def test_what_can_be_no_channel_is_named_by_its_position_alone(address: str, problem: str) -> None:
    read = read_channels(f"https://ops.example.com/1 {address} https://ops.example.com/3")

    assert [one.position for one in read.usable] == [1, 3]
    assert len(read.problems) == 1
    assert read.problems[0].startswith(f"CURFEW_NOTIFY: address 2 {problem}")
    assert "KEY" not in read.problems[0]


@given(st.text(max_size=60), st.sampled_from(["", "https://", "http://127.0.0.1", "#"]))
def test_whatever_stands_there_each_address_is_a_channel_or_a_problem(
    text: str, before: str
) -> None:
    read = read_channels(before + text)

    assert len(read.usable) + len(read.problems) == len((before + text).split())


def test_a_channel_that_is_named_twice_is_told_once() -> None:
    slack = "https://hooks.slack.com/services/KEY"
    dingtalk = "https://oapi.dingtalk.com/robot/send?access_token=KEY"

    read = read_channels(f"{slack} {dingtalk}#SEC1 {slack} {dingtalk} {slack}/2")

    assert [one.position for one in read.usable] == [1, 2, 5]
    assert read.problems == (
        "CURFEW_NOTIFY: address 3 repeats address 1, which is notified once",
        "CURFEW_NOTIFY: address 4 repeats address 2, which is notified once",
    )


def test_an_address_may_hold_commas_and_another_address() -> None:
    address = "https://ops.example.com/a,b?c=d;e&to=https://hooks.slack.com/services/T#f,g"

    assert read_channels(address).problems == ()


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("https://ops.example.com/robot/send?access_token=a", Kind.DINGTALK),
        ("https://ops.example.com/open-apis/bot/v2/hook/x", Kind.FEISHU),
        ("https://ops.example.com/cgi-bin/webhook/send?key=1-2", Kind.WECOM),
        ("https://ops.example.com/cgi-bin/webhook/send", None),
        ("https://ops.example.com/services/T1/B1/x", Kind.SLACK),
        ("https://ops.example.com/services/x", None),
        ("https://ops.example.com/in", None),
        ("https://oapi.dingtalk.com/robot/send?access_token=a", None),
    ],
)
def test_an_address_elsewhere_may_look_like_one_of_a_tool(address: str, kind: Kind | None) -> None:
    (channel,) = read_channels(address).usable

    assert lookalike(channel) is kind


def test_nothing_shows_an_address() -> None:
    read = read_channels("https://ops.example.com/KEY#KEY")

    assert "KEY" not in repr(read)
    assert "KEY" not in read.usable[0].name
