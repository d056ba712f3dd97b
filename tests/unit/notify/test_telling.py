"""An invocation is told once, and what goes wrong is a sentence."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import pytest

from shared.base.errors import Refused
from shared.domain.plan import Result
from shared.notify.notices import NotTold, Post
from shared.notify.outgoing import Answer, Outgoing
from shared.notify.telling import Telling
from shared.report.log import Origin
from shared.report.report import Report
from tests.harness.invocation import one_by_one
from tests.unit.notify.runs import ACCOUNT, NOW, before, leased, report, row

ORIGIN = Origin("stop", "1-66aa")
LATER = NOW + timedelta(seconds=60)
ENVIRON = {"CURFEW_NOTIFY": "https://ops.example.com/x"}


class Noon:
    """A clock that stands."""

    def now(self) -> datetime:
        return NOW

    def sleep(self, seconds: float) -> None:
        raise AssertionError(seconds)


class Server:
    """Takes every message, and the environment that it is sent under."""

    def __init__(self, error: Exception | None = None, answered: bytes | NotTold = b"ok") -> None:
        self.taken: list[tuple[Outgoing, float]] = []
        self.environs: list[Mapping[str, str]] = []
        self.error = error
        self.answered = answered

    def poster(self, environ: Mapping[str, str]) -> Post:
        self.environs.append(environ)
        if self.error:
            raise self.error
        return self.post

    def post(self, outgoing: Outgoing, timeout_s: float) -> Answer:
        self.taken.append((outgoing, timeout_s))
        if isinstance(self.answered, NotTold):
            raise self.answered
        return Answer(200, self.answered)


def telling(
    server: Server,
    left_s: float = 60,
    environ: Mapping[str, str] = ENVIRON,
    endings: Sequence[Report] = (report(row(1)),),
) -> Telling:
    """The telling of an invocation that has ended."""
    killed_at = NOW + timedelta(seconds=left_s)
    made = Telling(environ, server.poster, one_by_one, Noon(), killed_at=killed_at, account=ACCOUNT)
    for one in endings:
        made.add(one)
    return made


def test_it_is_told_once_under_its_own_environment() -> None:
    server = Server()
    one = telling(server)

    assert [one.tell(ORIGIN), one.tell(ORIGIN)] == [[], []]
    assert [outgoing.url for outgoing, _ in server.taken] == [ENVIRON["CURFEW_NOTIFY"]]
    assert server.environs == [ENVIRON]


def test_what_was_sent_is_logged_without_its_address(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    telling(Server()).tell(ORIGIN)

    [line] = [json.loads(one.getMessage()) for one in caplog.records if one.name == "curfew"]
    assert line == {
        "log": "notice",
        "action": "stop",
        "request_id": "1-66aa",
        "retry_count": "",
        "trigger": "",
        "event_id": "",
        "account": "",
        "channel": "address 1 (generic)",
        "result": "sent",
        "message": "",
    }


def test_it_says_which_invocation_of_which_account_it_was() -> None:
    server = Server()

    telling(server, environ={"CURFEW_NOTIFY": "https://hooks.slack.com/services/x"}).tell(ORIGIN)

    [(outgoing, _)] = server.taken
    assert b"request 1-66aa, account 123456789012" in outgoing.body


@pytest.mark.parametrize(
    ("ending", "occasions", "number"),
    [
        (report(row(1)), "failed", 0),
        (report(row(1)), "failed,changed", 1),
        (before(leased(1)), "failed", 1),
        (before(leased(1, hours=73)), "failed", 0),
        (before(), "failed", 0),
        (report(row(1, Result.FAILED)), "changed", 0),
    ],
    ids=["not-wanted", "wanted", "soon", "later", "nobody", "another"],
)
def test_what_is_wanted_is_told_and_what_ecs_releases_soon(
    ending: Report, occasions: str, number: int
) -> None:
    server = Server()
    environ = {**ENVIRON, "CURFEW_NOTIFY_ON": occasions}
    one = Telling(environ, server.poster, one_by_one, Noon(), killed_at=LATER, account=ACCOUNT)
    one.add(ending)

    assert one.tell(ORIGIN) == []
    assert len(server.taken) == number


def test_without_an_address_nothing_is_sent_and_nothing_asked_for() -> None:
    server = Server()

    assert telling(server, environ={"CURFEW_NOTIFY": "ftp://x"}).tell(ORIGIN) == []
    assert server.environs == []


REFUSED = b'{"errcode":310000,"errmsg":"sign not match"}'


@pytest.mark.parametrize(
    ("address", "answered", "problem"),
    [
        ("oapi.dingtalk.com/robot/send?access_token=x", REFUSED, "errcode 310000: sign not match"),
        ("ops.example.com/x", REFUSED, ""),
        ("hooks.slack.com/services/x", b"no", "HTTP 200: no"),
        ("ops.example.com/x", NotTold("no connection"), "no connection"),
    ],
    ids=["dingtalk", "generic", "slack", "unreached"],
)
def test_each_tool_is_judged_by_its_own_answer(
    address: str, answered: bytes | NotTold, problem: str
) -> None:
    server = Server(answered=answered)

    told = telling(server, environ={"CURFEW_NOTIFY": f"https://{address}"}).tell(ORIGIN)

    kind = {"oapi": "dingtalk", "hooks": "slack"}.get(address.partition(".")[0], "generic")
    assert told == ([f"no notice to address 1 ({kind}): {problem}"] if problem else [])


def test_nothing_is_told_before_anything_has_ended() -> None:
    server = Server()
    one = Telling(ENVIRON, server.poster, one_by_one, Noon(), killed_at=NOW, account=ACCOUNT)

    assert one.tell(ORIGIN) == []
    one.add(report(row(1)))
    assert one.tell(ORIGIN) == ["no notice was sent: no time was left for it"]
    assert server.taken == []


@pytest.mark.parametrize(("left_s", "timeout_s"), [(60, 3.0), (2, 1.7)])
def test_it_takes_three_seconds_at_most_and_leaves_some_to_answer(
    left_s: float, timeout_s: float
) -> None:
    server = Server()

    telling(server, left_s).tell(ORIGIN)

    assert [timeout for _, timeout in server.taken] == [pytest.approx(timeout_s)]


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (Refused("HTTPS_PROXY cannot be read"), "no notice was sent: HTTPS_PROXY cannot be read"),
        (ZeroDivisionError("MARKED"), "no notice was sent: "),
    ],
)
def test_what_goes_wrong_is_a_sentence_of_all_channels(
    error: Exception, sentence: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    [told] = telling(Server(error)).tell(ORIGIN)

    assert told.startswith(sentence)
    assert "MARKED" not in told + caplog.text
    lines = [json.loads(one.getMessage()) for one in caplog.records if one.name == "curfew"]
    [line] = [one for one in lines if one["log"] == "notice"]
    assert (line["channel"], line["result"], line["message"]) == ("", "failed", told)
