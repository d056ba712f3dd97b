"""Time as a value that is passed in: the current time, waiting, how long is left.

The real clock never goes backwards within an invocation. Tests, the demo and the simulation pass a
clock of their own, so a night takes milliseconds.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from typing import Protocol

import msgspec


class Clock(Protocol):
    """What the rest of the code knows about time."""

    def now(self) -> datetime:
        """The present, timezone-aware, UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait for so many seconds (0 or more)."""
        ...


class SystemClock:
    """The machine's clock at creation, advanced by the monotonic clock."""

    def __init__(self) -> None:
        self._start = datetime.now(timezone.utc)
        self._monotonic_start = time.monotonic()

    def now(self) -> datetime:
        """The present, timezone-aware, UTC."""
        return self._start + timedelta(seconds=time.monotonic() - self._monotonic_start)

    def sleep(self, seconds: float) -> None:
        """Wait for so many seconds (0 or more)."""
        time.sleep(seconds)


class Deadline(msgspec.Struct, frozen=True):
    """The moment at which work ends, so that Function Compute still gets the report.

    Attributes:
        work_until: No call starts and no wait lasts beyond it.
        killed_at: When the platform ends the invocation; a response after that is lost.
    """

    work_until: datetime
    killed_at: datetime

    @classmethod
    def after(cls, start: datetime, timeout: timedelta, *, notices_s: float = 0) -> Deadline:
        """The deadline of a function that started at ``start`` and may run for ``timeout``.

        A twentieth of the timeout, at least 1 s and at most 5 s, is reserved for the report, plus
        ``notices_s`` for notices; together at most half of the timeout.
        """
        margin = min(max(timeout * 0.05, timedelta(seconds=1)), timedelta(seconds=5))
        margin += timedelta(seconds=notices_s)
        killed_at = start + timeout
        return cls(work_until=killed_at - min(margin, timeout / 2), killed_at=killed_at)
