"""The days on which a timer's request acts: its field ``days``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from local.check.cron import Cron
from shared.base.errors import Refused
from shared.domain.calendar import calendar_of
from shared.domain.days import Business, DayWord, InvalidSpec, match_day, parse_days
from shared.settings.settings import Settings

_LOOKED_AT = 200
"""How many of a timer's next times are examined; for a daily one, half a year's."""


def day_words(request: Mapping[str, object]) -> tuple[DayWord, ...]:
    """The words of a request's ``days``; none: it acts every day, or they cannot be parsed.

    The function refuses what cannot be parsed, and that is reported.
    """
    stated = request.get("days")
    if isinstance(stated, list) and not all(isinstance(one, str) for one in stated):
        return ()
    try:
        return parse_days(stated) if isinstance(stated, str | list) else ()
    except InvalidSpec:
        return ()


def asks_for_working_days(request: Mapping[str, object]) -> bool:
    """Does the calendar decide whether it acts?"""
    return any(isinstance(one, Business) for one in day_words(request))


def acting_times(
    cron: Cron, words: tuple[DayWord, ...], settings: Settings, now: datetime, count: int
) -> list[datetime]:
    """When a timer next fires on a day that the words include, by its date in ``CURFEW_TZ``.

    Args:
        cron: When it fires.
        words: The request's days, at least one.
        settings: Its function's, for the zone and the operator's own days.
        now: What is returned is later.
        count: How many times are wanted; fewer are returned if the timer's next ones have no more.

    Raises:
        ImportError: working days are needed, and the calendar is not installed.
    """
    try:
        calendar = calendar_of(settings)
    except Refused:  # told by itself; no run of this function gets so far
        return []
    times = cron.next_times(now, _LOOKED_AT)
    days = ((at, at.astimezone(settings.zone).date()) for at in times)
    return [at for at, day in days if match_day(words, day, calendar).holds][:count]
