"""Request parameters as on the wire: text, parsed strictly, refused in ECS's words."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timezone
from enum import Enum
from typing import TypeVar

from local.ecs.errors import Refusal

MAX_TAGS = 20
MAX_IDS = 100

_BOOLEANS = {"true": True, "True": True, "false": False, "False": False}
_SECOND = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_MINUTE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\dZ", re.ASCII)

NUMBER = "[0-9]{1,9}"
"""The form of a list's numbered items: ``Tag.1.Key``."""
_IS_NUMBER = re.compile(NUMBER)
_SINGLE_QUOTED = re.compile(r"\s*\[\s*'[^'\"\\]*'(\s*,\s*'[^'\"\\]*')*\s*\]\s*")

E = TypeVar("E", bound=Enum)


class Parameters:
    """The parameters of one request, without the common ones (signature, version, action).

    An absent parameter and an empty one are the same, except for `given`.
    """

    def __init__(self, raw: Mapping[str, str], *, single_quotes: bool = False) -> None:
        """Hold them.

        Args:
            raw: values by name, decoded.
            single_quotes: whether a list in one text may also be in Python's notation.
        """
        self._raw = raw
        self._single_quotes = single_quotes

    def given(self, name: str) -> bool:
        """Whether the parameter was sent at all, even if empty."""
        return name in self._raw

    def names(self) -> frozenset[str]:
        """The parameters that have a value, ``Tag.1.Key`` counted as ``Tag``."""
        return frozenset(name.partition(".")[0] for name, value in self._raw.items() if value)

    def all_names(self) -> tuple[str, ...]:
        """The parameters sent, with full names: ``Tag.1.Key``."""
        return tuple(self._raw)

    def fingerprint(self) -> frozenset[tuple[str, str]]:
        """What must be equal when a ClientToken is reused."""
        return frozenset(item for item in self._raw.items() if item[0] != "ClientToken")

    def text(self, name: str, default: str = "") -> str:
        """The raw value, or ``default``."""
        return self._raw.get(name) or default

    def required(self, name: str, missing: Refusal = Refusal.MISSING) -> str:
        """The raw value.

        Raises:
            EcsError: it is absent or empty; ``missing`` is ECS's code for that here.
        """
        value = self._raw.get(name)
        if not value:
            raise missing.error(name=name)
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        """A boolean: ``true``, ``True``, ``false`` or ``False``.

        Raises:
            EcsError: it is anything else.
        """
        value = self._raw.get(name)
        if not value:
            return default
        if value not in _BOOLEANS:
            raise Refusal.INVALID_PARAMETER.error(name=name)
        return _BOOLEANS[value]

    def number(self, name: str, default: int, refusal: Refusal = Refusal.INVALID_PARAMETER) -> int:
        """A whole number of at most nine digits, which may have a minus sign.

        Raises:
            EcsError: it is not.
        """
        value = self._raw.get(name)
        if not value:
            return default
        if not re.fullmatch(r"-?[0-9]{1,9}", value):
            raise refusal.error(name=name)
        return int(value)

    def choice(self, name: str, of: type[E], refusal: Refusal) -> E | None:
        """One of a closed set of words, or None when absent.

        Raises:
            EcsError: ``refusal``, for any other word.
        """
        value = self._raw.get(name)
        if not value:
            return None
        try:
            return of(value)
        except ValueError:
            raise refusal.error(name=name) from None

    def minute(self, name: str, value: str) -> datetime:
        """A time to the minute, ``yyyy-MM-ddTHH:mmZ``, as ``Filter.N.Value`` has it.

        Raises:
            EcsError: it is not.
        """
        if not _MINUTE.fullmatch(value):
            raise Refusal.INVALID_PARAMETER.error(name=name)
        try:
            return datetime.strptime(value, "%Y-%m-%dT%H:%MZ").replace(tzinfo=timezone.utc)
        except ValueError:
            raise Refusal.INVALID_PARAMETER.error(name=name) from None

    def second(self, name: str) -> datetime | None:
        """A time to the second, ``yyyy-MM-ddTHH:mm:ssZ``; None when absent.

        Raises:
            EcsError: it is not.
        """
        value = self._raw.get(name)
        if not value:
            return None
        if not _SECOND.fullmatch(value):
            raise Refusal.INVALID_PARAMETER.error(name=name)
        try:
            return datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
        except ValueError:
            raise Refusal.INVALID_PARAMETER.error(name=name) from None

    def repeated(self, name: str) -> tuple[str, ...]:
        """A RepeatList, ``Name.1``, ``Name.2`` and so on, in the order of its numbers."""
        prefix = f"{name}."
        found = [
            (int(number), value)
            for key, value in self._raw.items()
            if key.startswith(prefix) and _IS_NUMBER.fullmatch(number := key[len(prefix) :])
        ]
        return tuple(value for _, value in sorted(found))

    def structures(self, name: str) -> tuple[Parameters, ...]:
        """A RepeatList of structures, ``Name.1.Key`` and so on, in the order of its numbers."""
        prefix = f"{name}."
        found: defaultdict[int, dict[str, str]] = defaultdict(dict)
        for key, value in self._raw.items():
            if not key.startswith(prefix):
                continue
            number, dot, rest = key[len(prefix) :].partition(".")
            if dot and _IS_NUMBER.fullmatch(number):
                found[int(number)][rest] = value
        return tuple(Parameters(found[number]) for number in sorted(found))

    def ids(self, name: str, too_many: Refusal, malformed: Refusal) -> tuple[str, ...] | None:
        """At most 100 ids in one text, a JSON array; None when absent.

        An empty array is a filter that matches nothing. Source: DescribeInstances, API reference.

        Raises:
            EcsError: ``malformed`` if it is not an array of text, ``too_many`` above 100.
        """
        value = self._raw.get(name)
        if not value:
            return None
        if self._single_quotes and _SINGLE_QUOTED.fullmatch(value):
            value = value.replace("'", '"')
        try:
            ids = json.loads(value)
        except (ValueError, RecursionError):
            raise malformed.error(name=name) from None
        if not isinstance(ids, list) or not all(isinstance(each, str) for each in ids):
            raise malformed.error(name=name)
        if len(ids) > MAX_IDS:
            raise too_many.error(name=name)
        return tuple(ids)

    def tag_filters(self) -> tuple[tuple[str, str], ...]:
        """Key and value of each ``Tag.N``; an empty value matches any.

        Raises:
            EcsError: a value without a key, or more than 20 tags.
        """
        pairs = tuple((tag.text("Key"), tag.text("Value")) for tag in self.structures("Tag"))
        if len(pairs) > MAX_TAGS:
            raise Refusal.TAG_COUNT.error()
        if not all(key for key, _ in pairs):
            raise Refusal.TAG_MISMATCH.error()
        return pairs

    def new_tags(self) -> dict[str, str]:
        """The tags to put on a resource, each ``Tag.N``. Source: TagResources, API reference.

        Raises:
            EcsError: more than 20, a duplicate key, or a key or value that ECS does not accept.
        """
        pairs = [(tag.text("Key"), tag.text("Value")) for tag in self.structures("Tag")]
        if len(pairs) > MAX_TAGS:
            raise Refusal.TOO_MANY_TAGS.error()
        if not all(_is_tag_text(key, longest=128) and key for key, _ in pairs):
            raise Refusal.TAG_KEY.error()
        if not all(_is_tag_text(value, longest=128) for _, value in pairs):
            raise Refusal.TAG_VALUE.error()
        tags = dict(pairs)
        if len(tags) < len(pairs):
            raise Refusal.DUPLICATE_TAG_KEY.error()
        return tags


def is_system_tag(key: str) -> bool:
    """Whether only the platform itself may set this tag. Source: TagResources, API reference."""
    return key.startswith(("acs:", "aliyun"))


def _is_tag_text(text: str, *, longest: int) -> bool:
    forbidden = is_system_tag(text) or "http://" in text or "https://" in text
    return len(text) <= longest and not forbidden
