"""What an error says of an event that means nothing."""

from __future__ import annotations

import base64
import json
import re

import pytest

from shared.base.errors import InvalidEvent
from shared.request.triggers import Event, Trigger, parse
from tests.unit.request.events import (
    BODY,
    BODY_BASE64,
    CLOUD_EVENT,
    EXAMPLE,
    GATEWAY,
    HTTP,
    KAFKA_DATA,
    MNS_DATA,
    MNS_TOPIC,
    REQUEST,
    RIGHT,
    SENT_AT_MS,
    TIMER,
    cloud_event,
    without,
)

BODY_BYTES = str(BODY.encode())
BODY_IN_RECORDS = json.dumps(
    {
        "timestamp": SENT_AT_MS,
        "requestContext": {"condition": "FunctionError"},
        "requestPayload": {
            "timestamp": SENT_AT_MS,
            "requestContext": {"condition": "FunctionError"},
            "requestPayload": {**TIMER, "payload": {"key": "value"}},
        },
    }
)


@pytest.mark.parametrize(
    ("envelope", "error"),
    [
        pytest.param(
            {**HTTP, "body": ""},
            "body: it is empty; this HTTP trigger event carries no request. POST it as the body "
            f"(a query string is not read), like {EXAMPLE}",
            id="empty-as-of-a-get-request",
        ),
        pytest.param(
            without(HTTP, "body"),
            "body: it is missing; this HTTP trigger event carries no request. POST it as the "
            f"body (a query string is not read), like {EXAMPLE}",
            id="missing",
        ),
        pytest.param(
            {**HTTP, "body": BODY_BASE64},
            f"body: not JSON: Expecting value at line 1, column 1: '{BODY_BASE64[:30]}'; {RIGHT}",
            id="base64-that-is-not-stated",
        ),
        pytest.param(
            {**HTTP, "isBase64Encoded": True, "body": '{"all": true}'},
            "body: '{\"all\": true}' is not base64, though isBase64Encoded is true",
            id="stated-base64-that-is-none",
        ),
        pytest.param(
            {**HTTP, "isBase64Encoded": True, "body": "e30!="},
            "body: 'e30!=' is not base64, though isBase64Encoded is true",
            id="stated-base64-with-something-else-in-it",
        ),
        pytest.param(
            {**HTTP, "isBase64Encoded": "no"},
            "isBase64Encoded: 'no' is neither true nor false",
            id="flag-in-other-words",
        ),
        pytest.param(
            {**HTTP, "isBase64Encoded": 1},
            "isBase64Encoded: 1 is neither true nor false",
            id="flag-as-a-number",
        ),
        pytest.param(
            {**HTTP, "body": "<stop/>"},
            f"body: not JSON: Expecting value at line 1, column 1: '<stop/>'; {RIGHT}",
            id="xml-that-no-topic-sent",
        ),
        pytest.param({**HTTP, "body": "[]"}, f"body: [] is not an object; {RIGHT}", id="list"),
    ],
)
def test_a_bad_http_body_is_told_to_its_caller(envelope: dict[str, object], error: str) -> None:
    event = parse(json.dumps(envelope))

    (bad,) = event.messages
    assert event == Event(Trigger.HTTP, (bad,), is_list=False, answers_http=True)
    assert isinstance(bad, InvalidEvent)
    assert str(bad) == error


def test_api_gateways_caller_is_told_of_a_bad_body_too() -> None:
    event = parse(json.dumps({**GATEWAY, "httpMethod": "GET", "body": ""}))

    (bad,) = event.messages
    assert event == Event(Trigger.API_GATEWAY, (bad,), is_list=False, answers_http=True)
    assert str(bad) == (
        "body: it is empty; this API Gateway event carries no request. POST it as the body "
        f"(a query string is not read), like {EXAMPLE}"
    )


@pytest.mark.parametrize(
    ("event", "error"),
    [
        pytest.param(b"", f"event: it is empty; {RIGHT}", id="empty"),
        pytest.param("null", f"event: it is missing; {RIGHT}", id="null"),
        pytest.param("5", f"event: 5 is not an object; {RIGHT}", id="number"),
        pytest.param('"stop"', f"event: 'stop' is not an object; {RIGHT}", id="text"),
        pytest.param("[]", f"event: an empty list contains no message; {RIGHT}", id="empty-list"),
        pytest.param(
            b'{"tags": "\xe9"}',
            f"event: not UTF-8: byte 0xe9 at offset 10; {RIGHT}",
            id="other-encoding",
        ),
        pytest.param(
            '{"dry_run": true, "dry_run": false}',
            f"event: the key 'dry_run' appears twice in one object; {RIGHT}",
            id="duplicate-key",
        ),
        pytest.param(
            json.dumps(MNS_TOPIC)[:-1] + ', "Message": "x"}',
            f"event: the key 'Message' appears twice in one object; {RIGHT}",
            id="attribute-that-shadows",
        ),
        pytest.param(
            json.dumps({**TIMER, "payload": " "}),
            "payload: it is empty; this timer event carries no request. Write it as the trigger's "
            f"payload, like {EXAMPLE}",
            id="payload",
        ),
        pytest.param(
            json.dumps(without(TIMER, "payload")),
            "payload: it is missing; this timer event carries no request. Write it as the "
            f"trigger's payload, like {EXAMPLE}",
            id="no-payload",
        ),
        pytest.param(
            json.dumps({"TopicName": "curfew"}),
            "Message: it is missing; this MNS topic event carries no request. Publish it as the "
            f"message, like {EXAMPLE}",
            id="half-a-topic",
        ),
        pytest.param(
            json.dumps(without(TIMER, "triggerTime")),
            "triggerTime: the time is missing; write it in RFC 3339 format",
            id="timer-without-time",
        ),
        pytest.param(
            json.dumps(without(MNS_TOPIC, "PublishTime")),
            "PublishTime: the time is missing; write milliseconds since 1970",
            id="mns-topic-without-time",
        ),
        pytest.param(
            json.dumps(cloud_event(without(KAFKA_DATA, "timestamp"))),
            "data.timestamp: the time is missing; write milliseconds since 1970",
            id="kafka-without-its-own-time",
        ),
        pytest.param(
            json.dumps(cloud_event({**MNS_DATA, "messageBody": BODY_BYTES})),
            f"data.messageBody: {BODY_BYTES!r} is the text of a Python bytes object; the "
            "producer must send the text itself: value.decode(), not str(value)",
            id="text-of-a-bytes-object",
        ),
        pytest.param(
            json.dumps({**MNS_TOPIC, "Message": base64.b64encode(BODY_BYTES.encode()).decode()}),
            f"Message: {BODY_BYTES!r} is the text of a Python bytes object; the "
            "producer must send the text itself: value.decode(), not str(value)",
            id="text-of-a-bytes-object-in-base64",
        ),
        pytest.param(
            json.dumps(cloud_event({**MNS_DATA, "messageBody": "<Notification/>"})),
            "data.messageBody: '<Notification/>' is XML, not JSON; an MNS subscription sends JSON "
            "if its NotifyContentFormat is JSON or SIMPLIFIED",
            id="topic-to-queue-as-xml",
        ),
        pytest.param(
            json.dumps({**TIMER, "payload": json.dumps(BODY)}),
            f"payload: {BODY!r} is not an object; {RIGHT}",
            id="payload-encoded-twice",
        ),
        pytest.param(
            json.dumps({**TIMER, "payload": base64.b64encode(b'{"a": 1, "a": 2}').decode()}),
            f"payload: the key 'a' appears twice in one object; {RIGHT}",
            id="error-inside-base64",
        ),
        pytest.param(
            json.dumps({**TIMER, "payload": f"-{BODY_BASE64}"}),
            f"payload: not JSON: Expecting value at line 1, column 1: '-{BODY_BASE64[:29]}'; "
            + RIGHT,
            id="nearly-base64",
        ),
        pytest.param(
            json.dumps({"body": "hello topic", "attrs": {}}),
            "body: not JSON: Expecting value at line 1, column 1: 'hello topic'; " + RIGHT,
            id="stream-body",
        ),
        pytest.param(
            json.dumps(CLOUD_EVENT),
            "data: it is missing; this EventBridge event 'mns:Queue:SendMessage' carries no "
            f"request. Have the rule's target send it by a template, like {EXAMPLE}",
            id="cloud-event-no-data",
        ),
        pytest.param(
            json.dumps(cloud_event([REQUEST])),
            f"data: [{REQUEST!r}] is not an object; {RIGHT}",
            id="cloud-event-list-of-requests",
        ),
        pytest.param(
            json.dumps(cloud_event({**KAFKA_DATA, "value": None})),
            "data.value: it is missing; this message queue event carries no request. Send it "
            f"as the message, like {EXAMPLE}",
            id="kafka-tombstone",
        ),
        pytest.param(
            json.dumps({**TIMER, "triggerTime": "today"}),
            "triggerTime: 'today' is not a time with a zone; write it like "
            "2026-11-24T20:00:00+08:00",
            id="timer-time",
        ),
        pytest.param(
            json.dumps(cloud_event(MNS_DATA, time="2026-11-20T20:00:00")),
            "time: '2026-11-20T20:00:00' is not a time with a zone; write"
            " it like 2026-11-24T20:00:00+08:00",
            id="cloud-event-time-without-zone",
        ),
        pytest.param(
            json.dumps(cloud_event(MNS_DATA, time=None)),
            "time: the time is missing; write it in RFC 3339 format",
            id="cloud-event-time-null",
        ),
        pytest.param(
            json.dumps(without(cloud_event(MNS_DATA, aliyunpublishtime=SENT_AT_MS), "time")),
            f"aliyunpublishtime: {SENT_AT_MS} is not a time; write it in RFC 3339 format",
            id="time-of-publishing",
        ),
        pytest.param(
            json.dumps({**MNS_TOPIC, "PublishTime": "2026-11-20T12:00:00Z"}),
            "PublishTime: '2026-11-20T12:00:00Z' is not a time; write milliseconds since 1970",
            id="mns-time-as-text",
        ),
        pytest.param(
            json.dumps({**MNS_TOPIC, "PublishTime": True}),
            "PublishTime: true is not a time; write milliseconds since 1970",
            id="mns-time-boolean",
        ),
        pytest.param(
            json.dumps({**MNS_TOPIC, "PublishTime": 10**40}),
            f"PublishTime: {10**40} is not a time; write milliseconds since 1970",
            id="mns-time-beyond-all-years",
        ),
        pytest.param(
            json.dumps({**KAFKA_DATA, "timestamp": None}),
            "timestamp: the time is missing; write milliseconds since 1970",
            id="kafka-time",
        ),
    ],
)
def test_an_event_that_means_nothing_says_what_was_there(event: bytes | str, error: str) -> None:
    with pytest.raises(InvalidEvent) as caught:
        parse(event)

    # What is shown of a value is cut, and the expectation above is not.
    shown, _, right = str(caught.value).partition("…")
    assert error.startswith(shown)
    assert error.endswith(right)
    assert len(str(caught.value)) < 300


WORST = {
    "not-json": {**MNS_DATA, "messageBody": "{'" + "€" * 1000},
    "bytes-object": {**MNS_DATA, "messageBody": "b'" + "€" * 1000},
    "xml": {**MNS_DATA, "messageBody": "<" + "€" * 1000},
    "service": {"€" * 1000: 1, "operationType": 1, "topicPartition": 1},
    "no-field-of-a-request": {"€" * 1000: 1, "£" * 1000: 1},
    "nothing": None,
    "deep-down": {**MNS_DATA, "messageBody": BODY_IN_RECORDS},
}
"""In the longest list that EventBridge sends, so that their numbers are the longest, too."""


@pytest.fixture(scope="module")
def worst() -> dict[str, str]:
    """What is said of each."""
    items = [cloud_event(data, id="x" * 1000, type="y" * 1000) for data in WORST.values()]
    messages = parse(json.dumps([REQUEST] * (10_000 - len(items)) + items)).messages
    return dict(zip(WORST, map(str, messages[-len(items) :]), strict=True))


@pytest.mark.parametrize("name", WORST)
def test_the_worst_of_errors_is_short(name: str, worst: dict[str, str]) -> None:
    assert re.match(r"\[99\d\d\] \(id 'xxx", worst[name])
    assert len(worst[name]) < 300
