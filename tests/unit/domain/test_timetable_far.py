"""Boundaries that are far away or nowhere: the same answers as the long way, for little work."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import product

import pytest
from hypothesis import given, settings
from pytest_mock import MockerFixture

from shared.base.times import CHINA
from shared.domain.local_days import LocalDays, instant_of, moment_of
from shared.domain.schedule import Schedule
from shared.domain.schedule_spec import parse_spec
from shared.domain.timetable import state_at
from tests.unit.domain.schedules import CALENDAR, endless_schedules, instants, schedules
from tests.unit.domain.test_timetable_properties import changes
from tests.unit.domain.whole_timetable import Whole

EXAMPLES = settings(max_examples=40, derandomize=True, deadline=None)
NOON = datetime(2026, 11, 27, 4, 2, tzinfo=timezone.utc)
FAR = (
    *("daily 0:00-24:00", "daily 12:00-11:59, daily 11:00-12:30", "always, 2020-01-01 off"),
    *("workdays offdays 0:00-24:00", "mon#5 0:00-24:00, daily 0:00-24:00"),
    *("always, 2026-11-27 off", "always, 2025-01-01..2026-11-01 off", "daily 0:00-24:00, fri off"),
    *("never, 2020-01-01 9:00-18:00", "daily 9:00-18:00, 2026-01-01..2030-01-01 off"),
    *("2020-01-01 -20:00", "2030-01-01 8:00-", "never, 2030-01-01 0:00-24:00"),
)


def assert_the_same(schedule: Schedule, now: datetime) -> None:
    found = state_at(schedule, now, CHINA, CALENDAR)

    assert (
        found.inside,
        found.opened_at,
        found.closed_at,
        found.opens_at,
        found.closes_at,
    ) == Whole(schedule, now, CALENDAR).times()


@EXAMPLES
@given(schedules(), instants())
def test_any_schedule_says_what_all_of_its_days_together_say(
    schedule: Schedule, now: datetime
) -> None:
    assert_the_same(schedule, now)


@pytest.mark.parametrize("nth", [1, 2, 3, 4, 5, "last"])
@pytest.mark.parametrize("weekday", ["mon", "thu", "sun"])
def test_so_do_those_of_a_day_of_the_month_in_any_month(weekday: str, nth: object) -> None:
    schedule = parse_spec(f"{weekday}#{nth} 9:00-18:00")

    for month in range(1, 13):
        for year in (2026, 2027):
            assert_the_same(schedule, datetime(year, month, 1, tzinfo=timezone.utc))


@EXAMPLES
@given(endless_schedules(), instants(2026, 2027))
def test_so_do_schedules_that_hardly_ever_change(schedule: Schedule, now: datetime) -> None:
    assert_the_same(schedule, now)


@pytest.mark.slow
@settings(EXAMPLES, max_examples=1500)
@given(endless_schedules() | schedules(), instants(2025, 2028))
def test_so_do_many_of_them(schedule: Schedule, now: datetime) -> None:
    assert_the_same(schedule, now)


@pytest.mark.sampled(one_in=2)
@pytest.mark.parametrize("zone", ["", " Africa/Casablanca", " America/Scoresbysund"])
@pytest.mark.parametrize("spec", FAR)
def test_so_do_those_that_never_change(spec: str, zone: str) -> None:
    for weeks in range(0, 53, 13):
        assert_the_same(parse_spec(f"{spec}{zone}"), NOON + timedelta(weeks=weeks))


@pytest.mark.parametrize("spec", FAR)
def test_hours_are_worked_out_once_for_days_that_are_alike(
    mocker: MockerFixture, spec: str
) -> None:
    schedule = parse_spec(f"{spec} Asia/Tokyo")
    worked_out, taken = mocker.spy(Schedule, "hours_on"), mocker.spy(LocalDays, "spans")

    state_at(schedule, NOON + timedelta(minutes=1), CHINA, CALENDAR)

    assert 0 < worked_out.call_count <= 60
    assert taken.call_count <= 20


@pytest.mark.parametrize("step", [9, pytest.param(1, marks=pytest.mark.slow)])
def test_instants_that_are_sums_are_right_around_changes_of_clocks(step: int) -> None:
    for zone, change in changes()[::step]:
        days = LocalDays(parse_spec("never"), zone, CALENDAR)
        today = change.astimezone(zone).toordinal()
        for number, minutes in product(range(today - 6, today + 7), (0, 150, 1440, 1590, 2879)):
            day = datetime.fromordinal(number).date()
            assert moment_of(days.instant(number, minutes)) == instant_of(day, minutes, zone)
