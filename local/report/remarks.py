"""The notes below the numbers of table and page, so that nobody reads too much into them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from local.report.groups import Group
from local.report.night import MOST_MACHINES, MOST_REASONS, Night
from local.report.reading import LONGEST, MIB, MOST_BYTES, MOST_ROWS
from local.report.source import Counts, Ended
from local.report.words import Words


def named(group: Group, words: Words) -> str:
    """What the instances of a group have in common, as it is to be shown."""
    if group.values > 1:
        return words("others", f"{group.values:,}")
    value = group.value or words("none")
    return f"{value} ({group.account})" if group.account else value


def account(group: Group, words: Words) -> str:
    """The same of a group by account."""
    return group.account or (named(group, words) if group.values > 1 else words("no_account"))


def remarks(night: Night, words: Words) -> Iterator[str]:
    """Hours that avoided nothing, or nobody knows what, and what is in no picture or group."""
    if night.total.unsaved:
        yield words("unsaved", words.hours(night.total.unsaved))
    if night.total.unpriced:
        yield words("unpriced", words.hours(night.total.unpriced))
    if night.impossible:
        yield words.counted("impossible", night.impossible)
    if night.other_currency:
        yield words.counted("other_currency", night.other_currency)
    if night.untimed:
        yield words.counted("untimed", night.untimed)
    if night.omitted:
        kept = (f"{MOST_MACHINES:,}", f"{MOST_REASONS:,}")
        yield words("omitted", f"{night.omitted:,}", *kept)
    if night.more_keys:
        yield words.counted("more_keys", night.more_keys)


def missing(counts: Sequence[Counts], words: Words) -> Iterator[str]:
    """Files and lines that hold no run, or one that cannot be read."""
    for one in counts:
        lines, broken, foreign = (f"{each:,}" for each in (one.lines, one.broken, one.foreign))
        if not one.lines and not one.ended:
            yield words("empty", one.name, words("expected"))
        elif one.read:
            if one.broken:
                yield words("broken", one.name, broken, lines)
            if one.foreign:
                yield words("foreign", one.name, foreign, lines)
        elif one.broken:
            yield words("all_broken", one.name, words("expected"))
        elif one.foreign and not one.ahead:
            sentence = words.form("all_foreign", one.lines)
            yield words(sentence, one.name, lines, words("expected"))


def unread(counts: Sequence[Counts], words: Words) -> Iterator[str]:
    """What was left out of the files, apart from foreign and broken lines."""
    for one in counts:
        if one.too_long:
            yield words("too_long", one.name, LONGEST // MIB, f"{one.too_long:,}")
        if one.ahead:
            yield words("ahead", one.name, f"{one.ahead:,}")
        yield from _ended_early(one, words)
    full = [one for one in counts if one.ended is Ended.FULL]
    if full:
        first = (full[0].name, f"{full[0].reached:,}")
        yield words("full", f"{MOST_BYTES // MIB:,}", f"{MOST_ROWS:,}", *first)
    if len(full) > 1:
        yield words("not_begun", f"{len(full) - 1:,}", full[1].name)


def _ended_early(one: Counts, words: Words) -> Iterator[str]:
    """Where reading a log ended, and why."""
    reached = f"{one.reached:,}"
    if one.ended is Ended.DAMAGED:
        yield words("damaged", one.name, reached) if one.reached else words("no_gzip", one.name)
    if one.ended is Ended.UNREADABLE and one.reached:
        yield words("unreadable_after", one.name, reached, one.why)
    elif one.ended is Ended.UNREADABLE:
        yield words("unreadable", one.name, one.why)
