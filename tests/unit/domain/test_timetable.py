"""What a schedule says at an instant, and when it opens and closes next."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest

from shared.base.times import CHINA
from shared.domain.calendar import Calendar, China
from shared.domain.schedule_spec import parse_spec
from shared.domain.timetable import FARTHEST, Span, spans_of, state_at
from tests.unit.domain.schedules import CALENDAR, at, local, shown

OFFICE = "workdays 08:30-20:00"


@pytest.mark.parametrize(
    ("spec", "time", "inside", "opened", "closed", "opens", "closes"),
    [
        # 2026-10-10 is a Saturday on which China works; the 11th is off.
        (OFFICE, "2026-10-10 08:29", False, "Fri 08:30", "Fri 20:00", "Sat 08:30", "Sat 20:00"),
        (OFFICE, "2026-10-10 08:30", True, "Sat 08:30", "Fri 20:00", "Mon 08:30", "Sat 20:00"),
        (OFFICE, "2026-10-10 19:59", True, "Sat 08:30", "Fri 20:00", "Mon 08:30", "Sat 20:00"),
        (OFFICE, "2026-10-10 20:00", False, "Sat 08:30", "Sat 20:00", "Mon 08:30", "Mon 00:00"),
        (OFFICE, "2026-10-12 00:00", False, "Sat 08:30", "Mon 00:00", "Mon 08:30", "Mon 20:00"),
        # A day without hours closes at its end, unless a span runs then.
        ("never", "2026-11-24 12:00", False, "", "Tue 00:00", "", "Wed 00:00"),
        ("sun 0:00-12:00", "2026-11-21 12:00", False, "Sun 00:00", "Sat 00:00", "Sun 00:00",
         "Sun 12:00"),
        ("fri 22:00-6:00", "2026-11-21 07:00", False, "Fri 22:00", "Sat 06:00", "Fri 22:00",
         "Sun 00:00"),
        # The night belongs to the day on which it begins, also where the next is off.
        ("fri 22:00-6:00, sat off", "2026-11-21 05:59", True, "Fri 22:00", "Fri 00:00",
         "Fri 22:00", "Sat 06:00"),
        ("daily 22:00-6:00, 2026-11-20 off", "2026-11-21 05:59", False, "Thu 22:00", "Sat 00:00",
         "Sat 22:00", "Sun 06:00"),
        # Spans that touch or overlap are one.
        ("tue 9:00-12:00, tue 12:00-18:00", "2026-11-24 12:00", True, "Tue 09:00", "Tue 00:00",
         "Tue 09:00", "Tue 18:00"),
        ("tue 9:00-13:00, tue 12:00-18:00", "2026-11-24 12:30", True, "Tue 09:00", "Tue 00:00",
         "Tue 09:00", "Tue 18:00"),
        ("mon-wed 0:00-24:00", "2026-11-24 12:00", True, "Mon 00:00", "Sun 00:00", "Mon 00:00",
         "Thu 00:00"),
        ("mon 23:00-22:00, tue 22:00-23:00", "2026-11-24 22:30", True, "Mon 23:00", "Mon 00:00",
         "Mon 23:00", "Tue 23:00"),
        ("tue 23:00-22:00, wed 9:00-18:00", "2026-11-26 07:00", False, "Tue 23:00", "Wed 22:00",
         "Tue 23:00", "Fri 00:00"),
        ("always", "2026-11-24 12:00", True, "", "", "", ""),
        ("always, 2026-11-24 off", "2026-11-24 12:00", False, "", "Tue 00:00", "Wed 00:00", ""),
        ("always, 2026-11-24 off", "2026-11-25 12:00", True, "Wed 00:00", "Tue 00:00", "", ""),
        ("daily 0:00-24:00", "2026-11-24 12:00", True, "", "", "", ""),
        # Lone closes and openings are never inside.
        ("workdays -20:00", "2026-10-10 20:00", False, "", "Sat 20:00", "", "Mon 20:00"),
        ("daily -24:00", "2026-11-24 00:00", False, "", "Tue 00:00", "", "Wed 00:00"),
        ("workdays 8:30-", "2026-10-10 08:29", False, "Fri 08:30", "", "Sat 08:30", ""),
    ],
)  # fmt: skip
def test_a_state(  # noqa: PLR0913  # one column each
    spec: str, time: str, *, inside: bool, opened: str, closed: str, opens: str, closes: str
) -> None:
    state = at(spec, time)

    stated = {"opened_at": opened, "closed_at": closed, "opens_at": opens, "closes_at": closes}
    times = {name: f"{text[:4]}{text[-5:]}" for name, text in shown(state).items()}
    assert (state.inside, times) == (inside, {name: one for name, one in stated.items() if one})


def test_always_starts_nothing_and_all_day_does() -> None:
    assert not at("always", "2026-11-24 12:00").starts
    assert at("daily 0:00-24:00", "2026-11-24 12:00").starts


def test_a_zone_of_its_own_moves_the_hours() -> None:
    tokyo = at("mon 9:00-18:00 Asia/Tokyo", "2026-11-23 09:00")

    assert tokyo.inside
    assert tokyo.opened_at == datetime(2026, 11, 23, 0, 0, tzinfo=timezone.utc)
    assert tokyo.zone_name == "Asia/Tokyo"


@pytest.mark.parametrize(
    ("spec", "time", "opened", "closes"),
    [
        # On 2026-03-08 clocks in New York go from 02:00 to 03:00, at 07:00 UTC.
        ("sun 2:30-9:00", "2026-03-08 04:00", "03-08 07:00", "03-08 13:00"),
        ("sun 1:00-2:30", "2026-03-08 01:30", "03-08 06:00", "03-08 07:00"),
        # On 2026-11-01 from 02:00 to 01:00, at 06:00 UTC.
        ("sun 1:30-9:00", "2026-11-01 04:00", "11-01 05:30", "11-01 14:00"),
        ("sun 0:30-1:30", "2026-11-01 01:00", "11-01 04:30", "11-01 05:30"),
        ("sat 22:00-6:00", "2026-11-01 04:00", "11-01 02:00", "11-01 11:00"),
    ],
)
def test_a_change_of_clocks(spec: str, time: str, opened: str, closes: str) -> None:
    state = at(f"{spec} America/New_York", time)

    assert f"{state.opened_at:%m-%d %H:%M}" == opened
    assert f"{state.closes_at:%m-%d %H:%M}" == closes


def test_a_span_that_a_change_of_clocks_leaves_nothing_of_is_not_there() -> None:
    new_york = parse_spec("daily 2:00-3:00 America/New_York")

    spans = spans_of(new_york, date(2026, 3, 7), date(2026, 3, 9), CHINA, CALENDAR)

    assert [one.opens_at.day for one in spans] == [7, 9]


def test_spans_of_some_days() -> None:
    spans = spans_of(parse_spec(OFFICE), date(2026, 10, 9), date(2026, 10, 12), CHINA, CALENDAR)

    assert spans == tuple(
        Span(local(f"2026-10-{day} 08:30"), local(f"2026-10-{day} 20:00"))
        for day in ("09", "10", "12")
    )


def test_boundaries_are_looked_for_a_year_and_the_holidays_after_it() -> None:
    schedule = parse_spec("never, 2026-11-24 9:00-18:00")
    opening = local("2026-11-24 09:00")

    near = state_at(schedule, opening - timedelta(days=FARTHEST), CHINA, CALENDAR)
    far = state_at(schedule, opening - timedelta(days=FARTHEST + 1), CHINA, CALENDAR)

    assert (near.opens_at, far.opens_at) == (opening, None)


@pytest.mark.parametrize("year", ["0001", "9999"])
def test_the_ends_of_time_are_no_error(year: str) -> None:
    for spec in (OFFICE, "never", "daily -20:00", "never, 2026-11-24 9:00-18:00"):
        assert not at(spec, f"{year}-06-30 21:00").inside


def test_seconds_do_not_matter() -> None:
    moment = local("2026-10-10 19:59") + timedelta(seconds=59, microseconds=9)

    assert state_at(parse_spec(OFFICE), moment, CHINA, CALENDAR) == at(OFFICE, "2026-10-10 19:59")


UNTIL_2026 = Calendar(china=China(frozenset(), frozenset(), 2020, 2026))


@pytest.mark.parametrize(
    ("spec", "time", "guessed"),
    [
        (OFFICE, "2026-12-30 21:00", None),
        (OFFICE, "2026-12-31 07:00", None),
        (OFFICE, "2026-12-31 12:00", date(2027, 1, 1)),
        (OFFICE, "2027-02-01 12:00", date(2027, 1, 31)),
        ("mon-fri 8:30-20:00", "2027-02-01 12:00", None),
        ("workdays 8:30-20:00, 2027-01-01 off, fri off", "2026-12-31 21:00", date(2027, 1, 2)),
    ],
)
def test_the_first_day_beyond_the_calendar_that_was_needed(
    spec: str, time: str, guessed: date | None
) -> None:
    assert at(spec, time, calendar=UNTIL_2026).guessed == guessed
