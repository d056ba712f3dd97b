"""Resources of one kind, in order of creation, found by id and walked from any point.

A position is given once and never again, so a walk that is continued later misses nothing and
repeats nothing, whatever was removed meanwhile.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, Protocol, TypeVar


class InRegion(Protocol):
    """Anything that is in a region."""

    @property
    def region(self) -> str:
        """Its id."""
        ...


T = TypeVar("T", bound=InRegion)


class Collection(Generic[T]):
    """Holds the resources of one kind, region by region.

    Attributes:
        changes: how often something was put, replaced or taken away.
    """

    def __init__(self) -> None:
        self.changes = 0
        self._last = 0
        self._position: dict[str, int] = {}
        self._region: dict[str, str] = {}
        self._ids: dict[int, str] = {}
        self._items: dict[int, T] = {}
        self._order: defaultdict[str, list[int]] = defaultdict(list)

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[T]:
        return iter(tuple(self._items.values()))

    def find(self, resource_id: str, region: str | None = None) -> T | None:
        """The resource, or None if it does not exist (in ``region``, when that is given)."""
        position = self._position.get(resource_id)
        if position is None or region not in {None, self._region[resource_id]}:
            return None
        return self._items[position]

    def region_of(self, resource_id: str) -> str | None:
        """The region where it is, or None if it does not exist."""
        return self._region.get(resource_id)

    def id_at(self, position: int) -> str:
        """The id of the resource at a position that `walk` or `pick` gave.

        Raises:
            KeyError: it has been removed.
        """
        return self._ids[position]

    def add(self, resource_id: str, region: str, item: T) -> None:
        """Put a new resource last in its region.

        Raises:
            ValueError: there is one with this id.
        """
        if resource_id in self._position:
            raise ValueError(f"{resource_id} exists already")
        self.changes += 1
        self._last += 1
        self._position[resource_id] = self._last
        self._region[resource_id] = region
        self._ids[self._last] = resource_id
        self._items[self._last] = item
        self._order[region].append(self._last)

    def add_all(self, items: Iterable[T], id_of: Callable[[T], str]) -> None:
        """Put new resources last in their regions, in this order.

        Raises:
            ValueError: there is one with the id of one of them; those before it are there.
        """
        for item in items:
            self.add(id_of(item), item.region, item)

    def replace(self, resource_id: str, item: T) -> None:
        """Put ``item`` where the resource with this id was.

        Raises:
            KeyError: there is none.
        """
        self._items[self._position[resource_id]] = item
        self.changes += 1

    def remove(self, resource_id: str) -> T:
        """Take the resource away and return it.

        Raises:
            KeyError: there is none.
        """
        position = self._position.pop(resource_id)
        self.changes += 1
        order = self._order[self._region.pop(resource_id)]
        del order[bisect_left(order, position)]
        del self._ids[position]
        return self._items.pop(position)

    def walk(self, region: str, after: int = 0) -> Iterator[tuple[int, T]]:
        """Position and resource of each in ``region`` whose position is above ``after``.

        Nothing may be added or removed during the walk.
        """
        order = self._order[region]
        span = range(bisect_right(order, after), len(order))
        items = map(self._items.__getitem__, map(order.__getitem__, span))
        return zip(map(order.__getitem__, span), items, strict=True)

    def pick(self, region: str, resource_ids: tuple[str, ...]) -> Iterator[tuple[int, T]]:
        """Like `walk`, of those of these ids that exist in ``region``."""
        positions = {
            self._position[each] for each in resource_ids if self._region.get(each) == region
        }
        for position in sorted(positions):
            yield position, self._items[position]
