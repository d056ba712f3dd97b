"""Every envelope gives back the request that was put in, its time and its trigger."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.fc.trigger_events import ENVELOPES
from shared.request.triggers import Event, Message, Trigger, parse

SENT_AT = datetime(2026, 11, 20, 12, 0, tzinfo=timezone.utc)
REQUEST = {"action": "stop", "tags": {"team": "开发"}, "dry_run": False}

# trigger, whether the envelope has a time, whether it is a list
NATURE = {
    "timer": (Trigger.TIMER, True, False),
    "mns_topic_json": (Trigger.MNS_TOPIC, True, False),
    "mns_topic_json_base64": (Trigger.MNS_TOPIC, True, False),
    "mns_topic_json_attributes": (Trigger.MNS_TOPIC, True, False),
    "mns_topic_to_queue": (Trigger.EVENTBRIDGE, True, False),
    "mns_topic_stream": (Trigger.DIRECT, False, False),
    "mns_topic_stream_base64": (Trigger.DIRECT, False, False),
    "mns_topic_stream_attributes": (Trigger.MNS_TOPIC, False, False),
    "eventbridge": (Trigger.EVENTBRIDGE, True, False),
    "eventbridge_base64": (Trigger.EVENTBRIDGE, True, False),
    "eventbridge_list": (Trigger.EVENTBRIDGE, True, True),
    "eventbridge_object": (Trigger.EVENTBRIDGE, True, False),
    "eventbridge_webhook": (Trigger.EVENTBRIDGE, True, False),
    "eventbridge_raw": (Trigger.EVENTBRIDGE, False, False),
    "rocketmq": (Trigger.EVENTBRIDGE, True, False),
    "rocketmq_list": (Trigger.EVENTBRIDGE, False, True),
    "rabbitmq": (Trigger.EVENTBRIDGE, True, False),
    "kafka": (Trigger.EVENTBRIDGE, True, True),
    "kafka_texts": (Trigger.EVENTBRIDGE, True, True),
    "kafka_raw": (Trigger.EVENTBRIDGE, True, True),
    "mqtt_list": (Trigger.EVENTBRIDGE, False, True),
    "http": (Trigger.HTTP, False, False),
    "http_base64": (Trigger.HTTP, False, False),
    "async_http": (Trigger.HTTP, True, False),
    "api_gateway": (Trigger.API_GATEWAY, False, False),
    "log": (Trigger.LOG, True, False),
    "failure_destination": (Trigger.DESTINATION, True, False),
    "direct": (Trigger.DIRECT, False, False),
}

ANSWERED = {"http", "http_base64", "api_gateway"}


def test_the_nature_of_every_envelope_is_known() -> None:
    assert NATURE.keys() == ENVELOPES.keys()


def test_every_trigger_has_an_event() -> None:
    seen = {parse(envelope(REQUEST, SENT_AT)).trigger for envelope in ENVELOPES.values()}

    assert seen == set(Trigger), "add a maker of the new one's events to ENVELOPES"


@pytest.mark.parametrize("name", ENVELOPES)
def test_an_event_gives_back_the_request(name: str) -> None:
    trigger, is_timed, is_list = NATURE[name]

    event = parse(ENVELOPES[name](REQUEST, SENT_AT))

    (message,) = event.messages
    assert isinstance(message, Message)
    expected = Message(REQUEST, SENT_AT if is_timed else None, message.event_id, trigger)
    assert event == Event(trigger, (expected,), is_list, answers_http=name in ANSWERED)


@pytest.mark.parametrize("envelope", ENVELOPES.values(), ids=ENVELOPES)
def test_the_same_request_makes_the_same_bytes(
    envelope: Callable[[dict[str, object], datetime], bytes],
) -> None:
    assert envelope(REQUEST, SENT_AT) == envelope(json.loads(json.dumps(REQUEST)), SENT_AT)


@given(
    st.sampled_from(sorted(ENVELOPES)),
    st.dictionaries(
        st.sampled_from(("tags", "name", "instance_ids", "release_at", "dry_run", "regions")),
        st.text() | st.booleans() | st.integers(-1000, 1000) | st.lists(st.text()),
        min_size=1,  # an empty one is what a Log Service trigger has where nobody wrote any
    ),
)
def test_any_request_passes_through_any_envelope(name: str, request: dict[str, object]) -> None:
    (message,) = parse(ENVELOPES[name](request, SENT_AT)).messages

    assert isinstance(message, Message)
    assert message.request == request
