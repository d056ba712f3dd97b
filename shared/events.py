"""What a trigger delivers, told apart by its shape: bytes in, requests and their times out.

    timer         {triggerTime, triggerName, payload}
    MNS topic     JSON {TopicName, Message, PublishTime, …}; STREAM with attributes {body, attrs};
                  STREAM without is the bare request and cannot be told from it
    EventBridge   a CloudEvent, or a list of them; with the RawData schema only its ``data``:
                  {messageBody, …} (MNS queue), {body, …} (RocketMQ, RabbitMQ, MQTT),
                  {value, …} (Kafka), or the request itself
    HTTP trigger  {version, rawPath, headers, queryParameters, body, isBase64Encoded, …}
    direct        the bare request, as typed in the console

These are the shapes of "Trigger event formats" (Function Compute docs). Only the envelope is read
here. An object of no known shape passes as a bare request: the function that gets it refuses the
fields that it does not know. Nothing is unwrapped twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum

import msgspec

from shared.envelopes import (
    RIGHT,
    as_object,
    cloud_event_time,
    epoch_ms,
    http_request_in,
    instant,
    read_text,
    request_in,
    text_id,
)
from shared.errors import InvalidEvent
from shared.strict_json import shown

# The field of an EventBridge event's data that holds a body, and fields that stand beside it: one
# of these shows that it is a message and not a request with a field that should be refused.
_BODY_FIELDS = (
    ("messageBody", frozenset({"messageId", "requestId"})),  # MNS queue
    ("body", frozenset({"systemProperties", "userProperties"})),  # RocketMQ
    ("body", frozenset({"envelope", "props"})),  # RabbitMQ; MQTT has props alone
    ("value", frozenset({"topic", "partition", "offset"})),  # Kafka
)


class Trigger(str, Enum):
    """Where an event came from. Message queues other than MNS topics come by EventBridge."""

    TIMER = "timer"
    MNS_TOPIC = "mns_topic"
    EVENTBRIDGE = "eventbridge"
    HTTP = "http"
    DIRECT = "direct"

    def __str__(self) -> str:
        """The value; Pythons before and after 3.12 differ on what an f-string shows."""
        return self.value


class Message(msgspec.Struct, frozen=True):
    """One request as it was sent, not yet validated for any action.

    Attributes:
        request: The JSON object.
        sent_at: The envelope's own time, UTC; None: it has none, the request is of now.
        event_id: The platform's id of the message, at most 128 characters; "" if it gives none.
        trigger: What delivered it.
    """

    request: Mapping[str, object]
    sent_at: datetime | None
    event_id: str
    trigger: Trigger


class Event(msgspec.Struct, frozen=True):
    """All that one invocation is asked to do.

    Attributes:
        trigger: What delivered it; an HTTP trigger wants its answer in HTTP's form.
        messages: At least one. An InvalidEvent stands for a message that cannot be read: of a
            list, so that the others are done, and of an HTTP trigger, so that its caller gets
            a 400. One message of a list is named by its index, from 0, and its id.
        is_list: The event was a list, even of one message, and is answered with a list.
    """

    trigger: Trigger
    messages: tuple[Message | InvalidEvent, ...]
    is_list: bool


def parse(event: bytes | str) -> Event:
    """Read an event as Function Compute hands it over.

    Raises:
        InvalidEvent: it is not JSON, no object and no list, an empty list, or an envelope that
            holds no request or bears an unreadable time. A bad message of a list and a bad body
            of an HTTP trigger do not raise: they are in ``Event.messages``.
    """
    value = read_text(event, "event")
    if isinstance(value, list):
        return _listed(value)
    envelope = as_object(value, "event")
    trigger = _trigger_of(envelope)
    return Event(trigger, (_READERS[trigger](envelope),), is_list=False)


def _trigger_of(envelope: dict[str, object]) -> Trigger:
    """Whose shape an object has."""
    keys = envelope.keys()
    # First the MNS topic: a message's attributes stand beside the envelope's own fields and can
    # bear any name, also the names by which other triggers are known.
    if keys >= {"TopicName", "Message"} or keys == {"body", "attrs"}:
        return Trigger.MNS_TOPIC
    if keys >= {"version", "rawPath", "headers", "requestContext"}:
        return Trigger.HTTP
    if keys >= {"triggerTime", "triggerName"}:
        return Trigger.TIMER
    if "specversion" in keys or _body_field(envelope):
        return Trigger.EVENTBRIDGE
    return Trigger.DIRECT


def _timer_message(envelope: dict[str, object]) -> Message:
    return Message(
        request=request_in(envelope.get("payload"), "payload"),
        sent_at=instant(envelope["triggerTime"], "triggerTime"),
        event_id="",
        trigger=Trigger.TIMER,
    )


def _mns_topic_message(envelope: dict[str, object]) -> Message:
    if "TopicName" not in envelope:
        return Message(request_in(envelope["body"], "body"), None, "", Trigger.MNS_TOPIC)
    return Message(
        request=request_in(envelope["Message"], "Message"),
        sent_at=epoch_ms(envelope, "PublishTime"),
        event_id=text_id(envelope, "MessageId"),
        trigger=Trigger.MNS_TOPIC,
    )


def _direct_message(envelope: dict[str, object]) -> Message:
    return Message(envelope, None, "", Trigger.DIRECT)


def _http_message(envelope: dict[str, object]) -> Message | InvalidEvent:
    event_id = text_id(envelope["requestContext"], "requestId")
    try:
        return Message(http_request_in(envelope), None, event_id, Trigger.HTTP)
    except InvalidEvent as error:
        return error


def _listed(items: list[object]) -> Event:
    """A batch; only EventBridge sends lists ("Event streaming", Function Compute docs)."""
    if not items:
        raise InvalidEvent(f"event: an empty list holds no message; {RIGHT}")
    messages = tuple(_list_message(index, item) for index, item in enumerate(items))
    return Event(Trigger.EVENTBRIDGE, messages, is_list=True)


def _list_message(index: int, item: object) -> Message | InvalidEvent:
    name = f"[{index}]"
    try:
        envelope = as_object(item, "message")
        if event_id := _eventbridge_id(envelope):
            name = f"[{index}] (id {shown(event_id)})"
        return _eventbridge_message(envelope)
    except InvalidEvent as error:
        return InvalidEvent(f"{name} {error}")


def _eventbridge_message(envelope: dict[str, object]) -> Message:
    """A CloudEvent; else, with the RawData schema, its data alone, which has no time."""
    is_cloud_event = "specversion" in envelope
    data = envelope.get("data") if is_cloud_event else envelope
    sent_at = cloud_event_time(envelope) if is_cloud_event else None
    body, where = data, "data"
    if isinstance(data, dict) and (field := _body_field(data)):
        body, where = data[field], f"data.{field}" if is_cloud_event else field
        if field == "value" and sent_at is None:
            sent_at = epoch_ms(data, "timestamp")
    event_id = _eventbridge_id(envelope)
    return Message(request_in(body, where), sent_at, event_id, Trigger.EVENTBRIDGE)


def _body_field(data: dict[str, object]) -> str:
    """The field in which an EventBridge event's data holds a body; "": it holds none."""
    for field, companions in _BODY_FIELDS:
        if field in data and not companions.isdisjoint(data):
            return field
    return ""


def _eventbridge_id(envelope: dict[str, object]) -> str:
    """The CloudEvent's id; of bare data that of the MNS or the RocketMQ message."""
    return text_id(envelope, "id", "messageId", "msgId")


_READERS: Mapping[Trigger, Callable[[dict[str, object]], Message | InvalidEvent]] = {
    Trigger.TIMER: _timer_message,
    Trigger.MNS_TOPIC: _mns_topic_message,
    Trigger.EVENTBRIDGE: _eventbridge_message,
    Trigger.HTTP: _http_message,
    Trigger.DIRECT: _direct_message,
}
