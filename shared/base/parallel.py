"""Several calls at once. The simulation passes a runner that makes them one after another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

T = TypeVar("T")
U = TypeVar("U")


class Runner(Protocol):
    """Does work for each item and returns the results in the order of the items."""

    def __call__(self, work: Callable[[T], U], items: Sequence[T], /, *, at_once: int) -> list[U]:
        """Run ``work`` for each item, at most ``at_once`` at a time.

        Raises:
            Exception: the first failure of ``work``, in the order of the items, when all are done.
        """
        ...


def threads(work: Callable[[T], U], items: Sequence[T], /, *, at_once: int) -> list[U]:
    """The real runner: one thread for each call in flight."""
    if len(items) <= 1:
        return [work(item) for item in items]
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  # small runs need none

    with ThreadPoolExecutor(max_workers=min(at_once, len(items))) as pool:
        return list(pool.map(work, items))
