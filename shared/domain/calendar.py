"""China's working days, with the weekends that are worked in exchange for holidays (调休).

The days are those of the State Council's yearly notices, from the package ``chinesecalendar``,
which is imported only if a working day is needed. The next year's notice appears between October
and December; beyond the last known one, Monday to Friday count as working days, and every such
answer says that it is a guess.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

import msgspec

from shared.base.errors import Refused
from shared.domain.days import InvalidSpec, parse_dates
from shared.settings.settings import Settings

LONGEST_RANGE = timedelta(days=366)
_SATURDAY = 5
_DECEMBER = 12


class Workday(msgspec.Struct, frozen=True):
    """Whether a day is a working day.

    Attributes:
        holds: It is.
        is_guess: The day is beyond the calendar, so only its weekday counts.
    """

    holds: bool
    is_guess: bool = False


class China(msgspec.Struct, frozen=True, cache_hash=True):
    """What the State Council's notices say.

    Attributes:
        off: Days that are not worked; weekends need not be among them.
        worked: Weekend days that are worked.
        first_year: The first known year.
        last_year: The last known year.
    """

    off: frozenset[date]
    worked: frozenset[date]
    first_year: int
    last_year: int


class Calendar(msgspec.Struct, frozen=True, cache_hash=True):
    """China's days and the operator's own.

    Attributes:
        holidays: Additional days off, from ``CURFEW_HOLIDAYS``.
        workdays: Additional working days, from ``CURFEW_WORKDAYS``.
        china: The notices; None: those of the installed package, read when needed.
    """

    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()
    china: China | None = None

    @property
    def until(self) -> int:
        """The last known year (``calendar_until`` in reports)."""
        return self._china().last_year

    def until_if_installed(self) -> int | None:
        """The same; None if the package is not installed."""
        try:
            return self.until
        except ImportError:
            return None

    def workday(self, day: date) -> Workday:
        """Is this a working day? The operator's own days are never a guess."""
        if day in self.holidays or day in self.workdays:
            return Workday(holds=day in self.workdays)
        china = self._china()
        is_weekday = day.weekday() < _SATURDAY
        if not china.first_year <= day.year <= china.last_year:
            return Workday(holds=is_weekday, is_guess=True)
        return Workday(holds=day in china.worked or (is_weekday and day not in china.off))

    def warning(self, today: date, guessed: date | None) -> str:
        """What a report that uses working days says about the calendar's end; "": nothing.

        Args:
            today: The local date, in the report's zone.
            guessed: The first day beyond the calendar that the run needed; None: none.
        """
        if guessed is not None:
            return (
                f"the calendar of working days ends with {self.until}: {guessed} and later days "
                "are guessed from Monday to Friday; install a newer chinesecalendar, or list the "
                "days in CURFEW_HOLIDAYS and CURFEW_WORKDAYS"
            )
        if today.month == _DECEMBER and self.until <= today.year:
            return (
                f"the calendar of working days ends with {self.until}: install a newer "
                f"chinesecalendar before {self.until + 1}"
            )
        return ""

    def _china(self) -> China:
        return self.china or installed()


@lru_cache(maxsize=1)
def installed() -> China:
    """The notices in the installed package.

    A year counts as known once its National Day is: a notice may name days of the year before.
    """
    from chinese_calendar import constants  # noqa: PLC0415  # 16 ms, and few ask for it

    off = frozenset(constants.holidays)
    years = {day.year for day in off if (day.month, day.day) == (10, 1)}
    return China(off, frozenset(constants.workdays), min(years), max(years))


def calendar_of(settings: Settings) -> Calendar:
    """The calendar with the operator's own days.

    Raises:
        Refused: a word of ``CURFEW_HOLIDAYS`` or ``CURFEW_WORKDAYS`` is not a date, a range is
            longer than a year, or a day is in both.
    """
    off = _dates_of("CURFEW_HOLIDAYS", settings.holidays)
    worked = _dates_of("CURFEW_WORKDAYS", settings.workdays)
    if both := off & worked:
        raise Refused(
            f"CURFEW_HOLIDAYS and CURFEW_WORKDAYS: {min(both)} is both a holiday and a working "
            "day; list it only once"
        )
    return Calendar(off, worked)


def _dates_of(variable: str, text: str) -> frozenset[date]:
    try:
        return _dates(text)
    except InvalidSpec as error:
        raise Refused(f"{variable}: {error}") from None


def _dates(text: str) -> frozenset[date]:
    days: set[date] = set()
    for number, word in enumerate(parse_dates(text), 1):
        if word.last - word.first > LONGEST_RANGE:
            raise InvalidSpec(f"word {number}, '{word}', is longer than a year; write fewer days")
        length = (word.last - word.first).days
        days.update(word.first + timedelta(days=later) for later in range(length + 1))
    return frozenset(days)
