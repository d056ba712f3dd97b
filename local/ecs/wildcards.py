"""Patterns in which ``*`` stands for anything, also for nothing; matched in linear time.

A regular expression with several ``.*`` tries all ways to divide a text before it gives up: a
filter of thirty stars, which anybody may send, would keep the emulator busy for ever.
"""

from __future__ import annotations

import re
from collections.abc import Callable


def wildcard(pattern: str, *, single: bool = False) -> Callable[[str], bool]:
    """What tells whether a text, as a whole, has the pattern's form.

    Args:
        pattern: nothing but ``*`` is special in it.
        single: ``?`` is, too, and stands for one character.
    """
    parts = pattern.split("*")
    if len(parts) == 1 and not (single and "?" in pattern):
        return pattern.__eq__
    # What stands between two stars is always as long as it is written.
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
