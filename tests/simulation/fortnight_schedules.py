"""Schedules of a fortnight: as text, and what they mean, found minute by minute.

The meaning is worked out from what was drawn, not from the text, and by other means than Curfew's:
every minute of some months is inside or outside; what is between is an opening or a close.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from random import Random
from zoneinfo import ZoneInfo

import chinese_calendar

A_DAY = 24 * 60
TAG_CHARACTERS = 128
MARGIN = timedelta(days=75)
"""So far around a fortnight meanings are known: ``fri#last`` comes monthly, but may be off."""

_QUARTER = 15
_MINUTE = timedelta(minutes=1)
_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ZONES = (
    "Asia/Tokyo",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "UTC",
)
"""Some change their clocks in one of the fortnights; Lord Howe's by half an hour."""


@dataclass(frozen=True)
class Written:
    """One entry of a schedule.

    Attributes:
        text: As it stands in the spec.
        has: Whether it speaks of a day.
        by_date: Its days are dates.
        hours: From, to, in minutes of its day, either None for a lone end; None: off.
    """

    text: str
    has: Callable[[date], bool] = field(compare=False, repr=False)
    by_date: bool
    hours: tuple[int | None, int | None] | None


@dataclass(frozen=True)
class Spec:
    """A schedule.

    Attributes:
        kind: ``spans``, ``closes``, ``openings``, or ``unreadable``.
        base: ``never``, ``always`` or nothing.
        zone: The zone that it states; "": the operator's.
        name: Its name in CURFEW_SCHEDULES; "": it stands in the tag itself.
        broken: What stands in the tag if it is unreadable.
        own: The operator's own days off and working days, by which its working days go.
    """

    kind: str
    entries: tuple[Written, ...] = ()
    base: str = ""
    zone: str = ""
    name: str = ""
    broken: str = ""
    own: tuple[tuple[date, bool], ...] = ()

    @property
    def text(self) -> str:
        """The spec."""
        parts = [self.base, *(one.text for one in self.entries)]
        text = ", ".join(part for part in parts if part)
        return self.broken or (f"{text} {self.zone}" if self.zone else text)

    @property
    def tag(self) -> str:
        """What stands in the tag."""
        return self.name or self.text

    def hours_on(self, day: date) -> list[tuple[int | None, int | None]]:
        """The hours that begin on a day: by date, else off by date, else weekly off, else all."""
        for by_date in (True, False):
            found = [one.hours for one in self.entries if one.by_date is by_date and one.has(day)]
            if by_date and found:
                return [one for one in found if one is not None]
            if None in found:
                return []
        weekly = [one.hours for one in self.entries if not one.by_date and one.has(day)]
        whole: list[tuple[int | None, int | None]] = [(0, A_DAY)] if self.base == "always" else []
        return whole + [one for one in weekly if one is not None]


@dataclass(frozen=True)
class Meaning:
    """What a schedule says in some months; minutes are counted from their begin, in UTC.

    Attributes:
        inside: One byte for each minute: 1 where a span runs.
        openings: When it opens.
        closes: When it closes.
        zone: In whose time people are told.
    """

    inside: bytes
    openings: tuple[int, ...]
    closes: tuple[int, ...]
    zone: ZoneInfo


def last(minutes: tuple[int, ...], now: float) -> int | None:
    """The last of these that is not after now."""
    at = bisect_right(minutes, now)
    return minutes[at - 1] if at else None


def following(minutes: tuple[int, ...], now: float) -> int | None:
    """The first of these that is after now."""
    at = bisect_right(minutes, now)
    return minutes[at] if at < len(minutes) else None


class Wall:
    """The clock on a wall somewhere: when it first shows a time, or a later one."""

    def __init__(self, name: str, begin: datetime, quarters: int) -> None:
        self.begin = begin
        zone = ZoneInfo(name)
        self._shown = [
            _minutes((begin + number * _QUARTER * _MINUTE).astimezone(zone).replace(tzinfo=None))
            for number in range(quarters)
        ]
        self._reached: list[int] = []
        most = 0
        for shown in self._shown:
            most = max(most, shown + _QUARTER - 1)
            self._reached.append(most)

    def reaches(self, day: date, minutes: int) -> int:
        """The first minute at which it shows this time of that day, or a later one."""
        goal = _minutes(datetime.combine(day, time())) + minutes
        at = min(bisect_left(self._reached, goal), len(self._shown) - 1)
        return at * _QUARTER + max(0, goal - self._shown[at])


def _minutes(wall: datetime) -> int:
    return (wall - datetime(2020, 1, 1)) // _MINUTE  # noqa: DTZ001  # a time on a wall


wall_of = lru_cache(maxsize=64)(Wall)


@lru_cache(maxsize=256)
def meaning_of(spec: Spec, begin: datetime, days: int, zone: str) -> Meaning:
    """What a schedule says from ``begin`` on; ``zone`` is the operator's."""
    place = spec.zone or zone
    wall = wall_of(place, begin, days * 96)
    inside = bytearray(days * A_DAY)
    openings: set[int] = set()
    closes: set[int] = set()
    empty: list[date] = []
    for day in (begin.date() + timedelta(days=number) for number in range(1, days - 2)):
        hours = spec.hours_on(day)
        begun = False
        for opens, shuts in hours:
            if opens is not None and shuts is not None:
                first, end = wall.reaches(day, opens), wall.reaches(day, shuts)
                inside[first:end] = b"\1" * (end - first)
                begun |= first < end
            elif opens is not None:
                openings.add(wall.reaches(day, opens))
            elif shuts is not None:
                closes.add(wall.reaches(day, shuts))
        if not begun:
            empty.append(day)
    if spec.kind == "spans":
        openings |= set(_found(inside, b"\0\1"))
        closes |= set(_found(inside, b"\1\0"))
        ends = (wall.reaches(day, A_DAY) for day in empty)
        closes |= {end for end in ends if not inside[end]}
    return Meaning(bytes(inside), (*sorted(openings),), (*sorted(closes),), ZoneInfo(place))


def _found(inside: bytearray, change: bytes) -> Iterator[int]:
    at = inside.find(change)
    while at >= 0:
        yield at + 1
        at = inside.find(change, at + 1)


class Drawer:
    """Draws schedules for one fortnight.

    Args:
        dice: Decide.
        first: The first day of the fortnight.
        holidays: Days that the operator has made days off.
        workdays: Days that the operator has made working days.

    Attributes:
        latest: So many days after the first dates begin at the latest.
        own: The operator's days, and whether each is a working day.
    """

    latest = 14

    def __init__(
        self, dice: Random, first: date, holidays: Iterable[date], workdays: Iterable[date]
    ) -> None:
        self._dice = dice
        self._first = first
        self._place = ""
        self.own = {**dict.fromkeys(holidays, False), **dict.fromkeys(workdays, True)}

    def spec(self, name: str = "") -> Spec:
        """A schedule."""
        dice = self._dice
        draw = dice.random()
        if draw < 0.06 and not name:
            broken = ("workdays 9-18", "每天 9:00-18:00", "soon", "mon,wed 9:00-18:00", "12-24 off")
            return Spec("unreadable", broken=dice.choice(broken))
        zone = self._place = dice.choice(ZONES) if dice.random() < 0.4 else ""
        if draw < 0.13:
            return self._with_base(zone, name)
        kind = "closes" if draw < 0.3 else "openings" if draw < 0.42 else "spans"
        weekly = [self._weekly(self._hours(kind)) for _ in range(dice.choice((1, 1, 2)))]
        dated = [self._dated(kind) for _ in range(dice.choice((0, 0, 1, 2)))]
        off = [self._weekly(None)] if dice.random() < 0.12 else []
        own = tuple(self.own.items())
        drawn = Spec(kind, (*weekly, *off, *dated), zone=zone, name=name, own=own)
        return drawn if len(drawn.text) <= TAG_CHARACTERS else self.spec(name)

    def days(self) -> tuple[str, Callable[[date], bool]]:
        """Days without hours, as words or as dates."""
        if self._dice.random() < 0.7:
            return self._dice.choice(self._words())
        return self._dates()

    def _with_base(self, zone: str, name: str) -> Spec:
        base = self._dice.choice(("never", "always"))
        dated = [self._dated("spans") for _ in range(self._dice.choice((0, 1, 2)))]
        if base == "never":
            dated = [one for one in dated if one.hours is not None]
        return Spec("spans", (*dated,), base=base, zone=zone, name=name)

    def _hours(self, kind: str) -> tuple[int | None, int | None]:
        dice = self._dice
        odd = dice.choice((0, 0, 0, 2, 17, 47, 59))
        opens = min(dice.choice((0, 0, 30, *range(6 * 60, 24 * 60, 30))) + odd, A_DAY - 1)
        if kind == "openings":
            return opens, None
        if kind == "closes":
            return None, dice.choice((A_DAY, A_DAY, opens or 90, opens or 150))
        length = dice.choice((30, 40, 90, 180, 240, 540, 690, 720, 1200, 1410))
        closes = dice.choice((opens + length, opens + length, A_DAY))
        if closes - opens < 30:  # the shortest that there may be
            closes = opens + 30
        return opens, closes

    def _weekly(self, hours: tuple[int | None, int | None] | None) -> Written:
        word, has = self._dice.choice(self._words())
        return Written(f"{word} {_text(hours)}", has, by_date=False, hours=hours)

    def _words(self) -> list[tuple[str, Callable[[date], bool]]]:
        one, other = self._dice.sample(range(7), 2)
        nth = self._dice.randint(1, 4)
        wrapped = {(one + number) % 7 for number in range((other - one) % 7 + 1)}
        last_of_all = timedelta(days=7)
        return [
            ("workdays", self.is_worked),
            ("workdays", self.is_worked),
            ("offdays", lambda day: not self.is_worked(day)),
            ("daily", lambda _: True),
            ("mon-fri", lambda day: day.weekday() < 5),
            (f"{_NAMES[one]}-{_NAMES[other]}", lambda day: day.weekday() in wrapped),
            (f"{_NAMES[one]} {_NAMES[other]}", lambda day: day.weekday() in {one, other}),
            (
                f"{_NAMES[one]}#{nth}",
                lambda day: day.weekday() == one and (day.day - 1) // 7 == nth - 1,
            ),
            (
                f"{_NAMES[one]}#last",
                lambda day: day.weekday() == one and (day + last_of_all).month != day.month,
            ),
        ]

    def is_worked(self, day: date) -> bool:
        """Whether a day is a working day, by the operator's word or else by China's."""
        if day in self.own:
            return self.own[day]
        try:
            return bool(chinese_calendar.is_workday(day))
        except NotImplementedError:  # beyond what is known
            return day.weekday() < 5

    def _dated(self, kind: str) -> Written:
        days, has = self._dates()
        hours = self._hours(kind) if self._dice.random() < 0.5 else None
        return Written(f"{days} {_text(hours)}", has, by_date=True, hours=hours)

    def _dates(self) -> tuple[str, Callable[[date], bool]]:
        begin = self._first + timedelta(days=self._dice.randint(-1, self.latest))
        end = begin + timedelta(days=self._dice.choice((0, 0, 1, 4)))
        return f"{begin}" if begin == end else f"{begin}..{end}", _between(begin, end)


def _between(begin: date, end: date) -> Callable[[date], bool]:
    return lambda day: begin <= day <= end


def _text(hours: tuple[int | None, int | None] | None) -> str:
    return "off" if hours is None else "-".join(map(_clock, hours))


def _clock(minutes: int | None) -> str:
    if minutes is None:
        return ""
    of_day = minutes if minutes <= A_DAY else minutes - A_DAY
    return f"{of_day // 60}:{of_day % 60:02}"


def window_of(first: datetime) -> datetime:
    """Where minutes are counted from, in a fortnight that begins at ``first``."""
    return datetime.combine(first.date() - MARGIN, time(), timezone.utc)
