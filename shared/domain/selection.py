"""Which instances a request selects: by id, by tags and name, or all. Pure.

ECS's own filters only reduce traffic; every response is filtered again here, so that a filter that
ECS ignores, or a page that lost its tags, can never widen a selection.
"""

from __future__ import annotations

from functools import cached_property

import msgspec

from shared.domain.guards import plain_key, printable_key
from shared.domain.instance import Instance

TagValues = tuple[tuple[str, frozenset[str] | None], ...]
"""Tag keys, each with its allowed values; None: any value."""


class ByIds(msgspec.Struct, frozen=True, dict=True):
    """Exactly these instances, each once."""

    ids: tuple[str, ...]

    @cached_property
    def members(self) -> frozenset[str]:
        """The ids as a set, for lookups among thousands."""
        return frozenset(self.ids)


class ByTagsAndName(msgspec.Struct, frozen=True):
    """Instances with all these tags and a name like this.

    Attributes:
        tags: Each key with its allowed values; None: any value.
        name: ``*`` matches any text.
    """

    tags: TagValues = ()
    name: str = "*"


class Everything(msgspec.Struct, frozen=True):
    """Every instance of the regions."""


Selection = ByIds | ByTagsAndName | Everything


def selects(selection: Selection, instance: Instance) -> bool:
    """Is this instance selected?"""
    return not mismatch(selection, instance)


def mismatch(selection: Selection, instance: Instance) -> str:
    """Why this instance is not selected, in words; "" if it is."""
    if isinstance(selection, ByIds):
        return "" if instance.id in selection.members else "its id is not in the request"
    if isinstance(selection, Everything):
        return ""
    if not fits(selection.name, instance.name):
        return f"its name is {instance.name!r}"
    for key, values in selection.tags:
        if key not in instance.tags:
            return f"it has no tag {printable_key(key)}"
        if values is not None and instance.tags[key] not in values:
            return f"its tag {printable_key(key)} is {instance.tags[key]!r}"
    return ""


def has_other_value(selection: Selection, instance: Instance) -> bool:
    """Does it show one of the requested keys with a different value?"""
    return isinstance(selection, ByTagsAndName) and any(
        values is not None and key in instance.tags and instance.tags[key] not in values
        for key, values in selection.tags
    )


def misspelt_keys(selection: Selection, instance: Instance) -> list[tuple[str, str]]:
    """The keys by which it would be selected if they were spelt as in the request.

    Each as spelt on the instance, with the request's; none if it is selected, or would not be.
    """
    if not isinstance(selection, ByTagsAndName) or not fits(selection.name, instance.name):
        return []
    found = []
    for key, values in selection.tags:
        spelt = {own: v for own, v in instance.tags.items() if plain_key(own) == plain_key(key)}
        near = [own for own, value in spelt.items() if values is None or value in values]
        if not near:
            return []
        if key not in near:
            found.append((near[0], key))
    return found


def fits(pattern: str, name: str) -> bool:
    """Does the name match the pattern? In linear time, whatever the pattern."""
    first, *rest = pattern.split("*")
    if not rest:
        return name == first
    *middle, last = rest
    if len(name) < len(first) + len(last) or not (name.startswith(first) and name.endswith(last)):
        return False
    position, end = len(first), len(name) - len(last)
    for part in middle:
        found = name.find(part, position, end)
        if found < 0:
            return False
        position = found + len(part)
    return True
