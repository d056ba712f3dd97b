"""What the tests of the pacer share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Protocol

from shared.ecs.pacer import Pacer, Permit

START = datetime(2026, 11, 24, 12, 0, 17, tzinfo=timezone.utc)
NEVER = START + timedelta(days=30)
TOP_OF_MINUTE = START.replace(second=0)
LATENCY_S = 0.02


class VirtualClock:
    """Time that moves only when somebody sleeps."""

    def __init__(self, now: datetime = START) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self._now += timedelta(seconds=seconds)


class Quota(Protocol):
    """Says whether ECS lets a call at this time through."""

    def lets_pass(self, now: datetime) -> bool: ...


class Fixed:
    """So many calls in each window of the calendar, which may change with time."""

    def __init__(self, calls: int | Callable[[datetime], int], window_s: int = 60) -> None:
        self._calls = calls if callable(calls) else lambda _: calls
        self._window_s = window_s
        self._window = -1
        self._passed = 0

    def lets_pass(self, now: datetime) -> bool:
        window = int(now.timestamp() // self._window_s)
        if window != self._window:
            self._window, self._passed = window, 0
        self._passed += 1
        return self._passed <= self._calls(now)


class Run:
    """Makes calls through a pacer, up to so many in flight: all are sent, then all are answered."""

    def __init__(self, quota: Quota, in_flight: int = 1, start: datetime = START) -> None:
        self.clock = VirtualClock(start)
        self.pacer = Pacer(self.clock)
        self.sent = self.passed = 0
        self._quota, self._in_flight, self._start = quota, in_flight, start

    @property
    def seconds(self) -> float:
        return (self.clock.now() - self._start).total_seconds()

    def make(self, calls: int) -> None:
        goal = self.passed + calls
        while self.passed < goal:
            permits = self._wave(min(self._in_flight, goal - self.passed))
            answers = [self._quota.lets_pass(self.clock.now()) for _ in permits]
            self.clock.sleep(LATENCY_S)
            for permit, passed in zip(permits, answers, strict=True):
                if passed:
                    self.pacer.succeeded(permit)
                else:
                    self.pacer.throttled(permit)
            self.sent += len(permits)
            self.passed += sum(answers)

    def _wave(self, most: int) -> list[Permit]:
        """Those that get permit at once; the first is waited for."""
        permits: list[Permit] = []
        while len(permits) < most:
            permit = self.pacer.acquire(self.clock.now() if permits else NEVER)
            if permit is None:
                break
            permits.append(permit)
        assert permits
        return permits


def permits(pacer: Pacer, number: int, until: datetime = START) -> list[Permit]:
    found = [pacer.acquire(until) for _ in range(number)]
    return [permit for permit in found if permit is not None]
