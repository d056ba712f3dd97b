"""Whatever lines say, in whatever order: no day is longer than it is, and nothing counts twice."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.local.report.lines import line
from tests.local.report.test_night import night_of

FIRST = datetime(2020, 11, 20, tzinfo=timezone.utc)
TIMES = st.one_of(
    st.integers(0, 4 * 24 * 12).map(lambda fives: FIRST + timedelta(minutes=5 * fives)),
    st.sampled_from([FIRST - timedelta(days=4000), FIRST + timedelta(days=4000)]),
).map(lambda moment: moment.isoformat())
LINES = st.builds(
    line,
    id=st.sampled_from(["i-1", "i-2"]),
    action=st.sampled_from(["stop", "start", "apply_schedule", "describe", "release"]),
    result=st.sampled_from(["changed", "unchanged", "skipped", "failed", "would_change"]),
    status=st.sampled_from(["Running", "Stopped", "Stopping", "Starting", "Gone", ""]),
    stopped_mode=st.sampled_from(["StopCharging", "KeepCharging", ""]),
    seen_at=TIMES,
    started_at=st.one_of(st.just(""), TIMES),
    list_price=st.just({"hour": 1, "ends": 1, "currency": "CNY"}),
)


@settings(max_examples=300)
@given(st.lists(LINES, min_size=1, max_size=12), st.integers(1, 40))
def test_an_instance_is_in_one_state_at_a_time(lines: list[dict[str, Any]], days: int) -> None:
    night = night_of(*lines, days=days)

    machines = len({one["id"] for one in lines})
    assert night.machines == machines
    for day in night.days:
        for slot in zip(*day.states, strict=True):
            assert min(slot) >= 0
            assert sum(slot) <= machines
        assert 0 <= day.saving.minutes <= machines * 24 * 60
        assert 0 <= day.saving.unpriced <= day.saving.minutes
        assert sum(day.saving.money.values()) <= day.saving.minutes / 60 + 0.001
    assert sum(day.saving.minutes for day in night.days) == night.total.minutes
    for groups in night.groups.values():
        assert sum(group.saving.minutes for group in groups) == night.total.minutes
        assert sum(group.machines for group in groups) == machines


@settings(max_examples=100)
@given(st.lists(LINES, min_size=1, max_size=8))
def test_what_is_read_twice_counts_once(lines: list[dict[str, Any]]) -> None:
    once, twice = night_of(*lines), night_of(*lines, *lines)

    assert twice.total == once.total
    assert [day.states for day in twice.days] == [day.states for day in once.days]


AT_ONCE = st.builds(
    lambda one, day: {**one, "id": "i-1", "seen_at": f"2020-11-{day}T00:00:00Z"},
    LINES,
    st.sampled_from([20, 21]),
)


@settings(max_examples=300)
@given(st.lists(AT_ONCE, min_size=2, max_size=6))
def test_the_order_of_the_lines_does_not_matter(lines: list[dict[str, Any]]) -> None:
    night, other = night_of(*lines), night_of(*lines[::-1])

    assert [day.states for day in other.days] == [day.states for day in night.days]
    assert (other.total.minutes, other.total.unpriced) == (
        night.total.minutes,
        night.total.unpriced,
    )
