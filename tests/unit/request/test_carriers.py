"""Envelopes within envelopes: what is in them, whose time counts, how they end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from types import MappingProxyType

import pytest

from shared.base.errors import InvalidEvent
from shared.base.strict_json import shown
from shared.request.triggers import MAX_ENVELOPES, MAX_MESSAGES, Event, Message, Trigger, parse

REQUEST = {"action": "stop", "tags": {"team": "dev"}}
BODY = json.dumps(REQUEST)
SENT_AT = datetime(2026, 11, 20, 12, 0, tzinfo=timezone.utc)
LATER = SENT_AT + timedelta(minutes=9)
LONG_AGO = datetime(2020, 1, 1, tzinfo=timezone.utc)

NO_HEADERS: Mapping[str, str] = MappingProxyType({})
ASYNC = {"X-Fc-Invocation-Type": "Async"}

Envelope = dict[str, object]


def ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def timer(body: object = BODY, at: datetime = SENT_AT) -> Envelope:
    return {"triggerTime": at.isoformat(), "triggerName": "evening", "payload": body}


def topic(body: object = BODY, at: datetime = SENT_AT) -> Envelope:
    return {"TopicName": "ci", "Message": body, "PublishTime": ms(at), "MessageId": "A1B2"}


def cloud_event(data: object, at: datetime | None = SENT_AT) -> Envelope:
    envelope: Envelope = {"id": "c3d4", "source": "MNS-q", "specversion": "1.0", "type": "x"}
    return {**envelope, **({} if at is None else {"time": at.isoformat()}), "data": data}


def queued(body: object = BODY, at: datetime | None = SENT_AT) -> Envelope:
    return cloud_event({"messageId": "F6", "messageBody": body}, at)


def kafka(body: object = BODY, at: datetime = SENT_AT) -> Envelope:
    return {"topic": "ci", "partition": 0, "offset": 1, "timestamp": ms(at), "value": body}


def http(
    body: object = BODY, at: datetime = SENT_AT, headers: Mapping[str, str] = NO_HEADERS
) -> Envelope:
    return {
        "version": "v1",
        "rawPath": "/",
        "headers": {"Content-Type": "application/json", **headers},
        "body": body,
        "requestContext": {"requestId": "1-g7", "timeEpoch": str(ms(at))},
    }


def record(payload: object, at: object = ms(LATER), **says: object) -> Envelope:
    """What a failure destination gets; ``says`` changes what tells failure from success."""
    context = {"requestId": "1-66aa", "condition": "UnhandledInvocationError"}
    response: Envelope = {"statusCode": 200, "functionError": "UnhandledInvocationError"}
    for name, value in says.items():
        (context if name == "condition" else response)[name] = value  # type: ignore[assignment]
    return {
        "timestamp": at,
        "requestContext": context,
        "requestPayload": payload,
        "responseContext": response,
        "responsePayload": "{}",
    }


def text(value: object) -> str:
    return json.dumps(value)


def only_message(envelope: object) -> Message:
    (message,) = parse(text(envelope)).messages
    assert isinstance(message, Message), message
    return message


def error_of(envelope: object) -> str:
    with pytest.raises(InvalidEvent) as caught:
        parse(text(envelope))
    return str(caught.value)


@pytest.mark.parametrize(
    ("envelope", "trigger", "event_id"),
    [
        pytest.param(queued(text(topic())), Trigger.EVENTBRIDGE, "c3d4", id="topic-to-queue"),
        pytest.param(
            {"messageId": "F6", "messageBody": text(topic())},
            Trigger.EVENTBRIDGE,
            "F6",
            id="topic-to-queue-raw",
        ),
        pytest.param(record(text(timer())), Trigger.DESTINATION, "1-66aa", id="timer"),
        pytest.param(record(timer()), Trigger.DESTINATION, "1-66aa", id="timer-as-an-object"),
        pytest.param(record(text(topic())), Trigger.DESTINATION, "1-66aa", id="topic"),
        pytest.param(record(text(queued())), Trigger.DESTINATION, "1-66aa", id="queue"),
        pytest.param(
            record(text(http(headers=ASYNC))),
            Trigger.DESTINATION,
            "1-66aa",
            id="asynchronous-http",
        ),
        pytest.param(
            record(text(http())), Trigger.DESTINATION, "1-66aa", id="http-that-is-answered-no-more"
        ),
        pytest.param(
            record(text(record(text(timer())))), Trigger.DESTINATION, "1-66aa", id="failed-twice"
        ),
        pytest.param(
            queued(text(record(text(timer()))), LATER),
            Trigger.EVENTBRIDGE,
            "c3d4",
            id="record-by-a-queue",
        ),
        pytest.param(
            cloud_event(record(timer()), LATER),
            Trigger.EVENTBRIDGE,
            "c3d4",
            id="record-by-an-event-bus",
        ),
        pytest.param(
            topic(text(record(text(timer()))), LATER),
            Trigger.MNS_TOPIC,
            "A1B2",
            id="record-by-a-topic",
        ),
        pytest.param(
            topic(text(record(text(queued(text(topic())))))),
            Trigger.MNS_TOPIC,
            "A1B2",
            id="topic-to-queue-that-failed-by-a-topic",
        ),
        pytest.param(
            record(text(cloud_event(kafka(), at=None))), Trigger.DESTINATION, "1-66aa", id="kafka"
        ),
    ],
)
def test_what_is_in_an_envelope_may_be_an_envelope(
    envelope: Envelope, trigger: Trigger, event_id: str
) -> None:
    expected = Message(REQUEST, SENT_AT, event_id, trigger)

    assert parse(text(envelope)) == Event(trigger, (expected,), is_list=False)


@pytest.mark.promise("S18")
@pytest.mark.parametrize(
    ("envelope", "sent_at"),
    [
        pytest.param(cloud_event(kafka(at=LONG_AGO)), LONG_AGO, id="old-record-in-a-fresh-event"),
        pytest.param(cloud_event(kafka(), LONG_AGO), LONG_AGO, id="fresh-record-in-an-old-event"),
        pytest.param(queued(text(topic(at=LONG_AGO))), LONG_AGO, id="old-topic-message-by-a-queue"),
        pytest.param(queued(text(topic(at=LATER))), SENT_AT, id="fresh-topic-message-by-a-queue"),
        pytest.param(record(text(timer(at=LONG_AGO))), LONG_AGO, id="old-timer-that-failed"),
        pytest.param(record(BODY), LATER, id="bare-request-that-failed"),
        pytest.param(record(BODY, LATER.isoformat()), LATER, id="time-of-failing-as-text"),
        pytest.param(record(BODY, str(ms(LATER))), LATER, id="time-of-failing-as-digits"),
        pytest.param(
            record(text({"body": BODY, "attrs": {}})), LATER, id="stream-message-that-failed"
        ),
        pytest.param(record(text({"path": "/", "httpMethod": "POST", "body": BODY})), LATER),
        pytest.param(
            {**cloud_event(REQUEST), "aliyunpublishtime": LONG_AGO.isoformat()},
            LONG_AGO,
            id="published-before-it-happened",
        ),
        pytest.param(
            {**cloud_event(REQUEST), "aliyunpublishtime": "a while ago"},
            SENT_AT,
            id="published-who-knows-when",
        ),
        pytest.param(cloud_event(REQUEST, at=None), None, id="event-without-any-time"),
    ],
)
def test_the_oldest_time_counts(envelope: Envelope, sent_at: datetime | None) -> None:
    assert only_message(envelope) == Message(
        REQUEST, sent_at, only_message(envelope).event_id, only_message(envelope).trigger
    )


@pytest.mark.promise("S18")
@pytest.mark.parametrize(
    ("envelope", "error"),
    [
        pytest.param(
            {key: value for key, value in record(BODY).items() if key != "timestamp"},
            "timestamp: the time is missing; write it in RFC 3339 format",
            id="record",
        ),
        pytest.param(
            record(BODY, LATER.replace(tzinfo=None).isoformat()),
            "timestamp: '2026-11-20T12:09:00' is not a time with a zone; write"
            " it like 2026-11-24T20:00:00+08:00",
            id="record-without-a-zone",
        ),
        pytest.param(
            queued(text({key: value for key, value in topic().items() if key != "PublishTime"})),
            "data.messageBody.PublishTime: the time is missing; write milliseconds since 1970",
            id="topic-by-a-queue",
        ),
        pytest.param(
            record(text({**timer(), "triggerTime": None})),
            "requestPayload.triggerTime: the time is missing; write it in RFC 3339 format",
            id="timer-that-failed",
        ),
        pytest.param(
            record(text({**http(), "requestContext": {}})),
            "requestPayload.requestContext.timeEpoch: the time is missing; write"
            " milliseconds since 1970",
            id="http-that-failed",
        ),
    ],
)
def test_a_time_that_is_missing_where_it_always_stands_is_never_now(
    envelope: Envelope, error: str
) -> None:
    # Only the end of a long path is shown.
    assert error_of(envelope).endswith(error[-60:])
    assert error_of(envelope).startswith((error[:9], "…"))


@pytest.mark.parametrize(
    "says",
    [
        pytest.param({"condition": "", "functionError": ""}, id="empty"),
        pytest.param({"condition": "Success", "functionError": ""}, id="in-words"),
        pytest.param({"condition": None, "functionError": None}, id="nothing"),
        pytest.param({"condition": 7, "functionError": ""}, id="something-else"),
    ],
)
@pytest.mark.parametrize("time", [ms(LATER), LATER.isoformat()], ids=["ms", "iso"])
def test_the_record_of_a_success_is_refused(says: dict[str, object], time: object) -> None:
    done = record(text(timer()), time, **says)
    error = (
        f"requestContext.condition: {shown(says['condition'])} does not say that the event failed; "
        "an event that succeeded needs nothing more. Send only failures here (onFailure)"
    )

    assert error_of(done) == error
    assert error_of(queued(text(done))) == f"data.messageBody.{error}"


@pytest.mark.parametrize(
    "says",
    [
        pytest.param({"condition": "FunctionResourceExhausted", "functionError": ""}, id="cause"),
        pytest.param({"condition": "", "functionError": "UnhandledInvocationError"}, id="error"),
        pytest.param({"condition": "RetriesExhausted", "functionError": "Refused"}, id="both"),
    ],
)
def test_either_sign_of_failure_is_enough(says: dict[str, object]) -> None:
    assert only_message(record(text(timer()), **says)).request == REQUEST


def test_a_record_without_its_answer_is_told_by_its_cause() -> None:
    bare = {key: value for key, value in record(BODY).items() if key != "responseContext"}

    assert only_message(bare).request == REQUEST


def test_a_list_that_failed_is_a_list_again() -> None:
    items = [queued(), "?", text(queued(at=LONG_AGO))]

    event = parse(text(record(text(items))))

    one, bad, other = event.messages
    assert (event.trigger, event.is_list, event.answers_http) == (Trigger.DESTINATION, True, False)
    assert one == Message(REQUEST, SENT_AT, "1-66aa", Trigger.DESTINATION)
    assert other == Message(REQUEST, LONG_AGO, "1-66aa", Trigger.DESTINATION)
    assert str(bad).startswith("[1] message: not JSON: ")


def test_a_list_that_failed_may_come_in_a_list() -> None:
    event = parse(text([queued(), queued(text(record(text([queued(), queued()]))))]))

    assert [m.request for m in event.messages if isinstance(m, Message)] == [REQUEST] * 3


def test_lists_in_lists_are_no_longer_than_one_may_be() -> None:
    half = text(record([REQUEST] * (MAX_MESSAGES // 2)))

    assert len(parse(f"[{half}, {half}]").messages) == MAX_MESSAGES
    with pytest.raises(InvalidEvent, match=r"^event: a list of 10,001 messages is too long"):
        parse(f"[{half}, {half}, {BODY}]")


def test_nobody_waits_for_the_answers_to_a_list_by_http() -> None:
    (bad,) = parse(text(http(text(record(text([REQUEST, REQUEST])))))).messages

    assert str(bad).startswith("body: a list of events; a request is a JSON object")


def wrapped(times: int) -> object:
    value: object = REQUEST
    for _ in range(times):
        value = {"body": value, "attrs": {}}
    return value


def test_envelopes_may_be_so_many_within_each_other_and_no_more() -> None:
    assert only_message(wrapped(MAX_ENVELOPES)).request == REQUEST
    assert error_of(wrapped(MAX_ENVELOPES + 1)).endswith(
        f": there are more than {MAX_ENVELOPES} envelopes around it"
    )


@pytest.mark.parametrize("name", ["X-Fc-Invocation-Type", "x-fc-invocation-type"])
@pytest.mark.parametrize("value", ["Async", "async", "ASYNC"])
@pytest.mark.parametrize("epoch", [ms(SENT_AT), str(ms(SENT_AT))], ids=["number", "text"])
def test_an_asynchronous_http_event_is_of_its_time_and_not_answered(
    name: str, value: str, epoch: object
) -> None:
    context = {"requestId": "1-g7", "time": LATER.isoformat(), "timeEpoch": epoch}
    event = parse(text({**http(headers={name: value}), "requestContext": context}))

    expected = Message(REQUEST, SENT_AT, "1-g7", Trigger.HTTP)
    assert event == Event(Trigger.HTTP, (expected,), is_list=False, answers_http=False)


def test_an_asynchronous_event_of_function_compute_2_is_not_answered() -> None:
    """It has no time."""
    event = {"path": "/", "method": "POST", "headers": ASYNC, "queries": {}, "body": BODY}

    expected = Message(REQUEST, None, "", Trigger.HTTP)
    assert parse(text(event)) == Event(Trigger.HTTP, (expected,), is_list=False)
    assert error_of({**event, "body": ""}).startswith("body: it is empty")


@pytest.mark.parametrize("headers", [{}, {"X-Fc-Invocation-Type": "Sync"}, {"Async": "Async"}])
def test_any_other_http_event_is_of_now_and_answered(headers: dict[str, str]) -> None:
    expected = Message(REQUEST, None, "1-g7", Trigger.HTTP)

    assert parse(text(http(at=LONG_AGO, headers=headers))) == Event(
        Trigger.HTTP, (expected,), is_list=False, answers_http=True
    )


def test_an_http_event_in_a_list_is_of_its_time() -> None:
    expected = Message(REQUEST, SENT_AT, "1-g7", Trigger.EVENTBRIDGE)

    assert parse(text([http()])) == Event(Trigger.EVENTBRIDGE, (expected,), is_list=True)


@pytest.mark.parametrize("headers", [None, [], {"X-Fc-Invocation-Type": ["Async"]}])
def test_headers_of_another_form_are_those_of_somebody_who_waits(headers: object) -> None:
    assert parse(text({**http(), "headers": headers})).answers_http


@pytest.mark.parametrize(
    ("change", "error"),
    [
        pytest.param({"body": ""}, "body: it is empty; this HTTP trigger event", id="body"),
        pytest.param(
            {"requestContext": {}}, "requestContext.timeEpoch: the time is missing", id="no-time"
        ),
        pytest.param({"requestContext": None}, "requestContext: it is missing", id="no-context"),
        pytest.param(
            {"requestContext": {"timeEpoch": "noon"}},
            "requestContext.timeEpoch: 'noon' is not a time; write milliseconds since 1970",
            id="time",
        ),
    ],
)
def test_an_asynchronous_http_event_that_cannot_be_read_raises(
    change: Envelope, error: str
) -> None:
    event = {**http(headers=ASYNC), **change}

    assert error_of(event).startswith(error)
