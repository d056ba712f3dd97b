"""What each channel is sent, whole: the forms that the tools document."""

from __future__ import annotations

import json
from types import ModuleType
from typing import Any

import pytest
from msgspec.structs import replace

from shared.notify import dingtalk, feishu, slack, wecom
from shared.notify.channels import Channel, Kind
from shared.notify.message import Line, Text
from tests.unit.notify.runs import NOW

LINK = "https://keep.example.com/?lease=x"
TOLD = Text(
    title="Curfew: due",
    facts=("two",),
    lines=(Line("a_1", "soon", heading="li.na", link=LINK), Line("b", "later")),
    more=3,
    advice="Keep it.",
    footer="request 1-66aa",
    language="en",
)


def body(kind: Kind, form: ModuleType, text: Text = TOLD) -> dict[str, Any]:
    channel = Channel(kind, "https://example.com/", "", 1)
    return dict(json.loads(form.request(channel, text, NOW).body))


def test_dingtalk_gets_markdown_with_a_title() -> None:
    assert body(Kind.DINGTALK, dingtalk) == {
        "msgtype": "markdown",
        "markdown": {
            "title": "Curfew: due",
            "text": "#### Curfew: due\n\ntwo\n\n\n**li\uff0ena**\n\n"
            f"- **a_1** soon [keep it]({LINK})\n- **b** later\n\n"
            "and 3 more, in the log\n\nKeep it.\n\nrequest 1-66aa",
        },
    }


def test_wecom_gets_markdown() -> None:
    assert body(Kind.WECOM, wecom) == {
        "msgtype": "markdown",
        "markdown": {
            "content": "### Curfew: due\n\ntwo\n\n\n**li\uff0ena**\n\n"
            f"> **a_1** soon [keep it]({LINK})\n> **b** later\n\n"
            "and 3 more, in the log\n\nKeep it.\n\nrequest 1-66aa"
        },
    }


@pytest.mark.parametrize(
    ("language", "locale", "keep", "more"),
    [("en", "en_us", "keep it", "and 3 more, in the log"), ("zh", "zh_cn", "保留", "另有 3 台")],
)
def test_feishu_gets_a_post_in_its_language(
    language: str, locale: str, keep: str, more: str
) -> None:
    sent = body(Kind.FEISHU, feishu, replace(TOLD, language=language))

    [last_row] = [one for one in sent["content"]["post"][locale]["content"] if len(one) > 1]
    assert last_row[1]["text"] == keep
    [counted] = [
        one for one in sent["content"]["post"][locale]["content"] if one[0]["text"].startswith(more)
    ]
    texts = [[("text", text)] for text in ("two", "li\uff0ena")]
    rest = [[("text", text)] for text in ("• b later", counted[0]["text"], "Keep it.")]
    rows = [*texts, [("text", "• a_1 soon "), ("a", keep)], *rest, [("text", "request 1-66aa")]]
    assert sent == {
        "msg_type": "post",
        "content": {
            "post": {
                locale: {
                    "title": "Curfew: due",
                    "content": [
                        [
                            {"tag": tag, "text": text, **({"href": LINK} if tag == "a" else {})}
                            for tag, text in row
                        ]
                        for row in rows
                    ],
                }
            }
        },
    }


def mrkdwn(text: str) -> dict[str, object]:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def section(text: str) -> dict[str, object]:
    return {"type": "section", "text": mrkdwn(text)}


def test_slack_gets_blocks_and_a_text_for_those_who_see_none() -> None:
    assert body(Kind.SLACK, slack) == {
        "text": "Curfew: due",
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": "Curfew: due"}},
            section("two"),
            section(f"*li\uff0ena*\n• *a_1* soon <{LINK}|keep it>\n• *b* later"),
            section("and 3 more, in the log"),
            section("Keep it."),
            {"type": "context", "elements": [mrkdwn("request 1-66aa")]},
        ],
    }


@pytest.mark.promise("S52")
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("db:x:1", "db\uff1ax:1"),
        (":+1::skin-tone-2:", "\uff1a+1:\uff1askin-tone-2:"),
        ("a:100:1234:b", "a\uff1a100\uff1a1234:b"),
        ("curfew:schedule", "curfew:schedule"),
        ("2026-11-27T20:02:00+08:00", "2026-11-27T20:02:00+08:00"),
        ("tag acs:autoscaling:scalingGroupId", "tag acs:autoscaling:scalingGroupId"),
    ],
)
def test_no_name_becomes_an_emoji_in_slack(name: str, shown: str) -> None:
    text = replace(
        TOLD, title=name, facts=(name,), lines=(Line(name, name, name),), advice=name, footer=name
    )

    sent = body(Kind.SLACK, slack, text)

    said = [one["text"]["text"] for one in sent["blocks"][:-1]]
    assert said == [
        shown,
        shown,
        f"*{shown}*\n• *{shown}* {shown}",
        "and 3 more, in the log",
        shown,
    ]
    assert (sent["text"], sent["blocks"][-1]["elements"]) == (shown, [mrkdwn(shown)])


@pytest.mark.parametrize(
    ("lengths", "sections"),
    [([299] * 9 + [300], [3_000]), ([299] * 8 + [300] * 2, [2_700, 300])],
    ids=["fits", "one-too-many"],
)
def test_a_section_of_slack_is_filled_before_another_begins(
    lengths: list[int], sections: list[int]
) -> None:
    sent = body(Kind.SLACK, slack, replace(TOLD, facts=tuple("x" * one for one in lengths)))

    told = [one["text"]["text"] for one in sent["blocks"] if one["type"] == "section"]
    assert [len(one) for one in told if one.startswith("x")] == sections
