"""Days on which clocks are put on or back: a picture's hours are those of the day's clocks."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from local.report.entry import Entry
from local.report.history import State
from local.report.night import Gathering
from local.report.picture import Day
from tests.local.report.lines import line

NEW_YORK, HAVANA = "America/New_York", "America/Havana"
LORD_HOWE, SHANGHAI = "Australia/Lord_Howe", "Asia/Shanghai"


def day_of(zone: str, begin: str, end: str) -> Day:
    """The last day, on which an instance was off between two looks."""
    gathering = Gathering()
    for about in (
        line(seen_at=begin, started_at=""),
        line(seen_at=end, started_at="", action="describe", result="unchanged"),
    ):
        gathering.add(msgspec.convert(about, Entry))
    return gathering.night(ZoneInfo(zone), 1).days[-1]


def hours_of(day: Day) -> list[float]:
    """The first and the last hour of the picture in which it was off."""
    slots = [slot for slot, number in enumerate(day.states[State.OURS]) if number]
    return [slots[0] / 4, (slots[-1] + 1) / 4] if slots else []


@pytest.mark.parametrize(
    ("zone", "begin", "end", "hours", "minutes"),
    [
        (NEW_YORK, "2020-11-01T00:30:00-04:00", "2020-11-01T01:00:00-04:00", [0.5, 1], 30),
        (NEW_YORK, "2020-11-01T00:30:00-04:00", "2020-11-01T12:00:00-05:00", [0.5, 12], 750),
        (NEW_YORK, "2020-11-01T12:00:00-05:00", "2020-11-01T18:00:00-05:00", [12, 18], 360),
        (NEW_YORK, "2020-11-01T23:00:00-05:00", "2020-11-01T23:45:00-05:00", [23, 23.75], 45),
        (NEW_YORK, "2020-11-01T01:00:00-05:00", "2020-11-01T01:45:00-05:00", [], 45),
        (NEW_YORK, "2020-03-08T01:00:00-05:00", "2020-03-08T04:00:00-04:00", [1, 4], 120),
        (NEW_YORK, "2020-03-08T12:00:00-04:00", "2020-03-08T18:00:00-04:00", [12, 18], 360),
        (HAVANA, "2020-03-08T01:00:00-04:00", "2020-03-08T12:00:00-04:00", [1, 12], 660),
        (
            LORD_HOWE,
            "2020-04-05T09:00:00+10:30",
            "2020-04-05T10:00:00+10:30",
            [9, 10],
            60,
        ),
        (SHANGHAI, "2020-11-01T12:00:00+08:00", "2020-11-01T18:00:00+08:00", [12, 18], 360),
    ],
)
def test_hours_are_where_the_axis_has_them(
    zone: str, begin: str, end: str, hours: list[float], minutes: int
) -> None:
    day = day_of(zone, begin, end)

    assert hours_of(day) == hours
    assert day.saving.minutes == minutes


@pytest.mark.parametrize("zone", [NEW_YORK, HAVANA, "Africa/Casablanca", "Antarctica/Troll"])
def test_on_no_day_is_anybody_in_two_states_or_left_over(zone: str) -> None:
    """A year of looks, each an odd number of minutes after the one before."""
    at = datetime(2020, 1, 1, tzinfo=ZoneInfo("UTC"))
    gathering = Gathering()
    for number in range(1_200):
        at += timedelta(minutes=433)
        status = {"status": "Running", "started_at": at.isoformat()} if number % 2 else {}
        about = line(request_id=str(number), seen_at=at.isoformat(), **status)
        gathering.add(msgspec.convert(about, Entry))

    days = gathering.night(ZoneInfo(zone), 400).days

    assert len(days) > 360
    for day in days:
        assert all(0 <= number <= 1 for row in day.states for number in row)
        assert all(sum(slot) <= 1 for slot in zip(*day.states, strict=True))
        assert all(sum(row) == 0 for row in day.changes)
