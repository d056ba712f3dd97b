"""What is wrong with a request, in our words: which field, what was there, what is expected.

The descriptions are those of the types, see ``shared.request.fields``. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

from shared.base.errors import InvalidEvent
from shared.base.strict_json import shown
from shared.request.fields import Except
from shared.request.no_request import PLACES, REQUEST_FIELDS


def invalid(field: str, value: object, right: str) -> InvalidEvent:
    """An error about one field.

    Args:
        field: Its name.
        value: What was there.
        right: What is expected: the continuation of "expected", worded like the fields'
            descriptions.
    """
    return InvalidEvent(f"{field}: {shown(value)} is invalid: expected {_uncapitalized(right)}")


def _uncapitalized(text: str) -> str:
    return text[:1].lower() + text[1:]


_INSIDE = r"(?s)(?P<what>.*) - at (?P<key>`key` in )?`\$\.except(?P<rest>[^`]*)`"
_PATH = r" - at (?:`key` in )?`\$\.?(?P<field>\w*)(?:\[(?P<index>\d+)\])?[^`]*`$"
_ENVELOPES = {
    "payload": "a timer's event",
    "Message": "an MNS topic's event",
    "body": "an HTTP event",
    "data": "an EventBridge event",
    "parameter": "a Log Service event",
    "requestPayload": "a failure destination's record",
}
"""The triggers' fields that contain a request; without the others, they were pasted."""

_UNKNOWN = r"(?s)Object contains unknown field `(?P<field>.*)`"


def explained(
    request_type: type[msgspec.Struct], fields: Mapping[str, object], error: str, within: str = ""
) -> InvalidEvent:
    """The validator's error in our words: with the value, and what is expected.

    Args:
        request_type: The type that the fields were meant for.
        fields: What was there.
        error: What the validator says.
        within: The prefix of a field's name, for nested fields: ``except.``.
    """
    inside, kept = re.fullmatch(_INSIDE, error), fields.get("except")
    if inside and isinstance(kept, dict) and not within:
        place = f" - at {inside['key'] or ''}`${inside['rest']}`" if inside["rest"] else ""
        return explained(Except, kept, f"{inside['what']}{place}", "except.")
    if unknown := re.fullmatch(_UNKNOWN, error):
        return _unknown_field(request_type, fields, unknown["field"], within.removesuffix("."))
    path = re.search(_PATH, error)
    field = path["field"] if path else ""
    fields_of = request_type.__struct_encode_fields__
    if field not in fields_of:
        return InvalidEvent(f"the request is invalid: {error[:200]}")
    value, right = fields[field], description(request_type, field)
    if field == "tags" and isinstance(value, dict) and not within:
        misplaced = (key for key in fields_of if not isinstance(value.get(key, ""), str))
        right += next(
            (f' The field "{key}" goes next to "tags", not inside.' for key in misplaced), ""
        )
    if path and path["index"] and isinstance(value, list | tuple):
        element = value[int(path["index"])]
        right = element_description(request_type, field) or right
        return invalid(f"{within}{field}[{path['index']}]", element, right)
    return invalid(f"{within}{field}", value, right)


def _unknown_field(
    request_type: type[msgspec.Struct], fields: Mapping[str, object], field: str, within: str
) -> InvalidEvent:
    from difflib import get_close_matches  # noqa: PLC0415  # only a wrong request needs it

    if not within and (sender := _ENVELOPES.get(field)):
        return InvalidEvent(
            f"{shown(field)} is not a field of this request but of {sender}, which has the request "
            "inside it: send only what is inside, or the whole event"
        )
    known = request_type.__struct_encode_fields__
    near = get_close_matches(field, known, n=1)
    if within:
        right = f'It knows {", ".join(known)}; tag keys go inside "tags".'
    else:
        right = f"This function knows {', '.join(known)}."
        if len(fields) > 1 and REQUEST_FIELDS.isdisjoint(fields):
            right = (
                "Nor is any other of its fields: an event of another service carries no request. "
                f"Use {PLACES}."
            )
    hint = f"Did you mean {near[0]}?" if near else right
    return InvalidEvent(f"{shown(field)} is not a field of {within or 'this request'}. {hint}")


def description(request_type: type[msgspec.Struct], field: str) -> str:
    """What a field may contain, according to its type."""
    hint = _hint(request_type, field)
    return next(filter(None, map(_described, (hint, *get_args(hint)))), "")


def element_description(request_type: type[msgspec.Struct], field: str) -> str:
    """What each element of a list field may be; "" if its type does not say."""
    hint = _hint(request_type, field)
    for outer in get_args(hint):
        for listed in (outer, *get_args(outer)):
            if get_origin(listed) is tuple:
                return _described(get_args(listed)[0])
    return ""


def _described(hint: Any) -> str:  # noqa: ANN401  # a type hint can be anything
    metas = (one for one in getattr(hint, "__metadata__", ()) if isinstance(one, Meta))
    return next((one.description for one in metas if one.description), "")


def _hint(request_type: type[msgspec.Struct], field: str) -> Any:  # noqa: ANN401  # as above
    """The type of a field, by the name that it has in a request."""
    names = zip(request_type.__struct_encode_fields__, request_type.__struct_fields__, strict=True)
    return get_type_hints(request_type, include_extras=True)[dict(names)[field]]
