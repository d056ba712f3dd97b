"""Events: what each trigger's bytes mean, and what an error says of those that mean nothing.

Envelopes within envelopes are in ``test_carriers``, events of other services in
``test_no_request``, ways to write a time in ``test_event_times``.
"""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.base.errors import InvalidEvent
from shared.request.triggers import Event, Message, Trigger, parse
from tests.unit.request.events import (
    BODY,
    BODY_BASE64,
    CLOUD_EVENT,
    GATEWAY,
    HTTP,
    KAFKA_DATA,
    MNS_DATA,
    MNS_TOPIC,
    REQUEST,
    SENT_AT,
    SENT_AT_MS,
    TIMER,
    cloud_event,
    message,
    without,
)

ROCKETMQ_DATA = {"topic": "ci", "systemProperties": {}, "userProperties": {}, "body": BODY}
RABBITMQ_DATA = {"envelope": {}, "body": REQUEST, "props": {"messageId": "m"}}
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
ANSWERED = {Trigger.HTTP, Trigger.API_GATEWAY}


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
