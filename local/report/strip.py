"""A day as an SVG strip: how many instances were on, off by Curfew, off otherwise, by the hour.

The layers lie behind one another, each from the ground up to its own height: all that were seen, of
them those that are not off otherwise, of them those that are on. So no two of them need to meet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from local.report.history import State
from local.report.picture import SLOTS, Day

HEIGHT = 100
WIDTH = SLOTS
_BEHIND_ONE_ANOTHER = (
    ("off", (State.ON, State.OURS, State.OFF)),
    ("ours", (State.ON, State.OURS)),
    ("on", (State.ON,)),
)


@dataclass(frozen=True, slots=True)
class Layer:
    """One colour of a strip; ``path`` is SVG's ``d``."""

    name: str
    path: str


def highest(days: Iterable[Day]) -> int:
    """The most instances seen at once, which take the full height."""
    _, every = _BEHIND_ONE_ANOTHER[0]
    return max((most for day in days for most in _heights(day, every)), default=0)


def layers(day: Day, most: int) -> Iterator[Layer]:
    """The layers of a day, from the back to the front; those with nothing in them are left out.

    Args:
        day: Its states, slot by slot.
        most: How many instances take the whole height.
    """
    for name, states in _BEHIND_ONE_ANOTHER:
        heights = _heights(day, states)
        if any(heights):
            yield Layer(name, _path(heights, most))


def _heights(day: Day, states: Sequence[State]) -> list[int]:
    return [sum(numbers) for numbers in zip(*(day.states[one] for one in states), strict=True)]


def _path(heights: Sequence[int], most: int) -> str:
    """An area from the ground to these heights; a new point only where they change."""
    path, before = f"M0 {HEIGHT}", 0
    for place, height in enumerate(heights):
        if height != before:
            path += f"H{place}V{HEIGHT - HEIGHT * height / most:.4g}"
            before = height
    return f"{path}H{len(heights)}V{HEIGHT}Z"
