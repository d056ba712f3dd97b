"""Timers that repeat another: a second try, which must fire after the first, on the same days.

Function Compute does not repeat an invocation that it lost itself, so a timer ``X`` may have a
second one ``X-again``. If you move one and forget the other, their times no longer match.
"""

from __future__ import annotations

import json
from bisect import bisect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

from local.check.cron import Cron, CronError, read_cron
from local.check.findings import Finding, warning

_AGAIN = "-again"
_DAY = timedelta(days=1)
_COMPARED = 35 * _DAY
"""How far ahead two timers are compared: a month has every day of the week."""

_MOST_TIMES = 1_000
_APART = timedelta(hours=12)
"""Times this far apart belong to different days, even across midnight."""

_REPEATS_WITHIN = timedelta(hours=1)
"""A second timer with the same request, whatever its name, is a repeat if it fires this close."""


@dataclass(frozen=True, slots=True)
class _Timer:
    """One parsed timer.

    Attributes:
        times: When it fires in the days that are compared.
        around: The same with a day before and a day after.
    """

    name: str
    is_on: bool
    request: dict[str, Any]
    times: tuple[datetime, ...]
    around: tuple[datetime, ...]

    def nearest(self, moment: datetime) -> datetime:
        """Its time next to another one, before or after it."""
        place = bisect(self.around, moment)
        around = self.around[max(place - 1, 0) : place + 1]
        return min(around, key=lambda one: abs(one - moment))


def request_of(config: Mapping[str, Any]) -> dict[str, Any] | None:
    """The request in a timer's payload; None: there is none."""
    payload = config.get("payload")
    try:
        request = json.loads(payload) if isinstance(payload, str) else None
    except ValueError:
        return None
    return request if isinstance(request, dict) else None


def check_repeats(triggers: Sequence[Mapping[str, Any]], now: datetime) -> Iterator[Finding]:
    """Findings about each pair of a function's timers in which one repeats the other."""
    timers = [one for trigger in triggers if (one := _timer(trigger, now))]
    for one, other in combinations(timers, 2):
        first, again = (other, one) if one.name == f"{other.name}{_AGAIN}" else (one, other)
        if again.name == f"{first.name}{_AGAIN}":
            yield from _pair(first, again)
        elif first.request == again.request:
            yield from _order(first, again, _REPEATS_WITHIN)


def _timer(trigger: Mapping[str, Any], now: datetime) -> _Timer | None:
    config = trigger.get("triggerConfig")
    if trigger.get("triggerType") != "timer" or not isinstance(config, dict):
        return None
    request = request_of(config)
    if request is None:
        return None
    try:
        cron = read_cron(str(config.get("cronExpression")))
        around = _around(cron, now)
    except CronError:
        return None
    inner = tuple(one for one in around if now + _DAY <= one < now + _COMPARED)
    name, is_on = str(trigger.get("triggerName")), config.get("enable") is True
    return _Timer(name, is_on, request, inner, around) if around else None


def _around(cron: Cron, now: datetime) -> tuple[datetime, ...]:
    """Its times until a day after the compared period; empty if there are none or too many."""
    times = cron.times_until(now + _COMPARED + _DAY, now, _MOST_TIMES)
    return times if len(times) < _MOST_TIMES else ()


def _pair(first: _Timer, again: _Timer) -> Iterator[Finding]:
    """Findings about two timers, the second of which is by its name the repeat of the first."""
    if again.is_on and not first.is_on:
        yield warning(
            f"timer {again.name} is ON, but {first.name} is off, though both send the same request"
        )
    if first.request != again.request:
        yield warning(
            f"timer {again.name} does not send the same request as {first.name}, which it repeats"
        )
    yield from _order(first, again, _APART)
    for one, other in ((first, again), (again, first)):
        alone = next((at for at in one.times if abs(other.nearest(at) - at) >= _APART), None)
        if alone:
            yield warning(
                f"timers {first.name} and {again.name} run on different days: on "
                f"{alone:%a %d %b %H:%M} only {one.name} fires"
            )
            return


def _order(first: _Timer, again: _Timer, within: timedelta) -> Iterator[Finding]:
    """A warning if the repeat fires before what it repeats."""
    for at in first.times:
        near = again.nearest(at)
        if timedelta() < at - near <= within:
            yield warning(
                f"timer {again.name} fires before {first.name}, which it repeats: at "
                f"{near:%a %d %b %H:%M}, and {first.name} at {at:%H:%M}"
            )
            return
