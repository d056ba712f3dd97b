"""What a schedule says, found the long way: all spans of all days that may be looked at."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import chain

from shared.base.times import CHINA
from shared.domain.calendar import Calendar
from shared.domain.local_days import instant_of
from shared.domain.schedule import Kind, Schedule
from shared.domain.timetable import FARTHEST, zone_of

_DAY = timedelta(days=1)
Times = tuple[bool, datetime | None, datetime | None, datetime | None, datetime | None]
"""Whether a span runs; the last opening and close, the next opening and close."""


class Whole:
    """All openings and closes around an instant, each day asked for its hours."""

    def __init__(self, schedule: Schedule, now: datetime, calendar: Calendar) -> None:
        self.now = now
        self.schedule, self.calendar = schedule, calendar
        self.zone = zone_of(schedule, CHINA)
        farthest = FARTHEST if schedule.entries else 2
        today = now.astimezone(self.zone).date()
        self.days = [today + number * _DAY for number in range(-farthest, farthest + 1)]

    def times(self) -> Times:
        """What ``timetable.state_at`` says."""
        if self.schedule.kind is not Kind.SPANS:
            return self._lone()
        spans, empty = self._spans()
        # What begins before the second day may have begun earlier, what ends after the last later.
        sure_from, sure_until = self._instant(1), instant_of(self.days[-1] + _DAY, 0, self.zone)
        ends = [end for end in empty if not any(begin <= end < close for begin, close in spans)]
        closes = sorted({*(close for _, close in spans), *ends})
        running = next((one for one in spans if one[0] <= self.now < one[1]), None)
        closed_at = _last(one for one in closes if sure_from <= one <= self.now)
        opened_at = _last(one for one, _ in spans if sure_from < one <= self.now)
        closes_at = _first(one for one in closes if self.now < one < sure_until)
        opens_at = _first(one for one, _ in spans if one > self.now)
        if running is None:
            return False, opened_at, closed_at, opens_at, closes_at
        if running[0] <= sure_from:
            opened_at = closed_at = None
        if running[1] >= sure_until:
            opens_at = closes_at = None
        return True, opened_at, closed_at, opens_at, closes_at

    def _spans(self) -> tuple[list[tuple[datetime, datetime]], list[datetime]]:
        """The spans, where they touch as one; and the ends of the days on which none begins."""
        raw: list[tuple[datetime, datetime]] = []
        empty: list[datetime] = []
        for day in self.days:
            own = [
                (instant_of(day, hours.opens, self.zone), instant_of(day, hours.closes, self.zone))
                for hours in self.schedule.hours_on(day, self.calendar).hours
                if hours.opens is not None and hours.closes is not None
            ]
            own = [one for one in own if one[0] < one[1]]
            raw += own
            if not own and day != self.days[-1]:
                empty.append(instant_of(day + _DAY, 0, self.zone))
        spans: list[tuple[datetime, datetime]] = []
        for opens, closes in sorted(raw):
            if spans and opens <= spans[-1][1]:
                spans[-1] = (spans[-1][0], max(spans[-1][1], closes))
            else:
                spans.append((opens, closes))
        return spans, empty

    def _lone(self) -> Times:
        hours = (
            ((day, one) for one in self.schedule.hours_on(day, self.calendar).hours)
            for day in self.days[1:-1]
        )
        moments = sorted(
            instant_of(day, (one.opens or 0) + (one.closes or 0), self.zone)
            for day, one in chain.from_iterable(hours)
        )
        last = _last(one for one in moments if one <= self.now)
        following = _first(one for one in moments if one > self.now)
        if self.schedule.kind is Kind.CLOSES:
            return False, None, last, None, following
        return False, last, None, following, None

    def _instant(self, number: int) -> datetime:
        return instant_of(self.days[number], 0, self.zone)


def _last(moments: Iterable[datetime]) -> datetime | None:
    return max(moments, default=None)


def _first(moments: Iterable[datetime]) -> datetime | None:
    return min(moments, default=None)
