"""The part of a request that all functions share, and how any request is parsed.

A function declares its request as a subclass of ``Request``; the type is the validation, the JSON
Schema in ``docs/`` and the text of the errors at once. Unknown fields are refused, nothing is
coerced, and nothing is silently ignored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, TypeVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

from shared.base.errors import InvalidEvent, Refused
from shared.base.strict_json import shown
from shared.base.times import before, parse_duration
from shared.domain.narrowing import Kept, Narrowing
from shared.domain.selection import ByIds, ByTagsAndName, Everything, Selection
from shared.request.explained import description, explained, invalid
from shared.request.fields import (
    Except,
    InstanceIds,
    Name,
    RegionId,
    Tags,
    WholeKey,
    tag_values,
)

R = TypeVar("R", bound="Request")


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The fields of every request. Exactly one way of selecting is required."""

    instance_ids: (
        Annotated[
            InstanceIds,
            Meta(
                description="A list of at least one instance id, to select exactly these: "
                '["i-bp1…"].',
            ),
        ]
        | UnsetType
    ) = UNSET
    tags: (
        Annotated[
            Tags,
            Meta(
                description='An object that maps each tag key to a value, a list of values, or "*" '
                "for any value, to select the instances that have all these tags: "
                '{"team": "dev"}.',
            ),
        ]
        | UnsetType
    ) = UNSET
    name: (
        Annotated[
            Name,
            Meta(
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
    except_: (
        Annotated[
            Except,
            Meta(
                description='An object with at least one of "instance_ids", "tags" and "name": '
                "selected instances that have any of these ids or tags, or this name, stay as they "
                'are: {"tags": {"env": "prod"}}.',
                extra_json_schema={"minProperties": 1},
            ),
        ]
        | UnsetType
    ) = msgspec.field(default=UNSET, name="except")
    older_than: (
        Annotated[
            str,
            Meta(
                pattern=r"^[1-9][0-9]{0,5}[mhd](?!\n)$",
                description="A number of minutes, hours or days, to leave out instances created "
                'less long before the event: "90m", "12h", "14d".',
            ),
        ]
        | UnsetType
    ) = UNSET
    without_tags: (
        Annotated[
            tuple[WholeKey, ...],
            Meta(
                min_length=1,
                max_length=20,
                description="A list of at least one tag key, each in full and without *, to leave "
                'out instances that have any of these tags: ["owner"].',
            ),
        ]
        | UnsetType
    ) = UNSET
    days: (
        Annotated[
            Annotated[str, Meta(max_length=1024)]
            | Annotated[
                tuple[Annotated[str, Meta(max_length=64)], ...], Meta(min_length=1, max_length=100)
            ],
            Meta(
                description="Day words, as a list or in one text, to act only if the event's own "
                'date in CURFEW_TZ is such a day: "workdays", "mon-fri", ["mon#1", "2026-12-24"].',
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
            description="false to keep this run from being announced to the channels of "
            "CURFEW_NOTIFY, or true. Default: true."
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
        """The request's one way of selecting."""
        if self.instance_ids is not UNSET:
            return ByIds(tuple(dict.fromkeys(self.instance_ids)))
        if self.all is not UNSET:
            return Everything()
        return ByTagsAndName(
            tags=() if self.tags is UNSET else tag_values(self.tags),
            name="*" if self.name is UNSET else self.name,
        )

    def narrowing(self, at: datetime) -> Narrowing:
        """What narrows the selection.

        Args:
            at: The event's own time, from which ages are counted back.
        """
        older_than = "" if self.older_than is UNSET else self.older_than
        return Narrowing(
            kept=Kept() if self.except_ is UNSET else self.except_.kept(),
            older_than=older_than,
            created_by=before(at, parse_duration(older_than)) if older_than else None,
            without_tags=() if self.without_tags is UNSET else self.without_tags,
        )


def decode(request_type: type[R], fields: Mapping[str, object], function: str) -> R:
    """The request for this function made of these fields.

    Raises:
        InvalidEvent: a field is unknown, of the wrong type or out of range, the request is for
            another function, or selects in two ways at once. The message names the field, what was
            there and what is expected.
        Refused: nothing is selected.
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
        raise explained(request_type, fields, str(error)) from None
    _check_selection(request)
    _check_except(request)
    _check_days(request)
    return request


def require_cap_for_all(request: Request) -> None:
    """``all`` needs an explicit ``max_instances`` if instances may change.

    Raises:
        Refused: it has none.
    """
    if request.all is not UNSET and request.max_instances is UNSET:
        raise Refused(
            '"all" selects every instance, so it must come with "max_instances": '
            "the most that may change"
        )


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
    _check_parts(
        request,
        'a name that does not match every instance; omit it next to "tags", or use "all".',
        within="",
    )


def _check_except(request: Request) -> None:
    """An exception that excludes nothing, or everything, is a mistake."""
    kept = request.except_
    if kept is UNSET:
        return
    if kept == Except():
        raise invalid("except", {}, description(Request, "except"))
    _check_parts(
        kept, "a name that does not match every instance, or none is left.", within="except."
    )


def _check_days(request: Request) -> None:
    if request.days is UNSET:
        return
    from shared.domain.days import InvalidSpec, parse_days  # noqa: PLC0415  # few state days

    try:
        parse_days(request.days)
    except InvalidSpec as error:
        raise InvalidEvent(f"days: {error}") from None


def _check_parts(stated: Request | Except, every_name: str, *, within: str) -> None:
    """What types cannot express about tags and names, both for selecting and for excluding."""
    if stated.name is not UNSET and not stated.name.strip("* "):
        raise invalid(f"{within}name", stated.name, every_name)
    for key, value in {} if stated.tags is UNSET else stated.tags.items():
        if isinstance(value, tuple) and "*" in value:
            raise invalid(f"{within}tags.{key}", value, '"*" alone, not in a list, for any value.')
