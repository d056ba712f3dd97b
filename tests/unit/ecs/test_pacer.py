"""The pacer against APIs of every pace, on a clock of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.ecs.pacer import Outlook
from tests.unit.ecs.paces import LATENCY_S, TOP_OF_MINUTE, Fixed, Quota, Run

CALLS = 2000


class Rolling:
    """So many calls in any stretch of so many seconds."""

    def __init__(self, calls: int, window_s: int) -> None:
        self._calls, self._window = calls, timedelta(seconds=window_s)
        self._passed: list[datetime] = []

    def lets_pass(self, now: datetime) -> bool:
        self._passed = [one for one in self._passed if one > now - self._window]
        if len(self._passed) >= self._calls:
            return False
        self._passed.append(now)
        return True


@pytest.mark.parametrize("in_flight", [1, 8, 16])
def test_an_api_without_a_limit_never_waits(in_flight: int) -> None:
    run = Run(Fixed(10**9), in_flight)

    run.make(CALLS)

    assert run.sent == CALLS
    assert run.seconds == pytest.approx(CALLS / in_flight * LATENCY_S)
    assert run.pacer.outlook(run.clock.now()) == Outlook(run.clock.now(), None)


@pytest.mark.parametrize("in_flight", [1, 8, 16])
@pytest.mark.parametrize("second", [0, 5, 17, 33, 50, 58, 59.9])
def test_fifty_a_minute_cost_a_tenth_more_calls_at_most(in_flight: int, second: float) -> None:
    run = Run(Fixed(50), in_flight, TOP_OF_MINUTE + timedelta(seconds=second))

    run.make(CALLS)

    assert run.sent <= 1.1 * CALLS
    assert run.seconds <= CALLS / 50 * 60


@pytest.mark.parametrize("in_flight", [1, 8, 16])
@pytest.mark.parametrize(
    ("quota", "most_sent", "ideal_s"),
    [
        pytest.param(lambda: Fixed(300), 1.1, 400, id="300-a-minute"),
        pytest.param(lambda: Fixed(20, 1), 1.1, 100, id="20-a-second"),
        pytest.param(lambda: Fixed(5, 1), 1.3, 400, id="5-a-second"),
        pytest.param(lambda: Rolling(50, 60), 1.2, 2400, id="50-in-any-60-seconds"),
        pytest.param(lambda: Rolling(300, 60), 1.1, 400, id="300-in-any-60-seconds"),
    ],
)
def test_other_limits_are_found_out_too(
    quota: Callable[[], Quota], in_flight: int, most_sent: float, ideal_s: float
) -> None:
    run = Run(quota(), in_flight)

    run.make(CALLS)

    assert run.sent <= most_sent * CALLS
    assert run.seconds <= 1.3 * ideal_s


@pytest.mark.parametrize("in_flight", [1, 16])
def test_a_quota_that_grows_is_used(in_flight: int) -> None:
    changes_at = TOP_OF_MINUTE + timedelta(minutes=10)
    run = Run(Fixed(lambda now: 50 if now < changes_at else 200), in_flight, TOP_OF_MINUTE)

    run.make(500)
    assert run.clock.now() < changes_at
    run.make(2000)

    assert run.sent <= 1.1 * run.passed
    assert run.clock.now() <= changes_at + timedelta(minutes=11)


@pytest.mark.parametrize("in_flight", [1, 16])
def test_a_quota_that_shrinks_is_respected(in_flight: int) -> None:
    changes_at = TOP_OF_MINUTE + timedelta(minutes=5)
    run = Run(Fixed(lambda now: 200 if now < changes_at else 50), in_flight, TOP_OF_MINUTE)

    run.make(1000)
    sent_before = run.sent
    run.make(1000)

    assert run.sent - sent_before <= 1.1 * 1000
    assert run.clock.now() <= changes_at + timedelta(minutes=21)


@settings(max_examples=30)
@given(
    st.integers(1, 40),
    st.integers(1, 90),
    st.booleans(),
    st.integers(1, 16),
    st.floats(0, 60, exclude_max=True),
)
def test_it_never_gives_up_whatever_the_limit(
    calls: int,
    window_s: int,
    rolls: bool,  # noqa: FBT001  # drawn
    in_flight: int,
    second: float,
) -> None:
    quota = Rolling(calls, window_s) if rolls else Fixed(calls, window_s)
    run = Run(quota, in_flight, TOP_OF_MINUTE + timedelta(seconds=second))

    run.make(100)

    assert run.passed == 100
