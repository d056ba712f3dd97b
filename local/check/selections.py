"""Whether two requests can select the same instance, as far as their texts show."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations
from typing import Any

_ANY = "*"


def are_apart(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    """Is it certain that no instance is selected by both?

    They select different values of one tag, different ids or different regions, or one excludes
    whatever the other selects. Names are not compared, since patterns are rarely conclusive.
    """
    ids, regions = (
        [set(_texts(one.get(field))) for one in (first, second)]
        for field in ("instance_ids", "regions")
    )
    return (
        any(all(each) and each[0].isdisjoint(each[1]) for each in (ids, regions))
        or _differ(_tags(first), _tags(second))
        or any(_leaves_out(one, other) for one, other in permutations((first, second)))
    )


def _differ(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    """Is there a tag for which the two have no value in common?"""
    return any(
        _ANY not in (first[key], second[key])
        and set(_texts(first[key])).isdisjoint(_texts(second[key]))
        for key in first.keys() & second.keys()
    )


def _leaves_out(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Does one exclude, by a tag, everything that the other selects?"""
    kept = one.get("except")
    left_out = _tags(kept) if isinstance(kept, dict) else {}
    without = set(_texts(one.get("without_tags")))
    return any(
        key in without
        or left_out.get(key) == _ANY
        or (key in left_out and value != _ANY and set(_texts(value)) <= set(_texts(left_out[key])))
        for key, value in _tags(other).items()
    )


def _tags(stated: Mapping[str, Any]) -> Mapping[str, Any]:
    tags = stated.get("tags")
    return tags if isinstance(tags, dict) else {}


def _texts(stated: object) -> tuple[str, ...]:
    """A string or a list of strings, as strings; nothing otherwise."""
    values = stated if isinstance(stated, list) else [stated]
    return tuple(one for one in values if isinstance(one, str))
