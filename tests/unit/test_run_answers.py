"""The walk of an event: lists, HTTP callers and failed timers, answered in their form."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from functions import stop
from local.ecs.gateway.faults import AnyFault, Cut, Refuse
from local.fc.trigger_events import (
    Envelope,
    api_gateway,
    async_http,
    eventbridge,
    failure_destination,
    http,
    kafka,
)
from shared.base.errors import (
    CurfewError,
    Incomplete,
    Refused,
)
from shared.report.response import HTTP_STATUS
from tests.harness.call import Call
from tests.harness.reports import in_error
from tests.unit.runs import DEV, dev


def test_a_list_is_done_message_by_message(call: Call) -> None:
    call.fleet(dev("i-1"), dev("i-2"), dev("i-3"))
    now = call.ecs.clock.now()
    messages = [
        eventbridge({"instance_ids": ["i-1"]}, now),
        eventbridge({"instance_ids": ["i-2"], "fore": True}, now),
        eventbridge({"instance_ids": ["i-3"]}, now - timedelta(days=1)),
        eventbridge({"instance_ids": ["i-3"]}, now),
    ]

    with pytest.raises(Incomplete) as caught:
        call(stop.handler, b"[" + b",".join(messages) + b"]")

    sentence, body = in_error(caught.value)
    assert sentence.startswith("2 errors in 4 messages: [1] InvalidEvent: ")
    assert "; [2] Refused: the event was sent at 2026-11-22T18:00:00+08:00" in sentence
    assert [one["counts"]["changed"] for one in body["reports"]] == [1, 1]
    assert call.statuses() == {"i-1": "Stopped", "i-2": "Running", "i-3": "Stopped"}


def test_a_list_that_succeeds_is_answered_with_its_reports(call: Call) -> None:
    call.fleet(dev("i-1"))

    answer = call(stop.handler, kafka({"instance_ids": ["i-1"]}, call.ecs.clock.now()))

    assert (answer["outcome"], len(answer["reports"])) == ("complete", 1)
    assert answer["reports"][0]["counts"]["changed"] == 1


def test_the_messages_of_a_list_share_the_deadline(call: Call) -> None:
    call.fleet(dev("i-1"), dev("i-2"))
    call.ecs.faults.add(Refuse(action="StopInstances", status=400, code="Throttling"))
    begun, now = call.ecs.clock.now(), call.ecs.clock.now()
    messages = [eventbridge({"instance_ids": [one]}, now) for one in ("i-1", "i-2")]

    with pytest.raises(Incomplete) as caught:
        call(stop.handler, b"[" + b",".join(messages) + b"]", timeout_s=60)

    sentence, _ = in_error(caught.value)
    assert call.ecs.clock.now() - begun <= timedelta(seconds=57)
    assert "[0] Incomplete: stop: 0 failed, 1 pending" in sentence
    assert "[1] " in sentence


OUTCOMES = pytest.mark.parametrize(
    ("request_", "fault", "told"),
    [
        pytest.param({"instance_ids": ["i-1"]}, None, (200, None), id="done"),
        pytest.param({"ids": ["i-1"]}, None, (400, "InvalidEvent"), id="invalid"),
        pytest.param({}, None, (409, "Refused"), id="refused"),
        pytest.param(
            {"instance_ids": ["i-1"]},
            Refuse(action="Stop*", status=403, code="Forbidden.RAM"),
            (403, "AccessDenied"),
            id="denied",
        ),
        pytest.param({"instance_ids": ["i-1", "i-x"]}, None, (500, "Incomplete"), id="incomplete"),
        pytest.param({"instance_ids": ["i-1"]}, Cut(), (503, "Unavailable"), id="unavailable"),
    ],
)


@OUTCOMES
@pytest.mark.parametrize("trigger", [http, api_gateway], ids=lambda one: one.__name__)
def test_an_http_caller_who_waits_gets_a_status(
    call: Call,
    trigger: Envelope,
    request_: dict[str, object],
    fault: AnyFault | None,
    told: tuple[int, str | None],
) -> None:
    call.fleet(dev("i-1"))
    if fault:
        call.ecs.faults.add(fault)

    answer = call(stop.handler, trigger(request_, call.ecs.clock.now()))

    assert (answer["statusCode"], json.loads(answer["body"]).get("errorType")) == told


@OUTCOMES
def test_where_no_http_caller_waits_errors_are_raised(
    call: Call,
    request_: dict[str, object],
    fault: AnyFault | None,
    told: tuple[int, str | None],
) -> None:
    call.fleet(dev("i-1"))
    if fault:
        call.ecs.faults.add(fault)
    event = async_http(request_, call.ecs.clock.now())

    if told == (200, None):
        assert call(stop.handler, event)["outcome"] == "complete"
        return
    with pytest.raises(CurfewError) as raised:
        call(stop.handler, event)
    assert told == (HTTP_STATUS[raised.type], raised.typename)


def test_a_failed_timers_record_does_what_the_timer_should_have_done(call: Call) -> None:
    call.fleet(dev("i-1"))

    answer = call(stop.handler, failure_destination(DEV, call.ecs.clock.now()))

    assert answer["counts"]["changed"] == 1
    assert call.statuses() == {"i-1": "Stopped"}


def test_a_failed_timers_record_is_as_old_as_the_timer(call: Call) -> None:
    record = failure_destination(DEV, call.ecs.clock.now() - timedelta(hours=6, minutes=1))

    with pytest.raises(Refused, match="CURFEW_MAX_EVENT_AGE"):
        call(stop.handler, record)

    assert call.actions() == []


def test_an_unreadable_body_by_http_is_a_400(call: Call) -> None:
    event = json.loads(http({}, call.ecs.clock.now()))

    answer = call(stop.handler, json.dumps({**event, "body": "nonsense"}).encode())

    assert answer["statusCode"] == 400
