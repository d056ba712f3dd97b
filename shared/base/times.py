"""Times and durations as text: parsing them strictly, writing them as ECS wants them.

Instants are RFC 3339 with a zone. ECS itself answers some of them without seconds
("AutoReleaseTime", DescribeInstances, API reference), so that form is read too. Nothing here asks
what time it is.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime, timedelta, timezone, tzinfo

from shared.base.printable import repeated

# Patterns are compiled on first use: otherwise every cold start would pay for each.
_INSTANT = (
    r"(?a)(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)[Tt ]"
    r"(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.(?P<fraction>\d+))?)?"
    r"(?:[Zz]|(?P<sign>[+-])(?P<zone_hour>[01]\d|2[0-3]):(?P<zone_minute>[0-5]\d))"
)

# Six digits: even 999999d, added to any time of this millennium, is still a date.
_DURATION = r"(?P<number>[1-9][0-9]{0,5})(?P<unit>[mhd])"

_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}

_SHOWN_CHARACTERS = 60

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China's time, without daylight saving since 1991: the zone of dates that state none."""


def parse_instant(text: str) -> datetime:
    """Parse an RFC 3339 time with its zone, with or without seconds.

    Args:
        text: For example ``2026-11-24T20:00:00+08:00``, ``2026-11-24T12:00:00.125Z``, or ECS's
            ``2026-11-24T12:00Z``. Digits beyond microseconds are dropped.

    Returns:
        The instant, timezone-aware, in UTC.

    Raises:
        ValueError: it is not of that form, or no such time exists. Leap seconds count as such.
    """
    match = re.fullmatch(_INSTANT, text)
    try:
        if match is None:
            raise ValueError(text)  # noqa: TRY301  # one message for a wrong form and a wrong date
        return _instant(match)
    except (ValueError, OverflowError):
        raise ValueError(
            f"{_shown(text)} is not a time with a zone; write it like 2026-11-24T20:00:00+08:00"
        ) from None


def to_minute_text(moment: datetime) -> str:
    """Write a time as ECS accepts it: UTC, whole minutes, seconds 00 ("AutoReleaseTime").

    Seconds are dropped, not rounded.

    Raises:
        ValueError: the time has no zone, so nobody knows when it is.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no zone")
    minute = moment.astimezone(timezone.utc).replace(second=0, microsecond=0, tzinfo=None)
    return f"{minute.isoformat()}Z"


def in_zone(moment: datetime, zone: tzinfo) -> datetime:
    """The same instant with the offset that the zone has then, as a fixed one.

    Two times with a zone's rules are never equal in the hour that a change of clocks repeats
    (PEP 495); with a fixed offset they are compared as instants.
    """
    local = moment.astimezone(zone)
    return local.replace(tzinfo=timezone(local.utcoffset() or timedelta(0)), fold=0)


def to_zone_text(moment: datetime, zone: tzinfo) -> str:
    """Write a time as people of this zone read it: ``2026-11-24T20:00:00+08:00``.

    Seconds are kept, fractions are cut off. A time at the very end of the calendar, which the
    zone's offset would put beyond it, is written as it is.
    """
    with suppress(OverflowError):
        moment = moment.astimezone(zone)
    return moment.replace(microsecond=0).isoformat()


def spoken(moment: datetime, zone: tzinfo) -> str:
    """Write a time for a sentence: ``Tue 24 Nov 2026 20:02 +08:00``; in UTC if out of range."""
    with suppress(OverflowError):
        moment = moment.astimezone(zone)
    offset = f"{moment:%z}"
    return f"{moment:%a %d %b %Y %H:%M} {offset[:3]}:{offset[3:5]}"


def parse_duration(text: str) -> timedelta:
    """Parse a whole number of minutes, hours or days: ``90m``, ``2h``, ``3d``.

    Raises:
        ValueError: it is not of that form, is zero, or has more than six digits.
    """
    match = re.fullmatch(_DURATION, text)
    if match is None:
        raise ValueError(f"{repeated(text)} is not a duration; write it like 90m, 2h or 3d")
    return int(match["number"]) * _UNITS[match["unit"]]


def before(moment: datetime, duration: timedelta) -> datetime:
    """The instant this long before a moment; the earliest possible one if that is out of range."""
    try:
        return moment - duration
    except OverflowError:
        return datetime.min.replace(tzinfo=timezone.utc)


def _instant(match: re.Match[str]) -> datetime:
    """The instant that the parts of a time denote; ValueError if there is none."""
    offset = timedelta(hours=int(match["zone_hour"] or 0), minutes=int(match["zone_minute"] or 0))
    local = datetime(
        int(match["year"]),
        int(match["month"]),
        int(match["day"]),
        int(match["hour"]),
        int(match["minute"]),
        int(match["second"] or 0),
        int((match["fraction"] or "")[:6].ljust(6, "0")),
        tzinfo=timezone.utc,
    )
    return local + offset if match["sign"] == "-" else local - offset


def _shown(text: str) -> str:
    shown = repr(text[:_SHOWN_CHARACTERS])
    return shown if len(text) <= _SHOWN_CHARACTERS else f"{shown}…"
