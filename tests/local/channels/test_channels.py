"""The played channels: what they take, what they refuse, and how what they got looks."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest

from local.channels.channels import PAGE, Channels, environment
from local.ecs.clock import ManualClock
from local.ecs.http.messages import HttpReply, HttpRequest
from local.ecs.server import Served
from shared.notify.channels import Channel, Kind, read_channels
from shared.notify.channels import Channels as Named
from shared.notify.message import Run
from shared.notify.notices import Notices, NotTold
from shared.notify.outgoing import Answer, Outgoing
from shared.settings.notices import NoticeSettings
from tests.harness.invocation import one_by_one
from tests.unit.notify.runs import before, leased, report, row, run

URL = "http://127.0.0.1:8421"
CHANNELS = {one.kind: one for one in read_channels(environment(URL)["CURFEW_NOTIFY"]).usable}
KINDS = tuple(CHANNELS)
RUN = run(report(row(1, name="[x](http://example.com) @all"), row(2), warnings=("look",)))


@dataclass
class Chats:
    """The channels, by a clock that is moved by hand."""

    clock: ManualClock = field(default_factory=ManualClock)
    channels: Channels = field(default_factory=Channels)

    def post(self, outgoing: Outgoing, _: float = 0) -> Answer:
        """What is answered to a notice."""
        url = urlsplit(outgoing.url)
        headers = {key.lower(): value for key, value in outgoing.headers.items()}
        target = f"{url.path}?{url.query}" if url.query else url.path
        reply = self.ask(HttpRequest("POST", target, headers, outgoing.body))
        return Answer(reply.status, reply.body)

    def ask(self, request: HttpRequest) -> HttpReply:
        return self.channels.handle(Served(URL, self.clock), request)

    def tell(self, channel: Channel, told: Run = RUN) -> str:
        """Why a channel was not told of a run; "" if it was."""
        notices = Notices(Named((channel,)), NoticeSettings(occasions=frozenset({"changed"})))
        (one,) = notices.tell(told, self.post, one_by_one, self.clock, left_s=3)
        return one.problem


@pytest.fixture
def chats() -> Chats:
    return Chats()


def test_there_is_one_of_each_kind_that_can_be_told_apart_here() -> None:
    assert set(KINDS) == set(Kind) - {Kind.LARK}


@pytest.mark.parametrize("kind", KINDS)
def test_each_takes_what_curfew_sends(chats: Chats, kind: Kind) -> None:
    assert chats.tell(CHANNELS[kind]) == ""

    (received,) = chats.channels.received()
    assert received.is_taken
    for part in ("stop", "dev-web-2", "1-66aa", "look"):
        assert part in received.text


REFUSED = {
    Kind.DINGTALK: "310000",
    Kind.FEISHU: "19021",
    Kind.WECOM: "93000",
    Kind.SLACK: "404",
    Kind.GENERIC: "401",
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_refuses_another_secret_or_key(chats: Chats, kind: Kind) -> None:
    true = CHANNELS[kind]
    url = true.url.replace("local", "other") if kind in {Kind.WECOM, Kind.SLACK} else true.url

    problem = chats.tell(Channel(kind, url, "another secret", 1))

    assert REFUSED[kind] in problem
    assert not chats.channels.received()[0].is_taken


@pytest.mark.parametrize("kind", [Kind.DINGTALK, Kind.FEISHU, Kind.GENERIC])
def test_each_refuses_a_signature_of_two_hours_ago(chats: Chats, kind: Kind) -> None:
    sent: list[Outgoing] = []

    def keep(outgoing: Outgoing, _: float) -> Answer:
        sent.append(outgoing)
        raise NotTold("kept")

    Notices(Named((CHANNELS[kind],)), NoticeSettings(occasions=frozenset({"changed"}))).tell(
        RUN, keep, one_by_one, chats.clock, left_s=3
    )
    chats.clock.sleep(7_200)

    chats.post(sent[0])

    assert not chats.channels.received()[0].is_taken


@pytest.mark.parametrize(
    ("kind", "allowed", "code"),
    [
        (Kind.DINGTALK, 20, "130101"),
        (Kind.WECOM, 20, "45009"),
        (Kind.FEISHU, 5, "11232"),
        (Kind.SLACK, 5, "429"),
    ],
)
def test_each_refuses_more_than_it_allows(
    chats: Chats, kind: Kind, allowed: int, code: str
) -> None:
    problems = [chats.tell(CHANNELS[kind]) for _ in range(allowed + 1)]

    assert problems[:-1] == [""] * allowed
    assert code in problems[-1]


def test_dingtalk_takes_nothing_for_ten_minutes_after_that(chats: Chats) -> None:
    for _ in range(21):
        chats.tell(CHANNELS[Kind.DINGTALK])

    chats.clock.sleep(9 * 60)
    assert "130101" in chats.tell(CHANNELS[Kind.DINGTALK])
    chats.clock.sleep(2 * 60)
    assert chats.tell(CHANNELS[Kind.DINGTALK]) == ""


def test_wecom_refuses_what_is_too_long(chats: Chats) -> None:
    body = {"msgtype": "markdown", "markdown": {"content": "\u6d4b" * 1_366}}
    target = "/cgi-bin/webhook/send?key=local"

    reply = chats.ask(HttpRequest("POST", target, {}, json.dumps(body).encode()))

    assert json.loads(reply.body)["errcode"] == 40058


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"markdown": 7}', b'{"blocks": [{}]}'])
def test_whatever_comes_is_answered(chats: Chats, kind: Kind, body: bytes) -> None:
    url = urlsplit(CHANNELS[kind].url)

    chats.ask(HttpRequest("POST", f"{url.path}?{url.query}", {}, body))
    chats.ask(HttpRequest("GET", f"{url.path}?{url.query}", {}, body))

    assert [one.is_taken for one in chats.channels.received()] == [False, False]


def test_the_page_shows_messages_as_they_look_and_escapes_them(chats: Chats) -> None:
    hostile = run(report(row(1, name="<script>alert(1)</script>")))
    for kind in KINDS:
        chats.tell(CHANNELS[kind], hostile)

    reply = chats.ask(HttpRequest("GET", PAGE, {}))
    text = reply.body.decode()

    assert reply.status == 200
    assert text.count("<article>") == len(KINDS)
    assert "<script" not in text
    assert text.index("Webhook") < text.index("DingTalk")
    assert text.count("<span>Mon 23 Nov 18:00 +08:00</span>") == len(KINDS)


def test_the_status_page_has_a_panel_of_them(chats: Chats) -> None:
    chats.tell(CHANNELS[Kind.WECOM])

    (shown,) = chats.channels.panel().shown()["rows"]

    assert shown["Channel"] == "WeCom 企业微信\n18:00:00 +08:00"
    assert "dev-web-1" in shown["Message"] or "example\uff0ecom" in shown["Message"]


def test_a_link_in_a_message_can_be_followed_from_the_page(chats: Chats) -> None:
    notices = Notices(
        Named((CHANNELS[Kind.DINGTALK],)),
        NoticeSettings(link_key="k" * 32, link_url="https://lease.example.com"),
    )
    notices.tell(run(before(leased(1, "amy"))), chats.post, one_by_one, chats.clock, left_s=3)

    text = chats.ask(HttpRequest("GET", PAGE, {})).body.decode()

    assert '<a href="https://lease.example.com?lease=' in text


@pytest.mark.parametrize("link", ["http://[", "javascript:alert(1)", "HTTPS://[::1", "data:x"])
def test_a_link_that_is_none_is_shown_and_leads_nowhere_else(chats: Chats, link: str) -> None:
    blocks = [{"text": {"text": "title"}}, {"text": {"text": f"<{link}|look here>"}}]
    target = urlsplit(CHANNELS[Kind.SLACK].url).path
    chats.ask(HttpRequest("POST", target, {}, json.dumps({"blocks": blocks}).encode()))

    shown = chats.ask(HttpRequest("GET", PAGE, {}, b"")).body.decode()

    assert "look here" in shown
    assert 'href="javascript' not in shown
    assert 'href="data' not in shown
