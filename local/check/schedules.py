"""What is asked of what knows schedules: their names, the calendar, how often it runs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from local.check.cron import CronError, read_cron
from local.check.document import is_known
from local.check.findings import Finding, error, note, ok, warning
from local.check.function import Function
from local.check.settings import hours
from shared.domain.calendar import calendar_of
from shared.domain.schedule_spec import schedules_of
from shared.errors import Refused

_KNOWING = frozenset({"apply_schedule", "describe"})
_COMPARED = 200
"""How many of a timer's next times are looked at: two days of one that comes every quarter."""

_ON_TIME = timedelta(minutes=30)


def check_schedules(function: Function, now: datetime) -> Iterator[Finding]:
    """Findings about named schedules, the calendar of working days, and timers that come seldom."""
    if function.name not in _KNOWING or function.settings is None:
        return
    try:
        named = schedules_of(function.settings)
        calendar = calendar_of(function.settings)
    except Refused as problem:
        yield error(f"environment variables: {problem}")
        return
    names = f"; schedules: {', '.join(sorted(named))}" if named else ""
    until = calendar.until_if_installed()
    if until is None:
        yield note(f"the calendar of working days is not installed here{names}")
    elif warned := calendar.warning(now.astimezone(function.settings.zone).date(), None):
        yield warning(warned)
    else:
        yield ok(f"working days are known until the end of {until}{names}")
    if function.name == "apply_schedule":
        yield from _seldom(function, now)


def _seldom(function: Function, now: datetime) -> Iterator[Finding]:
    """Timers between which an opening can be missed, or that make people wait."""
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
