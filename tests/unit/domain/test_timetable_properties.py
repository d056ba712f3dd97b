"""What holds for every schedule, in every zone, from 2020 to 2037, also when clocks change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_mock import MockerFixture

from shared.base.times import CHINA
from shared.domain.local_days import instant_of
from shared.domain.schedule import Kind, Schedule
from shared.domain.schedule_spec import parse_spec
from shared.domain.timetable import State, spans_of, state_at, zone_of
from tests.unit.domain.schedules import CALENDAR, ZONES, instants, schedules

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
EXAMPLES = settings(max_examples=120, derandomize=True, deadline=None)
SPANS = schedules(kinds=(Kind.SPANS,))


def state(schedule: Schedule, moment: datetime) -> State:
    return state_at(schedule, moment, CHINA, CALENDAR)


@lru_cache(maxsize=1)
def changes() -> tuple[tuple[tzinfo, datetime], ...]:
    """Every change of clocks of 2020 to 2037: a zone that has it, and its instant in UTC.

    Zones that change at the same instant between the same offsets count as one.
    """
    found: dict[tuple[datetime, timedelta, timedelta], tuple[tzinfo, datetime]] = {}
    moments = [datetime(2020, 1, 1, tzinfo=timezone.utc) + 5 * DAY * n for n in range(1316)]
    for zone in map(ZoneInfo, ZONES):
        seen = [(moment, _offset(moment, zone)) for moment in moments]
        for (before, old), (after, new) in pairwise(seen):
            if old != new:
                moment = _first(zone, before, after)
                found.setdefault((moment, old, new), (zone, moment))
    return tuple(found.values())


def _offset(moment: datetime, zone: tzinfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


def _first(zone: tzinfo, before: datetime, after: datetime) -> datetime:
    old = _offset(before, zone)
    while after - before > MINUTE:
        middle = before + (after - before) // 2
        before, after = (middle, after) if _offset(middle, zone) == old else (before, middle)
    return after.replace(second=0, microsecond=0)


def test_a_local_time_is_the_first_instant_at_which_clocks_show_it_or_later() -> None:
    """So a time that is skipped is the instant of the change, a doubled one the first."""
    assert len(changes()) > 900
    for zone, change in changes()[::17]:
        minutes = [change + MINUTE * n for n in range(-300, 300)]
        clocks = [one.astimezone(zone).replace(tzinfo=None) for one in minutes]
        for wall in sorted({clocks[n] for n in (200, 270, 299, 300, 330, 400)} | _skipped(clocks)):
            first = next(at for at, clock in zip(minutes, clocks, strict=True) if clock >= wall)
            assert instant_of(wall.date(), wall.hour * 60 + wall.minute, zone) == first


def _skipped(clocks: list[datetime]) -> set[datetime]:
    """A time in the middle of a gap."""
    return {
        before + (after - before) // 2
        for before, after in pairwise(clocks)
        if after - before > 2 * MINUTE
    }


@pytest.mark.parametrize(
    "spec",
    [
        "daily 1:30-3:30",
        pytest.param("daily 0:00-12:00", marks=pytest.mark.slow),
        pytest.param("daily 22:30-0:30", marks=pytest.mark.slow),
    ],
)
def test_each_day_has_one_opening_and_one_close_also_when_clocks_change(spec: str) -> None:
    schedule = parse_spec(spec)
    for zone, change in changes():
        day = change.astimezone(zone).date()

        spans = spans_of(schedule, day - 2 * DAY, day + 2 * DAY, zone, CALENDAR)

        opened = [one.opens_at.astimezone(zone).date() for one in spans]
        assert opened == [day + DAY * n for n in range(-2, 3)]
        for one in spans:
            assert one.closes_at > one.opens_at
            assert _boundaries(schedule, zone, one.opens_at, one.closes_at)


def _boundaries(schedule: Schedule, zone: tzinfo, opens_at: datetime, closes_at: datetime) -> bool:
    at_opening = state_at(schedule, opens_at, zone, CALENDAR)
    return (
        at_opening.inside
        and (at_opening.opened_at, at_opening.closes_at) == (opens_at, closes_at)
        and not state_at(schedule, closes_at, zone, CALENDAR).inside
    )


@EXAMPLES
@given(SPANS, instants())
def test_inside_is_inside_the_hours_of_a_day_and_the_end_is_outside(
    schedule: Schedule, now: datetime
) -> None:
    zone = zone_of(schedule, CHINA)
    today = now.astimezone(zone).date()

    def runs(day: date) -> Iterator[bool]:
        for hours in schedule.hours_on(day, CALENDAR).hours:
            assert hours.opens is not None
            assert hours.closes is not None
            begin, end = (instant_of(day, at, zone) for at in (hours.opens, hours.closes))
            yield begin <= now < end

    days = [today + DAY * n for n in range(-3, 4)]
    assert state(schedule, now).inside == any(one for day in days for one in runs(day))


@EXAMPLES
@given(SPANS, instants())
def test_each_span_has_one_opening_and_one_close(schedule: Schedule, now: datetime) -> None:
    opens_at = state(schedule, now).opens_at
    if opens_at is None:
        return
    opened = state(schedule, opens_at)

    assert opened.inside
    assert opened.opened_at == opens_at
    assert not state(schedule, opens_at - MINUTE).inside
    if opened.closes_at:
        assert opened.closes_at > opens_at
        assert not state(schedule, opened.closes_at).inside
        assert state(schedule, opened.closes_at - MINUTE).opened_at == opens_at
        assert state(schedule, opened.closes_at).closed_at == opened.closes_at


@EXAMPLES
@given(schedules(), instants(), st.floats(0, 1))
def test_nothing_changes_between_two_boundaries(
    schedule: Schedule, now: datetime, part: float
) -> None:
    first = state(schedule, now)
    bounds = [one for one in (first.opens_at, first.closes_at) if one]
    if not bounds:
        return
    later = state(schedule, now + (min(bounds) - MINUTE - now) * part)

    assert _times(later) == _times(first)


@EXAMPLES
@given(schedules(), instants())
def test_the_next_close_becomes_the_last_and_so_do_openings(
    schedule: Schedule, now: datetime
) -> None:
    found = state(schedule, now)

    assert all(one is None or one <= now for one in (found.opened_at, found.closed_at))
    assert all(one is None or one > now for one in (found.opens_at, found.closes_at))
    if found.closes_at:
        assert state(schedule, found.closes_at).closed_at == found.closes_at
    if found.closed_at:
        assert state(schedule, found.closed_at - MINUTE).closes_at == found.closed_at
    if found.opens_at:
        assert state(schedule, found.opens_at).opened_at == found.opens_at
    if found.opened_at:
        assert state(schedule, found.opened_at - MINUTE).opens_at == found.opened_at


@EXAMPLES
@given(schedules(kinds=(Kind.SPANS,)), instants())
def test_a_day_without_hours_closes_at_its_end_unless_a_span_runs_then(
    schedule: Schedule, now: datetime
) -> None:
    zone = zone_of(schedule, CHINA)
    day = now.astimezone(zone).date()
    end = instant_of(day + DAY, 0, zone)
    if spans_of(schedule, day, day, zone, CALENDAR):
        return
    at_end = state(schedule, end)

    assert at_end.inside or at_end.closed_at == end


def test_so_does_a_day_of_whose_hours_a_change_of_clocks_leaves_nothing() -> None:
    swallowed = 0
    for zone, change in changes():
        minute = change - MINUTE
        before, after = (one.astimezone(zone).replace(tzinfo=None) for one in (minute, change))
        opens = before + MINUTE
        if after - opens < 30 * MINUTE or opens.date() != (after - MINUTE).date():
            continue
        schedule = parse_spec(f"daily {opens:%H:%M}-{after:%H:%M}")
        day = opens.date()
        end = instant_of(day + DAY, 0, zone)
        at_end = state_at(schedule, end, zone, CALENDAR)

        assert not spans_of(schedule, day, day, zone, CALENDAR)
        assert at_end.closed_at == end or (at_end.inside and opens.hour == 0)
        swallowed += at_end.closed_at == end

    assert swallowed > 300


def _times(one: State) -> tuple[object, ...]:
    return one.inside, one.opened_at, one.closed_at, one.opens_at, one.closes_at


@pytest.mark.parametrize(
    ("spec", "days"),
    [("workdays 08:30-20:00, 2026-12-24..2027-01-03 off", 8), ("never", 5), ("always", 5)],
)
def test_a_usual_state_looks_at_few_days(mocker: MockerFixture, spec: str, days: int) -> None:
    schedule = parse_spec(spec)
    asked = mocker.spy(Schedule, "hours_on")

    state_at(schedule, datetime(2026, 3, 5, 4, 32, tzinfo=timezone.utc), CHINA, CALENDAR)

    assert 0 < asked.call_count <= days
