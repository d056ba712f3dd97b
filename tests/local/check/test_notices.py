"""What `check` says of channels and links, without showing one."""

from __future__ import annotations

import pytest

from local.check.findings import Level
from local.check.notices import check_notices
from shared.settings.notices import read_notice_settings

DINGTALK = "https://oapi.dingtalk.com/robot/send?access_token=MARKED#SECMARKED"
KEY = "MARKED" * 8


def told(**environ: str) -> list[tuple[str, str]]:
    """Level and text of each finding; nothing shows a secret."""
    found = list(check_notices(read_notice_settings(environ)))
    assert "MARKED" not in repr(found)
    return [(one.level.name, one.text) for one in found]


def test_channels_are_named_by_their_kind() -> None:
    wecom = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=MARKED"

    assert told(CURFEW_NOTIFY=f"{DINGTALK} {wecom}") == [
        ("OK", "notices: dingtalk, signed, wecom; told of: changed, failed")
    ]


@pytest.mark.parametrize(
    ("address", "tool"),
    [
        ("https://wecom.example.com/cgi-bin/webhook/send?key=MARKED#MARKED", "wecom"),
        ("https://relay.example.com/robot/send?a=b&access_token=MARKED#MARKED", "dingtalk"),
        ("https://open.example.com/open-apis/bot/v2/hook/MARKED#MARKED", "feishu"),
        ("https://hooks.slack-gov.com/services/T0/B0/MARKED#MARKED", "slack"),
        ("https://ops.example.com/services/MARKED#MARKED", ""),
        ("https://ops.example.com/robot/send?MARKED#MARKED", ""),
        ("https://ops.example.com/#MARKED", ""),
        ("http://127.0.0.1:8/other#MARKED", ""),
    ],
)
def test_a_robot_at_another_host_would_not_understand_the_generic_form(
    address: str, tool: str
) -> None:
    warned = [text for level, text in told(CURFEW_NOTIFY=address) if level == "WARNING"]

    assert warned == [
        f"CURFEW_NOTIFY: address 1 (generic) looks like one of {one}'s, but is not at its host: "
        "messages to it have the generic form, which that tool does not understand"
        for one in [tool]
        if one
    ]


def test_without_channels_nothing_is_said() -> None:
    assert told() == []


@pytest.mark.parametrize(
    ("environ", "level", "part"),
    [
        ({"CURFEW_NOTIFY": "http://example.com/MARKED"}, Level.ERROR, "address 1 is plain http"),
        (
            {"CURFEW_NOTIFY": "https://hooks.slack.com/services/MARKED#MARKED"},
            Level.WARNING,
            "address 1 (slack) has a secret",
        ),
        (
            {"CURFEW_NOTIFY": "https://ops.example.com/MARKED"},
            Level.WARNING,
            "address 1 (generic) has no secret",
        ),
        ({"CURFEW_LINK_URL": "https://lease.corp.cn"}, Level.WARNING, "CURFEW_LINK_KEY is not"),
        (
            {
                "CURFEW_LINK_URL": "https://lease.corp.cn",
                "CURFEW_LINK_KEY": KEY,
                "CURFEW_MAX_EXTENSION": "1439m",
            },
            Level.WARNING,
            "CURFEW_MAX_EXTENSION is less than a day",
        ),
        (
            {"CURFEW_LINK_URL": "https://x.cn-hangzhou.fcapp.run/a", "CURFEW_LINK_KEY": KEY},
            Level.ERROR,
            "Function Compute's own domain",
        ),
        (
            {"CURFEW_LINK_URL": "https://1.cn-hangzhou.fc.aliyuncs.com", "CURFEW_LINK_KEY": KEY},
            Level.ERROR,
            "Function Compute's own domain",
        ),
    ],
)
def test_what_cannot_be_or_is_not_meant(environ: dict[str, str], level: Level, part: str) -> None:
    (text,) = [text for name, text in told(**environ) if name == level.name]

    assert part in text


def test_a_domain_of_ones_own_is_right() -> None:
    environ = {"CURFEW_LINK_URL": "https://lease.corp.cn/x", "CURFEW_LINK_KEY": KEY}
    environ["CURFEW_MAX_EXTENSION"] = "1d"

    assert told(**environ) == []
