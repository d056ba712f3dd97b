"""No address, key or link of a notice comes out, whatever channels, ECS and events do."""

from __future__ import annotations

import gc
import json
import logging
import random
import re
import traceback
from datetime import timedelta

import msgspec
import pytest

from local.ecs.clock import MANUAL_START
from local.ecs.fleet.fleet import InstanceSpec
from local.ecs.gateway.faults import Cut, LostPermission, ProxyPage, Refuse
from local.fc.trigger_events import ENVELOPES
from shared.base.errors import CurfewError
from shared.notify.channels import Channel
from shared.notify.notices import NotTold, Post
from shared.notify.outgoing import Answer, Outgoing
from shared.notify.sending import poster
from tests.harness.actions import FUNCTIONS, stated
from tests.harness.chat import Chat
from tests.harness.servers import http, listening, saying, stalling
from tests.harness.stage import Stage

TOKEN, SECRET = "MARKEDtokenMARKEDtoken", "SECMARKEDsecretMARKED"
KEY = "MARKEDkeyMARKEDkeyMARKEDkeyMARKED"
ADDRESSES = (
    f"http://127.0.0.1:9/robot/send?access_token={TOKEN}#{SECRET} "
    f"http://127.0.0.1:9/open-apis/bot/v2/hook/{TOKEN}#{SECRET} "
    f"http://127.0.0.1:9/cgi-bin/webhook/send?key={TOKEN} "
    f"http://127.0.0.1:9/services/T0/{TOKEN} http://127.0.0.1:9/{TOKEN}#{SECRET} "
    f"http://example.com/{TOKEN}#{SECRET} https://oapi.dingtalk.com/{TOKEN} {TOKEN}"
)
ENVIRON = {
    "CURFEW_NOTIFY": ADDRESSES,
    "CURFEW_NOTIFY_ON": "failed,changed,planned,nothing_matched",
    "CURFEW_LINK_KEY": KEY,
    "CURFEW_LINK_URL": "https://keep.example.com",
}
SIGNED = re.compile(r"(?:sign=|\"sign\": ?\"|v1=|lease=)([\w%+/=.-]{20,})")
"""A signature, or the field of a link, in what was sent."""
FAULTS = (Refuse(times=3), Cut(times=2), ProxyPage(times=9), LostPermission())


def echoing(dice: random.Random) -> Post:
    """A channel that repeats all it got, or fails with it."""

    def post(outgoing: Outgoing, _: float) -> Answer:
        all_of_it = f"{outgoing.url} {outgoing.headers} {outgoing.body.decode()}"
        match dice.randrange(5):
            case 0:
                raise ValueError(all_of_it)
            case 1:
                body = {"errcode": 1, "errmsg": all_of_it, "code": 1, "msg": all_of_it}
                return Answer(200, json.dumps(body).encode())
            case 2:
                return Answer(dice.choice([400, 429, 500]), all_of_it.encode())
            case 3:
                raise NotTold("no response in time")
        return Answer(200, b'{"errcode": 0, "code": 0}')

    return post


@pytest.mark.promise("S46", "S53")
@pytest.mark.slow
def test_two_hundred_runs_with_faults_tell_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    dice = random.Random(20261127)  # noqa: S311  # the same runs each time
    told = 0
    signatures: set[str] = set()
    for number in range(200):
        said, sent = one_run(dice, number)
        told += len(sent)
        signatures |= {found for text in sent for found in SIGNED.findall(text)}
        assert "MARKED" not in said
        assert not SIGNED.search(said)
    assert told > 200
    assert "MARKED" not in caplog.text
    assert len(signatures) > 50
    assert [one for one in signatures if one in caplog.text] == []
    assert "unforeseen" in caplog.text


def one_run(dice: random.Random, number: int) -> tuple[str, list[str]]:
    """What a run says, and what it sent."""
    release_at = MANUAL_START + timedelta(hours=5)
    chat = Chat(
        stage=Stage(
            [
                InstanceSpec(f"dev-{one}", tags={"team": "dev"}, auto_release_at=release_at)
                for one in "ab"
            ]
        )
    )
    post = echoing(dice)

    def counted(outgoing: Outgoing, left_s: float) -> Answer:
        chat.sent.append(outgoing)
        assert "MARKED" not in repr(outgoing)
        return post(outgoing, left_s)

    chat.poster = lambda _: counted
    if dice.random() < 0.5:
        chat.stage.gateway.faults.add(dice.choice(FAULTS))
    function = dice.choice(FUNCTIONS)
    request = {"tags": {"team": dice.choice(["dev", "nobody"])}, **stated(function)}
    if function == "describe":
        request["releases_within"] = "72h"
    if dice.random() < 0.2:
        request = {**request, "tag": "misspelt"}
    event = ENVELOPES[dice.choice(sorted(ENVELOPES))](request, chat.stage.clock.now())
    try:
        said = json.dumps(chat.run(function, event, ENVIRON))
    except CurfewError as error:
        said = f"{error} {''.join(traceback.format_exception(error))}"
    sent = [f"{one.url} {one.headers} {one.body.decode()}" for one in chat.sent]
    return f"{number}: {said}", sent


@pytest.mark.promise("S46")
def test_no_object_shows_an_address_that_it_holds() -> None:
    chat = Chat()
    shown: list[str] = []

    def look(outgoing: Outgoing, _: float) -> Answer:
        kinds = (msgspec.Struct, Outgoing, Channel)
        shown.extend(repr(one) for one in gc.get_objects() if isinstance(one, kinds))
        assert outgoing.url
        return Answer(200, b"{}")

    chat.poster = lambda _: look
    chat.run("stop", {"tags": {"team": "dev"}}, ENVIRON)

    assert len(shown) > 100
    assert [one for one in shown if "MARKED" in one] == []


@pytest.mark.promise("S46")
@pytest.mark.parametrize(
    "answerer",
    [
        saying(b""),
        saying(b"SSH-2.0\r\n"),
        stalling(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"),
        saying(http(b"", b"Location: http://127.0.0.1/", status=b"302 Found")),
    ],
    ids=["closed", "other", "half", "redirect"],
)
def test_no_failure_of_a_connection_remembers_an_address(
    answerer: object, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with listening(answerer) as server:  # type: ignore[arg-type]  # an Answerer
        url = f"http://127.0.0.1:{server.port}/robot/send?access_token={TOKEN}"
        with pytest.raises(NotTold) as caught:
            poster({})(Outgoing(url, {}, b"{}"), 0.5)

    said = "".join(traceback.format_exception(caught.value))
    assert TOKEN not in said + caplog.text
