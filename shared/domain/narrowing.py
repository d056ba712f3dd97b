"""What narrows a selection: ``except``, ``older_than`` and ``without_tags``. Pure.

What an instance shows is believed immediately if it keeps the instance from being touched. A
missing tag is another matter, since tags can be lost from a response: an instance that is selected
only because a tag is missing must be confirmed by a second API, see ``Narrowing.rests_on_absence``.

``except`` and ``without_tags`` protect instances, so they compare tags as guards do, see
``plain_key``: ``Owner`` is ``owner``, and in doubt the instance is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from shared.domain.guards import plain_key, printable_key
from shared.domain.instance import Instance
from shared.domain.selection import TagValues, fits


class Kept(msgspec.Struct, frozen=True):
    """What is left alone: instances with any of these ids, any of these tags, or this name.

    Attributes:
        tags: Each key with the values that exclude an instance; None: any value. Keys and values
            are compared in their plain form.
        name: ``*`` matches any text; None: no name excludes anything.
    """

    ids: frozenset[str] = frozenset()
    tags: TagValues = ()
    name: str | None = None

    def reason(self, instance: Instance) -> str:
        """Why this instance is excluded; "" if it is not."""
        if instance.id in self.ids:
            return "excepted by its id"
        for key, values in self.tags:
            plain = None if values is None else {plain_key(value) for value in values}
            for spelling, value in _spelt(instance, key):
                if plain is None or plain_key(value) in plain:
                    return f"excepted by its tag {printable_key(spelling)}"
        if self.name is not None and fits(self.name, instance.name):
            return "excepted by its name"
        return ""


class Narrowing(msgspec.Struct, frozen=True):
    """What narrows a selection, whatever kind it is.

    Attributes:
        kept: What is left alone.
        older_than: How old an instance must be, as in the request; "": any age.
        created_by: The latest creation time for that; None: any.
        without_tags: Tag keys; instances with any of them, however spelt, are excluded.
    """

    kept: Kept = Kept()
    older_than: str = ""
    created_by: datetime | None = None
    without_tags: tuple[str, ...] = ()

    def mismatch(self, instance: Instance) -> str:
        """Why this instance is excluded, by what it shows; "" if it is not.

        ECS shows creation times to the minute, so that is how they are compared. An unknown age is
        not old.
        """
        if reason := self.kept.reason(instance):
            return reason
        for key in self.without_tags:
            for spelling, _ in _spelt(instance, key):
                return f"it has the tag {printable_key(spelling)}"
        if self.created_by is None or instance.unreadable:
            return ""
        if instance.created_at is None:
            return "ECS does not say when it was created"
        if instance.created_at > self.created_by:
            return f"created less than {self.older_than} before the event"
        return ""

    def rests_on_absence(self, instance: Instance) -> bool:
        """Is it selected only because a tag is missing, which two APIs must show?

        A response may have lost any one tag and show the others. So a key of ``except`` that is not
        shown may exist after all; one that is shown with another value is not missing.
        """
        if not (self.without_tags or self.kept.tags) or self.mismatch(instance):
            return False
        excepted = {plain_key(key) for key, _ in self.kept.tags}
        return bool(self.without_tags or excepted.difference(map(plain_key, instance.tags)))

    def fields(self) -> tuple[str, ...]:
        """The names of the request's fields that narrow."""
        stated = {
            "except": self.kept != Kept(),
            "older_than": self.created_by is not None,
            "without_tags": bool(self.without_tags),
        }
        return tuple(name for name, is_stated in stated.items() if is_stated)


def _spelt(instance: Instance, key: str) -> Iterator[tuple[str, str]]:
    """The tags whose plain key is this one, as spelt on the instance."""
    plain = plain_key(key)
    return ((own, value) for own, value in instance.tags.items() if plain_key(own) == plain)
