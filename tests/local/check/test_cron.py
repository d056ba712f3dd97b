"""Cron expressions: what Function Compute takes, what it would not, and when they come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.check.cron import CronError, read_cron, zone_text

NOW = datetime(2026, 11, 26, 4, 0, tzinfo=timezone.utc)
SHANGHAI = ZoneInfo("Asia/Shanghai")
DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


def spelt(text: str, count: int = 3, after: datetime = NOW) -> list[str]:
    return [f"{one:%a %Y-%m-%d %H:%M:%S %z}" for one in read_cron(text).next_times(after, count)]


@pytest.mark.parametrize(
    ("text", "times"),
    [
        pytest.param(
            "CRON_TZ=Asia/Shanghai 0 0 20 * * MON-FRI",
            [
                "Thu 2026-11-26 20:00:00 +0800",
                "Fri 2026-11-27 20:00:00 +0800",
                "Mon 2026-11-30 20:00:00 +0800",
            ],
            id="weekdays",
        ),
        pytest.param("0 0 20 * * *", ["Thu 2026-11-26 20:00:00 +0000"], id="without a zone: UTC"),
        pytest.param("30 15 8 ? * ?", ["Thu 2026-11-26 08:15:30 +0000"], id="question marks"),
        pytest.param("0 0 9 1 * *", ["Tue 2026-12-01 09:00:00 +0000"], id="first of the month"),
        pytest.param("0 0 9 1 jan *", ["Fri 2027-01-01 09:00:00 +0000"], id="small letters"),
        pytest.param("0 0 9 * * 1-5", ["Thu 2026-11-26 09:00:00 +0000"], id="1 is Monday"),
        pytest.param("0 0 9 * * SUN", ["Sun 2026-11-29 09:00:00 +0000"], id="Sunday"),
        pytest.param("0 0 9,17 29 2 *", ["Tue 2028-02-29 09:00:00 +0000"], id="leap day"),
        pytest.param("0 10/25 4 * * *", ["Thu 2026-11-26 04:10:00 +0000"], id="from 10 on"),
        pytest.param("0 5-5/5 4 * * *", ["Thu 2026-11-26 04:05:00 +0000"], id="a span of one"),
        pytest.param("0 0 9 */2 * MON", ["Fri 2026-11-27 09:00:00 +0000"], id="either day"),
        pytest.param("0 */20 4 * * *", ["Thu 2026-11-26 04:20:00 +0000"], id="steps"),
        pytest.param(
            "cron_tz=America/New_York 0 0 9 * * *",
            ["Thu 2026-11-26 09:00:00 -0500"],
            id="another zone",
        ),
    ],
)
def test_an_expression_comes_when_its_zones_clock_shows_it(text: str, times: list[str]) -> None:
    assert spelt(text, len(times)) == times


@pytest.mark.parametrize(
    ("text", "length"),
    [("@every 5m", timedelta(minutes=5)), ("@every 1h30m", timedelta(minutes=90))],
)
def test_every_is_a_length_and_no_clock_tells_when(text: str, length: timedelta) -> None:
    cron = read_cron(text)

    assert (cron.every, cron.next_times(NOW, 3)) == (length, [])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("0 20 * * *", "seconds come first: 0 0 20 * * *", id="five fields"),
        pytest.param("0 0 20 * * * 2026", "without a year", id="seven fields"),
        pytest.param("noon", "has 1 field; six are needed", id="a word"),
        pytest.param("", "has 0 fields", id="nothing"),
        pytest.param("@every 0m", "write @every 5m", id="every zero minutes"),
        pytest.param("@daily", "write @every 5m", id="a name"),
        pytest.param("0 0 24 * * *", "hours: '24' is not understood; 0 to 23", id="hour 24"),
        pytest.param("0 60 1 * * *", "minutes: '60'", id="minute 60"),
        pytest.param("0 0 1 0 * *", "day of the month: '0'", id="day 0"),
        pytest.param("0 0 1 L * *", "day of the month: 'L'", id="last day"),
        pytest.param("0 0 1 * * MON#1", "day of the week: 'MON#1'", id="first Monday"),
        pytest.param("0 0 1 * * MONDAY", "MON to SUN, or *", id="a whole name"),
        pytest.param("? 0 1 * * *", "seconds: '?'", id="a question mark in the seconds"),
        pytest.param("0 */0 1 * * *", "minutes: '*/0'", id="step zero"),
        pytest.param("0 1, 1 * * *", "minutes: '1,'", id="an open list"),
        pytest.param("0 -5 1 * * *", "minutes: '-5'", id="an open range"),
        pytest.param(
            "0 0 1 * * 7",
            "Sunday is documented as 0 in some places and 7 in others; write SUN, not 7",
            id="day 7",
        ),
        pytest.param("0 0 1 * * 0", "write SUN, not 0", id="day 0 of week"),
        pytest.param("0 0 1 * * FRI-MON", "write FRI,SAT,SUN,MON", id="days backwards"),
        pytest.param("0 0 22-2 * * *", "write 22-23,0-2", id="hours backwards"),
        pytest.param("CRON_TZ=Asia/Beijing 0 0 1 * * *", "China's is Asia/Shanghai", id="Beijing"),
        pytest.param("CRON_TZ=UTC+8 0 0 1 * * *", "China's is Asia/Shanghai", id="UTC+8"),
        pytest.param("CRON_TZ=CST 0 0 1 * * *", "China's is Asia/Shanghai", id="CST"),
        pytest.param(
            "CRON_TZ=Asia/Shangai 0 0 1 * * *", "did you mean Asia/Shanghai?", id="misspelt"
        ),
        pytest.param("CRON_TZ=../etc 0 0 1 * * *", "is not the name of a time zone", id="a path"),
        pytest.param("CRON_TZ=Asia/Shanghai", "has 0 fields", id="a zone alone"),
        pytest.param("TZ=Asia/Shanghai 0 0 1 * * *", "set with CRON_TZ=", id="TZ"),
    ],
)
def test_what_function_compute_would_not_take_is_refused_with_what_is_right(
    text: str, said: str
) -> None:
    with pytest.raises(CronError) as caught:
        read_cron(text)

    assert said in str(caught.value)


def test_a_day_that_there_is_not_never_comes() -> None:
    with pytest.raises(CronError, match="never fires"):
        read_cron("0 0 1 30 2 *").next_times(NOW, 3)


@pytest.mark.parametrize(
    ("text", "limited"),
    [
        ("0 0 1 1 * MON", True),
        ("0 0 1 * * MON", False),
        ("0 0 1 1 * ?", False),
        ("@every 5m", False),
    ],
)
def test_two_limited_days_are_noticed(text: str, limited: bool) -> None:  # noqa: FBT001  # a case
    assert read_cron(text).limits_both_days is limited


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("Asia/Shanghai", "Asia/Shanghai (China, +08:00)"),
        ("Asia/Kathmandu", "Asia/Kathmandu (+05:45)"),
        ("America/New_York", "America/New_York (-05:00)"),
        ("UTC", "UTC (+00:00)"),
    ],
)
def test_a_zone_is_told_with_its_offset(zone: str, said: str) -> None:
    assert zone_text(NOW.astimezone(ZoneInfo(zone))) == said


def lists(low: int, high: int) -> st.SearchStrategy[tuple[str, frozenset[int]]]:
    """A field's text, and what it lets through by the plain meaning of its parts."""
    number = st.integers(low, high)
    alone = number.map(lambda one: (str(one), frozenset({one})))
    spans = st.tuples(number, number, st.integers(1, 9)).map(
        lambda parts: _span(min(parts[:2]), max(parts[:2]), parts[2])
    )
    stars = st.integers(2, 30).map(
        lambda step: (f"*/{step}", frozenset(range(low, high + 1, step)))
    )
    parts = st.lists(st.one_of(alone, spans, stars), min_size=1, max_size=3)
    return parts.map(
        lambda some: (",".join(text for text, _ in some), frozenset().union(*(s for _, s in some)))
    )


def _span(low: int, high: int, step: int) -> tuple[str, frozenset[int]]:
    return f"{low}-{high}/{step}", frozenset(range(low, high + 1, step))


def minutes_from(start: datetime) -> Iterator[datetime]:
    moment = start.replace(second=0, microsecond=0) + timedelta(minutes=1)
    while True:
        yield moment
        moment += timedelta(minutes=1)


@settings(max_examples=60)
@given(
    minute=lists(0, 59),
    hour=lists(0, 23),
    days=st.sets(st.sampled_from(range(7)), min_size=1),
    after=st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001  # a zone follows
)
def test_the_next_time_is_the_first_minute_that_matches(
    minute: tuple[str, frozenset[int]],
    hour: tuple[str, frozenset[int]],
    days: set[int],
    after: datetime,
) -> None:
    """What cronsim says is what trying one minute after another says."""
    start = after.replace(tzinfo=SHANGHAI)
    names = ",".join(DAYS[day] for day in sorted(days))
    cron = read_cron(f"CRON_TZ=Asia/Shanghai 0 {minute[0]} {hour[0]} * * {names}")

    expected = next(
        one
        for one in minutes_from(start)
        if one.minute in minute[1] and one.hour in hour[1] and one.weekday() in days
    )
    assert cron.next_times(start, 1) == [expected]
