"""The days of a schedule in its zone's local time: which hours each has, and when these are.

A boundary that never comes is searched for over hundreds of days, and a fleet may have hundreds of
such schedules. So hours are computed once for all days that are alike, and instants are sums
wherever clocks do not change. Days are numbers, as from ``date.toordinal``; instants are whole
seconds since 1970 in UTC.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Sequence
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache

import msgspec

from shared.domain.calendar import Calendar, Workday
from shared.domain.days import Dates, Nth
from shared.domain.schedule import DAY_MINUTES, DayHours, Hours, Schedule

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_EPOCH_DAY = _EPOCH.toordinal()
_DAY_SECONDS = DAY_MINUTES * 60
_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)

_BLOCK = 4
"""Clock changes are looked up for this many days at once.

With the day into which the last of them runs, this is less than the time between any two changes
in one zone from 1945 to 2100.
"""


Bounds = tuple[int, int]
"""The opening and the close of a span, in seconds."""


class _AlikeDays(msgspec.Struct, frozen=True):
    """Days with the same hours.

    Attributes:
        hours: Their hours.
        spans: The spans among these, from midnight, if clocks do not change.
        is_guess: They depend on a day beyond the calendar.
    """

    hours: tuple[Hours, ...]
    spans: tuple[Bounds, ...]
    is_guess: bool


class LocalDays:
    """The days of one schedule.

    Attributes:
        guessed: The first day beyond the calendar whose hours were needed.

    Args:
        schedule: The schedule.
        zone: Its zone.
        calendar: What knows working days.
    """

    def __init__(self, schedule: Schedule, zone: tzinfo, calendar: Calendar) -> None:
        self.guessed: date | None = None
        self._schedule, self._zone, self._calendar = schedule, zone, calendar
        words = [word for one in schedule.entries for word in one.days]
        dates = [word for word in words if isinstance(word, Dates)]
        firsts = {word.first.toordinal() for word in dates}
        self._bounds = sorted(firsts | {word.last.toordinal() + 1 for word in dates})
        self._asks_month = any(isinstance(word, Nth) for word in words)
        self._asks_calendar = schedule.asks_calendar
        self._hours: dict[Hashable, _AlikeDays] = {}
        self._through: dict[tuple[int, int], bool] = {}
        self._offsets: dict[int, int | None] = {}

    def hours(self, number: int) -> tuple[Hours, ...]:
        """The hours that begin on a day."""
        return self._alike(number).hours

    def spans(self, number: int) -> Sequence[Bounds]:
        """The spans that begin on a day, in order; those that touch or overlap are one.

        A span of which a clock change leaves nothing is omitted.
        """
        alike = self._alike(number)
        offset = self._offset(number)
        if offset is not None:
            midnight = (number - _EPOCH_DAY) * _DAY_SECONDS - offset
            return [(midnight + opens, midnight + closes) for opens, closes in alike.spans]
        found = [
            (self.instant(number, hours.opens), self.instant(number, hours.closes))
            for hours in alike.hours
            if hours.opens is not None and hours.closes is not None
        ]
        return _merged([one for one in found if one[0] < one[1]])

    def first_through(self, number: int, earliest: int) -> int:
        """The first of the days that a span runs all through, up to this one without a break.

        Not before ``earliest``; the day after this one if none runs all through this one.
        """
        while number >= earliest and self._runs_through(number):
            number -= 1
        return number + 1

    def last_through(self, number: int, latest: int) -> int:
        """The last of the days that a span runs all through, from the one after this one on.

        Not after ``latest``; this one if none runs all through the one after it.
        """
        while number < latest and self._runs_through(number + 1):
            number += 1
        return number

    def first_empty(self, number: int, earliest: int) -> int:
        """The first day, not before ``earliest``, after which no span begins before this one."""
        while number > earliest and not self._alike(number - 1).spans:
            number -= 1
        return number

    def last_empty(self, number: int, latest: int) -> int:
        """The last day, not after ``latest``, until which no span begins after this one."""
        while number < latest and not self._alike(number + 1).spans:
            number += 1
        return number

    def _runs_through(self, number: int) -> bool:
        """Does a span cover the whole day, at least?"""
        before, own = self._alike(number - 1), self._alike(number)
        pair = id(before), id(own)
        found = self._through.get(pair)
        if found is None:
            found = self._through[pair] = _covers(before.spans, own.spans)
        return found

    def instant(self, number: int, minutes: int = 0) -> int:
        """The instant at which clocks show a time on a day, see ``instant_of``; before 48:00."""
        offset = self._offset(number)
        if offset is None:
            return seconds(instant_of(date.fromordinal(number), minutes, self._zone))
        return (number - _EPOCH_DAY) * _DAY_SECONDS + minutes * 60 - offset

    def _alike(self, number: int) -> _AlikeDays:
        day = date.fromordinal(number)
        kind = (
            bisect_right(self._bounds, number),
            number % 7,
            _place_in_month(day) if self._asks_month else 0,
            _workday(self._calendar, day) if self._asks_calendar else None,
        )
        found = self._hours.get(kind)
        if found is None:
            found = self._hours[kind] = _alike(self._schedule.hours_on(day, self._calendar))
        if found.is_guess:
            self.guessed = min(day, self.guessed or day)
        return found

    def _offset(self, number: int) -> int | None:
        """The zone's offset on a day and the next, in seconds; None: it may change."""
        block = number // _BLOCK
        if block not in self._offsets:
            self._offsets[block] = self._steady_offset(block)
        return self._offsets[block]

    def _steady_offset(self, block: int) -> int | None:
        """The zone's offset in seconds, if it does not change while these days last."""
        ends = (date.fromordinal(block * _BLOCK + more) for more in (0, _BLOCK + 1))
        first, last = (datetime.combine(day, time(), self._zone).utcoffset() for day in ends)
        return first // _SECOND if first is not None and first == last else None


def _alike(found: DayHours) -> _AlikeDays:
    spans = [
        (hours.opens * 60, hours.closes * 60)
        for hours in found.hours
        if hours.opens is not None and hours.closes is not None
    ]
    return _AlikeDays(found.hours, tuple(_merged(spans)), found.is_guess)


def _covers(before: Sequence[Bounds], own: Sequence[Bounds]) -> bool:
    """Do the spans of a day and of the day before it cover it without a gap?

    In local time, so in any zone: spans that touch in local time touch when clocks change, too.
    """
    past = [(opens - _DAY_SECONDS, closes - _DAY_SECONDS) for opens, closes in before]
    return any(one[0] <= 0 and one[1] >= _DAY_SECONDS for one in _merged([*past, *own]))


def _merged(spans: Sequence[Bounds]) -> list[Bounds]:
    """The same time, as spans that neither touch nor overlap, in order."""
    found: list[Bounds] = []
    for one in sorted(spans):
        if found and one[0] <= found[-1][1]:
            found[-1] = (found[-1][0], max(one[1], found[-1][1]))
        else:
            found.append(one)
    return found


def seconds(moment: datetime) -> int:
    """An instant in seconds."""
    return (moment - _EPOCH) // _SECOND


def moment_of(instant: int) -> datetime:
    """The instant of these seconds, in UTC."""
    return _EPOCH + instant * _SECOND


def instant_of(day: date, minutes: int, zone: tzinfo) -> datetime:
    """The instant, in UTC, at which a zone's clocks show a time.

    Args:
        day: The local date.
        minutes: From the day's midnight by the clock; 1440 and more are the next day.
        zone: The zone.
    """
    days, minutes = divmod(minutes, DAY_MINUTES)
    wall = datetime.combine(day + days * _DAY, time(minutes // 60, minutes % 60), zone)
    moment = wall.astimezone(timezone.utc)
    if moment.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return moment
    return _change_between(wall.replace(fold=1).astimezone(timezone.utc), moment, zone)


def _change_between(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """The instant at which a zone's clocks change, to the minute."""
    offset = before.astimezone(zone).utcoffset()
    minute = timedelta(minutes=1)
    while after - before > minute:
        middle = before + (after - before) // minute // 2 * minute
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after


def _place_in_month(day: date) -> int:
    """Equal for days that are the same nth weekday of their month, and are both its last or not."""
    return (day.day + 6) // 7 * 2 + ((day + 7 * _DAY).month != day.month)


@lru_cache(maxsize=4096)
def _workday(calendar: Calendar, day: date) -> Workday:
    """The schedules of one fleet need the same days."""
    return calendar.workday(day)
