"""What DESIGN says of one instance at one time, from the minutes of its schedule's meaning."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from tests.simulation.fortnight import Tags
from tests.simulation.fortnight_schedules import Meaning, Spec, following, last

_MINUTE = timedelta(minutes=1)
_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_NEAR = 3
WORTH_STARTING = 15
"""Minutes of a span that must be left."""


class Terms(Protocol):
    """By which schedules are kept: of a fortnight, or of a request."""

    @property
    def window(self) -> datetime:
        """Where minutes are counted from."""

    @property
    def catch_up(self) -> timedelta:
        """CURFEW_CATCH_UP."""

    @property
    def enforced(self) -> bool:
        """As the request has it."""

    @property
    def fallback(self) -> Spec | None:
        """The request's schedule."""

    def minute(self, moment: datetime) -> float:
        """A time in the minutes of meanings."""

    def end_of(self, tag: str) -> datetime | None:
        """When a tag like ``curfew:keep-until`` ends; None: it is not there."""


@dataclass(frozen=True)
class Law:
    """A law that would be broken, and how."""

    number: int
    how: str


@dataclass(frozen=True)
class View:
    """One instance whose schedule can be read, at one time.

    Attributes:
        given: The terms.
        tags: Its tags.
        meaning: What its schedule says.
        at: The time.
        started: The minute of its StartTime.
    """

    given: Terms
    tags: Tags
    meaning: Meaning
    at: datetime
    started: int

    @property
    def now(self) -> float:
        """The time, in the minutes of meanings."""
        return self.given.minute(self.at)

    @property
    def kind(self) -> str:
        """``spans``, ``closes`` or ``openings``."""
        spec = self.tags.spec or self.given.fallback
        return spec.kind if spec else ""

    @property
    def is_inside(self) -> bool:
        """A span runs."""
        return bool(self.meaning.inside[int(self.now)])

    @property
    def close(self) -> int | None:
        """The last close, or end of a ``curfew:keep-until``."""
        return self._later(last(self.meaning.closes, self.now), self.tags.keep)

    @property
    def opening(self) -> int | None:
        """The last opening, or end of a ``curfew:keep-off-until`` that is one."""
        found = last(self.meaning.openings, self.now)
        if self.is_inside:
            return self._later(found, self.tags.keep_off)
        later = self._later(found, self.tags.keep_off)
        if self.kind == "spans" or found is None or later is None:
            return found
        same = self.local(found).date() == self.local(later).date()
        return later if same and not self._is_started_since(found) else found

    @property
    def closes(self) -> int | None:
        """The next close."""
        return following(self.meaning.closes, self.now)

    @property
    def opens(self) -> int | None:
        """The next opening."""
        return following(self.meaning.openings, self.now)

    def local(self, minute: int) -> datetime:
        """A minute as the clocks of its schedule show it."""
        return (self.given.window + minute * _MINUTE).astimezone(self.meaning.zone)

    def shown(self, minute: int | None) -> str:
        """A minute as reasons have it: the time alone today, with the day within three, or date."""
        if minute is None:
            return "never"
        local, today = self.local(minute), self.at.astimezone(self.meaning.zone).date()
        days = abs((local.date() - today).days)
        clock = f"{local:%H:%M}"
        if days == 0:
            return clock
        return f"{_NAMES[local.weekday()] if days <= _NEAR else local.date()} {clock}"

    def no_stop(self) -> Law | None:
        """Why it must not be stopped; None: it must be, if nothing guards it."""
        close, is_spans = self.close, self.kind == "spans"
        if self.given.enforced and is_spans and not self.is_inside:
            return None
        return _first(
            (self.kind == "openings", Law(1, "its schedule only opens")),
            (self.is_inside, Law(1, "a span runs")),
            (close is None, Law(1, "there was no close")),
            (not is_spans and self._is_late(close), Law(1, "the lone close is too long ago")),
            (self._is_started_since(close), Law(2, "it was started after the close")),
        )

    def no_start(self) -> Law | None:
        """Why it must not be started; None: it must be, if nothing guards it."""
        opening, is_spans = self.opening, self.kind == "spans"
        spec = self.tags.spec or self.given.fallback
        closes = self.closes if is_spans else None
        is_short = closes is not None and closes - self.now < WORTH_STARTING
        is_off = self.kind == "closes" or (is_spans and not self.is_inside)
        return _first(
            (spec is not None and spec.base == "always", Law(1, "always starts nothing")),
            (is_off, Law(1, "no span runs")),
            (opening is None, Law(1, "there was no opening")),
            (self._is_started_since(opening), Law(3, "it was started after the opening")),
            (self._is_late(opening), Law(1, "the opening is too long ago")),
            (is_short, Law(1, "its span is nearly over")),
        )

    def guard(self, what: str) -> str:
        """The tag that forbids a stop or a start now; "" if none does."""
        tag = self.tags.keep if what == "stop" else self.tags.keep_off
        end = self.given.end_of(tag)
        if self.tags.protect:
            return "curfew:protect"
        return tag if end is not None and end > self.at else ""

    def changed_since(self, moment: datetime) -> bool:
        """Whether anything happened by its schedule or tags, after ``moment`` and until now."""
        ends = (self.given.end_of(tag) for tag in (self.tags.keep, self.tags.keep_off))
        if any(end and moment < end <= self.at for end in ends):
            return True
        since = self.given.minute(moment)
        found = (last(self.meaning.openings, self.now), last(self.meaning.closes, self.now))
        return any(one is not None and one > since for one in found)

    def _is_started_since(self, boundary: int | None) -> bool:
        return boundary is not None and self.started >= boundary

    def _is_late(self, boundary: int | None) -> bool:
        return boundary is not None and (self.now - boundary) * _MINUTE > self.given.catch_up

    def _later(self, boundary: int | None, tag: str) -> int | None:
        """The later of a boundary and of the end of a tag, if that is past."""
        end = self.given.end_of(tag)
        past = int(self.given.minute(end)) if end is not None and end <= self.at else None
        return max((one for one in (boundary, past) if one is not None), default=None)


def _first(*reasons: tuple[bool, Law]) -> Law | None:
    return next((law for holds, law in reasons if holds), None)
