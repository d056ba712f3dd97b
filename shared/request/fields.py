"""The types of the fields that all requests share, and what each may contain.

The type is the validation, the JSON Schema in ``docs/`` and the text of the errors at once.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from shared.domain.narrowing import Kept
from shared.domain.selection import TagValues

MAX_IDS = 10_000
"""An asynchronous event has room for some 5,000 ids (128 KB), a synchronous one for more."""

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
WholeKey = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^[^*]*$")]
"""A key with a ``*`` would look like a pattern but match no tag."""

WholeValue = Annotated[str, Meta(max_length=128, pattern=r"^([^*]*|\*)$")]
"""The same for a value; ``*`` alone is any value."""

InstanceIds = Annotated[tuple[InstanceId, ...], Meta(min_length=1, max_length=MAX_IDS)]
Tags = Annotated[
    dict[TagKey, TagValue | Annotated[tuple[TagValue, ...], Meta(min_length=1, max_length=100)]],
    Meta(min_length=1, max_length=20),
]
WholeTags = Annotated[
    dict[
        WholeKey, WholeValue | Annotated[tuple[WholeValue, ...], Meta(min_length=1, max_length=100)]
    ],
    Meta(min_length=1, max_length=20),
]
Name = Annotated[str, Meta(min_length=1, max_length=128)]


class Except(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Selected instances with any of these ids, tags, or this name are left alone."""

    instance_ids: (
        Annotated[
            InstanceIds,
            Meta(description='A list of at least one instance id, of those that stay: ["i-bp1…"].'),
        ]
        | UnsetType
    ) = UNSET
    tags: (
        Annotated[
            WholeTags,
            Meta(
                description='An object that maps each tag key to a value, a list of values, or "*" '
                "for any value; an instance that has any of these tags stays: "
                '{"env": "prod"}. No * in keys or in longer values.'
            ),
        ]
        | UnsetType
    ) = UNSET
    name: (
        Annotated[
            Name,
            Meta(
                description="An instance name, where * matches any text, of those that stay: "
                '"prod-*".'
            ),
        ]
        | UnsetType
    ) = UNSET

    def kept(self) -> Kept:
        """The same as a domain value."""
        return Kept(
            ids=frozenset() if self.instance_ids is UNSET else frozenset(self.instance_ids),
            tags=() if self.tags is UNSET else tag_values(self.tags),
            name=None if self.name is UNSET else self.name,
        )


def tag_values(tags: dict[str, str | tuple[str, ...]]) -> TagValues:
    """Each key with its allowed values; None: any."""
    return tuple((key, _values(value)) for key, value in tags.items())


def _values(value: str | tuple[str, ...]) -> frozenset[str] | None:
    if value == "*":
        return None
    return frozenset({value} if isinstance(value, str) else value)
