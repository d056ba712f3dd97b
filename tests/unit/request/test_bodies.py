"""What an event carries: a body alone, in base64, empty, unknown, in a list."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest

from shared.base.errors import InvalidEvent
from shared.request.triggers import Message, Trigger, parse
from tests.unit.request.events import (
    BODY,
    BODY_BASE64,
    EXAMPLE,
    KAFKA_DATA,
    MNS_DATA,
    MNS_TOPIC,
    REQUEST,
    RIGHT,
    SENT_AT,
    TIMER,
    cloud_event,
    message,
)


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(BODY_BASE64, id="base64"),
        pytest.param(BODY_BASE64.encode(), id="base64-bytes"),
        pytest.param(BODY_BASE64.rstrip("="), id="base64-without-padding"),
        pytest.param(BODY_BASE64.rstrip("=").encode(), id="base64-bytes-without-padding"),
        pytest.param(f"\ufeff{BODY}\n", id="byte-order-mark"),
        pytest.param(base64.b64encode(f"\ufeff{BODY}".encode()), id="base64-of-a-byte-order-mark"),
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
