"""A clock for demos and trials on this machine: only waiting takes time.

The demo and a local call simulate hours in seconds. On a clock that runs with the machine's, a
machine that stalls for a tenth of a second stalls for two of theirs, and a lease ends a minute
later than the demo says. This one stands still while anything is computed, sent or printed, so that
the same day happens on every machine.
"""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta, timezone

NAP_S = 0.1
"""At most this many real seconds between two ticks of this clock while somebody sleeps on it."""


class PacedClock:
    """Stands still until somebody sleeps on it or it is advanced. Thread-safe.

    Concurrent sleeps overlap: two sleeps of 5 s take 5 s.
    """

    def __init__(self, start: datetime, speed: float) -> None:
        """Make a clock.

        Args:
            start: Its initial time, timezone-aware.
            speed: How many of its seconds pass in one real second of sleep; above 0.
        """
        self._lock = threading.Lock()
        self._now = start.astimezone(timezone.utc)
        self._speed = speed

    def now(self) -> datetime:
        """The present, in UTC."""
        with self._lock:
            return self._now

    def sleep(self, seconds: float) -> None:
        """Let ``seconds`` of this clock's time pass, advancing it after each nap of ``NAP_S``."""
        began, slept = self.now(), 0.0
        while slept < seconds:
            tick = min(NAP_S * self._speed, seconds - slept)
            time.sleep(tick / self._speed)
            slept += tick
            self._reach(began + timedelta(seconds=slept))

    def advance(self, by: timedelta) -> None:
        """Jump forward immediately."""
        with self._lock:
            self._now += by

    def _reach(self, moment: datetime) -> None:
        """Advance at least to this time; somebody else may have slept beyond it already."""
        with self._lock:
            self._now = max(self._now, moment)
