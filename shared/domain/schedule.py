"""A schedule as a value: which hours of which days an instance is meant to run.

``schedule_spec`` parses it from text, ``timetable`` says what applies at an instant. Printed, it is
an equivalent spec.
"""

from __future__ import annotations

from datetime import date
from enum import Enum

import msgspec

from shared.domain.days import Business, Dates, DayWord, WorkingDays, match_day

DAY_MINUTES = 24 * 60


class Base(str, Enum):
    """What applies on days that no entry covers."""

    NONE = ""
    NEVER = "never"
    ALWAYS = "always"


class Kind(str, Enum):
    """What the entries state."""

    SPANS = "spans"
    CLOSES = "closes"
    OPENINGS = "openings"


class Hours(msgspec.Struct, frozen=True):
    """A span of a day, or one end of it, in minutes from the midnight that begins the day.

    Attributes:
        opens: 0 to 1439; None: only a close.
        closes: 1 to 1440 (``24:00``), for a lone close; of a span it is greater than ``opens``,
            and beyond 1440 on the next day. None: only an opening.
    """

    opens: int | None
    closes: int | None

    @property
    def kind(self) -> Kind:
        """A span, a lone close or a lone opening."""
        if self.opens is None:
            return Kind.CLOSES
        return Kind.OPENINGS if self.closes is None else Kind.SPANS

    def __str__(self) -> str:
        opens = "" if self.opens is None else _clock(self.opens)
        closes = self.closes
        if closes is not None and closes > DAY_MINUTES:
            closes -= DAY_MINUTES
        return f"{opens}-{'' if closes is None else _clock(closes)}"


ALL_DAY = Hours(0, DAY_MINUTES)


class Entry(msgspec.Struct, frozen=True):
    """Days, and their hours; None: ``off``."""

    days: tuple[DayWord, ...]
    hours: Hours | None

    @property
    def dates(self) -> tuple[Dates, ...]:
        """Those of its days that are dates."""
        return tuple(word for word in self.days if isinstance(word, Dates))

    @property
    def weekly(self) -> tuple[DayWord, ...]:
        """Those of its days that are not dates."""
        return tuple(word for word in self.days if not isinstance(word, Dates))

    def __str__(self) -> str:
        hours = "off" if self.hours is None else str(self.hours)
        return " ".join([*map(str, self.days), hours])


class DayHours(msgspec.Struct, frozen=True):
    """The hours of one day.

    Attributes:
        hours: Unordered; may overlap.
        is_guess: They depend on whether a day beyond the calendar is a working day.
    """

    hours: tuple[Hours, ...] = ()
    is_guess: bool = False


class Schedule(msgspec.Struct, frozen=True, cache_hash=True):
    """What a spec says.

    Attributes:
        base: ``never`` or ``always`` at its front.
        entries: As written.
        zone: The IANA name at its end; "": the default (``CURFEW_TZ``).
    """

    base: Base
    entries: tuple[Entry, ...]
    zone: str = ""

    @property
    def kind(self) -> Kind:
        """What all entries with hours state."""
        return next((one.hours.kind for one in self.entries if one.hours), Kind.SPANS)

    @property
    def asks_calendar(self) -> bool:
        """Does it use working days?"""
        return any(isinstance(word, Business) for one in self.entries for word in one.days)

    def __str__(self) -> str:
        parts = [self.base.value, *map(str, self.entries)]
        text = ", ".join(part for part in parts if part)
        return f"{text} {self.zone}" if self.zone else text

    def hours_on(self, day: date, calendar: WorkingDays) -> DayHours:
        """The hours that begin on a day.

        Hours by date replace weekly ones; otherwise ``off`` by date applies, then weekly ``off``,
        then all weekly hours together.
        """
        dated = [one for one in self.entries if any(word.has(day) for word in one.dates)]
        if dated:
            return DayHours(tuple(one.hours for one in dated if one.hours))
        is_guess = False
        hours: list[Hours] = [ALL_DAY] if self.base is Base.ALWAYS else []
        for one in sorted(self.entries, key=lambda entry: entry.hours is not None):
            match = match_day(one.weekly, day, calendar)
            is_guess = is_guess or match.is_guess
            if match.holds and one.hours is None:
                return DayHours((), is_guess)
            if match.holds and one.hours:
                hours.append(one.hours)
        return DayHours(tuple(hours), is_guess)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
