"""Day words: ``mon``, ``fri-mon``, ``daily``, ``workdays``, ``mon#1``, ``2026-12-24``.

They are used in schedules and in the request field ``days``, and are parsed after NFKC, ignoring
case. Whether a word includes a day is decided here; which days are China's working days, in
``calendar``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from enum import Enum
from functools import lru_cache
from typing import Protocol
from unicodedata import normalize

import msgspec

from shared.domain.day_hints import BETWEEN, date_hint, day_hint, range_of

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LAST = -1
"""The ``nth`` of ``fri#last``."""

_DATE = r"\d{4}-\d\d-\d\d"
_DATES = rf"(?a)({_DATE})(?:\.\.({_DATE}))?"
_WEEK = timedelta(days=7)


class InvalidSpec(ValueError):  # noqa: N818  # named as InvalidEvent is
    """A day word or a schedule that cannot be parsed: at which word, and the correct form."""


class Weekdays(msgspec.Struct, frozen=True):
    """``mon``, or ``fri-mon``: from one weekday (0 is Monday) to another, wrapping."""

    first: int
    last: int

    def __str__(self) -> str:
        first, last = WEEKDAYS[self.first], WEEKDAYS[self.last]
        return first if self.first == self.last else f"{first}-{last}"

    def has(self, day: date) -> bool:
        """Is this day one of them?"""
        return (day.weekday() - self.first) % 7 <= (self.last - self.first) % 7


class Nth(msgspec.Struct, frozen=True):
    """``mon#1``, ``fri#last``: the nth (1 to 5, or ``LAST``) such weekday of every month."""

    weekday: int
    nth: int

    def __str__(self) -> str:
        return f"{WEEKDAYS[self.weekday]}#{'last' if self.nth == LAST else self.nth}"

    def has(self, day: date) -> bool:
        """Is this day one of them?"""
        if day.weekday() != self.weekday:
            return False
        if self.nth == LAST:
            return (day + _WEEK).month != day.month
        return (day.day + 6) // 7 == self.nth


class Dates(msgspec.Struct, frozen=True):
    """``2026-12-24``, or ``2026-12-24..2027-01-03``, both ends included."""

    first: date
    last: date

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}..{self.last}"

    def has(self, day: date) -> bool:
        """Is this day one of them?"""
        return self.first <= day <= self.last


class Daily(msgspec.Struct, frozen=True):
    """``daily``: every day."""

    def __str__(self) -> str:
        return "daily"

    def has(self, day: date) -> bool:  # noqa: ARG002  # every day
        """Is this day one of them?"""
        return True


class Business(str, Enum):
    """Words that need the calendar."""

    WORKDAYS = "workdays"
    OFFDAYS = "offdays"

    def __str__(self) -> str:
        return self.value


DayWord = Weekdays | Nth | Dates | Daily | Business


class Answer(Protocol):
    """Whether a day is a working day, and whether that is a guess."""

    @property
    def holds(self) -> bool:
        """It is."""
        ...

    @property
    def is_guess(self) -> bool:
        """The day is beyond the calendar."""
        ...


class WorkingDays(Protocol):
    """What knows working days: ``calendar.Calendar``."""

    def workday(self, day: date, /) -> Answer:
        """Is this a working day?"""
        ...


class Match(msgspec.Struct, frozen=True):
    """Whether words include a day.

    Attributes:
        holds: They do.
        is_guess: That depends on a day beyond the calendar.
    """

    holds: bool
    is_guess: bool = False


def match_day(words: Iterable[DayWord], day: date, calendar: WorkingDays) -> Match:
    """Does any of the words include this day? The calendar is used only if no other word does."""
    asking: list[Business] = []
    for word in words:
        if isinstance(word, Business):
            asking.append(word)
        elif word.has(day):
            return Match(holds=True)
    if not asking:
        return Match(holds=False)
    answer = calendar.workday(day)
    holds = (Business.WORKDAYS if answer.holds else Business.OFFDAYS) in asking
    return Match(holds, answer.is_guess and len(set(asking)) == 1)


def parse_dates(text: str) -> tuple[Dates, ...]:
    """Parse dates and ranges of dates separated by spaces or commas; none for an empty text.

    Raises:
        InvalidSpec: a word is neither.
    """
    return tuple(_only_dates(word, number) for number, word in enumerate(_split(text), 1) if word)


def _only_dates(word: str, number: int) -> Dates:
    if not re.fullmatch(_DATES, word):
        hint = date_hint(word, _reads)
        raise InvalidSpec(f"word {number}, {quoted(word)}, {hint}")
    found = parse_day(word, number)
    assert isinstance(found, Dates)  # noqa: S101  # it matches
    return found


def _split(text: str) -> list[str]:
    return re.split(r"[\s,]+", plain(text).strip(" ,"))


def parse_days(stated: str | Sequence[str]) -> tuple[DayWord, ...]:
    """Parse day words.

    Args:
        stated: A text separated by spaces or commas, or a list of words.

    Raises:
        InvalidSpec: there is none, or one that cannot be parsed.
    """
    words = _split(stated) if isinstance(stated, str) else [plain(word).strip() for word in stated]
    if several := next((number for number, word in enumerate(words, 1) if " " in word), 0):
        raise InvalidSpec(
            f"word {several}, {quoted(words[several - 1])}, is several words; write each by itself"
        )
    check_ranges(words, 1)
    if not any(words):
        raise InvalidSpec("no day is named; write days like workdays, mon-fri or 2026-12-24")
    return tuple(parse_day(word, number) for number, word in enumerate(words, 1))


def check_ranges(words: Sequence[str], first: int) -> None:
    """Explain how to write a range, if two days have a word between them.

    Args:
        words: Words of a text, one after another.
        first: The number of the first of them.

    Raises:
        InvalidSpec: two days have such a word between them.
    """
    for number, (begin, between, end) in enumerate(zip(words, words[1:], words[2:]), first + 1):  # noqa: B905  # those that have two after them
        if between.lower() in BETWEEN and (meant := range_of(begin, end)) and _reads(meant):
            raise InvalidSpec(
                f"word {number}, {quoted(between)}, stands between two days; write {meant}"
            )


def plain(text: str) -> str:
    """The text as it is parsed: full-width characters as plain ones, any white space as a space."""
    return " ".join(normalize("NFKC", text).split())


@lru_cache(maxsize=4096)
def parse_day(word: str, number: int) -> DayWord:
    """Parse one word, the ``number``-th of its text.

    Raises:
        InvalidSpec: it is not a day word.
    """
    lower = word.lower()
    try:
        found = read_day(lower)
        if found is None:
            raise InvalidSpec(day_hint(word, _reads))  # noqa: TRY301  # its place is added below
    except InvalidSpec as error:
        raise InvalidSpec(f"word {number}, {quoted(word)}, {error}") from None
    return found


def read_day(word: str) -> DayWord | None:
    """The word, in small letters; None: it is not a day word.

    Raises:
        InvalidSpec: it is one, but includes no day.
    """
    return _named(word) or _weekdays(word) or _nth(word) or _dates(word)


def _reads(meant: str) -> bool:
    """Is every word of this one that may occur in place of days, or ends them?"""
    try:
        return all(read_day(one) for one in meant.split() if one not in {"off", "never", "always"})
    except InvalidSpec:
        return False


def quoted(word: str) -> str:
    """A word as an error shows it: cut, with invisible characters written out."""
    most = 40
    return repr(word if len(word) <= most else f"{word[:most]}…")


def _named(word: str) -> DayWord | None:
    if word == "daily":
        return Daily()
    return Business(word) if word in {"workdays", "offdays"} else None


def _weekdays(word: str) -> Weekdays | None:
    first, dash, last = word.partition("-")
    if first not in WEEKDAYS or (dash and last not in WEEKDAYS):
        return None
    if first == last:
        raise InvalidSpec(
            f"could be one day or seven; write {first} for the one, daily for the seven"
        )
    return Weekdays(WEEKDAYS.index(first), WEEKDAYS.index(last or first))


def _nth(word: str) -> Nth | None:
    weekday, sign, nth = word.partition("#")
    if not sign or weekday not in WEEKDAYS:
        return None
    if nth not in {"1", "2", "3", "4", "5", "last"}:
        raise InvalidSpec(
            f"is not a day of the month; write {weekday}#1 to {weekday}#5, or {weekday}#last"
        )
    return Nth(WEEKDAYS.index(weekday), LAST if nth == "last" else int(nth))


def _dates(word: str) -> Dates | None:
    match = re.fullmatch(_DATES, word)
    if match is None:
        return None
    first, last = (_date(text) for text in (match[1], match[2] or match[1]))
    if last < first:
        raise InvalidSpec(f"ends before it begins; write {last}..{first}")
    return Dates(first, last)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidSpec(f"has a day that does not exist: {text}") from None
