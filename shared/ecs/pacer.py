"""How fast one API of one region may be called: as fast as possible, until ECS refuses.

ECS counts calls per API, region and account, by the minute; an API refused in one minute is
allowed again from the next, and everybody in the account shares the count ("API throttling",
ECS developer reference). The limits are not published, so they are discovered:

* until the first refusal there is no limit but the calls in flight;
* a refusal closes the API. Calls sent before that refusal was known do not count again. The
  API is then tried by one call at a time: after 1 s and 4 s more, then as the minute turns;
* what the account let through in a minute is remembered: in later minutes so many calls go out
  freely, and only what lies beyond is tried one at a time. So each minute costs one refusal;
* a quota that turns out to be by something shorter than a minute is tried by the second.

Thread-safe; all waiting goes through the clock.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import msgspec

from shared.base.clock import Clock

_EARLY_PROBES_S = (1.0, 4.0)
_LATE_PROBES_S = (1.0, 2.0, 4.0, 8.0)
_TURN_OF_MINUTE = timedelta(seconds=0.2)
_POLL_S = 0.02


class Permit(msgspec.Struct, frozen=True):
    """Permission to make one call; it remembers how often the API had been closed by then."""

    closings: int


class Outlook(msgspec.Struct, frozen=True):
    """When calls are possible next, and how many (None: no known limit)."""

    opens_at: datetime
    calls: int | None


class Pacer:
    """The pace of one API in one region, shared by all threads of an invocation."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._in_flight = 0
        self._opens_at = clock.now()
        self._closings = 0
        self._refused_in_a_row = 0
        self._closed_in = _minute(clock.now())
        self._by_minute: bool | None = None
        self._quota: int | None = None
        self._minute = _minute(clock.now())
        self._passed = 0

    def acquire(self, until: datetime) -> Permit | None:
        """Wait for permission to make one call, at most until then; None if it comes too late."""
        while True:
            with self._lock:
                now = self._clock.now()
                wait = self._wait_s(now)
                if wait <= 0 and now <= until:
                    self._in_flight += 1
                    return Permit(self._closings)
            if now + timedelta(seconds=wait) > until:
                return None
            self._clock.sleep(wait)

    def succeeded(self, permit: Permit) -> None:
        """The call with this permit was not throttled."""
        with self._lock:
            self._in_flight -= 1
            now = self._clock.now()
            self._turn(now)
            self._passed += 1
            if self._quota is not None:
                self._quota = max(self._quota, self._passed)
            if self._refused_in_a_row and permit.closings == self._closings:
                self._learn_window(now)
                self._refused_in_a_row = 0

    def throttled(self, permit: Permit, retry_after_s: float | None = None) -> None:
        """The call with this permit was throttled; ECS may have said when to retry."""
        with self._lock:
            self._in_flight -= 1
            if permit.closings != self._closings:
                return
            now = self._clock.now()
            self._turn(now)
            if not self._refused_in_a_row:
                self._closed_in = _minute(now)
                self._quota = max(self._passed, 1)
            self._closings += 1
            self._refused_in_a_row += 1
            self._opens_at = now + self._closed_for(now, retry_after_s)

    def given_up(self) -> None:
        """The call with a permit ended without showing whether it was throttled."""
        with self._lock:
            self._in_flight -= 1

    def outlook(self, now: datetime) -> Outlook:
        """From when, at this time or later, how many calls will probably be accepted."""
        with self._lock:
            opens_at = max(self._opens_at, now)
            if self._quota is None:
                return Outlook(opens_at, None)
            passed = self._passed if _minute(opens_at) == self._minute else 0
            alone = self._refused_in_a_row > 0
            return Outlook(opens_at, 1 if alone else max(1, self._quota - passed))

    def _wait_s(self, now: datetime) -> float:
        if now < self._opens_at:
            return (self._opens_at - now).total_seconds()
        self._turn(now)
        alone = self._refused_in_a_row > 0 or (
            self._quota is not None and self._passed + self._in_flight >= self._quota
        )
        return _POLL_S if alone and self._in_flight else 0.0

    def _turn(self, now: datetime) -> None:
        if _minute(now) != self._minute:
            self._minute = _minute(now)
            self._passed = 0

    def _closed_for(self, now: datetime, retry_after_s: float | None) -> timedelta:
        if retry_after_s is not None:
            return timedelta(seconds=retry_after_s)
        tries = self._refused_in_a_row
        to_next_minute = _minute(now) + timedelta(minutes=1) - now + _TURN_OF_MINUTE
        same_minute = _minute(now) == self._closed_in
        if self._by_minute is None and same_minute and tries <= len(_EARLY_PROBES_S):
            return min(timedelta(seconds=_EARLY_PROBES_S[tries - 1]), to_next_minute)
        if self._by_minute is not False and same_minute:
            return to_next_minute
        return timedelta(seconds=_LATE_PROBES_S[min(tries, len(_LATE_PROBES_S)) - 1])

    def _learn_window(self, now: datetime) -> None:
        """The API is open again: was it the new minute that opened it?"""
        if _minute(now) == self._closed_in:
            self._by_minute = False
        elif self._refused_in_a_row > len(_EARLY_PROBES_S):
            self._by_minute = True


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
