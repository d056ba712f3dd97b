from __future__ import annotations

import subprocess
import sys
from datetime import date, timedelta

import holidays
import pytest

from shared.base.errors import Refused
from shared.domain.calendar import Calendar, China, Workday, calendar_of, installed
from shared.settings.settings import Settings

CHINAS = Calendar()
UNTIL_2026 = Calendar(
    china=China(
        off=frozenset({date(2026, 10, 1)}),
        worked=frozenset({date(2026, 10, 10)}),
        first_year=2026,
        last_year=2026,
    )
)


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def test_two_packages_agree_on_every_day_that_both_know() -> None:
    """But on 2005-12-31, which was worked by notice 35 of 2005-12-16, the end of 2006's.

    chinesecalendar does not have it, as it stands in the notice of another year. It stays so: no
    schedule is asked about 2005.
    """
    known = days(date(installed().first_year, 1, 1), date(CHINAS.until, 12, 31))
    china = holidays.country_holidays("CN", years=range(known[0].year, known[-1].year + 1))

    different = [day for day in known if china.is_working_day(day) != CHINAS.workday(day).holds]

    assert len(known) > 8000
    assert different == [date(2005, 12, 31)]


@pytest.mark.parametrize("day", ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"])
def test_weekends_that_are_worked_in_2026(day: str) -> None:
    """By the State Council's notice of 2025-11-04."""
    worked = date.fromisoformat(f"2026-{day}")

    assert worked.weekday() > 4
    assert CHINAS.workday(worked) == Workday(holds=True)


def test_a_holiday_is_off_and_a_monday_is_worked() -> None:
    assert CHINAS.workday(date(2026, 10, 1)) == Workday(holds=False)
    assert CHINAS.workday(date(2026, 11, 23)) == Workday(holds=True)
    assert CHINAS.workday(date(2026, 11, 22)) == Workday(holds=False)


@pytest.mark.parametrize("year", [2025, 2027])
def test_beyond_the_calendar_monday_to_friday_are_a_guess(year: int) -> None:
    week = days(date(year, 3, 3), date(year, 3, 9))

    answers = {day.weekday(): UNTIL_2026.workday(day) for day in week}

    assert answers == {day: Workday(holds=day < 5, is_guess=True) for day in range(7)}


def test_days_of_ones_own_come_first_and_are_no_guess() -> None:
    own = calendar_of(
        Settings(holidays="2026-11-24, 2029-01-02", workdays="2026-11-28..2026-11-29 2029-01-06")
    )

    stated = [date(2026, 11, 24), date(2026, 11, 28), date(2026, 11, 29)]
    beyond = [date(2029, 1, 2), date(2029, 1, 6), date(2029, 1, 3)]

    assert [own.workday(day).holds for day in stated] == [False, True, True]
    assert [own.workday(day) for day in beyond] == [
        Workday(holds=False),
        Workday(holds=True),
        Workday(holds=True, is_guess=True),
    ]


def test_nothing_stated_is_chinas_calendar() -> None:
    assert calendar_of(Settings(workdays=" ")) == CHINAS


@pytest.mark.parametrize(
    ("off", "worked", "error"),
    [
        ("mon", "", "word 1, 'mon', is not a date; write dates like 2026-12-24"),
        (
            "",
            "2026-01-01 workdays",
            "word 2, 'workdays', is not a date; write dates like 2026-12-24",
        ),
        (
            "2026-01-01..2028-01-01",
            "",
            "word 1, '2026-01-01..2028-01-01', is longer than a year; write fewer days",
        ),
        (
            "12-24",
            "",
            "word 1, '12-24', is not a date, or has no year; write dates like 2026-12-24",
        ),
        *(
            (
                wrong,
                "",
                (
                    f"word 1, '{wrong}', is not a date; write dates like 2026-12-24, ranges like "
                    "2026-12-24..2027-01-03"
                ),
            )
            for wrong in ("2026-11-2x", "2026-11-2*", "2026-11-28/30", "2026-11", "20261100")
        ),
        *(
            ("", wrong, f"word 1, '{wrong}', {why}; write {right}")
            for wrong, why, right in (
                ("2026-11-2", "is not a date", "2026-11-02"),
                ("2026/11/28", "is not a date", "2026-11-28"),
                ("2026年11月28日", "is not a date", "2026-11-28"),
                ("20261128", "is not a date", "2026-11-28"),
                ("1-5", "is not a date, or has no year", "dates like 2026-12-24"),
                ("国庆节", "is not a date", "dates like 2026-12-24"),
                ("2026-10-01~2026-10-08", "is a range of dates", "2026-10-01..2026-10-08"),
            )
        ),
        ("2026-11-31", "", "word 1, '2026-11-31', has a day that does not exist: 2026-11-31"),
        (
            "2026-11-20..2026-11-24",
            "2026-11-24",
            "2026-11-24 is both a holiday and a working day; list it only once",
        ),
    ],
)
def test_what_is_no_date_is_said(off: str, worked: str, error: str) -> None:
    stated = {"CURFEW_HOLIDAYS": off, "CURFEW_WORKDAYS": worked}
    variables = " and ".join(name for name, days in stated.items() if days)

    with pytest.raises(Refused) as raised:
        calendar_of(Settings(holidays=off, workdays=worked))

    assert str(raised.value) == f"{variables}: {error}"


@pytest.mark.parametrize(
    ("today", "guessed", "warning"),
    [
        (date(2026, 11, 30), None, ""),
        (
            date(2026, 12, 1),
            None,
            (
                "the calendar of working days ends with 2026: install a newer chinesecalendar "
                "before 2027"
            ),
        ),
        (
            date(2026, 11, 30),
            date(2027, 1, 1),
            (
                "the calendar of working days ends with 2026: 2027-01-01 and later days are "
                "guessed from Monday to Friday; install a newer chinesecalendar, or list the days "
                "in CURFEW_HOLIDAYS and CURFEW_WORKDAYS"
            ),
        ),
    ],
)
def test_the_end_of_the_calendar_is_told_when_it_is_needed_and_in_december(
    today: date, guessed: date | None, warning: str
) -> None:
    assert UNTIL_2026.warning(today, guessed) == warning


def test_a_december_before_a_known_year_is_told_nothing() -> None:
    assert UNTIL_2026.warning(date(2025, 12, 31), None) == ""


def test_a_year_is_known_by_its_national_day() -> None:
    """A notice may name days of the year before or after its own."""
    assert CHINAS.until == installed().last_year >= 2026
    assert date(CHINAS.until, 10, 1) in installed().off


def test_the_package_is_imported_only_where_a_working_day_is_asked_for() -> None:
    code = (
        "import sys; from datetime import datetime, timezone\n"
        "from shared.domain.calendar import Calendar\n"
        "from shared.domain.schedule_spec import parse_spec\n"
        "from shared.domain.timetable import state_at\n"
        "now = datetime(2026, 11, 24, tzinfo=timezone.utc)\n"
        "for spec in ('mon-fri 9:00-18:00', 'workdays 9:00-18:00'):\n"
        "    state_at(parse_spec(spec), now, timezone.utc, Calendar())\n"
        "    print('chinese_calendar' in sys.modules)\n"
    )

    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)  # noqa: S603  # this code

    assert run.stdout.split() == ["False", "True"]


def test_a_range_of_a_year_and_a_day_can_be_read_and_no_longer_one() -> None:
    year = calendar_of(Settings(holidays="2027-01-01..2028-01-02"))

    assert not year.workday(date(2028, 1, 2)).holds
    with pytest.raises(Refused, match="is longer than a year"):
        calendar_of(Settings(holidays="2027-01-01..2028-01-03"))
