"""What people wrote for Curfew but it cannot parse: sentences for a report's ``warnings``. Pure.

What cannot be parsed guards, in every run and without end. Only its row would say so, so each
report that it affects says so in a sentence, until it is corrected.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from shared.base.printable import counted
from shared.domain.guards import (
    SCHEDULE_TAG,
    TAG_GUARDS,
    Guard,
    in_doubt,
    not_understood,
    printable_key,
    unknown_keys,
    unreadable_values,
)
from shared.domain.plan import Row

_VALUES_NAMED = 3
_KEYS_NAMED = 5
_KEY_SHOWN = 40
_DATES = "a date such as 2026-11-24, or a time with its zone such as 2026-11-24T20:00:00+08:00"
_KNOWN = f"{', '.join(TAG_GUARDS)} and {SCHEDULE_TAG}"


def misread_tags(rows: Sequence[Row], guard: Guard) -> Iterator[str]:
    """A bounded sentence for each kind of unparsable guard of these rows.

    A row counts if its reason names the guard: guards that were not checked are not mentioned.

    Args:
        rows: All rows of a report.
        guard: Its zone and known keys count, its harm does not.
    """
    for tag in (key for key, of_tag in TAG_GUARDS.items() if of_tag.until):
        found: dict[str, list[str]] = defaultdict(list)
        for row in rows:
            if in_doubt(tag) in row.reason:
                for value in unreadable_values(row.instance, tag, guard.zone):
                    found[value].append(row.instance.id)
        if found:
            yield _of_values(tag, found)
    keys = [
        [key for key in unknown_keys(row.instance, guard) if not_understood(key) in row.reason]
        for row in rows
    ]
    if any(keys):
        yield _of_keys(keys)


def _of_values(tag: str, found: Mapping[str, Sequence[str]]) -> str:
    """One sentence about all values of a tag, the most frequent first."""
    from shared.domain.days import quoted  # noqa: PLC0415  # few reports have such values

    often_first = sorted(found.items(), key=lambda one: (-len(one[1]), one[0]))
    named = [f"{quoted(value)} ({_first(ids)})" for value, ids in often_first[:_VALUES_NAMED]]
    if (more := len(found) - _VALUES_NAMED) > 0:
        named.append(f"and {counted(more, 'more value')}")
    kept = len({one for ids in found.values() for one in ids})
    return (
        f"{tag} cannot be read: {', '.join(named)}; {counted(kept, 'instance')} "
        f"stay{'s' if kept == 1 else ''} guarded until it is corrected: write {_DATES}"
    )


def _of_keys(keys: Sequence[Sequence[str]]) -> str:
    """One sentence about all keys; each row's are given, none if it has none."""
    guarded = sum(map(bool, keys))
    who = f"{guarded} of {counted(len(keys), 'instance')} {'is' if guarded == 1 else 'are'}"
    who = "everything selected is" if guarded == len(keys) else who
    different = sorted({printable_key(key) for each in keys for key in each})
    named = [key if len(key) <= _KEY_SHOWN else f"{key[:_KEY_SHOWN]}…" for key in different]
    more = f" and {len(named) - _KEYS_NAMED} more" if len(named) > _KEYS_NAMED else ""
    return (
        f"{who} protected by tags that are not understood: {', '.join(named[:_KEYS_NAMED])}{more}; "
        f"Curfew understands {_KNOWN}"
    )


def _first(ids: Sequence[str]) -> str:
    return ids[0] if len(ids) == 1 else f"{ids[0]} and {len(ids) - 1} more"
