"""When an event was sent, in the triggers' formats. Parsed strictly, in UTC.

A time that cannot be parsed is never taken for now, nor is a missing one if the trigger always has
it. Nothing here asks what time it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone

from shared.base.errors import InvalidEvent
from shared.base.strict_json import shown
from shared.base.times import parse_instant

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

_MOST_DIGITS = 20

# A time that Java or EventBridge wrote with its zone's name: ``…20.965Asia/Shanghai``,
# ``….000PRC``, ``…20.965+08:00[Asia/Shanghai]``; or with an offset of ISO 8601's short form.
_NAMED_ZONE = (
    r"(?a)(?P<local>\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?) ?"
    r"(?P<offset>[Zz]|(?:GMT|UTC)?[+-]\d\d:?\d\d)?"
    r"\[?(?P<zone>(?:[A-Za-z]+(?:/[A-Za-z0-9_+-]+)+|UTC|GMT|PRC)?)\]?"
)

_CHINA = frozenset({"PRC", "Asia/Shanghai"})
"""The names in EventBridge's own samples; they need no zone data."""


def instant(value: object, where: str) -> datetime:
    """An RFC 3339 time, or one with a zone name or an offset like ``+0800``, in UTC.

    If a clock change repeats the time, the first occurrence is meant.

    Raises:
        InvalidEvent: it is not. A time that cannot be parsed is never taken for now.
    """
    if not isinstance(value, str):
        raise InvalidEvent(f"{where}: {_not_a_time(value)}; write it in RFC 3339 format")
    try:
        return parse_instant(_with_offset(value))
    except ValueError as error:
        raise InvalidEvent(f"{where}: {error}") from None


def epoch_ms(value: object, where: str) -> datetime:
    """A time in milliseconds since 1970, as a number or as digits, in UTC.

    Raises:
        InvalidEvent: it is none.
    """
    return _since_1970(value, where, "milliseconds")


def epoch_s(value: object, where: str) -> datetime:
    """A time in seconds since 1970, as a number or as digits, in UTC.

    Raises:
        InvalidEvent: it is none.
    """
    return _since_1970(value, where, "seconds")


def epoch_ms_or_instant(value: object, where: str) -> datetime:
    """A time in either format.

    Raises:
        InvalidEvent: it is in neither.
    """
    return instant(value, where) if _whole_number(value) is None else epoch_ms(value, where)


def cloud_event_time(event: Mapping[str, object], named: Callable[[str], str]) -> datetime | None:
    """When a CloudEvent happened or EventBridge accepted it, whichever is older; None: unknown.

    Args:
        event: The CloudEvent.
        named: What errors call one of its fields.

    Raises:
        InvalidEvent: its time cannot be parsed. If there is a ``time``, ``aliyunpublishtime``
            counts only if it can be parsed: its format is not documented.
    """
    published = "aliyunpublishtime"
    if "time" not in event:
        return instant(event[published], named(published)) if published in event else None
    happened = instant(event["time"], named("time"))
    try:
        return min(happened, instant(event.get(published), published))
    except InvalidEvent:
        return happened


def _whole_number(value: object) -> int | None:
    """The value as a whole number; None: it is not one."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and len(value) <= _MOST_DIGITS and re.fullmatch("[0-9]+", value):
        return int(value)
    return None


def _since_1970(value: object, where: str, unit: str) -> datetime:
    number = _whole_number(value)
    if number is not None:
        try:
            return _EPOCH + timedelta(**{unit: number})
        except OverflowError:
            pass  # no such year
    raise InvalidEvent(f"{where}: {_not_a_time(value)}; write {unit} since 1970")


def _not_a_time(value: object) -> str:
    return "the time is missing" if value is None else f"{shown(value)} is not a time"


def _with_offset(text: str) -> str:
    """A time with its zone's offset instead of the zone's name; any other text unchanged."""
    named = re.fullmatch(_NAMED_ZONE, text)
    if named is None or not (named["offset"] or named["zone"]):
        return text
    if named["offset"]:
        offset = named["offset"].removeprefix("GMT").removeprefix("UTC")
        return named["local"] + re.sub(r"(?a)([+-]\d\d)(\d\d)", r"\1:\2", offset)
    return named["local"] + _offset(named["zone"], named["local"][:16].replace(" ", "T"))


def _offset(zone: str, local: str) -> str:
    """A zone's offset from UTC at a local time, like +08:00; "" if unknown."""
    if zone in _CHINA:
        return "+08:00"
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415  # few times name a zone

    try:
        moment = datetime.fromisoformat(f"{local}+00:00").replace(tzinfo=ZoneInfo(zone))
        offset = moment.strftime("%z")
    except (ZoneInfoNotFoundError, ValueError, OverflowError, OSError):
        return ""  # no such zone, or no such time
    return f"{offset[:3]}:{offset[3:5]}"
