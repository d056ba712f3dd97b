"""Patterns in which ``*`` matches anything, including nothing; matched in linear time.

A regular expression with several ``.*`` tries every way to split a text before it fails: a filter
with thirty asterisks, which anybody may send, would hang the emulator.
"""

from __future__ import annotations

import re
from collections.abc import Callable


def wildcard(pattern: str, *, single: bool = False) -> Callable[[str], bool]:
    """A function that tells whether a whole text matches the pattern.

    Args:
        pattern: only ``*`` is special in it.
        single: ``?`` is special, too, and matches one character.
    """
    parts = pattern.split("*")
    if len(parts) == 1 and not (single and "?" in pattern):
        return pattern.__eq__
    # What is between two asterisks always has its literal length.
    first, *middle = (re.compile(_escaped(part, single=single), re.DOTALL) for part in parts)
    before, after = len(parts[0]), len(parts[-1])
    if not middle:
        return lambda text: first.fullmatch(text) is not None
    last = middle.pop()

    def has_form(text: str) -> bool:
        place, end = before, len(text) - after
        if end < place or not first.match(text) or not last.match(text, end):
            return False
        for part in middle:
            found = part.search(text, place, end)
            if found is None:
                return False
            place = found.end()
        return True

    return has_form


def _escaped(part: str, *, single: bool) -> str:
    escaped = re.escape(part)
    return escaped.replace(r"\?", ".") if single else escaped
