"""What a trigger delivers, recognised by its shape: bytes in, requests and their times out.

An object is a trigger's envelope if it has that trigger's fields, otherwise it is a request.
Envelopes may be nested: a failed invocation's record, which came through a queue, contains a
timer's event, which contains the request. The time of a request is the oldest of any envelope
around it: an old message is old however it arrives. ``shared.request.carriers`` and
``shared.request.eventbridge`` know the contents of each envelope.

An object of unknown shape passes as a request: the function that gets it refuses unknown fields. An
event of another service, which carries no request, is reported as such.
"""

from __future__ import annotations

from collections.abc import Callable, KeysView, Mapping, Sequence
from datetime import datetime
from enum import Enum

import msgspec

from shared.base.errors import InvalidEvent
from shared.base.strict_json import shown
from shared.request import carriers, eventbridge
from shared.request.carriers import Envelope, Opener, Place
from shared.request.envelopes import RIGHT, as_object, read_text, text_id
from shared.request.no_request import (
    EVENTBRIDGE,
    REQUEST_FIELDS,
    SCHEDULE,
    refuse_binary,
    refuse_other_services,
)

MAX_MESSAGES = 10_000
"""EventBridge sends at most this many at once ("Advanced features of triggers", FC docs)."""

MAX_ENVELOPES = 10
"""Around one request. A record of a failed record, both from a topic through a queue, has nine."""


_SHOWN_ID = 48


class Trigger(str, Enum):
    """Where an event came from. Message queues other than MNS topics come through EventBridge."""

    TIMER = "timer"
    MNS_TOPIC = "mns_topic"
    EVENTBRIDGE = "eventbridge"
    HTTP = "http"
    API_GATEWAY = "api_gateway"
    LOG = "log"
    DESTINATION = "destination"
    DIRECT = "direct"

    def __str__(self) -> str:
        """The value; Pythons before and after 3.12 differ on what an f-string shows."""
        return self.value


class Message(msgspec.Struct, frozen=True):
    """One request as it was sent, not yet validated for any action.

    Attributes:
        request: The JSON object.
        sent_at: The oldest time that the event has for it, UTC; None: it has none, or the caller
            waits for the response, so the request counts as sent now.
        event_id: The platform's id of the message, at most 128 characters; "" if it gives none.
        trigger: What delivered it.
    """

    request: Mapping[str, object]
    sent_at: datetime | None
    event_id: str
    trigger: Trigger


class Event(msgspec.Struct, frozen=True):
    """Everything that one invocation is asked to do.

    Attributes:
        trigger: What delivered it.
        messages: At least one, at most 10,000. An InvalidEvent takes the place of a message that
            cannot be parsed: in a list, so that the others are processed, and in an event with an
            HTTP response, so that its caller gets a 400. A message in a list is named by its index,
            from 0, and its id.
        is_list: The event was a list, even of one message, and gets a list as its response.
        answers_http: The caller waits for an HTTP response: the HTTP trigger, unless it was invoked
            asynchronously, and API Gateway. An error is then a response, too; otherwise errors are
            raised.
    """

    trigger: Trigger
    messages: tuple[Message | InvalidEvent, ...]
    is_list: bool
    answers_http: bool = False


class _Around(msgspec.Struct, frozen=True):
    """What the envelopes opened so far say about the request in them."""

    trigger: Trigger
    sent_at: datetime | None = None
    event_id: str = ""


class _Found(msgspec.Struct, frozen=True):
    """The messages of a value, and whether it was a list."""

    messages: Sequence[Message | InvalidEvent]
    is_list: bool = False


def parse(event: bytes | str) -> Event:
    """Parse an event as Function Compute passes it.

    Raises:
        InvalidEvent: it is not JSON, neither an object nor a list, a list of none or of too many,
            or an envelope without a request or with a time that cannot be parsed. A bad message of
            a list and a bad HTTP request whose caller waits do not raise: they are in
            ``Event.messages``.
    """
    refuse_binary(event)
    value = read_text(event, "event")
    if isinstance(value, list):
        found = _in_list(value, Place(), _Around(Trigger.EVENTBRIDGE))
        return Event(Trigger.EVENTBRIDGE, tuple(found.messages), is_list=True)
    envelope = as_object(value, "event")
    trigger, opener = _shape_of(envelope, Place())
    answers_http = _is_answered(envelope, opener)
    try:
        found = _in_object(envelope, Place(), _Around(trigger))
        if answers_http and found.is_list:
            raise InvalidEvent(f"body: a list of events; {RIGHT}")  # noqa: TRY301  # told alike
    except InvalidEvent as error:
        if not answers_http:
            raise
        found = _Found((error,))
    return Event(trigger, tuple(found.messages), found.is_list, answers_http)


def _is_answered(envelope: Envelope, opener: Opener | None) -> bool:
    """Whether the caller waits for an HTTP response to an event."""
    if opener in {carriers.http_trigger, carriers.http_trigger_2}:
        return not carriers.is_asynchronous(envelope)
    return opener == carriers.api_gateway


def _in_object(envelope: Envelope, place: Place, around: _Around) -> _Found:
    """The request in an object, however many envelopes are around it."""
    _, opener = _shape_of(envelope, place)
    if opener is None:
        refuse_other_services(envelope, place.name, place.sender, place.expected)
        return _Found((Message(envelope, around.sent_at, around.event_id, around.trigger),))
    if place.depth == MAX_ENVELOPES:
        raise InvalidEvent(f"{place.name}: there are more than {MAX_ENVELOPES} envelopes around it")
    content = opener(envelope, place)
    inner = place.inside(content)
    body = content.body
    value = read_text(body, inner.name) if isinstance(body, str) else body
    times = [time for time in (around.sent_at, content.sent_at) if time is not None]
    around = _Around(around.trigger, min(times, default=None), around.event_id or content.event_id)
    if content.is_event and isinstance(value, list):
        return _in_list(value, inner, around)
    return _in_object(as_object(value, inner.name), inner, around)


def _in_list(items: list[object], place: Place, around: _Around) -> _Found:
    """A batch; only EventBridge sends lists ("Event streaming", Function Compute docs)."""
    if not items:
        raise InvalidEvent(f"{place.name}: an empty list contains no message; {RIGHT}")
    _check_count(len(items), place)
    element = Place(place.path, place.depth + 1, EVENTBRIDGE)
    messages: list[Message | InvalidEvent] = []
    for index, item in enumerate(items):
        messages.extend(_in_element(f"[{index}]", item, element, around))
        _check_count(len(messages), place)
    return _Found(messages, is_list=True)


def _in_element(
    name: str, item: object, place: Place, around: _Around
) -> Sequence[Message | InvalidEvent]:
    """The messages of one element: an object, or the JSON text of one."""
    try:
        value = read_text(item, "message") if isinstance(item, str) else item
        envelope = as_object(value, "message")
        if event_id := text_id(envelope, "id", "messageId", "msgId"):
            name = f"{name} (id {shown(event_id[:_SHOWN_ID])})"
        return _in_object(envelope, place, around).messages
    except InvalidEvent as error:
        return (InvalidEvent(f"{name} {error}"),)


def _check_count(count: int, place: Place) -> None:
    if count > MAX_MESSAGES:
        raise InvalidEvent(
            f"{place.name}: a list of {count:,} messages is too long; EventBridge sends "
            f"{MAX_MESSAGES:,} at most"
        )


def _shape_of(envelope: Envelope, place: Place) -> tuple[Trigger, Opener | None]:
    """Whose shape an object has, and what opens it; None: it is not an envelope."""
    if place.sender == SCHEDULE and REQUEST_FIELDS.isdisjoint(envelope):
        return Trigger.EVENTBRIDGE, eventbridge.schedule
    keys = envelope.keys()
    for trigger, opener, is_its in _SHAPES:
        if is_its(keys):
            return trigger, opener
    if eventbridge.body_field(envelope, place):
        return Trigger.EVENTBRIDGE, eventbridge.queue
    return Trigger.DIRECT, None


_LOG_FIELDS = frozenset({"parameter", "source", "jobName", "taskId", "cursorTime"})

_SHAPES: tuple[tuple[Trigger, Opener, Callable[[KeysView[str]], bool]], ...] = (
    # First the MNS topic: a message's attributes stand beside the envelope's own fields and can
    # have any name, also the names by which other triggers are known.
    (Trigger.MNS_TOPIC, carriers.mns_topic, lambda keys: keys >= {"TopicName", "Message"}),
    (Trigger.MNS_TOPIC, carriers.mns_stream, lambda keys: keys == {"body", "attrs"}),
    (Trigger.HTTP, carriers.http_trigger, lambda keys: keys >= {"rawPath", "requestContext"}),
    (
        Trigger.DESTINATION,
        carriers.destination,
        lambda keys: keys >= {"requestContext", "requestPayload"},
    ),
    (Trigger.TIMER, carriers.timer, lambda keys: bool(keys & {"triggerTime", "triggerName"})),
    (
        Trigger.EVENTBRIDGE,
        eventbridge.cloud_event,
        lambda keys: "specversion" in keys or keys >= {"source", "type", "data"},
    ),
    (Trigger.EVENTBRIDGE, eventbridge.webhook, lambda keys: keys >= {"httpMethod", "queryString"}),
    (Trigger.EVENTBRIDGE, eventbridge.schedule, lambda keys: keys >= {"Schedule", "TimeZone"}),
    (Trigger.API_GATEWAY, carriers.api_gateway, lambda keys: keys >= {"httpMethod", "path"}),
    (Trigger.HTTP, carriers.http_trigger_2, lambda keys: keys >= {"method", "path", "headers"}),
    (Trigger.LOG, carriers.log_service, lambda keys: len(keys & _LOG_FIELDS) > 2),  # noqa: PLR2004  # most
    (Trigger.MNS_TOPIC, carriers.mns_topic, lambda keys: "TopicName" in keys),
)
