"""Minutes since 1970 in UTC: parsing the times in lines, and the days of a zone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_DAY = 24 * 60
NONE = -1
"""The minute of a line without a time."""
_FIRST, _LAST = 30 * 365 * _DAY, 130 * 365 * _DAY
"""No run is before 2000 or after 2100: such times are invalid."""


@lru_cache(maxsize=65_536)
def second_of(text: str) -> int:
    """The second of a line's time: RFC 3339, or seconds since 1970; otherwise ``NONE``."""
    second = int(text) if re.fullmatch(r"\d{9,11}", text) else _second_of(text)
    return second if _FIRST < second // 60 < _LAST else NONE


def minute_of(text: str) -> int:
    """The minute of such a time; otherwise ``NONE``."""
    return minute_in(second_of(text))


def minute_in(second: int) -> int:
    """The minute of a second; of ``NONE``, ``NONE``."""
    return second // 60


def _second_of(text: str) -> int:
    found = re.match(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)", text)
    if not found:
        return NONE
    try:
        moment = datetime.fromisoformat(f"{found[1]}{found[2].replace('Z', '+00:00')}")
        return int((moment - _EPOCH).total_seconds())
    except (ValueError, OverflowError):
        return NONE


def moment(minute: int, zone: tzinfo) -> datetime:
    """A minute as a time of a zone."""
    return (_EPOCH + timedelta(minutes=minute)).astimezone(zone)


def days_until(last: int, number: int, zone: tzinfo) -> list[tuple[date, int]]:
    """This many days up to a minute's day, each with the minute at which it begins."""
    day = moment(last, zone).date()
    return [
        (one, _begin(one, zone))
        for one in (day - timedelta(days=back) for back in range(number - 1, -1, -1))
    ]


def end_of(days: Sequence[tuple[date, int]], zone: tzinfo) -> int:
    """The minute at which the last of these days is over."""
    return _begin(days[-1][0] + timedelta(days=1), zone)


def change_of_clocks(begin: int, end: int, zone: tzinfo) -> int:
    """The minute of a day from which its clocks are as at its end; its begin if they always are."""
    after = moment(end - 1, zone).utcoffset()
    while begin < end:
        middle = (begin + end) // 2
        if moment(middle, zone).utcoffset() == after:
            end = middle
        else:
            begin = middle + 1
    return begin


def _begin(day: date, zone: tzinfo) -> int:
    return int((datetime.combine(day, time(), tzinfo=zone) - _EPOCH).total_seconds() // 60)
