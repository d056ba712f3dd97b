"""Notice before: who ECS will release soon, by owner, in as few messages as take it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, tzinfo
from itertools import pairwise

import msgspec

from shared.domain.guards import STILL_RELEASED, plain_key
from shared.domain.plan import Row, is_released_by
from shared.notify.links import Lease, link
from shared.notify.message import Line, Run, Text, footer
from shared.notify.words import WORDS, Spoken, Words, local_time
from shared.report.report import Report

MAX_MESSAGES = 5
OWNER = "owner"
"""The tag that says whose an instance is."""

_MAX_OWNERS = 10
_CHARACTERS = 200
"""How long a name or a reason may be."""

Fits = Callable[[Text], bool]
"""Does a channel take a text as one message?"""


class Linking(msgspec.Struct, frozen=True):
    """How links are made. Its representation tells nothing.

    Attributes:
        account: Whose instances.
        url: ``CURFEW_LINK_URL``; "": there are none.
        key: ``CURFEW_LINK_KEY``; "": there are none.
    """

    account: str
    url: str
    key: str

    def __repr__(self) -> str:
        return "Linking(***)"

    @property
    def is_set(self) -> bool:
        """Are there any?"""
        return bool(self.account and self.url and self.key)

    def to_keep(self, row: Row) -> str:
        """The link that keeps an instance; "" if there can be none."""
        if not self.is_set:
            return ""
        lease = Lease(self.account, row.instance.region, row.instance.id, _at(row))
        return link(lease, self.url, self.key)


class Pages(msgspec.Struct, frozen=True):
    """What one channel is told.

    Attributes:
        texts: Its messages.
        left_over: How many of each owner's instances are not in them; "" is nobody's.
    """

    texts: tuple[Text, ...]
    left_over: Mapping[str, int]


def due(report: Report) -> list[Row]:
    """The rows that are told of, by owner, those of nobody last; the next to be released first."""
    until = report.released_by
    rows = [row for row in report.rows if until is not None and is_released_by(row, until)]
    return sorted(rows, key=lambda row: (not owner_of(row), owner_of(row), _at(row)))


def owner_of(row: Row) -> str:
    """Whose an instance is, however it spells the key; "" if it does not say."""
    tags = row.instance.tags
    said = (tags.get(OWNER, ""), *(tags[key] for key in tags if plain_key(key) == OWNER))
    return next((one.strip() for one in said if one.strip()), "")


def pages(
    run: Run, language: Spoken, fits: Fits, linking: Linking, most: int = MAX_MESSAGES
) -> Pages:
    """Every instance that is about to be released, in messages that the channel takes.

    Args:
        run: What there is to tell.
        language: In which words.
        fits: Does the channel take a text?
        linking: How links are made.
        most: How many messages there may be.
    """
    words = WORDS[language]
    rows = [(row, report.zone) for report in run.reports for row in due(report)]
    lines = [_line(row, zone, words, linking) for row, zone in rows]
    owners = [owner_of(row) for row, _ in rows]
    # The longest that title and end can be, so that what fits with them fits with the real ones.
    longest = _page(run, language, linking, len(rows), (most, most))
    longest = msgspec.structs.replace(longest, facts=(_left_over(Counter(owners), words),))
    starts = [0]
    while len(starts) <= most and starts[-1] < len(lines):
        starts.append(starts[-1] + _most(lines, owners, starts[-1], longest, fits))
    spans = list(pairwise(starts))[:most]
    left = Counter(owners[spans[-1][1] :] if spans else ())
    texts = [
        msgspec.structs.replace(
            _page(run, language, linking, len(rows), (number, len(spans))),
            lines=_under_owners(lines[first:end], owners[first:end], words),
            facts=(_left_over(left, words),) if left and number == len(spans) else (),
        )
        for number, (first, end) in enumerate(spans, start=1)
    ]
    return Pages(tuple(texts), left)


def left_over_in_words(left: Mapping[str, int]) -> str:
    """Whose instances were not listed, for a warning."""
    return _left_over(left, WORDS["en"])


def _most(lines: Sequence[Line], owners: Sequence[str], first: int, page: Text, fits: Fits) -> int:
    """How many lines from there one message takes; at least one, which is cut if need be."""
    words = WORDS[page.language]
    low, high = 1, len(lines) - first
    while low < high:
        middle = (low + high + 1) // 2
        end = first + middle
        shown = _under_owners(lines[first:end], owners[first:end], words)
        if fits(msgspec.structs.replace(page, lines=shown)):
            low = middle
        else:
            high = middle - 1
    return low


def _page(
    run: Run, language: Spoken, linking: Linking, count: int, number: tuple[int, int]
) -> Text:
    words = WORDS[language]
    page = words.page.format(*number) if number[1] > 1 else ""
    return Text(
        title=f"Curfew{words.colon}{words.soon.format(count)}{page}",
        facts=(),
        lines=(),
        more=0,
        advice=words.keep_advice if linking.is_set else words.later_advice,
        footer=footer(run, words),
        language=language,
    )


def _line(row: Row, zone: tzinfo, words: Words, linking: Linking) -> Line:
    instance = row.instance
    place = (instance.id, instance.region) if instance.name else (instance.region,)
    where = words.brackets.format(words.comma.join(place))
    when = words.released_at.format(local_time(_at(row), zone, words))
    is_protected = row.reason.startswith(STILL_RELEASED)
    said = f"{words.protected}{words.semicolon}{when}" if is_protected else when
    line = Line(instance.name or instance.id, f"{where} {said}", link=linking.to_keep(row))
    return line.cut_to(_CHARACTERS)


def _under_owners(lines: Sequence[Line], owners: Sequence[str], words: Words) -> tuple[Line, ...]:
    """The lines, each owner named above the first of theirs."""
    return tuple(
        msgspec.structs.replace(line, heading=owners[at] or words.no_owner)
        if at == 0 or owners[at] != owners[at - 1]
        else line
        for at, line in enumerate(lines)
    )


def _left_over(left: Mapping[str, int], words: Words) -> str:
    shown = sorted(left.items(), key=lambda one: (-one[1], one[0]))
    told = [f"{(owner or words.no_owner)[:20]} {count}" for owner, count in shown[:_MAX_OWNERS]]
    if len(shown) > _MAX_OWNERS:
        told.append(f"… {sum(count for _, count in shown[_MAX_OWNERS:])}")
    return words.not_listed.format(words.comma.join(told))


def _at(row: Row) -> datetime:
    """When ECS will release it; who is told of has a time."""
    return row.instance.auto_release_at or row.instance.seen_at
