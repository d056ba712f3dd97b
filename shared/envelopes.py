"""What every trigger's envelope holds, read strictly: a body, a time, an id.

Which field of which trigger holds them is known to ``shared.events``; here is how such a field is
read, and what an error about it says. Whether a publisher's SDK encodes a message in base64 is not
documented for every one, so a message's body may be JSON text or base64 of it: a JSON object
starts with a brace, which base64 has not.
"""

from __future__ import annotations

import base64
from datetime import datetime, timedelta, timezone

from shared.errors import InvalidEvent
from shared.strict_json import JsonError, loads, shown
from shared.times import parse_instant

RIGHT = 'a request is a JSON object like {"instance_ids": ["i-bp1example"]}'
"""How errors about a body end."""

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

_ID_CHARACTERS = 128


def read_json(text: bytes | str, where: str) -> object:
    """The JSON value in a text that is known not to be base64.

    Raises:
        InvalidEvent: there is none.
    """
    try:
        return loads(text)
    except JsonError as error:
        raise InvalidEvent(f"{where}: {error}; {RIGHT}") from None


def read_text(text: bytes | str, where: str) -> object:
    """The JSON value in a text, or the JSON object in what the text is base64 of.

    Raises:
        InvalidEvent: there is neither.
    """
    compact = b"".join(text.split()) if isinstance(text, bytes) else "".join(text.split())
    try:
        decoded = base64.b64decode(compact, validate=True)
    except ValueError:
        return read_json(text, where)
    return read_json(decoded if decoded.lstrip().startswith(b"{") else text, where)


def as_object(value: object, where: str) -> dict[str, object]:
    """The value itself, which must be a JSON object.

    Raises:
        InvalidEvent: it is something else.
    """
    if isinstance(value, dict):
        return value
    found = "there is nothing" if value is None else f"{shown(value)} is no object"
    raise InvalidEvent(f"{where}: {found}; {RIGHT}")


def request_in(body: object, where: str) -> dict[str, object]:
    """The request in a message's body: an object already, JSON text, or base64 of JSON text.

    Raises:
        InvalidEvent: the body holds no JSON object.
    """
    return as_object(read_text(body, where) if isinstance(body, str) else body, where)


def http_request_in(event: dict[str, object]) -> dict[str, object]:
    """The request in an HTTP trigger's ``body``; ``isBase64Encoded`` says how it is written.

    Raises:
        InvalidEvent: the body holds no JSON object, or not in the way that is stated.
    """
    body, is_base64 = event.get("body"), event.get("isBase64Encoded", False)
    if not isinstance(is_base64, bool):
        raise InvalidEvent(f"isBase64Encoded: {shown(is_base64)} is neither true nor false")
    if not isinstance(body, str):
        return as_object(body, "body")
    try:
        text = base64.b64decode(body, validate=True) if is_base64 else body
    except ValueError:
        raise InvalidEvent(
            f"body: {shown(body)} is not base64, though isBase64Encoded is true"
        ) from None
    return as_object(read_json(text, "body"), "body")


def instant(value: object, where: str) -> datetime:
    """An RFC 3339 time, in UTC.

    Raises:
        InvalidEvent: it is none. A time that cannot be read is never taken for now.
    """
    if not isinstance(value, str):
        raise InvalidEvent(f"{where}: {shown(value)} is no time; write it as RFC 3339 text")
    try:
        return parse_instant(value)
    except ValueError as error:
        raise InvalidEvent(f"{where}: {error}") from None


def epoch_ms(envelope: dict[str, object], field: str) -> datetime | None:
    """The time in a field that holds milliseconds since 1970; None: there is no such field.

    Raises:
        InvalidEvent: the field holds anything else.
    """
    if field not in envelope:
        return None
    value = envelope[field]
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            return _EPOCH + timedelta(milliseconds=value)
        except OverflowError:
            pass  # no such year
    raise InvalidEvent(f"{field}: {shown(value)} is no time; write milliseconds since 1970")


def cloud_event_time(event: dict[str, object]) -> datetime | None:
    """When a CloudEvent happened, else when EventBridge took it; None: it says neither.

    Raises:
        InvalidEvent: the time that it says cannot be read.
    """
    if "time" in event:
        return instant(event["time"], "time")
    if "aliyunpublishtime" not in event:
        return None
    published = event["aliyunpublishtime"]
    if isinstance(published, str) and published.endswith("PRC"):
        # The zone by its name: so in "Event overview" (EventBridge docs), elsewhere with a Z.
        published = f"{published[:-3]}+08:00"
    return instant(published, "aliyunpublishtime")


def text_id(envelope: object, *fields: str) -> str:
    """The first of these fields that holds text, at most 128 characters; "" if none does."""
    if not isinstance(envelope, dict):
        return ""
    values = (envelope.get(field) for field in fields)
    return next((value[:_ID_CHARACTERS] for value in values if isinstance(value, str)), "")
