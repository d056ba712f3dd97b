"""Timers: Function Compute's cron expressions, parsed strictly, and when they fire next.

An expression has six fields, seconds first, and may name its zone; without one it is UTC ("Time
triggers", Function Compute docs)::

    CRON_TZ=Asia/Shanghai 0 0 20 * * MON-FRI
    @every 5m

The pages number the days of the week in two ways, 0-6 and 1-7: Monday is 1 in both, Sunday differs,
so it is accepted only by name. cronsim computes when an expression fires next.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from difflib import get_close_matches
from functools import lru_cache
from itertools import islice, takewhile
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from cronsim import CronSim, CronSimError

from shared.settings.zones import NOT_CHINAS

CHINAS_ZONE = "Asia/Shanghai"

_PREFIX = "CRON_TZ="
_EVERY = re.compile(r"@every (?P<length>(?:\d+(?:\.\d+)?(?:h|m|s))+)")
_PART = re.compile(r"(\d+)(?:\.\d+)?([hms])")
_UNITS = {"h": timedelta(hours=1), "m": timedelta(minutes=1), "s": timedelta(seconds=1)}
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_MONTHS = (
    *("JAN", "FEB", "MAR", "APR", "MAY", "JUN"),
    *("JUL", "AUG", "SEP", "OCT", "NOV", "DEC"),
)


class CronError(ValueError):
    """An expression that Function Compute would not accept, or that may be misleading."""


@dataclass(frozen=True, slots=True)
class _Field:
    """One of the six fields.

    Attributes:
        names: Names allowed for numbers, the first for ``low``.
        open_ended: Whether ``?`` is allowed, for any value.
    """

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()
    open_ended: bool = False

    @property
    def right(self) -> str:
        """What it may contain, in words."""
        if self.name == "day of the week":
            return "MON to SUN"
        return f"{self.low} to {self.high}" + (" or JAN to DEC" if self.names else "")


_FIELDS = (
    _Field("seconds", 0, 59),
    _Field("minutes", 0, 59),
    _Field("hours", 0, 23),
    _Field("day of the month", 1, 31, open_ended=True),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of the week", 0, 6, _DAYS, open_ended=True),
)


@dataclass(frozen=True, slots=True)
class Cron:
    """A parsed expression.

    Attributes:
        expression: The six fields, without the zone; "" if it only says how often.
        values: The same, each field as ``*`` or a list of all its values.
        zone: The time zone that it uses.
        states_zone: Whether it names that zone; otherwise it is UTC.
        every: The time between two runs, counted from the trigger's creation; None: it fires by the
            clock.
    """

    expression: str
    values: str
    zone: ZoneInfo
    states_zone: bool
    every: timedelta | None = None

    def next_times(self, after: datetime, count: int) -> list[datetime]:
        """When it fires next, in its own zone; empty for ``@every``, which ignores the clock.

        Args:
            after: An aware time; what is returned is later.
            count: How many times are wanted.

        Raises:
            CronError: it never fires, like the 30th of February.
        """
        if self.every is not None:
            return []
        times = _next_times(self.values, self.zone, after.astimezone(timezone.utc), count)
        if not times:
            raise CronError(f"{self.expression!r} never fires: there is no such day")
        return list(times)

    def times_until(self, until: datetime, after: datetime, most: int) -> tuple[datetime, ...]:
        """When it fires between two times, in its own zone; empty for ``@every``.

        Args:
            until: An aware time; the results are earlier.
            after: An aware time; what is returned is later.
            most: How many times are returned at most.
        """
        if self.every is not None:
            return ()
        start, end = after.astimezone(timezone.utc), until.astimezone(timezone.utc)
        return _times_until(self.values, self.zone, start, end, most)

    @property
    def limits_both_days(self) -> bool:
        """Whether it restricts both the day of the month and the day of the week.

        Whether both must match, or either, is not documented.
        """
        fields = self.expression.split()
        return bool(fields) and all(fields[place] not in {"*", "?"} for place in (3, 5))


def _times(values: str, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    try:
        yield from CronSim(values, after.astimezone(zone))
    except CronSimError:
        return


@lru_cache(maxsize=1024)  # some functions' timers fire together, and each is queried three times
def _next_times(values: str, zone: ZoneInfo, after: datetime, count: int) -> tuple[datetime, ...]:
    return tuple(islice(_times(values, zone, after), count))


@lru_cache(maxsize=1024)
def _times_until(
    values: str, zone: ZoneInfo, after: datetime, until: datetime, most: int
) -> tuple[datetime, ...]:
    sooner = takewhile(lambda one: one < until, _times(values, zone, after))
    return tuple(islice(sooner, most))


@lru_cache(maxsize=1024)
def read_cron(text: str) -> Cron:
    """Parse an expression.

    Raises:
        CronError: it is not one of Function Compute's; says what is expected.
    """
    rest, zone, states_zone = text.strip(), ZoneInfo("UTC"), False
    if rest.upper().startswith(_PREFIX):
        name, _, rest = rest[len(_PREFIX) :].partition(" ")
        zone, states_zone = _zone(name), True
    elif re.match(r"(?i)(TZ|CRON_TIMEZONE|TIMEZONE)\s*=", rest):
        raise CronError(
            f"a time zone is set with CRON_TZ=, as in {_PREFIX}{CHINAS_ZONE} 0 0 20 * * *"
        )
    rest = rest.strip()
    if rest.startswith("@"):
        return Cron("", "", zone, states_zone, _every(rest))
    fields = rest.split()
    if len(fields) != len(_FIELDS):
        raise CronError(_wrong_number(rest, len(fields)))
    values = [
        _values(field, content.upper()) for field, content in zip(_FIELDS, fields, strict=True)
    ]
    return Cron(" ".join(fields).upper(), " ".join(values), zone, states_zone)


def _every(text: str) -> timedelta:
    found = _EVERY.fullmatch(text)
    length = (
        sum(
            (int(number) * _UNITS[unit] for number, unit in _PART.findall(found["length"])),
            timedelta(),
        )
        if found
        else timedelta()
    )
    if not length:
        raise CronError(f"{text!r} is not understood; write @every 5m, or six fields")
    return length


def _wrong_number(text: str, count: int) -> str:
    hint = "seconds, minutes, hours, day, month, day of the week"
    if count == len(_FIELDS) - 1:
        return f"{text!r} has five fields; six are needed, and seconds come first: 0 {text}"
    if count == len(_FIELDS) + 1:
        return f"{text!r} has seven fields; there are six, without a year: {hint}"
    return f"{text!r} has {count} field{'s' * (count != 1)}; six are needed: {hint}"


def _zone(name: str) -> ZoneInfo:
    if name.lower() in NOT_CHINAS:
        raise CronError(f"{name} is not the name of a time zone; China's is {CHINAS_ZONE}")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = get_close_matches(name, available_timezones(), n=1)
        hint = f"did you mean {near[0]}?" if near else f"China's is {CHINAS_ZONE}"
        raise CronError(f"{name!r} is not the name of a time zone; {hint}") from None


def _values(field: _Field, content: str) -> str:
    """All values that a field matches, or ``*``.

    cronsim gets only lists: it treats ``0-0/5`` as ``0/5``, and ``*/2`` as any day if another field
    limits the days.
    """
    if content == "*" or (content == "?" and field.open_ended):
        return "*"
    found: set[int] = set()
    for item in content.split(","):
        span, slash, step = item.partition("/")
        if slash and not (step.isdecimal() and int(step) > 0):
            raise _wrong(field, content)
        first, last = _span(field, content, span)
        if slash and first == last and "-" not in span:
            last = field.high
        found.update(range(first, last + 1, int(step or 1)))
    return ",".join(map(str, sorted(found)))


def _span(field: _Field, content: str, span: str) -> tuple[int, int]:
    """The first and the last value of ``*``, ``5`` or ``5-9``."""
    if span == "*":
        return field.low, field.high
    low, dash, high = span.partition("-")
    first = _number(field, low)
    last = _number(field, high) if dash else first
    if first is None or last is None:
        raise _wrong(field, content)
    if first > last:
        raise CronError(
            f"{field.name}: {span} runs backwards; write {_forwards(field, first, last)}"
        )
    return first, last


def _wrong(field: _Field, content: str) -> CronError:
    return CronError(f"{field.name}: {content!r} is not understood; {field.right}, or *")


def _number(field: _Field, text: str) -> int | None:
    if text in field.names:
        return field.low + field.names.index(text)
    if field.name == "day of the week" and text in {"0", "7"}:
        raise CronError(
            "day of the week: Sunday is documented as 0 in some places and 7 in others; write SUN, "
            f"not {text}"
        )
    return int(text) if text.isdecimal() and field.low <= int(text) <= field.high else None


def _forwards(field: _Field, first: int, last: int) -> str:
    """The same values without a range that wraps around."""
    if field.name == "day of the week":
        days = [*_DAYS[first:], *_DAYS[: last + 1]]
        return ",".join(days)
    return f"{first}-{field.high},{field.low}-{last}"


def zone_text(moment: datetime) -> str:
    """A zone with its offset at that time: ``Asia/Shanghai (China, +08:00)``."""
    name = str(moment.tzinfo)
    offset = f"{moment:%z}"
    shown = f"{offset[:3]}:{offset[3:5]}"
    country = "China, " if name == CHINAS_ZONE else ""
    return f"{name} ({country}{shown})"
