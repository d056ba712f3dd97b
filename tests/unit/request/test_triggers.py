"""Events: what each trigger's bytes mean, and what an error says of those that mean nothing.

Envelopes within envelopes are in ``test_carriers``, events of other services in
``test_no_request``, ways to write a time in ``test_event_times``.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.errors import InvalidEvent
from shared.request.triggers import Event, Message, Trigger, parse

REQUEST = {"action": "stop", "tags": {"team": "dev"}}
BODY = json.dumps(REQUEST)
BODY_BASE64 = base64.b64encode(BODY.encode()).decode()
BODY_BYTES = str(BODY.encode())
SENT_AT = datetime(2026, 11, 20, 12, 0, tzinfo=timezone.utc)
SENT_AT_MS = int(SENT_AT.timestamp() * 1000)
EXAMPLE = '{"instance_ids": ["i-bp1example"]}'
RIGHT = f"a request is a JSON object like {EXAMPLE}"

TIMER = {"triggerTime": "2026-11-20T12:00:00Z", "triggerName": "evening", "payload": BODY}
MNS_TOPIC = {
    "TopicOwner": "1234567890123456",
    "Message": BODY,
    "Subscriber": "1234567890123456",
    "PublishTime": SENT_AT_MS,
    "SubscriptionName": "curfew",
    "MessageMD5": "0" * 32,
    "TopicName": "curfew",
    "MessageId": "A1B2",
}
CLOUD_EVENT = {
    "id": "c3d4",
    "source": "MNS-release-queue",
    "specversion": "1.0",
    "type": "mns:Queue:SendMessage",
    "time": "2026-11-20T20:00:00+08:00",
    "aliyunpublishtime": "2026-11-20T12:00:05.123Z",
}
MNS_DATA = {"requestId": "E5", "messageId": "F6", "messageBody": BODY}
ROCKETMQ_DATA = {"topic": "ci", "systemProperties": {}, "userProperties": {}, "body": BODY}
RABBITMQ_DATA = {"envelope": {}, "body": REQUEST, "props": {"messageId": "m"}}
KAFKA_DATA = {"topic": "ci", "partition": 0, "offset": 1, "timestamp": SENT_AT_MS, "value": BODY}
HTTP = {
    "version": "v1",
    "rawPath": "/",
    "headers": {},
    "queryParameters": {"dry_run": "true"},
    "body": BODY,
    "isBase64Encoded": False,
    "requestContext": {"requestId": "1-g7", "time": "2020-01-01T00:00:00Z"},
}

GATEWAY = {
    "path": "/curfew",
    "httpMethod": "POST",
    "headers": {"X-Ca-Api-Gateway": "ABC"},
    "queryParameters": {},
    "pathParameters": {},
    "body": BODY,
    "isBase64Encoded": False,
}
WEBHOOK = {"headers": {}, "path": "/webhook/putEvents", "httpMethod": "POST", "queryString": {}}
LOG = {
    "parameter": REQUEST,
    "source": {"endpoint": "http://cn-hangzhou-intranet.log.aliyuncs.com", "shardId": 0},
    "jobName": "1f70",
    "taskId": "c269",
    "cursorTime": SENT_AT_MS // 1000,
}
SCHEDULE = {"TimeZone": "GMT+8:00", "Schedule": "0 0 20 * * *"}
SCHEDULED = "eventbridge:Events:ScheduledEvent"
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
ANSWERED = {Trigger.HTTP, Trigger.API_GATEWAY}


def cloud_event(data: object, **fields: object) -> dict[str, object]:
    return {**CLOUD_EVENT, "data": data, **fields}


def without(envelope: Mapping[str, object], *fields: str) -> dict[str, object]:
    return {key: value for key, value in envelope.items() if key not in fields}


def message(trigger: Trigger, sent_at: datetime | None = SENT_AT, event_id: str = "") -> Message:
    return Message(REQUEST, sent_at, event_id, trigger)


@pytest.mark.parametrize(
    ("envelope", "expected"),
    [
        pytest.param(TIMER, message(Trigger.TIMER), id="timer"),
        pytest.param({**TIMER, "payload": REQUEST}, message(Trigger.TIMER), id="timer-object"),
        pytest.param(MNS_TOPIC, message(Trigger.MNS_TOPIC, event_id="A1B2"), id="mns-topic"),
        pytest.param(
            {**MNS_TOPIC, "Message": BODY_BASE64},
            message(Trigger.MNS_TOPIC, event_id="A1B2"),
            id="mns-topic-base64",
        ),
        pytest.param(
            {**MNS_TOPIC, "Message": f"{BODY_BASE64[:20]}\r\n{BODY_BASE64[20:]}\r\n"},
            message(Trigger.MNS_TOPIC, event_id="A1B2"),
            id="mns-topic-base64-in-lines",
        ),
        pytest.param(
            {**MNS_TOPIC, **TIMER, **HTTP, **CLOUD_EVENT, "data": {"action": "release"}},
            message(Trigger.MNS_TOPIC, event_id="A1B2"),
            id="mns-topic-with-attributes-named-like-other-envelopes",
        ),
        pytest.param(
            {**MNS_TOPIC, "MessageId": 5}, message(Trigger.MNS_TOPIC), id="mns-topic-odd-id"
        ),
        pytest.param(
            {**MNS_TOPIC, "MessageId": "A" * 129},
            message(Trigger.MNS_TOPIC, event_id="A" * 128),
            id="mns-topic-long-id",
        ),
        pytest.param(
            {"body": BODY, "attrs": {"Extend": "{}"}},
            message(Trigger.MNS_TOPIC, None),
            id="mns-topic-stream-with-attributes",
        ),
        pytest.param(
            cloud_event(MNS_DATA), message(Trigger.EVENTBRIDGE, event_id="c3d4"), id="mns-queue"
        ),
        pytest.param(
            cloud_event({**MNS_DATA, "messageBody": BODY_BASE64}),
            message(Trigger.EVENTBRIDGE, event_id="c3d4"),
            id="mns-queue-base64",
        ),
        pytest.param(
            cloud_event(ROCKETMQ_DATA),
            message(Trigger.EVENTBRIDGE, event_id="c3d4"),
            id="rocketmq",
        ),
        pytest.param(
            cloud_event(RABBITMQ_DATA),
            message(Trigger.EVENTBRIDGE, event_id="c3d4"),
            id="rabbitmq",
        ),
        pytest.param(
            cloud_event(KAFKA_DATA), message(Trigger.EVENTBRIDGE, event_id="c3d4"), id="kafka"
        ),
        pytest.param(
            without(cloud_event(KAFKA_DATA), "time", "aliyunpublishtime"),
            message(Trigger.EVENTBRIDGE, event_id="c3d4"),
            id="kafka-by-its-own-time",
        ),
        pytest.param(
            cloud_event(REQUEST), message(Trigger.EVENTBRIDGE, event_id="c3d4"), id="custom-object"
        ),
        pytest.param(
            cloud_event(BODY), message(Trigger.EVENTBRIDGE, event_id="c3d4"), id="custom-text"
        ),
        pytest.param(
            without(cloud_event(MNS_DATA), "time"),
            message(Trigger.EVENTBRIDGE, SENT_AT + timedelta(seconds=5.123), "c3d4"),
            id="time-of-publishing",
        ),
        pytest.param(
            without(cloud_event(MNS_DATA, aliyunpublishtime="2026-11-20T20:00:00.000PRC"), "time"),
            message(Trigger.EVENTBRIDGE, event_id="c3d4"),
            id="time-of-publishing-with-the-zone-by-name",
        ),
        pytest.param(
            without(cloud_event(MNS_DATA), "time", "aliyunpublishtime"),
            message(Trigger.EVENTBRIDGE, None, "c3d4"),
            id="no-time-at-all",
        ),
        pytest.param(MNS_DATA, message(Trigger.EVENTBRIDGE, None, "F6"), id="raw-mns-queue"),
        pytest.param(
            {**ROCKETMQ_DATA, "msgId": "R7"},
            message(Trigger.EVENTBRIDGE, None, "R7"),
            id="raw-rocketmq",
        ),
        pytest.param(RABBITMQ_DATA, message(Trigger.EVENTBRIDGE, None), id="raw-rabbitmq"),
        pytest.param(KAFKA_DATA, message(Trigger.EVENTBRIDGE), id="raw-kafka"),
        pytest.param(
            {"props": {}, "body": BODY}, message(Trigger.EVENTBRIDGE, None), id="raw-mqtt"
        ),
        pytest.param(HTTP, message(Trigger.HTTP, None, "1-g7"), id="http"),
        pytest.param(
            {**HTTP, "body": BODY_BASE64, "isBase64Encoded": True},
            message(Trigger.HTTP, None, "1-g7"),
            id="http-base64",
        ),
        pytest.param(
            {**HTTP, "body": REQUEST, "requestContext": "?"},
            message(Trigger.HTTP, None),
            id="http-object",
        ),
        pytest.param(
            without(HTTP, "isBase64Encoded"),
            message(Trigger.HTTP, None, "1-g7"),
            id="http-that-says-nothing-of-base64",
        ),
        pytest.param(
            {**HTTP, "isBase64Encoded": "false"},
            message(Trigger.HTTP, None, "1-g7"),
            id="http-that-writes-the-flag-as-text",
        ),
        pytest.param(
            {**HTTP, "body": BODY_BASE64.rstrip("="), "isBase64Encoded": True},
            message(Trigger.HTTP, None, "1-g7"),
            id="http-base64-without-padding",
        ),
        # "HTTP functions" of Function Compute 2.0, as ``s invoke`` plays them.
        pytest.param(
            {"path": "/", "method": "POST", "headers": {}, "queries": {"a": "b"}, "body": BODY},
            message(Trigger.HTTP, None),
            id="http-of-function-compute-2",
        ),
        # "API Gateway triggers" (Function Compute docs).
        pytest.param(GATEWAY, message(Trigger.API_GATEWAY, None), id="api-gateway"),
        pytest.param(
            {**GATEWAY, "body": BODY_BASE64, "isBase64Encoded": True},
            message(Trigger.API_GATEWAY, None),
            id="api-gateway-base64",
        ),
        pytest.param(
            {**GATEWAY, "body": BODY_BASE64, "isBase64Encoded": "True"},
            message(Trigger.API_GATEWAY, None),
            id="api-gateway-base64-with-the-flag-as-text",
        ),
        pytest.param(
            {"path": "/", "httpMethod": "POST", "body": BODY},
            message(Trigger.API_GATEWAY, None),
            id="api-gateway-with-the-least",
        ),
        pytest.param(
            {**GATEWAY, "headers": {"X-Fc-Invocation-Type": "Async"}},
            message(Trigger.API_GATEWAY, None),
            id="api-gateway-whose-client-sent-function-computes-header",
        ),
        # "Create an HTTP/HTTPS event source" (EventBridge docs).
        pytest.param(
            cloud_event({**WEBHOOK, "body": REQUEST}),
            message(Trigger.EVENTBRIDGE, event_id="c3d4"),
            id="webhook-object",
        ),
        pytest.param(
            cloud_event({**WEBHOOK, "body": BODY}),
            message(Trigger.EVENTBRIDGE, event_id="c3d4"),
            id="webhook-text",
        ),
        pytest.param(
            {**WEBHOOK, "body": BODY}, message(Trigger.EVENTBRIDGE, None), id="raw-webhook"
        ),
        pytest.param(
            cloud_event({"topic": "ci", "tag": "x", "body": BODY}),
            message(Trigger.EVENTBRIDGE, event_id="c3d4"),
            id="queue-that-has-a-body-and-nothing-else-of-rocketmq",
        ),
        pytest.param(
            cloud_event({"messageBody": BODY}),
            message(Trigger.EVENTBRIDGE, event_id="c3d4"),
            id="queue-that-has-a-body-alone",
        ),
        # "RocketMQ triggers" (Function Compute docs) show CloudEvents without specversion.
        pytest.param(
            without(cloud_event(REQUEST), "specversion"),
            message(Trigger.EVENTBRIDGE, event_id="c3d4"),
            id="cloud-event-without-its-version",
        ),
        pytest.param(
            {"id": "c3d4", "source": "my.event", "type": "ui:Created:PostObject", "data": REQUEST},
            message(Trigger.EVENTBRIDGE, None, "c3d4"),
            id="cloud-event-with-the-least",
        ),
        pytest.param(
            {**CLOUD_EVENT, "data_base64": BODY_BASE64},
            message(Trigger.EVENTBRIDGE, event_id="c3d4"),
            id="cloud-event-of-binary-data",
        ),
        pytest.param(
            cloud_event({**MNS_DATA, "messageBody": BODY_BASE64.rstrip("=")}),
            message(Trigger.EVENTBRIDGE, event_id="c3d4"),
            id="mns-queue-base64-without-padding",
        ),
        # "Log Service triggers" (Function Compute docs); functionParameter is its user's.
        pytest.param(LOG, message(Trigger.LOG), id="log-service"),
        pytest.param({**LOG, "parameter": BODY}, message(Trigger.LOG), id="log-service-text"),
        pytest.param(
            without(LOG, "cursorTime"), message(Trigger.LOG, None), id="log-service-without-time"
        ),
        pytest.param(
            {"parameter": REQUEST, "source": {}, "jobName": "1f70"},
            message(Trigger.LOG, None),
            id="log-service-with-the-least",
        ),
        pytest.param(
            cloud_event(REQUEST, userdata="of an extension"),
            message(Trigger.EVENTBRIDGE, event_id="c3d4"),
            id="user-data-of-no-schedule",
        ),
        pytest.param(
            cloud_event({"value": BODY, "timestamp": SENT_AT_MS - 1000}),
            message(Trigger.EVENTBRIDGE, SENT_AT - timedelta(seconds=1), "c3d4"),
            id="value-with-a-time-and-nothing-else-of-kafka",
        ),
        pytest.param(
            cloud_event({**SCHEDULE, "UserData": BODY}, type=SCHEDULED),
            message(Trigger.EVENTBRIDGE, event_id="c3d4"),
            id="schedule-with-user-data",
        ),
        pytest.param(
            cloud_event({"Schedule": "0 0 20 * * *", "userData": REQUEST}, type=SCHEDULED),
            message(Trigger.EVENTBRIDGE, event_id="c3d4"),
            id="schedule-with-user-data-in-another-case",
        ),
        pytest.param(
            cloud_event(SCHEDULE, type=SCHEDULED, UserData=BODY),
            message(Trigger.EVENTBRIDGE, event_id="c3d4"),
            id="schedule-with-user-data-beside-its-data",
        ),
        pytest.param(
            {**SCHEDULE, "UserData": BODY},
            message(Trigger.EVENTBRIDGE, None),
            id="raw-schedule-with-user-data",
        ),
        pytest.param(
            cloud_event(REQUEST, type=SCHEDULED),
            message(Trigger.EVENTBRIDGE, event_id="c3d4"),
            id="schedule-whose-template-made-the-data",
        ),
        pytest.param(REQUEST, message(Trigger.DIRECT, None), id="direct"),
    ],
)
def test_one_message_of_every_shape(envelope: dict[str, object], expected: Message) -> None:
    text = json.dumps(envelope)
    event = Event(expected.trigger, (expected,), is_list=False)
    answered = Event(expected.trigger, (expected,), is_list=False, answers_http=True)

    assert parse(text) == parse(text.encode())
    assert parse(text) == (answered if expected.trigger in ANSWERED else event)


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(BODY_BASE64, id="base64"),
        pytest.param(BODY_BASE64.encode(), id="base64-bytes"),
        pytest.param(BODY_BASE64.rstrip("="), id="base64-without-padding"),
        pytest.param(BODY_BASE64.rstrip("=").encode(), id="base64-bytes-without-padding"),
        pytest.param(f"\ufeff{BODY}\n", id="byte-order-mark"),
    ],
)
def test_a_body_alone_is_the_bare_request(event: bytes | str) -> None:
    assert parse(event).messages == (message(Trigger.DIRECT, None),)


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("as_bytes", [False, True])
def test_base64_may_be_of_either_alphabet(
    encode: Callable[[bytes], bytes],
    as_bytes: bool,  # noqa: FBT001  # a table's column
) -> None:
    request = {"name": "???>>>~~~"}
    encoded = encode(json.dumps(request).encode())

    (read,) = parse(encoded if as_bytes else encoded.decode()).messages

    assert {b"+", b"/", b"-", b"_"} & {encoded[i : i + 1] for i in range(len(encoded))}
    assert isinstance(read, Message)
    assert read.request == request


@pytest.mark.parametrize("event", [[{}], cloud_event({})], ids=["list", "cloud-event"])
def test_an_empty_request_is_left_to_the_function(event: object) -> None:
    (read,) = parse(json.dumps(event)).messages

    assert isinstance(read, Message)
    assert read.request == {}


@pytest.mark.parametrize(
    "envelope",
    [
        pytest.param({"body": BODY, "action": "stop"}, id="body-and-a-field"),
        pytest.param({"body": BODY, "attrs": {}, "dry_run": True}, id="stream-and-a-field"),
        pytest.param({"messageBody": BODY}, id="body-without-companions"),
        pytest.param({"value": BODY, "dry_run": True}, id="value-without-companions"),
        pytest.param({"body": BODY}, id="body-alone"),
        pytest.param({"UserData": BODY}, id="user-data-alone"),
        pytest.param({"source": "ci", "data": REQUEST}, id="data-and-a-source"),
        pytest.param({"parameter": REQUEST, "source": "ci"}, id="parameter-and-a-source"),
    ],
)
def test_an_unknown_object_passes_whole_so_that_its_fields_are_refused(
    envelope: dict[str, object],
) -> None:
    expected = Message(envelope, None, "", Trigger.DIRECT)

    assert parse(json.dumps(envelope)).messages == (expected,)


def test_a_request_with_a_field_called_body_is_not_taken_for_a_queues_message() -> None:
    data = {**REQUEST, "body": json.dumps({"action": "stop", "all": True})}

    (read,) = parse(json.dumps(cloud_event(data))).messages

    assert read == Message(data, SENT_AT, "c3d4", Trigger.EVENTBRIDGE)


def test_base64_in_base64_is_not_opened() -> None:
    twice = base64.b64encode(BODY_BASE64.encode()).decode()

    with pytest.raises(InvalidEvent, match=r"^payload: not JSON"):
        parse(json.dumps({**TIMER, "payload": twice}))


def test_one_bad_message_of_a_list_leaves_the_others() -> None:
    items = [
        cloud_event(MNS_DATA),
        cloud_event({**MNS_DATA, "messageBody": "stop"}, id="bad"),
        5,
        {"messageBody": None, "requestId": "E5"},
        "stop",
        json.dumps([REQUEST]),
        [REQUEST],
        REQUEST,
    ]

    event = parse(json.dumps(items))

    assert (event.trigger, event.is_list) == (Trigger.EVENTBRIDGE, True)
    assert [m if isinstance(m, Message) else f"{m}" for m in event.messages] == [
        message(Trigger.EVENTBRIDGE, event_id="c3d4"),
        "[1] (id 'bad') data.messageBody: not JSON: Expecting value at line 1, column 1: 'stop'; "
        + RIGHT,
        f"[2] message: 5 is not an object; {RIGHT}",
        (
            "[3] messageBody: it is missing; this message queue event carries no request. "
            f"Send it as the message, like {EXAMPLE}"
        ),
        f"[4] message: not JSON: Expecting value at line 1, column 1: 'stop'; {RIGHT}",
        f"[5] message: [{REQUEST!r}] is not an object; {RIGHT}",
        f"[6] message: [{REQUEST!r}] is not an object; {RIGHT}",
        message(Trigger.EVENTBRIDGE, None),
    ]
    assert all(isinstance(m, Message | InvalidEvent) for m in event.messages)


@pytest.mark.parametrize(
    "element",
    [
        pytest.param(cloud_event(MNS_DATA), id="mns-queue"),
        pytest.param(cloud_event(KAFKA_DATA), id="kafka"),
        pytest.param(KAFKA_DATA, id="raw-kafka"),
        pytest.param({"topic": "ci", "body": BODY}, id="raw-body-with-little-beside-it"),
        pytest.param(MNS_TOPIC, id="mns-topic"),
        pytest.param(TIMER, id="timer"),
        pytest.param(REQUEST, id="bare"),
    ],
)
def test_an_element_of_a_list_may_be_the_text_of_itself(element: dict[str, object]) -> None:
    listed = parse(json.dumps([element, element]))
    texts = parse(json.dumps([json.dumps(element), json.dumps(element)]))

    assert texts == listed
    assert [m.request for m in texts.messages if isinstance(m, Message)] == [REQUEST, REQUEST]


@pytest.mark.parametrize("element", ["0", '""', "{}", json.dumps(json.dumps(KAFKA_DATA))])
def test_a_list_of_more_than_eventbridge_sends_is_refused(element: str) -> None:
    longest, longer, longest_of_all = 10_000, 10_001, 42_001

    assert len(parse(f"[{','.join([element] * longest)}]").messages) == longest
    for count in (longer, longest_of_all):
        with pytest.raises(InvalidEvent) as caught:
            parse(f"[{','.join([element] * count)}]")
        assert str(caught.value) == (
            f"event: a list of {count:,} messages is too long; EventBridge sends 10,000 at most"
        )


def test_a_list_of_one_is_a_list() -> None:
    assert parse(json.dumps([cloud_event(MNS_DATA)])).is_list


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
            "triggerTime: the time is missing; write it as RFC 3339 text",
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
            "time: the time is missing; write it as RFC 3339 text",
            id="cloud-event-time-null",
        ),
        pytest.param(
            json.dumps(without(cloud_event(MNS_DATA, aliyunpublishtime=SENT_AT_MS), "time")),
            f"aliyunpublishtime: {SENT_AT_MS} is not a time; write it as RFC 3339 text",
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


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({**MNS_DATA, "messageBody": "{'" + "€" * 1000}, id="not-json"),
        pytest.param({**MNS_DATA, "messageBody": "b'" + "€" * 1000}, id="bytes-object"),
        pytest.param({**MNS_DATA, "messageBody": "<" + "€" * 1000}, id="xml"),
        pytest.param({"€" * 1000: 1, "operationType": 1, "topicPartition": 1}, id="service"),
        pytest.param({"€" * 1000: 1, "£" * 1000: 1}, id="no-field-of-a-request"),
        pytest.param(None, id="nothing"),
        pytest.param({**MNS_DATA, "messageBody": BODY_IN_RECORDS}, id="deep-down"),
    ],
)
def test_the_worst_of_errors_is_short(data: object) -> None:
    item = cloud_event(data, id="x" * 1000, type="y" * 1000)

    *_, bad = parse(json.dumps([REQUEST] * 9_999 + [item])).messages

    assert str(bad).startswith("[9999] (id 'xxx")
    assert len(str(bad)) < 300


ENVELOPES = (
    TIMER,
    MNS_TOPIC,
    {**CLOUD_EVENT, **SCHEDULE},
    MNS_DATA,
    ROCKETMQ_DATA,
    KAFKA_DATA,
    HTTP,
    GATEWAY,
    WEBHOOK,
    LOG,
    {"requestPayload": BODY, "timestamp": SENT_AT_MS, "responseContext": {}},
)
NAMES = st.sampled_from(
    ["data", "attrs", "msgId", "condition", "method", *(key for each in ENVELOPES for key in each)]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.text() | st.just(BODY) | st.floats()
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner) | st.dictionaries(NAMES | st.text(), inner),
    max_leaves=6,
)


@given(
    st.binary()
    | st.text()
    | VALUES.map(json.dumps)
    | st.dictionaries(NAMES, VALUES).map(json.dumps)
    | st.lists(st.dictionaries(NAMES, VALUES)).map(json.dumps)
)
@example("[" * 200_000)
@example("9" * 10_000)
@settings(deadline=None)  # a machine may be busy
def test_parsing_raises_nothing_but_invalid_event(event: bytes | str) -> None:
    try:
        messages = parse(event).messages
    except InvalidEvent as error:
        messages = (error,)

    assert messages
    assert all(isinstance(m, Message) or len(str(m)) < 300 for m in messages)


def test_a_trigger_reads_as_its_value() -> None:
    assert [str(trigger) for trigger in Trigger] == [trigger.value for trigger in Trigger]
    assert f"{Trigger.MNS_TOPIC}" == "mns_topic"
