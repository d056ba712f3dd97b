"""EventBridge's envelopes: a CloudEvent, and what its data may contain.

    CloudEvent      {id, source, type, data, …}, with or without specversion and time
    MNS queue       {messageBody, messageId, …}
    RocketMQ        {body, systemProperties, …}
    RabbitMQ        {body, envelope, props}; MQTT {body, props}
    Kafka           {value, topic, partition, offset, timestamp, …}
    HTTP source     {body, headers, path, httpMethod, queryString}
    schedule        {Schedule, TimeZone}

With the schema RawData, only the data is sent. The shapes are those of "Trigger event formats"
(Function Compute docs) and "Event sources" (EventBridge docs).
"""

from __future__ import annotations

from shared.request.carriers import Content, Envelope, Place
from shared.request.envelopes import text_id
from shared.request.event_times import cloud_event_time, epoch_ms
from shared.request.no_request import (
    QUEUE,
    REQUEST_FIELDS,
    SCHEDULE,
    SURE_FIELDS,
    WEBHOOK,
    eventbridge,
    missing,
    stated,
)

_KAFKA_FIELDS = frozenset({"topic", "partition", "offset"})

# The field of an EventBridge event's data that holds a body, and fields that stand beside it: one
# of these shows that it is a message and not a request with a field that should be refused.
_BODY_FIELDS = (
    ("messageBody", frozenset({"messageId", "requestId"})),  # MNS queue
    ("body", frozenset({"systemProperties", "userProperties"})),  # RocketMQ
    ("body", frozenset({"envelope", "props"})),  # RabbitMQ; MQTT has props alone
    ("value", _KAFKA_FIELDS),
)


def cloud_event(envelope: Envelope, place: Place) -> Content:
    """An EventBridge event around its data; without any time, it counts as sent now."""
    is_schedule = str(envelope.get("type")).endswith(":ScheduledEvent")
    sender = SCHEDULE if is_schedule else eventbridge(envelope)
    sent_at = cloud_event_time(envelope, place.named)
    event_id = text_id(envelope, "id")
    if is_schedule and (field := _user_data_field(envelope)):
        return Content(envelope[field], field, sent_at, event_id)
    field = "data_base64" if "data_base64" in envelope and "data" not in envelope else "data"
    is_service = str(envelope.get("source")).startswith("acs.")
    return Content(
        stated(envelope.get(field), place.named(field), sender),
        field,
        sent_at,
        event_id,
        sender=sender,
        expected=SURE_FIELDS if is_service else REQUEST_FIELDS,
    )


def schedule(data: Envelope, place: Place) -> Content:
    """The data of a schedule; its ``UserData`` is what its user typed."""
    field = _user_data_field(data)
    if not field:
        raise missing(f"{place.name}: ", SCHEDULE)
    return Content(data[field], field)


def webhook(data: Envelope, place: Place) -> Content:
    """The data of the HTTP source."""
    return Content(stated(data.get("body"), place.named("body"), WEBHOOK), "body")


def queue(data: Envelope, place: Place) -> Content:
    """The data of a message from a queue; only Kafka's record has a time."""
    field = body_field(data, place)
    sent_at = None
    if field == "value" and ("timestamp" in data or not _KAFKA_FIELDS.isdisjoint(data)):
        sent_at = epoch_ms(data.get("timestamp"), place.named("timestamp"))
    body = stated(data[field], place.named(field), QUEUE)
    return Content(body, field, sent_at, text_id(data, "messageId", "msgId"))


def body_field(data: Envelope, place: Place) -> str:
    """The field of an EventBridge event's data that contains a body; "": there is none.

    If it is known to be such data, a body alone will do, unless there are request fields beside it.
    """
    is_known = (
        place.sender is not None
        and place.expected == REQUEST_FIELDS
        and REQUEST_FIELDS.isdisjoint(data)
    )
    for field, companions in _BODY_FIELDS:
        if field in data and (is_known or not companions.isdisjoint(data)):
            return field
    return ""


def _user_data_field(envelope: Envelope) -> str:
    """The field of what a schedule's user typed; "": nothing was typed.

    Its place is not documented: it may be in the data or beside it, and spelt in any case.
    """
    fields = (key for key, value in envelope.items() if key.casefold() == "userdata" and value)
    return next(fields, "")
