"""The emulator's clocks: one that runs with the machine's, one that is advanced by hand.

The engine never asks the operating system for the time: it is given a clock. A night of transitions
then takes milliseconds in a test, and a demonstration can run it sixty times too fast.
"""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta, timezone
from typing import Protocol

MANUAL_START = datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc)
"""Where a manual clock starts by default: a Monday, 18:00 in Shanghai."""
LATEST = datetime(9000, 1, 1, tzinfo=timezone.utc)
"""The limit of a clock: whatever is due after it must still be a valid date."""
_LONGEST_WAIT_S = 3600.0
"""Real seconds after which a sleeper checks the clock again."""


class Clock(Protocol):
    """Tells the time and waits."""

    def now(self) -> datetime:
        """The present, in UTC, timezone-aware."""
        ...

    def sleep(self, seconds: float) -> None:
        """Return when ``seconds`` of this clock's time have passed; immediately if not positive."""
        ...


class RealClock:
    """A clock that runs by itself, ``speed`` times as fast as the machine's monotonic one.

    Safe to use from several threads.
    """

    def __init__(self, start: datetime | None = None, speed: float = 1.0) -> None:
        _check_speed(speed)
        self._lock = threading.Lock()
        self._moved = threading.Condition(self._lock)
        self._origin = _aware(start) if start is not None else datetime.now(timezone.utc)
        self._started = time.monotonic()
        self._speed = speed

    def now(self) -> datetime:
        """The present, in UTC."""
        with self._lock:
            return self._now(time.monotonic())

    def sleep(self, seconds: float) -> None:
        """Sleep ``seconds`` of this clock's time, that is ``seconds / speed`` of the machine's.

        A sleeper wakes earlier if the clock is advanced or sped up meanwhile.
        """
        with self._moved:
            until = self._now(time.monotonic()) + timedelta(seconds=seconds)
            while (left := (until - self._now(time.monotonic())).total_seconds()) > 0:
                self._moved.wait(min(left / self._speed, _LONGEST_WAIT_S))

    def advance(self, by: timedelta) -> None:
        """Jump forward.

        Raises:
            ValueError: ``by`` is negative, since no clock of the emulator runs backwards, or
                leads beyond `LATEST`.
        """
        with self._lock:
            _check_forward(self._now(time.monotonic()), by)
            self._origin += by
            self._moved.notify_all()

    def set_speed(self, speed: float) -> None:
        """Continue from the present at another speed.

        Raises:
            ValueError: ``speed`` is not positive.
        """
        _check_speed(speed)
        with self._lock:
            moment = time.monotonic()
            self._origin = self._now(moment)
            self._started = moment
            self._speed = speed
            self._moved.notify_all()

    @property
    def speed(self) -> float:
        """How many of this clock's seconds pass per real second."""
        with self._lock:
            return self._speed

    def _now(self, moment: float) -> datetime:
        return self._origin + timedelta(seconds=(moment - self._started) * self._speed)


class ManualClock:
    """A clock that stands still until it is advanced or slept on.

    Safe to use from several threads.
    """

    def __init__(self, start: datetime = MANUAL_START) -> None:
        self._lock = threading.Lock()
        self._now = _aware(start)

    def now(self) -> datetime:
        """The present, in UTC."""
        with self._lock:
            return self._now

    def sleep(self, seconds: float) -> None:
        """Advance by ``seconds`` and return immediately; does nothing if not positive."""
        if seconds > 0:
            self.advance(timedelta(seconds=seconds))

    def advance(self, by: timedelta) -> None:
        """Move forward.

        Raises:
            ValueError: ``by`` is negative, or leads beyond `LATEST`.
        """
        with self._lock:
            _check_forward(self._now, by)
            self._now += by


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"a clock must start at a time with a zone, not at {moment.isoformat()}")
    return moment.astimezone(timezone.utc)


def _check_forward(now: datetime, by: timedelta) -> None:
    if by < timedelta(0):
        raise ValueError(f"a clock can only move forward, not by {by}")
    if by > LATEST - now:
        raise ValueError(f"a clock cannot move beyond {LATEST:%Y-%m-%d}")


def _check_speed(speed: float) -> None:
    if not speed > 0:
        raise ValueError(f"a clock's speed must be above 0, not {speed}")
