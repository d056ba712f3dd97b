"""Bugs in how Curfew keeps schedules, for the laws of fortnights to find."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

import shared.domain.enforcement
import shared.domain.local_days
import shared.domain.on_schedule
import shared.domain.timetable
from shared.domain.enforcement import Decision, Move, Power, Seen, Terms, decide
from shared.domain.guards import Guard
from shared.domain.on_schedule import Timetable
from shared.domain.schedule import Kind, Schedule
from shared.domain.timetable import State

Patch = pytest.MonkeyPatch


@dataclass(frozen=True)
class Planted:
    """A bug, and the law that finds it.

    Attributes:
        plant: Puts it in.
        law: The number of the law.
        seed: A fortnight in which it shows.
        alone: No other law finds it there.
    """

    plant: Callable[[Patch], None]
    law: int
    seed: int
    alone: bool

    @property
    def name(self) -> str:
        """What the bug is called."""
        return getattr(self.plant, "__name__", "").strip("_").replace("_", "-")


def _instead(monkeypatch: Patch, decision: Callable[..., Decision]) -> None:
    monkeypatch.setattr(shared.domain.on_schedule, "decide", decision)


def _starts_for_a_few_minutes(monkeypatch: Patch) -> None:
    monkeypatch.setattr(shared.domain.enforcement, "WORTH_STARTING", timedelta(0))


def _nobody_works_overtime(monkeypatch: Patch) -> None:
    def strict(state: State, seen: Seen, now: datetime, terms: Terms) -> Decision:
        return decide(state, seen, now, msgspec.structs.replace(terms, enforced=True))

    _instead(monkeypatch, strict)


def _stops_do_not_stand(monkeypatch: Patch) -> None:
    def forgetful(state: State, seen: Seen, now: datetime, terms: Terms) -> Decision:
        if seen.power is Power.OFF:
            long_ago = now - timedelta(days=400)
            seen = msgspec.structs.replace(seen, started_at=long_ago)
        return decide(state, seen, now, terms)

    _instead(monkeypatch, forgetful)


def _hurries(monkeypatch: Patch) -> None:
    """Catches up for half an hour only, and says it as if it were all of it."""

    def hasty(state: State, seen: Seen, now: datetime, terms: Terms) -> Decision:
        brief = msgspec.structs.replace(terms, catch_up=timedelta(minutes=30))
        return decide(state, seen, now, brief)

    _instead(monkeypatch, hasty)


def _forgets_missed_closes(monkeypatch: Patch) -> None:
    """A span's close is made up for as long as an opening, as those of lone closes are."""

    def forgetful(state: State, seen: Seen, now: datetime, terms: Terms) -> Decision:
        made = decide(state, seen, now, terms)
        closed = state.closed_at
        if made.move is Move.STOP and closed and now - closed > terms.catch_up:
            return Decision(Move.LEFT, "too long ago")
        return made

    _instead(monkeypatch, forgetful)


def _no_end_of_a_day_off(monkeypatch: Patch) -> None:
    monkeypatch.setattr(
        shared.domain.timetable._Window,  # noqa: SLF001  # where it would happen
        "closes",
        lambda self: [closes for _, closes in self.spans],
    )


def _keeps_nothing(monkeypatch: Patch) -> None:
    honest = Guard._tag_reasons  # noqa: SLF001  # as above

    def careless(self: Guard, key: str, value: str, now: datetime) -> Iterator[str]:
        return iter(()) if "keep" in key else honest(self, key, value, now)

    monkeypatch.setattr(Guard, "_tag_reasons", careless)


def _tells_times_of_the_operators_zone(monkeypatch: Patch) -> None:
    honest = Timetable.state

    def told(self: Timetable, schedule: Schedule, moment: datetime) -> State:
        return msgspec.structs.replace(honest(self, schedule, moment), zone=self.zone)

    monkeypatch.setattr(Timetable, "state", told)


def _sees_saw(monkeypatch: Patch) -> None:
    """What it has started in this hour it stops, inside or not, and so on and on."""

    def restless(state: State, seen: Seen, now: datetime, terms: Terms) -> Decision:
        made = decide(state, seen, now, terms)
        since = now - (seen.started_at or now)
        is_own = made.move is Move.FITS and state.inside and state.opened_at is not None
        if is_own and seen.power is Power.ON and since < timedelta(hours=1):
            return Decision(Move.STOP, "running, and it was started a while ago")
        return made

    _instead(monkeypatch, restless)


def _summer_time_is_never(monkeypatch: Patch) -> None:
    honest = shared.domain.local_days.instant_of

    def naive(day: Any, minutes: int, zone: Any) -> datetime:  # noqa: ANN401  # passed on
        return honest(day, 0, zone) + timedelta(minutes=minutes)

    monkeypatch.setattr(shared.domain.local_days, "instant_of", naive)
    shared.domain.timetable._state_at.cache_clear()  # noqa: SLF001  # what was right is remembered


def _a_keeps_end_is_no_close(monkeypatch: Patch) -> None:
    def deaf(state: State, seen: Seen, now: datetime, terms: Terms) -> Decision:
        if state.kind is Kind.SPANS:
            seen = msgspec.structs.replace(seen, kept_until=None, kept_off_until=None)
        return decide(state, seen, now, terms)

    _instead(monkeypatch, deaf)


BUGS = (
    Planted(_starts_for_a_few_minutes, law=1, seed=20, alone=True),
    Planted(_nobody_works_overtime, law=2, seed=0, alone=True),
    Planted(_stops_do_not_stand, law=3, seed=3, alone=True),
    Planted(_hurries, law=4, seed=15, alone=False),
    Planted(_sees_saw, law=5, seed=0, alone=False),
    Planted(_no_end_of_a_day_off, law=6, seed=0, alone=False),
    Planted(_summer_time_is_never, law=6, seed=59, alone=False),
    Planted(_a_keeps_end_is_no_close, law=6, seed=13, alone=False),
    Planted(_keeps_nothing, law=7, seed=1, alone=True),
    Planted(_tells_times_of_the_operators_zone, law=8, seed=0, alone=True),
    Planted(_forgets_missed_closes, law=9, seed=10, alone=False),
)
