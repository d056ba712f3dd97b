"""What was made of a value once and need not be made again as long as the value is the same.

Values are frozen: one that changed is another object. So nothing has to be told of a change, and
what was remembered can be stale for nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

REMEMBERED = 16_384
"""Results at most: some 40 MB of entries of DescribeInstances, whatever the size of the fleet."""


class Memo(Generic[T, R]):
    """Remembers the result of a pure function for the latest value under each key."""

    def __init__(
        self, make: Callable[[T], R], key: Callable[[T], str], remembered: int = REMEMBERED
    ) -> None:
        """Remember nothing yet.

        Args:
            make: the function; what it returns is shared and not to be changed.
            key: what stays the same of a value that changes, such as its id.
            remembered: how many results to keep; when there are more, all are forgotten.
        """
        self._make = make
        self._key = key
        self._remembered = remembered
        self._results: dict[str, tuple[T, R]] = {}

    def __call__(self, value: T) -> R:
        """What ``make`` returns for this very object, made now if need be."""
        key = self._key(value)
        found = self._results.get(key)
        if found is not None and found[0] is value:
            return found[1]
        if len(self._results) >= self._remembered:
            self._results.clear()
        result = self._make(value)
        self._results[key] = (value, result)
        return result
