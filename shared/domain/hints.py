"""Why a selection may have matched nothing: the nearest key, value or name that exists. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from itertools import islice

from shared.domain.instance import Instance
from shared.domain.selection import ByTagsAndName, Selection, selects

COMPARED, CANDIDATES = 64, 300
"""How many characters of how many texts are compared."""


def nearest(selection: Selection, page: Sequence[Instance]) -> str:
    """A sentence about the first part of the selection that none of these instances has.

    Args:
        selection: What matched nothing.
        page: Some instances that are there.
    """
    if not isinstance(selection, ByTagsAndName) or not page:
        return ""
    for key, values in selection.tags:
        if not any(key in one.tags for one in page):
            known = (each for one in page for each in one.tags)
            return _sentence("tag key", key, known)
        if values is None:
            continue
        if not any(one.tags.get(key) in values for one in page):
            stated = min(values)
            sentence = _sentence(f"value of tag {key}", stated, (one.tags.get(key) for one in page))
            wildcard = ' A "*" in a value is no wildcard; "*" alone means any value.'
            return sentence + (wildcard if any("*" in value for value in values) else "")
    if selection.tags and not any(selects(ByTagsAndName(tags=selection.tags), one) for one in page):
        return "each of the tags exists, but no instance has all of them."
    if any(selects(ByTagsAndName(name=selection.name), one) for one in page):
        return "there are instances with the tags, and with the name, but none with both."
    return _sentence("name", selection.name, (one.name for one in page))


def _sentence(what: str, stated: str, known: Iterable[str | None]) -> str:
    """One sentence; the search is bounded, since a person may give a fleet any keys."""
    different = dict.fromkeys(each for each in known if each)
    by_folded = {each[:COMPARED].casefold(): each for each in islice(different, CANDIDATES)}
    near = get_close_matches(stated[:COMPARED].casefold().strip("* "), by_folded, n=1)
    there = f"; there is {by_folded[near[0]]!r}" if near else ""
    return f"no instance looked at has the {what} {stated!r}{there}."
