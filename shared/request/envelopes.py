"""The parts of every trigger's envelope, parsed strictly: a body, a flag, an id.

``shared.request.carriers`` knows which trigger has them in which field; this module parses such a
field and words the errors about it. Times are parsed by ``shared.request.event_times``. It is not
documented for every publisher's SDK whether it encodes messages in base64, so a message's body may
be JSON text or base64 of it: a JSON object starts with a brace, which base64 does not contain.
"""

from __future__ import annotations

import base64
from codecs import BOM_UTF8

from shared.base.errors import InvalidEvent
from shared.base.strict_json import JsonError, loads, shown

EXAMPLE = '{"instance_ids": ["i-bp1example"]}'
"""A request, as errors show one."""

RIGHT = f"a request is a JSON object like {EXAMPLE}"
"""How errors about a body end."""

_ID_CHARACTERS = 128

_START_CHARACTERS = 100
"""These characters show what a text is; an event may have megabytes."""

_URL_SAFE = (str.maketrans("-_", "+/"), bytes.maketrans(b"-_", b"+/"))


def read_json(text: bytes | str, where: str) -> object:
    """The JSON value in a text that is known not to be base64.

    Raises:
        InvalidEvent: there is none. For the repr of a Python bytes object, which is often sent
            instead, the error says how that happened.
    """
    start = _start_of(text)
    if start.startswith(("b'", 'b"')):
        raise InvalidEvent(
            f"{where}: {shown(start)} is the text of a Python bytes object; the producer must send "
            "the text itself: value.decode(), not str(value)"
        )
    try:
        return loads(text)
    except JsonError as error:
        raise InvalidEvent(f"{where}: {error}; {RIGHT}") from None


def read_text(text: bytes | str, where: str) -> object:
    """The JSON value in a text, or the JSON object that the text encodes in base64.

    Raises:
        InvalidEvent: there is neither. For XML, the default format in which a topic writes to a
            queue, the error says how to change it ("Subscribe", MNS API reference).
    """
    start = _start_of(text)
    if start.startswith("<"):
        raise InvalidEvent(
            f"{where}: {shown(start)} is XML, not JSON; an MNS subscription sends JSON if its "
            "NotifyContentFormat is JSON or SIMPLIFIED"
        )
    if start.startswith(("{", "[")):
        return read_json(text, where)
    compact = b"".join(text.split()) if isinstance(text, bytes) else "".join(text.split())
    try:
        decoded = _from_base64(compact)
    except ValueError:
        return read_json(text, where)
    is_request = decoded.removeprefix(BOM_UTF8).lstrip().startswith((b"{", b"b'", b'b"'))
    return read_json(decoded if is_request else text, where)


def as_object(value: object, where: str) -> dict[str, object]:
    """The value itself, which must be a JSON object.

    Raises:
        InvalidEvent: it is something else.
    """
    if isinstance(value, dict):
        return value
    found = "it is missing" if value is None else f"{shown(value)} is not an object"
    raise InvalidEvent(f"{where}: {found}; {RIGHT}")


def http_body(body: object, where: str, *, is_base64: bool) -> dict[str, object]:
    """The object in the body of an HTTP event: text, base64 of text, or an object already.

    Raises:
        InvalidEvent: the body contains no JSON object, or not in the stated encoding.
    """
    if not isinstance(body, str):
        return as_object(body, where)
    try:
        text = _from_base64(body) if is_base64 else body
    except ValueError:
        raise InvalidEvent(
            f"{where}: {shown(body)} is not base64, though isBase64Encoded is true"
        ) from None
    return as_object(read_json(text, where), where)


def flag(value: object, where: str) -> bool:
    """True or false, which API Gateway also writes as text.

    Raises:
        InvalidEvent: it is neither.
    """
    stated = (
        {"true": True, "false": False}.get(value.casefold()) if isinstance(value, str) else value
    )
    if isinstance(stated, bool):
        return stated
    raise InvalidEvent(f"{where}: {shown(value)} is neither true nor false")


def text_id(envelope: object, *fields: str) -> str:
    """The first of these fields with a text, at most 128 characters; "" if none has one."""
    if not isinstance(envelope, dict):
        return ""
    values = (envelope.get(field) for field in fields)
    return next((value[:_ID_CHARACTERS] for value in values if isinstance(value, str)), "")


def _start_of(text: bytes | str) -> str:
    """The beginning of a text, without leading spaces."""
    start = text.lstrip()[:_START_CHARACTERS]
    return start.decode(errors="replace") if isinstance(start, bytes) else start


def _from_base64(text: bytes | str) -> bytes:
    """Decode base64, with or without padding, in either alphabet; ValueError if invalid."""
    if isinstance(text, bytes):
        padded: bytes | str = text.translate(_URL_SAFE[1]) + b"=" * (-len(text) % 4)
    else:
        padded = text.translate(_URL_SAFE[0]) + "=" * (-len(text) % 4)
    return base64.b64decode(padded, validate=True)
