"""The envelopes of Function Compute's own triggers, each opened once.

    timer         {triggerTime, triggerName, payload}
    MNS topic     JSON {TopicName, Message, PublishTime, …}; STREAM with attributes {body, attrs}
    HTTP trigger  {version, rawPath, headers, queryParameters, body, isBase64Encoded, …};
                  of Function Compute 2.0 {path, method, headers, queries, body}
    API Gateway   {path, httpMethod, headers, queryParameters, pathParameters, body, …}
    destination   {timestamp, requestContext, requestPayload, responseContext, …}
    Log Service   {parameter, source, jobName, taskId, cursorTime}

These are the shapes of "Trigger event formats", "API Gateway triggers" and "Result callback"
(Function Compute docs). Those of EventBridge are in ``shared.request.eventbridge``;
``shared.request.triggers`` decides which is whose, and what to do with the contents.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec

from shared.base.errors import InvalidEvent
from shared.base.strict_json import shown
from shared.request.envelopes import as_object, flag, http_body, text_id
from shared.request.event_times import epoch_ms, epoch_ms_or_instant, epoch_s, instant
from shared.request.no_request import (
    API_GATEWAY,
    FAILURE,
    HTTP,
    LOG_SERVICE,
    MNS_TOPIC,
    REQUEST_FIELDS,
    TIMER,
    Sender,
    missing,
    stated,
)

Envelope = dict[str, object]

_LONGEST_PATH = 32


class Content(msgspec.Struct, frozen=True):
    """The contents of an envelope.

    Attributes:
        body: An object, the text of one, or base64 of its text; or, in a destination's record, an
            event of any form.
        field: The field that holds it.
        sent_at: When the envelope was sent, UTC; None: unknown.
        event_id: The platform's id of the envelope; "" if it has none.
        is_event: The body is a whole event, which may be a list.
        sender: Who made the body, if EventBridge did, since it may then not be a request; otherwise
            None.
        expected: A body made by EventBridge has one of these fields if it is a request.
    """

    body: object
    field: str
    sent_at: datetime | None = None
    event_id: str = ""
    is_event: bool = False
    sender: Sender | None = None
    expected: frozenset[str] = REQUEST_FIELDS


class Place(msgspec.Struct, frozen=True):
    """The place of an object.

    Attributes:
        path: The fields that lead to it from the event; "" for the event itself.
        depth: How many envelopes are around it.
        sender: As in its ``Content``; None for the event itself.
        expected: The same.
    """

    path: str = ""
    depth: int = 0
    sender: Sender | None = None
    expected: frozenset[str] = REQUEST_FIELDS

    @property
    def name(self) -> str:
        """What errors call the object; for a long path, its end."""
        path = self.path or "event"
        return path if len(path) <= _LONGEST_PATH else f"…{path[-_LONGEST_PATH:]}"

    def named(self, field: str) -> str:
        """What errors call a field of the object."""
        return f"{self.name}.{field}" if self.path else field

    def inside(self, content: Content) -> Place:
        """The place of the object's contents."""
        return Place(
            f"{self.path}.{content.field}" if self.path else content.field,
            self.depth + 1,
            content.sender,
            content.expected,
        )


Opener = Callable[[Envelope, Place], Content]
"""Opens one kind of envelope; raises InvalidEvent if it is empty or its time is invalid."""


def timer(envelope: Envelope, place: Place) -> Content:
    """A timer's event."""
    return Content(
        stated(envelope.get("payload"), place.named("payload"), TIMER),
        "payload",
        instant(envelope.get("triggerTime"), place.named("triggerTime")),
    )


def mns_topic(envelope: Envelope, place: Place) -> Content:
    """A topic's message with its metadata, as ``notifyContentFormat`` JSON sends it."""
    return Content(
        stated(envelope.get("Message"), place.named("Message"), MNS_TOPIC),
        "Message",
        epoch_ms(envelope.get("PublishTime"), place.named("PublishTime")),
        text_id(envelope, "MessageId"),
    )


def mns_stream(envelope: Envelope, place: Place) -> Content:
    """A topic's message with its attributes, as STREAM sends it; it has no time."""
    return Content(stated(envelope["body"], place.named("body"), MNS_TOPIC), "body")


def http_trigger(envelope: Envelope, place: Place) -> Content:
    """An HTTP trigger's event: sent now if the caller waits, otherwise at ``timeEpoch``."""
    context = envelope["requestContext"]
    sent_at = None
    if place.depth or is_asynchronous(envelope):
        where = place.named("requestContext")
        sent_at = epoch_ms(as_object(context, where).get("timeEpoch"), f"{where}.timeEpoch")
    body = _http_body(envelope, place, HTTP)
    return Content(body, "body", sent_at, text_id(context, "requestId"))


def http_trigger_2(envelope: Envelope, place: Place) -> Content:
    """The event of an HTTP function in Function Compute 2.0, as ``s invoke`` sends it."""
    return Content(_http_body(envelope, place, HTTP), "body")


def api_gateway(envelope: Envelope, place: Place) -> Content:
    """API Gateway's event; it has neither time nor id."""
    return Content(_http_body(envelope, place, API_GATEWAY), "body")


def destination(envelope: Envelope, place: Place) -> Content:
    """The record of a failed invocation, around that invocation's event."""
    context = as_object(envelope["requestContext"], place.named("requestContext"))
    _check_failed(context, envelope.get("responseContext"), place)
    return Content(
        stated(envelope["requestPayload"], place.named("requestPayload"), FAILURE),
        "requestPayload",
        epoch_ms_or_instant(envelope.get("timestamp"), place.named("timestamp")),
        text_id(context, "requestId"),
        is_event=True,
    )


def log_service(envelope: Envelope, place: Place) -> Content:
    """Log Service's event; ``cursorTime`` is when the newest of its logs arrived, in seconds."""
    where = place.named("parameter")
    body = stated(envelope.get("parameter"), where, LOG_SERVICE)
    if body == {}:
        raise missing(f"{where}: it is empty; ", LOG_SERVICE)
    sent_at = None
    if "cursorTime" in envelope:
        sent_at = epoch_s(envelope["cursorTime"], place.named("cursorTime"))
    return Content(body, "parameter", sent_at)


def is_asynchronous(envelope: Envelope) -> bool:
    """Whether an HTTP trigger's caller does not wait ("Asynchronous invocation", FC docs)."""
    headers = envelope.get("headers")
    return isinstance(headers, dict) and any(
        name.casefold() == "x-fc-invocation-type"
        and isinstance(value, str)
        and value.strip().casefold() == "async"
        for name, value in headers.items()
    )


def _http_body(envelope: Envelope, place: Place, sender: Sender) -> Envelope:
    where = place.named("body")
    is_base64 = flag(envelope.get("isBase64Encoded", False), place.named("isBase64Encoded"))
    return http_body(stated(envelope.get("body"), where, sender), where, is_base64=is_base64)


def _check_failed(context: Envelope, response: object, place: Place) -> None:
    """A success is already done; its record has the same fields ("Result callback", FC docs).

    Raises:
        InvalidEvent: nothing in the record says that the invocation failed.
    """
    condition = context.get("condition")
    error = response.get("functionError") if isinstance(response, dict) else None
    if error or (
        condition and isinstance(condition, str) and not condition.casefold().startswith("succe")
    ):
        return
    raise InvalidEvent(
        f"{place.named('requestContext.condition')}: {shown(condition)} does not say that the "
        "event failed; an event that succeeded needs nothing more. Send only failures here "
        "(onFailure)"
    )
