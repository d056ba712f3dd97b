"""Schedules over fortnights: whatever people do and timers miss, the laws hold."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from random import Random

import pytest

from tests.simulation.fortnight import fortnight
from tests.simulation.fortnight_schedules import Drawer, Wall
from tests.simulation.fortnights import Play, failing


@pytest.mark.parametrize(
    "first", [0, *(pytest.param(one, marks=pytest.mark.slow) for one in range(2, 22, 4))]
)
def test_the_laws_hold_in_every_fortnight(first: int) -> None:
    assert failing(range(first, first + (4 if first else 2))) == []


def test_the_same_seed_is_the_same_fortnight() -> None:
    assert fortnight(7) == fortnight(7) != fortnight(8)


def test_what_a_schedule_means_goes_by_the_operators_own_days() -> None:
    first = date(2026, 9, 21)
    plain = Drawer(Random(3), first, (), ()).spec()  # noqa: S311  # no secret
    own = Drawer(Random(3), first, (), (date(2026, 9, 27),)).spec()  # noqa: S311  # likewise

    assert plain.text == own.text
    assert plain != own


def test_a_fortnight_has_runs_and_steps() -> None:
    play = Play(fortnight(1))
    play.to_end()

    assert play.runs > 100
    assert play.laws.writes > 3


@pytest.mark.parametrize(
    ("zone", "day", "minutes", "expected"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 150, "2026-03-29T01:00"),  # skipped
        ("Europe/Berlin", date(2026, 10, 25), 150, "2026-10-25T00:30"),  # the first
        ("Asia/Shanghai", date(2026, 3, 29), 1440, "2026-03-29T16:00"),
        ("Australia/Lord_Howe", date(2026, 4, 5), 105, "2026-04-04T14:45"),  # the first
    ],
)
def test_the_clock_on_the_wall(zone: str, day: date, minutes: int, expected: str) -> None:
    begin = datetime.combine(day - timedelta(days=5), time(), timezone.utc)

    reached = Wall(zone, begin, 10 * 96).reaches(day, minutes)

    assert f"{begin + timedelta(minutes=reached):%Y-%m-%dT%H:%M}" == expected
