"""Each channel's form: its signature, its limit, its refusals."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.base.errors import Refused
from shared.domain.plan import Result
from shared.notify import dingtalk, feishu, generic, slack, wecom
from shared.notify.channels import Channel, Kind
from shared.notify.leases import Linking
from shared.notify.message import Run, text_of
from tests.unit.notify.runs import NOW, report, row, run

FORMS: dict[Kind, ModuleType] = {
    Kind.DINGTALK: dingtalk,
    Kind.FEISHU: feishu,
    Kind.WECOM: wecom,
    Kind.SLACK: slack,
}
SECRET = "SECxyz"
URL = "https://example.com/send?access_token=abc"
NO_LINKS = Linking("", "", "")
MILLISECONDS, SECONDS = 1_795_780_800_500, 1_795_780_800


def sent(kind: Kind, told: Run, secret: str = SECRET) -> tuple[str, dict[str, Any]]:
    """Where a run is posted, and the JSON that is."""
    outgoing = FORMS[kind].request(Channel(kind, URL, secret, 1), text_of(told, "zh"), NOW)
    assert outgoing.headers == {"Content-Type": "application/json; charset=utf-8"}
    assert "abc" not in repr(outgoing)
    return outgoing.url, json.loads(outgoing.body)


def shown(kind: Kind, body: dict[str, Any]) -> str:
    """All text that a channel would show."""
    match kind:
        case Kind.DINGTALK:
            return str(body["markdown"]["text"])
        case Kind.WECOM:
            return str(body["markdown"]["content"])
        case Kind.SLACK:
            return "\n".join(
                str((one.get("text") or one["elements"][0])["text"]) for one in body["blocks"]
            )
    (post,) = body["content"]["post"].values()
    paragraphs = ("".join(each["text"] for each in one) for one in post["content"])
    return "\n".join((post["title"], *paragraphs))


def test_dingtalk_is_signed_in_the_query_with_milliseconds() -> None:
    url, _ = sent(Kind.DINGTALK, run(report(row(1))))

    query = parse_qs(urlsplit(url).query)
    made = hmac.new(b"SECxyz", f"{MILLISECONDS}\nSECxyz".encode(), hashlib.sha256).digest()
    assert query == {
        "access_token": ["abc"],
        "timestamp": [str(MILLISECONDS)],
        "sign": [base64.b64encode(made).decode()],
    }


def test_feishu_is_signed_in_the_body_with_seconds_and_the_secret_in_the_key() -> None:
    url, body = sent(Kind.FEISHU, run(report(row(1))))

    made = hmac.new(f"{SECONDS}\nSECxyz".encode(), b"", hashlib.sha256).digest()
    assert url == URL
    assert (body["timestamp"], body["sign"]) == (str(SECONDS), base64.b64encode(made).decode())


@pytest.mark.parametrize("kind", [Kind.DINGTALK, Kind.FEISHU])
def test_without_a_secret_there_is_no_signature(kind: Kind) -> None:
    url, body = sent(kind, run(report(row(1))), secret="")

    assert url == URL
    assert "sign" not in body


def test_the_generic_form_is_the_report_with_a_signature_over_its_bytes() -> None:
    told = report(row(1))

    outgoing = generic.request(Channel(Kind.GENERIC, URL, "s", 1), run(told), NO_LINKS, NOW)

    assert json.loads(outgoing.body) == told.as_json()
    made = hmac.new(b"s", f"{SECONDS}.".encode() + outgoing.body, hashlib.sha256).hexdigest()
    assert outgoing.headers["X-Curfew-Signature"] == f"t={SECONDS},v1={made}"


def test_the_generic_form_of_an_error_and_of_a_list() -> None:
    channel = Channel(Kind.GENERIC, URL, "", 1)

    alone = generic.request(channel, run(Refused("too old")), NO_LINKS, NOW)
    listed = generic.request(channel, run(report(row(1)), Refused("too old")), NO_LINKS, NOW)

    error = {
        "action": "stop",
        "request_id": "1-66aa",
        "outcome": "incomplete",
        "errorType": "Refused",
        "errorMessage": "too old",
    }
    assert json.loads(alone.body) == error
    assert "X-Curfew-Signature" not in alone.headers
    assert json.loads(listed.body) == {
        "outcome": "incomplete",
        "reports": [report(row(1)).as_json(), error],
    }


def test_the_generic_form_of_a_report_with_an_error_names_it() -> None:
    failed = report(row(1, Result.FAILED, reason="no stock"))

    body = json.loads(
        generic.request(Channel(Kind.GENERIC, URL, "", 1), run(failed), NO_LINKS, NOW).body
    )

    assert body == {
        **failed.as_json(),
        "errorType": "Incomplete",
        "errorMessage": failed.sentence(),
    }


@pytest.mark.parametrize("kind", FORMS)
def test_every_form_says_all_there_is_to_say(kind: Kind) -> None:
    told = run(report(*(row(number) for number in range(20)), warnings=("look here",)))

    _, body = sent(kind, told)

    text = shown(kind, body)
    for part in ("Curfew stop", "已变更 20", "dev-web-0", "i-bp1example00000000", "look here"):
        assert part in text
    assert "另有 5 台实例" in text
    assert "请求 1-66aa" in text


WILD = st.text(
    alphabet=st.one_of(st.sampled_from("[]()<>@*_`#&|~!\\\n :/w.测"), st.characters()),
    max_size=128,
)


@pytest.mark.promise("S52")
@settings(max_examples=60)
@given(st.lists(WILD, min_size=1, max_size=16), WILD)
def test_no_name_makes_a_notice_too_long_or_acts_in_it(names: list[str], reason: str) -> None:
    rows = [row(at, Result.FAILED, name=name, reason=reason) for at, name in enumerate(names)]
    told = run(report(*rows, warnings=(reason * 20,)), Refused(reason * 50))

    sizes = {Kind.DINGTALK: 19_999, Kind.FEISHU: 20_000, Kind.WECOM: 100_000, Kind.SLACK: 30_000}
    for kind, form in FORMS.items():
        outgoing = form.request(Channel(kind, URL, "s", 1), text_of(told, "zh"), NOW)
        assert len(outgoing.body) <= sizes[kind]
        text = shown(kind, json.loads(outgoing.body)).replace("\n> ", "\n")
        assert not set("@<>") & set(text)
        assert "://" not in text
        if kind is not Kind.FEISHU:
            assert not set("[]<&|~!`") & set(text)
        if kind is Kind.WECOM:
            assert len(text.encode()) <= 4_096


def test_wecom_counts_bytes_and_shows_fewer_rows_before_it_cuts_them() -> None:
    rows = [row(at, Result.FAILED, name="测" * 60, reason="原因" * 50) for at in range(15)]

    _, body = sent(Kind.WECOM, run(report(*rows)))

    content = body["markdown"]["content"]
    assert 3_000 < len(content.encode()) <= 4_096
    assert "测" * 60 in content
    assert "另有" in content


def test_wecom_takes_what_comes_close_to_its_limit() -> None:
    sizes = []
    for extra in range(0, 200, 3):
        rows = [row(at, Result.FAILED, reason="r" * (100 + extra)) for at in range(15)]
        _, body = sent(Kind.WECOM, run(report(*rows)))
        sizes.append(len(body["markdown"]["content"].encode()))

    assert 4_000 < max(sizes) <= 4_096


def test_slack_keeps_to_its_blocks() -> None:
    rows = [row(at, Result.FAILED, name="n" * 128, reason="r" * 290) for at in range(15)]

    _, body = sent(Kind.SLACK, run(report(*rows)))

    assert len(body["blocks"]) <= 50
    assert all(len(one["text"]["text"]) <= 3_000 for one in body["blocks"][:-1])
    assert all(one["text"]["verbatim"] for one in body["blocks"][1:-1])
