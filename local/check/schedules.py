"""Checks of functions with schedules or working days: names, calendar, how often they run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise

from local.check.cron import CronError, read_cron
from local.check.days import asks_for_working_days
from local.check.document import is_known
from local.check.findings import Finding, error, note, ok, warning
from local.check.function import Function
from local.check.repeats import request_of
from local.check.settings import hours
from shared.base.errors import Refused
from shared.domain.calendar import calendar_of
from shared.domain.schedule_names import schedules_of

_KNOWING = frozenset({"apply_schedule", "describe"})
_COMPARED = 200
"""How many of a timer's next times are examined: two days of one that fires every quarter hour."""

_ON_TIME = timedelta(minutes=30)
_END_IS_NEAR = timedelta(days=60)
"""The warning starts this long before the calendar's last day; a report's starts in December."""


def check_schedules(function: Function, now: datetime) -> Iterator[Finding]:
    """Findings about named schedules, the calendar of working days, and timers that fire rarely."""
    knows = function.name in _KNOWING
    if function.settings is None or not (knows or _has_working_days(function)):
        return
    try:
        named = schedules_of(function.settings)
        calendar = calendar_of(function.settings)
    except Refused as problem:
        yield error(f"environment variables: {problem}")
        return
    names = f"; schedules: {', '.join(sorted(named))}" if named else ""
    until = calendar.until_if_installed()
    today = now.astimezone(function.settings.zone).date()
    if until is not None and date(until, 12, 31) - today < _END_IS_NEAR:
        yield warning(
            f"the calendar of working days ends with {until}: once the notice for {until + 1} is "
            "out, install the newer chinesecalendar and deploy again"
        )
    elif knows and until is None:
        yield note(f"the calendar of working days is not installed here{names}")
    elif knows:
        yield ok(f"working days are known until the end of {until}{names}")
    if function.name == "apply_schedule":
        yield from _seldom(function, now)


def _has_working_days(function: Function) -> bool:
    """Does one of its timers, enabled or not, use working days?"""
    configs = (one.get("triggerConfig") for one in function.resource.triggers)
    requests = (request_of(one) for one in configs if isinstance(one, dict))
    return any(asks_for_working_days(one) for one in requests if one)


def _seldom(function: Function, now: datetime) -> Iterator[Finding]:
    """Timers that can miss an opening, or that make people wait."""
    catch_up = function.settings.catch_up if function.settings else _ON_TIME
    for trigger in function.resource.props.get("triggers") or ():
        config = trigger.get("triggerConfig") if isinstance(trigger, dict) else None
        if not (isinstance(config, dict) and is_known(config) and "cronExpression" in config):
            continue
        gap = _longest_gap(str(config["cronExpression"]), now)
        name = f"timer {trigger.get('triggerName')}"
        if gap > catch_up:
            yield warning(
                f"{name}: up to {hours(gap)} pass between two runs, and an opening is caught up "
                f"for {hours(catch_up)} (CURFEW_CATCH_UP): some would be missed"
            )
        elif gap > _ON_TIME:
            yield note(f"{name}: instances start and stop up to {hours(gap)} late")


def _longest_gap(expression: str, now: datetime) -> timedelta:
    """The longest time between two of a timer's next times; none if it cannot be read."""
    try:
        times = read_cron(expression).next_times(now, _COMPARED)
    except CronError:
        return timedelta()
    return max((later - sooner for sooner, later in pairwise(times)), default=timedelta())
