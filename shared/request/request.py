"""The part of a request that all functions share, and how any request is read.

A function declares its request as a subclass of ``Request``; the type is the validation, the JSON
Schema in ``docs/`` and the text of the errors at once. Unknown fields are refused, nothing is
coerced, and nothing is left out in silence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from msgspec import UNSET, Meta, UnsetType

from shared.domain.selection import ByIds, ByTagsAndName, Everything, Selection
from shared.errors import InvalidEvent, Refused
from shared.strict_json import shown

MAX_IDS = 10_000
"""An asynchronous event of Function Compute holds some 5,000 ids (128 KB), a synchronous more."""

InstanceId = Annotated[
    str,
    Meta(pattern=r"^i-[a-zA-Z0-9]{1,40}(?!\n)$", description='An instance id such as "i-bp1…".'),
]
RegionId = Annotated[
    str,
    Meta(
        pattern=r"^[a-z]{2,12}(-[a-z0-9]{1,20}){1,4}(?!\n)$",
        description='A region id such as "cn-hangzhou".',
    ),
]
TagKey = Annotated[str, Meta(min_length=1, max_length=128)]
TagValue = Annotated[str, Meta(max_length=128)]

R = TypeVar("R", bound="Request")


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every request may say. Exactly one way of selecting is needed."""

    instance_ids: (
        Annotated[
            tuple[InstanceId, ...],
            Meta(
                min_length=1,
                max_length=MAX_IDS,
                description="A list of at least one instance id, to select exactly these: "
                '["i-bp1…"].',
            ),
        ]
        | UnsetType
    ) = UNSET
    tags: (
        Annotated[
            dict[
                TagKey,
                TagValue | Annotated[tuple[TagValue, ...], Meta(min_length=1, max_length=100)],
            ],
            Meta(
                min_length=1,
                max_length=20,
                description='An object that maps each tag key to a value, a list of values, or "*" '
                "for any value, to select the instances that have all these tags: "
                '{"team": "dev"}.',
            ),
        ]
        | UnsetType
    ) = UNSET
    name: (
        Annotated[
            str,
            Meta(
                min_length=1,
                max_length=128,
                description='An instance name, where * matches any text: "ci-runner-*".',
            ),
        ]
        | UnsetType
    ) = UNSET
    all: (
        Annotated[
            bool,
            Meta(
                description="true, to select every instance in the regions; it needs "
                "max_instances. Omit it otherwise.",
                extra_json_schema={"const": True},
            ),
        ]
        | UnsetType
    ) = UNSET
    regions: (
        Annotated[
            tuple[RegionId, ...],
            Meta(
                min_length=1,
                max_length=100,
                description='A list of region ids: ["cn-hangzhou"]. Default: the function\'s own '
                "region.",
            ),
        ]
        | UnsetType
    ) = UNSET
    dry_run: (
        Annotated[
            bool,
            Meta(
                description="true to plan and report without changing anything, or false. Default: "
                "false; a release by anything but instance_ids must set it, or give a plan_id."
            ),
        ]
        | UnsetType
    ) = UNSET
    max_instances: (
        Annotated[
            int,
            Meta(
                ge=1,
                le=1_000_000,
                description="A whole number, at least 1: if more instances than this would change, "
                "nothing is done at all. It can lower CURFEW_MAX_INSTANCES, never raise it.",
            ),
        ]
        | UnsetType
    ) = UNSET
    plan_id: (
        Annotated[
            str,
            Meta(
                min_length=1,
                max_length=100_000,
                description="The plan_id from the report of a dry run: only what that plan would "
                "change may be changed.",
            ),
        ]
        | UnsetType
    ) = UNSET
    notify: Annotated[
        bool,
        Meta(
            description="false: the channels of CURFEW_NOTIFY are not told of this run. Default: "
            "true."
        ),
    ] = True
    action: (
        Annotated[
            str,
            Meta(description="The name of the function that the request is for; optional."),
        ]
        | UnsetType
    ) = UNSET

    def selection(self) -> Selection:
        """The one way of selecting that the request states."""
        if self.instance_ids is not UNSET:
            return ByIds(tuple(dict.fromkeys(self.instance_ids)))
        if self.all is not UNSET:
            return Everything()
        wanted = {} if self.tags is UNSET else self.tags
        return ByTagsAndName(
            tags=tuple((key, _values(value)) for key, value in wanted.items()),
            name="*" if self.name is UNSET else self.name,
        )


def decode(request_type: type[R], fields: Mapping[str, object], function: str) -> R:
    """The request that these fields make for this function.

    Raises:
        InvalidEvent: a field is unknown, of the wrong type or out of range, the request is for
            another function, or selects in two ways at once. The message names the field, what
            was there and what would be right.
        Refused: nothing is selected, or ``all`` is not guarded by ``max_instances``.
    """
    stated = fields.get("action", function)
    if isinstance(stated, str) and stated != function:
        other = stated if re.fullmatch("[a-z_]{1,40}", stated) else shown(stated)
        raise InvalidEvent(
            f"action: this request is for {other}, but this function is {function}: send it to "
            f"{other}"
        )
    try:
        request = msgspec.convert(dict(fields), request_type)
    except msgspec.ValidationError as error:
        raise _explained(request_type, fields, str(error)) from None
    _check_selection(request)
    return request


def require_cap_for_all(request: Request) -> None:
    """``all`` needs an explicit ``max_instances`` where instances may change.

    Raises:
        Refused: it has none.
    """
    if request.all is not UNSET and request.max_instances is UNSET:
        raise Refused(
            '"all" selects every instance, so it must come with "max_instances": '
            "the most that may change"
        )


def invalid(field: str, value: object, right: str) -> InvalidEvent:
    """An error about one field.

    Args:
        field: Its name.
        value: What was there.
        right: What would be right: what "expected" goes on with, as descriptions of fields do.
    """
    return InvalidEvent(f"{field}: {shown(value)} is invalid: expected {_uncapitalized(right)}")


def _uncapitalized(text: str) -> str:
    return text[:1].lower() + text[1:]


def _values(value: str | tuple[str, ...]) -> frozenset[str] | None:
    """The values that a tag may have; None: any."""
    if value == "*":
        return None
    return frozenset({value} if isinstance(value, str) else value)


def _check_selection(request: Request) -> None:
    if request.all is False:
        raise invalid("all", False, "true, or omit it to select in another way.")  # noqa: FBT003  # the value shown
    ways = [
        " and ".join(name for name in names if getattr(request, name) is not UNSET)
        for names in (("instance_ids",), ("tags", "name"), ("all",))
    ]
    stated = [way for way in ways if way]
    if not stated:
        raise Refused(
            'nothing is selected: specify "instance_ids", or "tags" and/or "name", or "all"'
        )
    if len(stated) > 1:
        raise InvalidEvent(
            f"{' and '.join(stated)}: only one way of selecting is allowed; specify one of "
            '"instance_ids", "tags" and/or "name", "all"'
        )
    if request.name is not UNSET and not request.name.strip("* "):
        raise invalid(
            "name",
            request.name,
            'a name that does not match every instance; omit it next to "tags", or use "all".',
        )
    if request.tags is not UNSET:
        for key, value in request.tags.items():
            if isinstance(value, tuple) and "*" in value:
                raise invalid(f"tags.{key}", value, '"*" alone, not in a list, for any value.')


_PATH = r" - at (?:`key` in )?`\$\.?(?P<field>\w*)(?:\[(?P<index>\d+)\])?[^`]*`$"
_ENVELOPES = {
    "payload": "a timer's event",
    "Message": "an MNS topic's event",
    "body": "an HTTP event",
    "data": "an EventBridge event",
    "parameter": "a Log Service event",
    "requestPayload": "a failure destination's record",
}
"""The fields of triggers that hold a request; without the fields beside them they are pasted."""

_UNKNOWN = r"(?s)Object contains unknown field `(?P<field>.*)`"


def _explained(
    request_type: type[Request], fields: Mapping[str, object], error: str
) -> InvalidEvent:
    """The validator's error in our words: with the value, and with what would be right."""
    if unknown := re.fullmatch(_UNKNOWN, error):
        return _unknown_field(request_type, unknown["field"])
    path = re.search(_PATH, error)
    field = path["field"] if path else ""
    if field not in request_type.__struct_fields__:
        return InvalidEvent(f"the request is invalid: {error[:200]}")
    value, right = fields[field], description(request_type, field)
    if field == "tags" and isinstance(value, dict):
        fields_of = request_type.__struct_fields__
        misplaced = (key for key in fields_of if not isinstance(value.get(key, ""), str))
        right += next(
            (f' The field "{key}" goes next to "tags", not inside.' for key in misplaced), ""
        )
    if path and path["index"] and isinstance(value, list | tuple):
        element = value[int(path["index"])]
        right = element_description(request_type, field) or right
        return invalid(f"{field}[{path['index']}]", element, right)
    return invalid(field, value, right)


def _unknown_field(request_type: type[Request], field: str) -> InvalidEvent:
    from difflib import get_close_matches  # noqa: PLC0415  # only a wrong request needs it

    if sender := _ENVELOPES.get(field):
        return InvalidEvent(
            f"{shown(field)} is not a field of this request but of {sender}, which has the request "
            "inside it: send only what is inside, or the whole event"
        )
    known = request_type.__struct_fields__
    near = get_close_matches(field, known, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"This function knows {', '.join(known)}."
    return InvalidEvent(f"{shown(field)} is not a field of this request. {hint}")


def description(request_type: type[Request], field: str) -> str:
    """What a field may hold, as its type says it."""
    hint = get_type_hints(request_type, include_extras=True)[field]
    return next(filter(None, map(_described, (hint, *get_args(hint)))), "")


def element_description(request_type: type[Request], field: str) -> str:
    """What each element of a field that holds a list may be; "" if its type does not say it."""
    hint = get_type_hints(request_type, include_extras=True)[field]
    for outer in get_args(hint):
        for listed in (outer, *get_args(outer)):
            if get_origin(listed) is tuple:
                return _described(get_args(listed)[0])
    return ""


def _described(hint: Any) -> str:  # noqa: ANN401  # a type hint can be anything
    metas = (one for one in getattr(hint, "__metadata__", ()) if isinstance(one, Meta))
    return next((one.description for one in metas if one.description), "")
