"""The deadline of an invocation, and the machine's clock."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_mock import MockerFixture

from shared.base.clock import Deadline, SystemClock

START = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("timeout_s", "work_s"),
    [
        pytest.param(0.5, 0.25, id="half-of-a-very-short-one-is-kept"),
        pytest.param(1, 0.5, id="half-of-one-second-is-kept"),
        pytest.param(3, 2, id="at-least-one-second-is-kept"),
        pytest.param(20, 19, id="one-second-is-a-twentieth"),
        pytest.param(60, 57, id="a-twentieth-is-kept"),
        pytest.param(100, 95, id="five-seconds-are-a-twentieth"),
        pytest.param(86_400, 86_395, id="at-most-five-seconds-are-kept"),
    ],
)
def test_work_ends_early_enough_to_report(timeout_s: float, work_s: float) -> None:
    assert Deadline.after(START, timedelta(seconds=timeout_s)) == Deadline(
        work_until=START + timedelta(seconds=work_s),
        killed_at=START + timedelta(seconds=timeout_s),
    )


@given(st.timedeltas(min_value=timedelta(milliseconds=1), max_value=timedelta(days=1)))
def test_there_is_always_time_to_work_and_time_to_report(timeout: timedelta) -> None:
    deadline = Deadline.after(START, timeout)

    assert START < deadline.work_until < deadline.killed_at == START + timeout


def test_the_clock_moves_on_by_the_monotonic_one(mocker: MockerFixture) -> None:
    monotonic = mocker.patch("shared.base.clock.time.monotonic", side_effect=[100.0, 100.0, 102.5])
    clock = SystemClock()

    first, second = clock.now(), clock.now()

    assert second - first == timedelta(seconds=2.5)
    assert first.tzinfo is timezone.utc
    assert monotonic.call_count == 3


def test_the_clock_starts_at_the_machines_time() -> None:
    before = datetime.now(timezone.utc)

    now = SystemClock().now()

    assert timedelta(0) <= now - before < timedelta(seconds=5)


def test_the_clock_sleeps_as_long_as_it_is_told(mocker: MockerFixture) -> None:
    sleep = mocker.patch("shared.base.clock.time.sleep")

    SystemClock().sleep(1.5)

    sleep.assert_called_once_with(1.5)


def test_what_telling_takes_is_kept_back_besides() -> None:
    start = datetime(2026, 11, 27, tzinfo=timezone.utc)

    for timeout_s, kept_s in ((600, 8), (60, 6), (8, 4), (4, 2)):
        deadline = Deadline.after(start, timedelta(seconds=timeout_s), notices_s=3)
        assert deadline.killed_at - deadline.work_until == timedelta(seconds=kept_s)
