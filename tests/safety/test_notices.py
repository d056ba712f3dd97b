"""Notices change nothing: what a run ends with, how long it may take, what it loads."""

from __future__ import annotations

import json
import logging
import subprocess
import sys

import pytest

from shared.base.errors import CurfewError, InvalidEvent, Refused
from shared.notify.notices import NotTold, Post
from shared.notify.outgoing import Answer
from tests.harness.actions import FUNCTIONS, ROOT, stated
from tests.harness.chat import HERE, MARKED, REQUEST, Chat
from tests.harness.invocation import REQUEST_ID


@pytest.mark.promise("S51")
@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (NotTold("no response in time"), "no response in time"),
        (Answer(200, b'{"errcode":310000,"errmsg":"sign not match"}'), "310000: sign not match"),
        (Answer(200, f'{{"errcode":1,"errmsg":"{MARKED}"}}'.encode()), "errcode 1: ***"),
        (ValueError(MARKED), "unforeseen: ValueError"),
    ],
    ids=["silent", "refused", "repeated", "unforeseen"],
)
def test_a_notice_that_fails_is_a_warning_and_the_outcome_what_it_was(
    function: str, answer: Answer | Exception, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    request = {**REQUEST, **stated(function)}
    occasions = {"CURFEW_NOTIFY_ON": "failed,changed,planned,nothing_matched"}
    told, quiet, failing = Chat(), Chat(), Chat(answer)
    quiet.stage.environ.pop("CURFEW_NOTIFY")
    empty = {"tags": {"team": "nobody"}, **stated(function)}

    for asked in (request, empty):
        alone = quiet.run(function, asked, occasions)
        assert told.run(function, asked, occasions) == alone
        answered = failing.run(function, asked, occasions)
        warnings = answered["warnings"][len(alone["warnings"]) :]
        assert {**answered, "warnings": alone["warnings"]} == alone
    assert len(failing.sent) == len(told.sent) >= 1
    assert len(warnings) == 1
    assert why in warnings[0]
    assert MARKED not in caplog.text


def lines(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str, str]]:
    """The log's lines about notices: level, result, channel."""
    said = [(one.levelname, json.loads(one.getMessage())) for one in caplog.records]
    return [
        (level, line["result"], line["channel"]) for level, line in said if line["log"] == "notice"
    ]


def test_the_log_says_which_channels_were_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    Chat().run("stop", REQUEST)
    Chat(NotTold("no connection")).run("stop", REQUEST)

    assert lines(caplog) == [
        ("INFO", "sent", "address 1 (dingtalk)"),
        ("WARNING", "failed", "address 1 (dingtalk)"),
    ]


@pytest.mark.promise("S51")
@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(
    ("event", "error"),
    [
        (b"{", InvalidEvent),
        ({"tag": "x"}, InvalidEvent),
        ({}, Refused),
        ({**REQUEST, "regions": ["cn-beijing"]}, Refused),
        ([{**REQUEST, "tag": 1}], InvalidEvent),
    ],
)
def test_whatever_ends_in_an_error_is_told_once_and_raised_as_it_was(
    function: str, event: object, error: type[CurfewError]
) -> None:
    chat, failing = Chat(), Chat(NotTold("no"))
    environ = {"CURFEW_REGIONS": "cn-hangzhou"}
    if isinstance(event, dict) and "regions" in event:
        event = {**event, **stated(function)}

    with pytest.raises(error) as told:
        chat.run(function, event, environ)
    with pytest.raises(error) as not_told:
        failing.run(function, event, environ)

    assert str(told.value) == str(not_told.value)
    (text,) = chat.texts()
    assert f"Curfew {function}" in text
    assert f"请求 {REQUEST_ID}" in text


def test_settings_that_end_the_run_are_told() -> None:
    chat = Chat()

    for environ in ({"CURFEW_TZ": "CST"}, {"CURFEW_LANGUAGE": "cn"}, {"CURFEW_NOTIFY_ON": "x"}):
        with pytest.raises(Refused):
            chat.run("stop", REQUEST, environ)

    assert len(chat.sent) == 3
    assert "CURFEW_NOTIFY_ON names" in chat.texts()[2]


@pytest.mark.parametrize(
    ("occasions", "requests_told"),
    [
        ("", ["changed", "failed"]),
        ("failed", ["failed"]),
        ("changed", ["changed"]),
        ("planned", ["planned"]),
        ("nothing_matched", ["nothing_matched"]),
    ],
)
def test_only_the_runs_that_are_asked_for_are_told(
    occasions: str, requests_told: list[str]
) -> None:
    told: list[str] = []
    requests: dict[str, dict[str, object]] = {
        "planned": {**REQUEST, "dry_run": True},
        "changed": REQUEST,
        "unchanged": {"name": "dev-2"},
        "nothing_matched": {"name": "x"},
        "failed": {"instance_ids": ["i-unknown"]},
    }
    chat = Chat()
    for name, request in requests.items():
        try:
            chat.run("stop", request, {"CURFEW_NOTIFY_ON": occasions})
        except CurfewError:
            assert name == "failed"
        told += [name] if chat.sent else []
        chat.sent.clear()

    assert told == requests_told


@pytest.mark.parametrize("function", FUNCTIONS)
def test_notify_false_keeps_a_run_back_whatever_becomes_of_it(function: str) -> None:
    chat = Chat()
    request = {**REQUEST, **stated(function), "notify": False}

    chat.run(function, request)
    with pytest.raises(Refused):
        chat.run(
            function, {**request, "regions": ["cn-beijing"]}, {"CURFEW_REGIONS": "cn-hangzhou"}
        )

    assert chat.sent == []


def test_a_list_is_one_message_without_those_that_are_kept_back() -> None:
    chat = Chat()
    event = [REQUEST, {"name": "x", "notify": False}, {"name": "dev-1"}]

    chat.run("stop", event)

    (text,) = chat.texts()
    assert "共 2 条消息，其中 0 条出错" in text  # noqa: RUF001  # Chinese


def test_addresses_that_are_none_are_warnings_and_the_others_are_told() -> None:
    chat = Chat()
    bad = f"http://example.com/{MARKED} {HERE} {MARKED}"

    report = chat.run("stop", REQUEST, {"CURFEW_NOTIFY": bad})

    assert report["counts"]["changed"] == 1
    assert [one.split(" is ")[0].split(" cannot")[0] for one in report["warnings"]] == [
        "CURFEW_NOTIFY: address 1",
        "CURFEW_NOTIFY: address 3",
    ]
    assert len(chat.sent) == 1


@pytest.mark.promise("S51")
@pytest.mark.parametrize(
    ("error", "why"),
    [
        (Refused("HTTPS_PROXY is no proxy"), "HTTPS_PROXY is no proxy"),
        (KeyError(MARKED), "KeyError"),
    ],
)
def test_without_a_way_to_any_channel_the_run_is_what_it_was(error: Exception, why: str) -> None:
    chat = Chat()

    def no_way(_: object) -> Post:
        raise error

    chat.poster = no_way
    report = chat.run("stop", REQUEST)

    assert report["outcome"] == "complete"
    (warning,) = report["warnings"]
    assert warning.startswith("no notice was sent: ")
    assert why in warning
    assert MARKED not in warning


def test_with_no_time_left_nothing_is_sent() -> None:
    chat = Chat()
    chat.stage.transport.after = lambda *_: chat.stage.clock.sleep(4)

    report = chat.run("describe", REQUEST, timeout_s=4)
    assert report["warnings"] == []

    with pytest.raises(CurfewError):
        chat.run("stop", {"instance_ids": ["i-unknown"]}, timeout_s=4)
    assert chat.sent == []


@pytest.mark.parametrize(("timeout_s", "kept_s"), [(600, 3.0), (60, 3.0)])
def test_three_seconds_are_kept_back_for_it(timeout_s: float, kept_s: float) -> None:
    chat = Chat()

    chat.run("stop", REQUEST, timeout_s=timeout_s)

    assert chat.timeouts == [kept_s]


def test_a_function_that_tells_nobody_loads_nothing_for_it() -> None:
    code = (
        "import sys, functions.stop, functions.describe;"
        "print([one for one in sys.modules if one.startswith('shared.notify')])"
    )

    loaded = subprocess.run(  # noqa: S603  # this very Python
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert loaded.stdout.strip() == "[]"
