"""The ``days`` of a request: on any other day it does nothing, and its report says so. Pure.

The day is the local date of the event's own time, in ``CURFEW_TZ``, so that a late delivery means
the same day. The grammar of day words, and China's calendar, are imported only when needed.
"""

from __future__ import annotations

from datetime import date

import msgspec
from msgspec import UNSET

from shared.action import RequestTime
from shared.base.errors import Refused
from shared.domain.guards import Harm
from shared.request.request import Request


class EventDay(msgspec.Struct, frozen=True):
    """What the days of a request mean for its event's day.

    Attributes:
        is_meant: It is one of them, or the request names none.
        warnings: Sentences for people: that nothing is done, and where the calendar ends.
    """

    is_meant: bool = True
    warnings: tuple[str, ...] = ()


def day_of(request: Request, when: RequestTime, harm: Harm) -> EventDay:
    """Is the event's day one of the request's?

    Raises:
        Refused: it is beyond the calendar and something could be lost; or CURFEW_HOLIDAYS or
            CURFEW_WORKDAYS is invalid.
    """
    if request.days is UNSET:
        return EventDay()
    from shared.domain.calendar import calendar_of  # noqa: PLC0415  # few requests name days
    from shared.domain.days import Business, match_day, parse_days  # noqa: PLC0415  # likewise

    words, calendar = parse_days(request.days), calendar_of(when.settings)
    day = when.at.astimezone(when.settings.zone).date()
    match = match_day(words, day, calendar)
    ends = ""
    if any(isinstance(one, Business) for one in words):
        ends = calendar.warning(day, day if match.is_guess else None)
    if match.is_guess and harm is Harm.LOSS:
        raise Refused(f"days: nothing is released on a guess, and {ends}")
    named = " ".join(str(one) for one in words)
    rests = "" if match.holds else f'nothing was done: {_shown(day)} is not in "days": {named}'
    return EventDay(match.holds, tuple(one for one in (rests, ends) if one))


def _shown(day: date) -> str:
    return f"{day} ({day:%a})"
