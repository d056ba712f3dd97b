"""When a schedule opens and closes: from a schedule and an instant to what holds then.

All arithmetic is in UTC instants; local time only finds them. A local time that a change of clocks
skips is the instant of the change, one that it doubles the first of the two. Spans are half-open,
belong to the day on which they begin, and are one where they touch or overlap.

A day without hours closes at its end, unless a span runs then. That is so for schedules of spans;
those of lone closes close when they say, and those of lone openings never.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache

import msgspec

from shared.domain.calendar import Calendar
from shared.domain.schedule import DAY_MINUTES, Base, DayHours, Hours, Kind, Schedule
from shared.zones import load_zone

FARTHEST = 400
"""How many days back and ahead boundaries are looked for: a year, and the holidays after it."""

_DAY = timedelta(days=1)


class Span(msgspec.Struct, frozen=True, order=True):
    """From an opening to a close, in UTC; the close is not part of it."""

    opens_at: datetime
    closes_at: datetime


class State(msgspec.Struct, frozen=True):
    """What a schedule says at an instant; times in UTC, None: none within ``FARTHEST`` days.

    Attributes:
        kind: Of what the schedule consists.
        inside: A span runs.
        opened_at: The last opening, now included; of a span that runs, its own.
        closed_at: The last close, now included.
        opens_at: The next opening.
        closes_at: The next close; of a span that runs, its own.
        zone: In which people are told of these times.
        zone_name: Its name if the schedule states one; else "".
        starts: False for ``always``, which starts nothing.
        guessed: The first day beyond the calendar that was needed; None: none.
    """

    kind: Kind
    inside: bool
    opened_at: datetime | None
    closed_at: datetime | None
    opens_at: datetime | None
    closes_at: datetime | None
    zone: tzinfo
    zone_name: str = ""
    starts: bool = True
    guessed: date | None = None


def instant_of(day: date, minutes: int, zone: tzinfo) -> datetime:
    """The instant, in UTC, at which clocks of a zone show a time.

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


class _Days:
    """The hours of days, each asked for once, and the first guess among them."""

    def __init__(self, schedule: Schedule, zone: tzinfo, calendar: Calendar) -> None:
        self.guessed: date | None = None
        self._schedule, self._zone, self._calendar = schedule, zone, calendar
        self._hours: dict[date, DayHours] = {}

    def hours(self, day: date) -> tuple[Hours, ...]:
        found = self._hours.get(day)
        if found is None:
            found = self._hours[day] = self._schedule.hours_on(day, self._calendar)
            if found.is_guess:
                self.guessed = min(day, self.guessed or day)
        return found.hours

    def instant(self, day: date, minutes: int = 0) -> datetime:
        return instant_of(day, minutes, self._zone)

    def around(self, day: date) -> tuple[date, date]:
        """How far back and ahead is looked, within what dates there are."""
        farthest = FARTHEST if self._schedule.entries else 2
        back, ahead = (day - date.min).days - 2, (date.max - day).days - 3
        return day - min(farthest, back) * _DAY, day + min(farthest, ahead) * _DAY


class _Window:
    """The days around an instant that have been looked at, and the spans that begin on them."""

    def __init__(self, days: _Days, today: date) -> None:
        self.spans: list[Span] = []
        self._days = days
        self._first = self._last = today
        self._earliest, self._latest = days.around(today)
        self._take(today)

    def back(self) -> bool:
        """Look at one day more before; False: it is too far."""
        if self._first <= self._earliest:
            return False
        self._first -= _DAY
        self._take(self._first)
        return True

    def ahead(self) -> bool:
        """Look at one day more after; False: it is too far."""
        if self._last >= self._latest:
            return False
        self._last += _DAY
        self._take(self._last)
        return True

    @property
    def sure_from(self) -> datetime:
        """Days before reach as far as the end of the first day: what begins later is whole."""
        return self._days.instant(self._first + _DAY)

    @property
    def sure_until(self) -> datetime:
        """Days after begin here: what ends earlier is whole."""
        return self._days.instant(self._last + _DAY)

    def running(self, moment: datetime) -> Span | None:
        """The span that runs at an instant."""
        return next((one for one in self.spans if one.opens_at <= moment < one.closes_at), None)

    def closes(self) -> list[datetime]:
        """The ends of spans, and of days without hours at whose end no span runs."""
        length = (self._last - self._first).days
        days = [self._first + number * _DAY for number in range(length)]
        ends = [self._days.instant(day + _DAY) for day in days if not self._days.hours(day)]
        return [one.closes_at for one in self.spans] + [
            end for end in ends if self.running(end) is None
        ]

    def _take(self, day: date) -> None:
        found = [
            Span(self._days.instant(day, hours.opens), self._days.instant(day, hours.closes))
            for hours in self._days.hours(day)
            if hours.opens is not None and hours.closes is not None
        ]
        self.spans = merged([*self.spans, *(one for one in found if one.opens_at < one.closes_at)])


def merged(spans: list[Span]) -> list[Span]:
    """The same time in spans that neither touch nor overlap, in order."""
    found: list[Span] = []
    for one in sorted(spans):
        if found and one.opens_at <= found[-1].closes_at:
            found[-1] = Span(found[-1].opens_at, max(one.closes_at, found[-1].closes_at))
        else:
            found.append(one)
    return found


def state_at(schedule: Schedule, now: datetime, zone: tzinfo, calendar: Calendar) -> State:
    """What a schedule says at an instant.

    Args:
        schedule: The schedule.
        now: Any time with a zone; its seconds do not matter, since everything happens at minutes.
        zone: The zone of schedules that state none.
        calendar: Who knows working days.
    """
    minute = now.astimezone(timezone.utc).replace(second=0, microsecond=0)
    return _state_at(schedule, minute, zone_of(schedule, zone), calendar)


def zone_of(schedule: Schedule, zone: tzinfo) -> tzinfo:
    """The zone that a schedule states, else ``zone``."""
    return load_zone(schedule.zone) if schedule.zone else zone


def spans_of(
    schedule: Schedule, first: date, last: date, zone: tzinfo, calendar: Calendar
) -> tuple[Span, ...]:
    """The spans that begin on some days, both included, in order; none for lone closes."""
    window = _Window(_Days(schedule, zone_of(schedule, zone), calendar), first)
    for _ in range((last - first).days):
        window.ahead()
    return tuple(window.spans)


@lru_cache(maxsize=1024)
def _state_at(schedule: Schedule, now: datetime, zone: tzinfo, calendar: Calendar) -> State:
    """Of a fleet's many instances with few schedules each schedule is asked once a minute."""
    today = now.astimezone(zone).date()
    days = _Days(schedule, zone, calendar)
    is_running = False
    if schedule.kind is Kind.SPANS:
        window = _Window(days, today)
        window.back()
        is_running = window.running(now) is not None
        times = _in_span(window, now) if is_running else _outside(window, now)
    else:
        times = _lone(schedule.kind, days, now, today)
    return State(
        schedule.kind,
        is_running,
        *times,
        zone=zone,
        zone_name=schedule.zone,
        starts=schedule.base is not Base.ALWAYS,
        guessed=days.guessed,
    )


_Times = tuple[datetime | None, datetime | None, datetime | None, datetime | None]
"""The last opening and close, the next opening and close."""


def _in_span(window: _Window, now: datetime) -> _Times:
    span = _whole_back(window, now)
    opened_at = None if span.opens_at <= window.sure_from else span.opens_at
    closed_at = None if opened_at is None else _last_close(window, now)
    while (span := _running(window, now)).closes_at >= window.sure_until and window.ahead():
        pass
    if span.closes_at >= window.sure_until:
        return opened_at, closed_at, None, None
    return opened_at, closed_at, _next_opening(window, now), span.closes_at


def _outside(window: _Window, now: datetime) -> _Times:
    closed_at = _last_close(window, now)
    closes_at = _next_close(window, now)
    return _last_opening(window, now), closed_at, _next_opening(window, now), closes_at


def _running(window: _Window, now: datetime) -> Span:
    span = window.running(now)
    assert span is not None  # noqa: S101  # spans only grow
    return span


def _whole_back(window: _Window, now: datetime) -> Span:
    """The span that runs, with all that touches it before."""
    while (span := _running(window, now)).opens_at <= window.sure_from and window.back():
        pass
    return span


def _last_opening(window: _Window, now: datetime) -> datetime | None:
    while True:
        opens = [one.opens_at for one in window.spans if one.opens_at <= now]
        if opens and opens[-1] > window.sure_from:
            return opens[-1]
        if not window.back():
            return None


def _next_opening(window: _Window, now: datetime) -> datetime | None:
    while True:
        opens = [one.opens_at for one in window.spans if one.opens_at > now]
        if opens:
            return opens[0]
        if not window.ahead():
            return None


def _last_close(window: _Window, now: datetime) -> datetime | None:
    while True:
        last = max((one for one in window.closes() if one <= now), default=None)
        if last and last >= window.sure_from:
            return last
        if not window.back():
            return None


def _next_close(window: _Window, now: datetime) -> datetime | None:
    while True:
        following = min((one for one in window.closes() if one > now), default=None)
        if following and following < window.sure_until:
            return following
        if not window.ahead():
            return None


def _lone(kind: Kind, days: _Days, now: datetime, today: date) -> _Times:
    """The last and next close or opening; a day's ``24:00`` is not after the next day's begin."""
    earliest, latest = days.around(today)

    def moments(day: date) -> list[datetime]:
        hours = days.hours(day)
        return [days.instant(day, (one.opens or 0) + (one.closes or 0)) for one in hours]

    back = (today - number * _DAY for number in range((today - earliest).days))
    ahead = (today + number * _DAY for number in range((latest - today).days))
    last = (max(past) for day in back if (past := [one for one in moments(day) if one <= now]))
    following = (min(later) for day in ahead if (later := [x for x in moments(day) if x > now]))
    if kind is Kind.CLOSES:
        return None, next(last, None), None, next(following, None)
    return next(last, None), None, next(following, None), None
