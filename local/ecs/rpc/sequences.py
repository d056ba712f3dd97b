"""Sequential names, ``prefix[begin,bits]suffix``, as RunInstances accepts them.

Source: "Batch configure sequential names or hostnames for multiple instances", user guide: there
is a prefix; begin is 0 to 999999, 0 when left out; bits are 1 to 6, and 6 when left out or when
begin has more digits. That the number after the last one is 0 is unverified.
"""

from __future__ import annotations

import re

_DEFAULT_BITS = 6
_PLACE = re.compile(r"(?<=.)\[(\d{0,6}),?([1-6]?)\]")


def has_sequence(name: str) -> bool:
    """Whether the name has a place for a number."""
    return _PLACE.search(name) is not None


def in_sequence(name: str, count: int) -> tuple[str, ...]:
    """This many names, each with its number; all the same if there is no place for one."""
    place = _PLACE.search(name)
    if place is None:
        return (name,) * count
    begin, bits = place[1], int(place[2] or _DEFAULT_BITS)
    if len(begin) > bits:
        bits = _DEFAULT_BITS
    before, after = name[: place.start()], name[place.end() :]
    return tuple(
        f"{before}{(int(begin or 0) + step) % 10**bits:0{bits}d}{after}" for step in range(count)
    )
