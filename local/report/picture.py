"""Days as charts: how many instances were in which state when, and what was avoided."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, tzinfo
from itertools import accumulate, dropwhile

from local.report.history import UNSAVED, Machine, Spell, State
from local.report.times import change_of_clocks, days_until, end_of

SLOT = 15
"""Minutes per step of a day's chart."""

SLOTS = 24 * 60 // SLOT


@dataclass(slots=True)
class Saving:
    """The time that instances were off since Curfew stopped them, and what that avoided.

    Attributes:
        minutes: How long, but for what was paid for all the same.
        unpriced: The part of it of which nobody knows what it avoided: no price in the logs, or no
            proof that the instance was stopped in economical mode.
        unsaved: How long besides: subscriptions, spot instances, stops in KeepCharging.
        money: By currency, at list price.
    """

    minutes: int = 0
    unpriced: int = 0
    unsaved: int = 0
    money: dict[str, float] = field(default_factory=dict)

    def merge(self, other: Saving) -> None:
        """Add what others avoided."""
        self.minutes += other.minutes
        self.unpriced += other.unpriced
        self.unsaved += other.unsaved
        for currency, amount in other.money.items():
            self.money[currency] = self.money.get(currency, 0.0) + amount

    def add(self, minutes: int, machine: Machine, mode: str) -> None:
        """Add a period during which an instance was off."""
        if mode in UNSAVED:
            self.unsaved += minutes
            return
        self.minutes += minutes
        price = machine.price
        if price is None or mode != "StopCharging":
            self.unpriced += minutes
            return
        self.money[price.currency] = self.money.get(price.currency, 0.0) + price.ends * minutes / 60


@dataclass(slots=True)
class Day:
    """One day in the zone.

    Attributes:
        begin: Its first minute.
        end: That of the next day.
        clocks_change: From which minute its clocks are as at its end.
        changes: For each state of `State`, how many instances more were in it, slot by slot.
    """

    date: date
    begin: int
    end: int
    clocks_change: int
    saving: Saving = field(default_factory=Saving)
    changes: list[list[int]] = field(default_factory=lambda: [[0] * (SLOTS + 1) for _ in State])

    @property
    def states(self) -> list[list[int]]:
        """For each `State`, how many instances were in it, slot by slot."""
        return [list(accumulate(row[:SLOTS])) for row in self.changes]


def days_of(times: Sequence[int], number: int, zone: tzinfo) -> list[Day]:
    """So many days up to the last of these minutes, from the first of them of which one is.

    So one time of long ago, of a clock that stood wrong, makes no days without anything.
    """
    if not times:
        return []
    begins = days_until(max(times), number, zone)
    ends = [*(begin for _, begin in begins[1:]), end_of(begins, zone)]
    days = [
        Day(date, begin, end, change_of_clocks(begin, end, zone))
        for (date, begin), end in zip(begins, ends, strict=True)
    ]
    first = min(one for one in times if one >= days[0].begin)
    return list(dropwhile(lambda day: day.end <= first, days))


def draw(machine: Machine, days: Sequence[Day]) -> Iterator[tuple[int, str, Day]]:
    """Add an instance to the charts of these days.

    Returns:
        How many minutes it was off by Curfew, in which mode, on which day.
    """
    ends = [day.end for day in days]
    for spell in machine.spells():
        for day, begin, end in _by_day(spell, days, ends):
            row = day.changes[spell.state]
            row[_slot(begin, day)] += 1
            row[_slot(end, day)] -= 1
            if spell.state is State.OURS:
                yield end - begin, spell.mode or ("spot" if machine.is_spot else ""), day


def _by_day(
    spell: Spell, days: Sequence[Day], ends: Sequence[int]
) -> Iterator[tuple[Day, int, int]]:
    """The parts of a spell within these days."""
    for index in range(bisect_right(ends, spell.begin), len(days)):
        day = days[index]
        if day.begin >= spell.end:
            return
        yield day, max(spell.begin, day.begin), min(spell.end, day.end)


def _slot(minute: int, day: Day) -> int:
    """The step of a day's picture that begins nearest; so one spell begins where another ends.

    Steps are of the day's clocks: an hour that they skip is there, one that they repeat has none.
    """
    shown = minute - day.begin
    if minute > day.clocks_change or day.clocks_change == day.begin:
        longer = day.end - day.begin - 24 * 60
        shown = max(day.clocks_change - day.begin, shown - longer)
    return min((shown + SLOT // 2) // SLOT, SLOTS)
