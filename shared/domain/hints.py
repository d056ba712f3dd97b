"""Why a selection may have matched nothing, or not everything: near misses that exist. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher, get_close_matches
from itertools import islice

from shared.domain.instance import Instance
from shared.domain.selection import ByTagsAndName, Selection, selects

COMPARED, CANDIDATES = 64, 300
"""How many characters of how many texts are compared."""


SPELLINGS = 2
"""How many spellings of keys a warning names."""

EMPTY = "ECS shows no instance there at all."

FIELDS = (
    *("action", "all", "days", "dry_run", "except", "instance_ids", "max_instances", "name"),
    *("notify", "older_than", "plan_id", "regions", "tags", "without_tags"),
)
"""The fields of every request; as a tag key, each is probably misplaced."""


def nearest(selection: Selection, page: Sequence[Instance], *, is_all: bool = False) -> str:
    """A sentence about the first part of the selection that none of these instances has.

    Args:
        selection: What matched nothing.
        page: Some existing instances.
        is_all: There are no others.
    """
    if not isinstance(selection, ByTagsAndName) or not page:
        return ""
    is_sure = is_all or len(selection.tags) + (selection.name != "*") == 1  # ECS's filter says so
    nobody = "no instance has" if is_sure else "no instance read has"
    for key, values in selection.tags:
        if not any(key in one.tags for one in page):
            near = _near(key, (each for one in page for each in one.tags), "the tag key ")
            return f"{nobody} the tag key {_shown(key)}{near}{_misplaced(key)}"
        if values is None:
            continue
        if not any(one.tags.get(key) in values for one in page):
            near = _near(min(values), (one.tags.get(key) for one in page), f"{_shown(key)}=")
            wildcard = ' "*" inside a value is not a wildcard; "*" alone means any value.'
            told = f"{nobody} {_shown(key)}={_shown(min(values))}{near}"
            return told + (wildcard if any("*" in value for value in values) else "")
    if selection.tags and not any(selects(ByTagsAndName(tags=selection.tags), one) for one in page):
        return "each of the tags exists, but no instance has all of them."
    if any(selects(ByTagsAndName(name=selection.name), one) for one in page):
        return "there are instances with the tags, and with the name, but none with both."
    near = _near(selection.name, (one.name for one in page), "the name ")
    return f"{nobody} the name {_shown(selection.name)}{near}"


def misspelt(found: Mapping[tuple[str, str], int]) -> str:
    """A warning about instances that are not selected because of the spelling of a key.

    Args:
        found: How many have the first key where the request has the second, see
            ``shared.domain.selection.misspelt_keys``; at least one.
    """
    often_first = sorted(found.items(), key=lambda one: (-one[1], one[0]))
    told = [
        f"{number} instance{' has' if number == 1 else 's have'} the tag key "
        f"{_shown(own[:COMPARED])}, which {_shown(key[:COMPARED])} does not select"
        for (own, key), number in often_first[:SPELLINGS]
    ]
    more = f"; {len(found) - SPELLINGS} more spellings" if len(found) > SPELLINGS else ""
    return f'{"; ".join(told)}{more}: "tags" selects by the exact key.'


def _near(stated: str, known: Iterable[str | None], what: str) -> str:
    """The end of a sentence; the search is bounded, since a fleet may have any keys.

    Among spellings that differ only in case, the closest one as written is named.
    """
    different = list(islice(dict.fromkeys(each for each in known if each), CANDIDATES))
    folded = [each[:COMPARED].casefold() for each in different]
    near = get_close_matches(stated[:COMPARED].casefold().strip("* "), folded, n=1)
    if not near:
        return "."
    alike = [each for each, fold in zip(different, folded, strict=True) if fold == near[0]]
    nearest_one = max(alike, key=lambda one: SequenceMatcher(None, stated, one).ratio())
    return f"; {what}{_shown(nearest_one)} exists."


def _shown(text: str) -> str:
    """A text, in quotes if its end, or what it is, would not be visible."""
    return text if text.isprintable() and text and not set(text) & set(" '\"=;") else repr(text)


def _misplaced(key: str) -> str:
    """What is probably meant by a tag key that is a field of the request."""
    if key not in FIELDS:
        return ""
    return f' Each key inside "tags" is a tag key; the field "{key}" goes next to "tags".'
