"""When a schedule opens and closes: from a schedule and an instant to what applies then.

All arithmetic is in UTC instants; local time only finds them. A local time that a clock change
skips means the instant of the change, a repeated one its first occurrence. Spans are half-open,
belong to the day on which they begin, and merge if they touch or overlap.

A day without hours closes at its end, unless a span runs then; so does a day whose hours a clock
change removes entirely. That applies to schedules of spans; those of lone closes close when they
say, and those of lone openings never.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timezone, tzinfo
from functools import lru_cache

import msgspec

from shared.domain.calendar import Calendar
from shared.domain.local_days import Bounds, LocalDays, moment_of, seconds
from shared.domain.schedule import Base, Kind, Schedule
from shared.settings.zones import load_zone

FARTHEST = 400
"""How many days back and ahead boundaries are searched for: a year, and the holidays after it."""

_EDGE = 8
"""How many days before the last possible date the search ends."""


class Span(msgspec.Struct, frozen=True, order=True):
    """From an opening to a close, in UTC; the close is not part of it."""

    opens_at: datetime
    closes_at: datetime


class State(msgspec.Struct, frozen=True):
    """What a schedule says at an instant; times in UTC, None: none within ``FARTHEST`` days.

    Attributes:
        kind: What the schedule consists of.
        inside: A span runs.
        opened_at: The last opening, now included; for a span that runs, its own.
        closed_at: The last close, now included.
        opens_at: The next opening.
        closes_at: The next close; for a span that runs, its own.
        zone: The zone in which these times are shown to people.
        zone_name: Its name if the schedule states one; otherwise "".
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


class _Window:
    """The days around an instant that have been examined, and the spans that begin on them."""

    def __init__(self, days: LocalDays, today: int, farthest: int) -> None:
        self.spans = list(days.spans(today))
        self._days = days
        self._first = self._last = today
        self._earliest, self._latest = _around(today, farthest)
        self._ends: list[int] = []
        self._is_last_empty = not self.spans

    def back(self, *, to_spans: bool = False) -> bool:
        """Examine one more day back; False: it is too far.

        Days that the first span covers entirely are taken at once and, if only spans are searched
        for, days without spans.
        """
        if self.spans and self.spans[0][0] <= self.sure_from:
            through = self._days.first_through(self._first, self._earliest + 1)
            if through < self._first:
                whole = self._days.instant(through), self._days.instant(self._first + 1)
                self._first = through
                self._put_before([whole])
        elif to_spans:
            self._first = self._days.first_empty(self._first, self._earliest + 1)
        if self._first <= self._earliest:
            return False
        self._first -= 1
        found = self._days.spans(self._first)
        self._put_before(found)
        if not found:
            self._ends_empty(self._first)
        return True

    def ahead(self, *, to_spans: bool = False) -> bool:
        """Examine one more day ahead; False: it is too far. Otherwise like ``back``."""
        if self.spans and self.spans[-1][1] >= self.sure_until:
            through = self._days.last_through(self._last, self._latest - 1)
            if through > self._last:
                whole = self._days.instant(self._last + 1), self._days.instant(through + 1)
                self._last = through
                self._put_after([whole, *self._days.spans(through)])
        elif to_spans:
            self._last = self._days.last_empty(self._last, self._latest - 1)
        if self._last >= self._latest:
            return False
        self._last += 1
        found = self._days.spans(self._last)
        self._put_after(found)
        if self._is_last_empty:
            self._ends_empty(self._last - 1)
        self._is_last_empty = not found
        return True

    def _put_before(self, earlier: Sequence[Bounds]) -> None:
        for opens, closes in reversed(earlier):
            until = closes
            while self.spans and self.spans[0][0] <= until:
                until = max(until, self.spans.pop(0)[1])
            self.spans.insert(0, (opens, until))

    def _put_after(self, later: Sequence[Bounds]) -> None:
        for opens, closes in later:
            if self.spans and opens <= self.spans[-1][1]:
                before = self.spans.pop()
                self.spans.append((before[0], max(before[1], closes)))
            else:
                self.spans.append((opens, closes))

    @property
    def sure_from(self) -> int:
        """Days before reach to the end of the first day: spans that begin later are complete."""
        return self._days.instant(self._first + 1)

    @property
    def sure_until(self) -> int:
        """Days after begin here: spans that end earlier are complete."""
        return self._days.instant(self._last + 1)

    def running(self, instant: int) -> Bounds | None:
        """The span that runs at an instant."""
        for one in self.spans:
            if one[0] <= instant < one[1]:
                return one
        return None

    def closes(self) -> list[int]:
        """The ends of spans, and of days on which none begins and at whose end none runs."""
        empty = [end for end in self._ends if self.running(end) is None]
        return [closes for _, closes in self.spans] + empty

    def _ends_empty(self, day: int) -> None:
        """A day on which no span begins ends; if a span runs at its end, that is not a close."""
        end = self._days.instant(day + 1)
        if self.running(end) is None:
            self._ends.append(end)


def _around(day: int, farthest: int) -> tuple[int, int]:
    """How far back and ahead to search, within the possible dates."""
    back, ahead = day - date.min.toordinal() - _EDGE, date.max.toordinal() - day - _EDGE
    return day - min(farthest, back), day + min(farthest, ahead)


def state_at(schedule: Schedule, now: datetime, zone: tzinfo, calendar: Calendar) -> State:
    """What a schedule says at an instant.

    Args:
        schedule: The schedule.
        now: Any time with a zone; its seconds do not matter, since everything happens at minutes.
        zone: The zone of schedules that state none.
        calendar: What knows working days.
    """
    minute = now.astimezone(timezone.utc).replace(second=0, microsecond=0)
    return _state_at(schedule, minute, zone_of(schedule, zone), calendar)


def zone_of(schedule: Schedule, zone: tzinfo) -> tzinfo:
    """The zone that a schedule states, otherwise ``zone``."""
    return load_zone(schedule.zone) if schedule.zone else zone


def spans_of(
    schedule: Schedule, first: date, last: date, zone: tzinfo, calendar: Calendar
) -> tuple[Span, ...]:
    """The spans that begin on some days, both included, in order; none for lone closes."""
    days = LocalDays(schedule, zone_of(schedule, zone), calendar)
    window = _Window(days, first.toordinal(), (last - first).days)
    while window.ahead():
        pass
    return tuple(Span(moment_of(opens), moment_of(closes)) for opens, closes in window.spans)


@lru_cache(maxsize=1024)
def _state_at(schedule: Schedule, now: datetime, zone: tzinfo, calendar: Calendar) -> State:
    """A fleet has many instances and few schedules, so each schedule is evaluated once a minute."""
    days = LocalDays(schedule, zone, calendar)
    today, instant = now.astimezone(zone).toordinal(), seconds(now)
    farthest = FARTHEST if schedule.entries else 2
    is_running = False
    if schedule.kind is Kind.SPANS:
        window = _Window(days, today, farthest)
        window.back()
        is_running = window.running(instant) is not None
        times = _in_span(window, instant) if is_running else _outside(window, instant)
    else:
        times = _lone(schedule.kind, days, instant, today)
    opened_at, closed_at, opens_at, closes_at = (
        None if one is None else moment_of(one) for one in times
    )
    return State(
        schedule.kind,
        is_running,
        opened_at,
        closed_at,
        opens_at,
        closes_at,
        zone=zone,
        zone_name=schedule.zone,
        starts=schedule.base is not Base.ALWAYS,
        guessed=days.guessed,
    )


_Times = tuple[int | None, int | None, int | None, int | None]
"""The last opening and close, the next opening and close."""


def _in_span(window: _Window, now: int) -> _Times:
    opens = _whole_back(window, now)
    opened_at = None if opens <= window.sure_from else opens
    closed_at = None if opened_at is None else _last_close(window, now)
    while (closes := _running(window, now)[1]) >= window.sure_until and window.ahead():
        pass
    if closes >= window.sure_until:
        return opened_at, closed_at, None, None
    return opened_at, closed_at, _next_opening(window, now), closes


def _outside(window: _Window, now: int) -> _Times:
    closed_at = _last_close(window, now)
    closes_at = _next_close(window, now)
    return _last_opening(window, now), closed_at, _next_opening(window, now), closes_at


def _running(window: _Window, now: int) -> Bounds:
    span = window.running(now)
    assert span is not None  # noqa: S101  # spans only grow
    return span


def _whole_back(window: _Window, now: int) -> int:
    """The opening of the span that runs, including all earlier spans that touch it."""
    while (opens := _running(window, now)[0]) <= window.sure_from and window.back():
        pass
    return opens


def _last_opening(window: _Window, now: int) -> int | None:
    while True:
        opened = max((opens for opens, _ in window.spans if opens <= now), default=None)
        if opened is not None and opened > window.sure_from:
            return opened
        if not window.back(to_spans=True):
            return None


def _next_opening(window: _Window, now: int) -> int | None:
    while True:
        opens = min((opens for opens, _ in window.spans if opens > now), default=None)
        if opens is not None or not window.ahead(to_spans=True):
            return opens


def _last_close(window: _Window, now: int) -> int | None:
    while True:
        last = max((one for one in window.closes() if one <= now), default=None)
        if last is not None and last >= window.sure_from:
            return last
        if not window.back():
            return None


def _next_close(window: _Window, now: int) -> int | None:
    while True:
        following = min((one for one in window.closes() if one > now), default=None)
        if following is not None and following < window.sure_until:
            return following
        if not window.ahead():
            return None


def _lone(kind: Kind, days: LocalDays, now: int, today: int) -> _Times:
    """The last and next close or opening; ``24:00`` is not after the start of the next day."""
    earliest, latest = _around(today, FARTHEST)

    def moments(day: int) -> list[int]:
        hours = days.hours(day)
        return [days.instant(day, (one.opens or 0) + (one.closes or 0)) for one in hours]

    back, ahead = range(today, earliest, -1), range(today, latest)
    last = (max(past) for day in back if (past := [one for one in moments(day) if one <= now]))
    following = (min(later) for day in ahead if (later := [x for x in moments(day) if x > now]))
    if kind is Kind.CLOSES:
        return None, next(last, None), None, next(following, None)
    return next(last, None), None, next(following, None), None
