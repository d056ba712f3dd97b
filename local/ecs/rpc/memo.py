"""Caches what was made from a value, for as long as the value is the same.

Values are frozen: a changed one is another object. So no invalidation is needed, and nothing in the
cache can be stale.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

REMEMBERED = 16_384
"""The most results: some 40 MB of entries of DescribeInstances, whatever the fleet's size."""


class Memo(Generic[T, R]):
    """Remembers the result of a pure function for the latest value under each key."""

    def __init__(
        self, make: Callable[[T], R], key: Callable[[T], str], remembered: int = REMEMBERED
    ) -> None:
        """Start empty.

        Args:
            make: the function; its results are shared and must not be modified.
            key: the part of a value that never changes, such as its id.
            remembered: how many results to keep; when there are more, all are forgotten.
        """
        self._make = make
        self._key = key
        self._remembered = remembered
        self._results: dict[str, tuple[T, R]] = {}

    def __call__(self, value: T) -> R:
        """What ``make`` returns for this object, computed now if need be."""
        key = self._key(value)
        found = self._results.get(key)
        if found is not None and found[0] is value:
            return found[1]
        if len(self._results) >= self._remembered:
            self._results.clear()
        result = self._make(value)
        self._results[key] = (value, result)
        return result
