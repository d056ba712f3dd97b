"""Who of the selected is meant: ``except``, ``older_than`` and ``without_tags``. Pure.

What an instance shows is believed at once where it keeps the instance from being touched. A tag
that it does not show is another matter, since tags get lost on the way: who is meant only for want
of a tag is to be asked of a second API, see ``Narrowing.rests_on_absence``.

``except`` and ``without_tags`` keep instances, so they read tags as guards do, see ``plain_key``:
``Owner`` is ``owner``, and when in doubt the instance is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from shared.domain.guards import plain_key, printable_key
from shared.domain.instance import Instance
from shared.domain.selection import TagValues, fits


class Kept(msgspec.Struct, frozen=True):
    """Who stays as it is: whoever has any of these ids, any of these tags, or this name.

    Attributes:
        tags: Each key with the values that keep an instance; None: any value. Keys and values are
            compared by their plain form.
        name: ``*`` stands for any text; None: no name keeps anybody.
    """

    ids: frozenset[str] = frozenset()
    tags: TagValues = ()
    name: str | None = None

    def reason(self, instance: Instance) -> str:
        """Why this instance stays; "" if it does not."""
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
    """What narrows a selection, however it selects.

    Attributes:
        kept: Who stays as it is.
        older_than: How old an instance must be, as the request states it; "": of any age.
        created_by: When it must have been created at the latest for that; None: whenever.
        without_tags: Keys of tags; whoever has any of them, however spelt, is not meant.
    """

    kept: Kept = Kept()
    older_than: str = ""
    created_by: datetime | None = None
    without_tags: tuple[str, ...] = ()

    def mismatch(self, instance: Instance) -> str:
        """Why this instance is not meant, by what it shows; "" if nothing says so.

        ECS tells creations to the minute, and so they are compared. What nobody knows is not old.
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
        """Is it meant only for want of a tag, which two APIs must show?

        An answer may have lost any tag, and show the others. So a key of ``except`` that is not
        shown may be there, too; one that is shown with another value is no such key.
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
    """The tags whose keys are this one in their plain form, as the instance has them."""
    plain = plain_key(key)
    return ((own, value) for own, value in instance.tags.items() if plain_key(own) == plain)
