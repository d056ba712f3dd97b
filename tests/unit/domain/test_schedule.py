"""Which hours a day has: weekly ones, those by date, and days off."""

from __future__ import annotations

from datetime import date

import pytest

from shared.domain.schedule_spec import parse_spec
from tests.unit.domain.schedules import CALENDAR

TUESDAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("spec", "hours"),
    [
        ("tue 9:00-12:00", ["09:00-12:00"]),
        ("wed 9:00-12:00", []),
        ("tue 9:00-12:00, workdays 13:00-18:00", ["09:00-12:00", "13:00-18:00"]),
        ("daily 9:00-18:00, tue off", []),
        ("tue off, daily 9:00-18:00", []),
        ("daily 9:00-18:00, 2026-11-24 off", []),
        ("daily 9:00-18:00, 2026-11-24 10:00-12:00", ["10:00-12:00"]),
        ("2026-11-24 10:00-12:00, daily 9:00-18:00", ["10:00-12:00"]),
        (
            "daily 9:00-18:00, 2026-11-24 10:00-12:00, 2026-11-20..2026-11-30 13:00-15:00",
            ["10:00-12:00", "13:00-15:00"],
        ),
        ("2026-11-24 10:00-12:00, 2026-11-20..2026-11-30 off", ["10:00-12:00"]),
        ("2026-11-24 10:00-12:00, tue off", ["10:00-12:00"]),
        ("tue 2026-11-25 9:00-18:00, 2026-11-24 off", []),
        ("wed 2026-11-24 9:00-18:00, tue off", ["09:00-18:00"]),
        ("never", []),
        ("never, 2026-11-24 9:00-18:00", ["09:00-18:00"]),
        ("always", ["00:00-24:00"]),
        ("always, 2026-11-24 off", []),
        ("always, 2026-11-24 9:00-18:00", ["09:00-18:00"]),
        ("tue 20:00-6:00", ["20:00-06:00"]),
        ("tue -20:00", ["-20:00"]),
        ("tue -20:00, 2026-11-24 off", []),
        ("tue 8:30-", ["08:30-"]),
    ],
)
def test_the_hours_of_a_day(spec: str, hours: list[str]) -> None:
    found = parse_spec(spec).hours_on(TUESDAY, CALENDAR)

    assert [str(one) for one in found.hours] == hours


@pytest.mark.parametrize(
    ("spec", "is_guess"),
    [
        ("mon 9:00-18:00", False),
        ("workdays 9:00-18:00", True),
        ("offdays 9:00-18:00", True),
        ("daily 9:00-18:00, offdays off", True),
        ("workdays 9:00-18:00, 2031-11-24 off", False),
        ("workdays 9:00-18:00, mon off", False),
    ],
)
def test_hours_beyond_the_calendar_are_a_guess_where_it_was_asked(
    spec: str, *, is_guess: bool
) -> None:
    monday = date(2031, 11, 24)

    assert parse_spec(spec).hours_on(monday, CALENDAR).is_guess is is_guess
