"""Advance notice: what ECS will release soon, by owner, in as few messages as possible. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from typing import Protocol

import msgspec

from shared.base.printable import printable
from shared.domain.guards import STILL_RELEASED, plain_key
from shared.domain.plan import Row, is_released_by
from shared.notify.links import Lease, link
from shared.notify.message import Line, Run, Text, footer
from shared.notify.words import WORDS, Spoken, Words, local_time
from shared.report.report import Report

MAX_MESSAGES = 5
OWNER = "owner"
"""The tag that names an instance's owner."""

_MAX_OWNERS = 10
_CHARACTERS = 200
"""How long a name, an owner or a reason may be when shown."""

_SHORTER = (80, 40, 20)
"""How long each may be, tried in turn, if a message has no room for even one row."""

InTime = Callable[[], bool]
"""Is there time to continue composing?"""


class Form(Protocol):
    """What a channel accepts as one message, in bytes."""

    def room(self, text: Text, /) -> int:
        """What is left for lines besides the rest of a text."""
        ...

    def size(self, line: Line, text: Text, /) -> int:
        """What a line takes of it at most, whatever precedes it."""
        ...


class Linking(msgspec.Struct, frozen=True):
    """How links are made. Its repr shows nothing.

    Attributes:
        account: The account of the instances.
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
        """The link that keeps an instance; "" if none is possible."""
        if not self.is_set:
            return ""
        lease = Lease(self.account, row.instance.region, row.instance.id, _at(row))
        return link(lease, self.url, self.key)


class Pages(msgspec.Struct, frozen=True):
    """The messages for one channel. Its repr shows no link.

    Attributes:
        texts: Its messages, none without a row.
        left_over: How many of each owner's instances are not in them; "" is no owner.
        in_time: Were they composed before time ran out?
    """

    texts: tuple[Text, ...]
    left_over: Mapping[str, int]
    in_time: bool = True

    def __repr__(self) -> str:
        return "Pages(***)"


def due(*reports: Report) -> list[Row]:
    """The rows to list, by owner, those without an owner last; the next to be released first.

    An instance in several reports is listed once, as in the last of them.
    """
    owned = {
        row.instance.id: (owner_of(row), row)
        for report in reports
        if (until := report.released_by) is not None
        for row in report.rows
        if is_released_by(row, until)
    }
    in_order = sorted(owned.values(), key=lambda one: (not one[0], one[0], _at(one[1])))
    return [row for _, row in in_order]


def owner_of(row: Row) -> str:
    """An instance's owner, however the key is spelt; "" if there is none."""
    tags = row.instance.tags
    said = (tags.get(OWNER, ""), *(tags[key] for key in tags if plain_key(key) == OWNER))
    return next((one.strip() for one in said if one.strip()), "")


def pages(  # noqa: PLR0913  # what a notice depends on
    run: Run,
    language: Spoken,
    form: Form,
    linking: Linking,
    *,
    most: int = MAX_MESSAGES,
    in_time: InTime = lambda: True,
) -> Pages:
    """Every instance that is about to be released, in messages that the channel accepts.

    Each line shown is composed once, and those that fit no message are not.

    Args:
        run: The run to report.
        language: Its language.
        form: What the channel accepts.
        linking: How links are made.
        most: How many messages there may be.
        in_time: Called before each line; once it says no, the rest is left over.
    """
    words = WORDS[language]
    reports = run.reports
    rows = due(*reports)

    def page(number: int, of: int) -> Text:
        return _page(run, language, linking, len(rows), (number, of))

    spread = _Spread(form, page(most, most), most)  # no title is longer than this one's
    is_in_time = True
    for number, row in enumerate(rows):
        if spread.is_full or not (is_in_time := in_time()):
            spread.left.update(map(owner_of, rows[number:]))
            break
        spread.add(owner_of(row), _line(row, reports[0].zone, words, linking))
    facts = spread.facts()
    texts = [
        msgspec.structs.replace(
            page(number, len(spread.pages)),
            lines=tuple(one.line for one in placed),
            facts=facts if number == len(spread.pages) else (),
        )
        for number, placed in enumerate(spread.pages, start=1)
    ]
    return Pages(tuple(texts), spread.left, is_in_time)


class _Placed(msgspec.Struct, frozen=True):
    """A line in a message, its owner, and its size."""

    line: Line
    owner: str
    size: int


class _Spread:
    """Distributes lines over messages."""

    def __init__(self, form: Form, text: Text, most: int) -> None:
        self.pages: list[list[_Placed]] = []
        self.left: Counter[str] = Counter()
        self.is_full = False
        self._form = form
        self._text = text
        self._most = most
        self._room = form.room(text)
        self._used = 0

    def add(self, owner: str, line: Line) -> None:
        """Put a line into the last message, else into a new one, else count it as left over."""
        last = self.pages[-1] if self.pages else []
        shown = line if last and last[-1].owner == owner else self._headed(line, owner)
        size = self._form.size(shown, self._text)
        if last and self._used + size <= self._room:
            last.append(_Placed(shown, owner, size))
            self._used += size
            return
        placed = self._first(self._headed(line, owner), owner)
        self.is_full = len(self.pages) >= self._most
        if placed is None or self.is_full:
            self.left[owner] += 1
            return
        self.pages.append([placed])
        self._used = placed.size

    def facts(self) -> tuple[str, ...]:
        """What the last message says about those left over, for which it makes room."""
        words = WORDS[self._text.language]
        while self.pages and self.left:
            facts = (_left_over(self.left, words),)
            room = self._form.room(msgspec.structs.replace(self._text, facts=facts))
            if sum(one.size for one in self.pages[-1]) <= room:
                return facts
            self.left[self.pages[-1].pop().owner] += 1
            if not self.pages[-1]:
                self.pages.pop()
        return ()

    def _headed(self, line: Line, owner: str) -> Line:
        heading = printable(owner) or WORDS[self._text.language].no_owner
        return msgspec.structs.replace(line, heading=heading).cut_to(_CHARACTERS)

    def _first(self, line: Line, owner: str) -> _Placed | None:
        """A line as the first of a message, shorter if need be; None if it does not fit at all."""
        for shown in (line, *map(line.cut_to, _SHORTER)):
            size = self._form.size(shown, self._text)
            if size <= self._room:
                return _Placed(shown, owner, size)
        return None


def left_over_in_words(left: Mapping[str, int]) -> str:
    """The owners of instances that were not listed, for a warning."""
    return _left_over(left, WORDS["en"])


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
    name = printable(instance.name or instance.id)
    return Line(name, f"{where}{said}", link=linking.to_keep(row)).cut_to(_CHARACTERS)


def _left_over(left: Mapping[str, int], words: Words) -> str:
    shown = sorted(left.items(), key=lambda one: (-one[1], one[0]))
    names = [printable(owner)[:20] or words.no_owner for owner, _ in shown[:_MAX_OWNERS]]
    told = [f"{name} {count}" for name, (_, count) in zip(names, shown, strict=False)]
    if len(shown) > _MAX_OWNERS:
        told.append(f"… {sum(count for _, count in shown[_MAX_OWNERS:])}")
    return words.not_listed.format(words.comma.join(told))


def _at(row: Row) -> datetime:
    """When ECS will release it; every listed row has a time."""
    return row.instance.auto_release_at or row.instance.seen_at
