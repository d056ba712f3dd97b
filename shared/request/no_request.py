"""Events that carry no request: whose they are, and where the request belongs.

A request has to be somewhere: in a timer's payload, in a message, in an HTTP body. Many events of
Function Compute have no such place, or it is empty. The error then says so, and not that ``events``
is not a field.

The shapes are those of "Trigger event formats" (Function Compute docs), "ECS events" (EventBridge
docs) and "Subscribe to event notifications" (CloudMonitor docs).
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from shared.base.errors import InvalidEvent
from shared.base.strict_json import shown
from shared.request.envelopes import EXAMPLE

REQUEST_FIELDS = frozenset(
    {
        "account",
        "accounts",
        "action",
        "all",
        "at",
        "days",
        "dry_run",
        "enforced",
        "except",
        "force",
        "if_set",
        "instance_ids",
        "max_instances",
        "name",
        "notify",
        "older_than",
        "plan_id",
        "prices",
        "regions",
        "release_after",
        "release_at",
        "releases_within",
        "schedule",
        "snapshot",
        "snapshot_retention_days",
        "stopped_mode",
        "tags",
        "wait",
        "without_tags",
    }
)
"""The fields of all functions' requests. An object with any of them is meant as a request."""

SURE_FIELDS = frozenset({"action", "instance_ids"})
"""Of these fields, those that no event of an Alibaba Cloud service has with another meaning."""


class Sender(msgspec.Struct, frozen=True):
    """Who sends an event, and how its user adds a request.

    Attributes:
        name: As in "this timer event carries no request".
        how: What to do so that it carries one; a sentence without its full stop.
    """

    name: str
    how: str


_POST_IT = "POST it as the body (a query string is not read)"

TIMER = Sender("timer event", "Write it as the trigger's payload")
MNS_TOPIC = Sender("MNS topic event", "Publish it as the message")
HTTP = Sender("HTTP trigger event", _POST_IT)
API_GATEWAY = Sender("API Gateway event", _POST_IT)
LOG_SERVICE = Sender(
    "Log Service trigger event", "Write it as the trigger's function parameter (functionParameter)"
)
FAILURE = Sender("failure destination record", "Send the event that failed in its requestPayload")
EVENTBRIDGE = Sender("EventBridge event", "Have the rule's target send it by a template")
SCHEDULE = Sender(
    "EventBridge schedule event",
    "Write it as the schedule's UserData, or have the rule's target send it by a template",
)
QUEUE = Sender("message queue event", "Send it as the message")
WEBHOOK = Sender("EventBridge webhook event", _POST_IT)
CONSOLE = Sender("console sample", "Replace the sample with it")

PLACES = (
    "a timer (request in its payload), an MNS topic (in the message) or an HTTP trigger (in the "
    "body)"
)
"""Where a request can be put, for users of another trigger."""

_OTHER_TRIGGER = f"carries no request and has no place for one. Use {PLACES}"

_MARKS: tuple[tuple[str, frozenset[str]], ...] = (
    ("Tablestore", frozenset({"Version", "Records"})),
    ("DTS", frozenset({"topicPartition", "operationType"})),
    ("DTS", frozenset({"beforeImage", "afterImage"})),
    ("DataHub", frozenset({"eventSource", "records"})),
    ("ActionTrail", frozenset({"eventRW", "eventName"})),
    ("CloudMonitor", frozenset({"product", "content"})),
    ("CloudMonitor", frozenset({"alertName", "alertState"})),
    ("ECS", frozenset({"resourceId", "resourceType"})),
)
"""Combinations of fields that only these services' events have."""

_SOURCES = {"acs:oss": "OSS", "cdn": "CDN"}
"""For events of the form ``{"events": [{"eventSource": …}]}``."""

_BRIEF = 40

_CBOR_MAPS = range(0xA0, 0xC0)


def eventbridge(event: Mapping[str, object]) -> Sender:
    """EventBridge, with the type of its event."""
    kind = event.get("type")
    if not isinstance(kind, str) or not kind:
        return EVENTBRIDGE
    return Sender(f"EventBridge event {_brief(kind)}", EVENTBRIDGE.how)


def stated(body: object, where: str, sender: Sender) -> object:
    """The body that should contain a request, if it is not empty.

    Raises:
        InvalidEvent: it is missing, null, or empty text.
    """
    if body is None:
        raise missing(f"{where}: it is missing; ", sender)
    if isinstance(body, str) and not body.strip():
        raise missing(f"{where}: it is empty; ", sender)
    return body


def missing(start: str, sender: Sender) -> InvalidEvent:
    """The error about an event without a request.

    Args:
        start: How it begins: the field, and what is wrong with it.
        sender: Who sent the event.
    """
    return InvalidEvent(
        f"{start}this {sender.name} carries no request. {sender.how}, like {EXAMPLE}"
    )


def refuse_binary(event: bytes | str) -> None:
    """Recognise an event of Tablestore, which is CBOR, not JSON ("Tablestore triggers", FC docs).

    Raises:
        InvalidEvent: it is one.
    """
    if isinstance(event, bytes) and event[:1] and event[0] in _CBOR_MAPS and b"Records" in event:
        raise InvalidEvent(f"event: this Tablestore event {_OTHER_TRIGGER}")


def refuse_other_services(
    request: Mapping[str, object], where: str, sender: Sender | None, expected: frozenset[str]
) -> None:
    """Recognise an event of another service in place of a request.

    Args:
        request: What is in the request's place.
        where: Its name in errors.
        sender: Who sent it, if it is in an envelope that users do not write, like the data of an
            EventBridge event.
        expected: Such an object has one of these fields if it is a request after all.

    Raises:
        InvalidEvent: it is such an event; the message says whose, and where the request belongs.
    """
    service = _service_of(request)
    if sender is None and service:
        raise InvalidEvent(f"{where}: this {service} event {_OTHER_TRIGGER}")
    is_foreign = bool(request) and expected.isdisjoint(request)
    if sender is not None and (service or (is_foreign and expected == SURE_FIELDS)):
        name = f"{service} event ({sender.name})" if service else sender.name
        raise missing(f"{where}: ", Sender(name, sender.how))
    if sender is not None and is_foreign:
        raise InvalidEvent(
            f"{where}: it has {_brief(', '.join(request))}, which is not a field of a request; "
            "this EventBridge event carries no request. Write one into data, or have the rule's "
            "target send it by a template"
        )
    if _is_console_sample(request):
        raise missing(f"{where}: ", CONSOLE)


def _service_of(request: Mapping[str, object]) -> str:
    """The service whose event an object is; "" if unknown."""
    events = request.get("events")
    if isinstance(events, list):
        source = events[0].get("eventSource") if events and isinstance(events[0], dict) else None
        if isinstance(source, str):
            return _SOURCES.get(source, _brief(source))
    return next((service for service, fields in _MARKS if fields <= request.keys()), "")


def _is_console_sample(request: Mapping[str, object]) -> bool:
    """``{"key1": "value1", …}`` is in the console's editor before anything is typed."""
    return bool(request) and all(
        key.rstrip("0123456789") == "key"
        and isinstance(value, str)
        and value.rstrip("0123456789") in {"val", "value"}
        for key, value in request.items()
    )


def _brief(text: str) -> str:
    return shown(text if len(text) <= _BRIEF else f"{text[: _BRIEF - 1]}…")
