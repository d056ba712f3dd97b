"""The platform's flow control."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest

from local.ecs.gateway.throttle import (
    REJECTED_THROTTLING,
    THROTTLING,
    THROTTLING_API,
    THROTTLING_SNAPSHOT,
    THROTTLING_USER,
    UNLIMITED,
    Denial,
    Limits,
    Throttle,
    ThrottledError,
    read_denial,
)

START = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)


def is_admitted(
    throttle: Throttle,
    after: float = 0.0,
    *,
    account: str = "1",
    region: str = "cn-hangzhou",
    action: str = "StopInstances",
) -> bool:
    try:
        throttle.admit(account, region, action, START + timedelta(seconds=after))
    except ThrottledError:
        return False
    return True


def test_nothing_is_throttled_without_limits() -> None:
    throttle = Throttle()

    assert all(is_admitted(throttle) for _ in range(1000))


def test_a_window_takes_so_many_calls_and_no_more_until_the_next() -> None:
    throttle = Throttle(Limits(otherwise=2))

    admitted = [is_admitted(throttle, after) for after in (0, 58, 59, 59.9, 60, 61, 62)]

    assert admitted == [True, True, False, False, True, True, False]


def test_windows_begin_at_whole_minutes_of_the_clock_not_at_the_first_call() -> None:
    throttle = Throttle(Limits(otherwise=1))

    assert [is_admitted(throttle, after) for after in (50, 55, 61)] == [True, False, True]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(lambda t: is_admitted(t, account="2"), id="account"),
        pytest.param(lambda t: is_admitted(t, region="cn-shanghai"), id="region"),
        pytest.param(lambda t: is_admitted(t, action="StartInstances"), id="operation"),
    ],
)
def test_another_key_has_its_own_count(other: Callable[[Throttle], bool]) -> None:
    throttle = Throttle(Limits(otherwise=1))
    is_admitted(throttle)

    assert other(throttle)
    assert not is_admitted(throttle)


def test_an_operation_can_have_its_own_limit() -> None:
    throttle = Throttle(
        Limits(calls={"StopInstances": 0, "StartInstances": UNLIMITED}, otherwise=1)
    )

    assert not is_admitted(throttle)
    assert all(is_admitted(throttle, action="StartInstances") for _ in range(10))


def test_the_length_of_a_window_can_be_set() -> None:
    throttle = Throttle(Limits(otherwise=1, window=timedelta(seconds=2)))

    assert [is_admitted(throttle, after) for after in (0, 1, 2)] == [True, False, True]


@pytest.mark.parametrize(
    "denial",
    [THROTTLING, THROTTLING_USER, THROTTLING_API, THROTTLING_SNAPSHOT, REJECTED_THROTTLING],
    ids=lambda denial: f"{denial.status} {denial.code}",
)
def test_the_refusal_is_the_one_that_was_chosen(denial: Denial) -> None:
    throttle = Throttle(Limits(otherwise=0, denial=denial))

    with pytest.raises(ThrottledError) as caught:
        throttle.admit("1", "cn-hangzhou", "StopInstances", START)

    error = caught.value
    assert (error.status, error.code, error.message) == (denial.status, denial.code, denial.message)
    assert error.headers == {}


def test_the_header_says_how_long_the_window_lasts() -> None:
    throttle = Throttle(Limits(otherwise=0, retry_after=True))

    with pytest.raises(ThrottledError) as caught:
        throttle.admit("1", "cn-hangzhou", "StopInstances", START + timedelta(seconds=18.5))

    assert caught.value.headers == {"x-acs-retry-after": "41500"}


def test_a_reset_forgets_the_calls() -> None:
    throttle = Throttle(Limits(otherwise=1))
    is_admitted(throttle)

    throttle.reset()

    assert is_admitted(throttle)


def test_threads_together_get_no_more_than_the_window_takes() -> None:
    throttle = Throttle(Limits(otherwise=50))

    with ThreadPoolExecutor(8) as threads:
        admitted = list(threads.map(lambda _: is_admitted(throttle), range(200)))

    assert sum(admitted) == 50


@pytest.mark.parametrize(
    ("text", "denial"),
    [
        ("Throttling", THROTTLING),
        ("Throttling-403", THROTTLING_SNAPSHOT),
        (
            "429:Throttling.Api",
            Denial(429, "Throttling.Api", "Request was denied due to flow control."),
        ),
    ],
)
def test_a_refusal_is_named_or_has_any_status_and_code(text: str, denial: Denial) -> None:
    assert read_denial(text) == denial


@pytest.mark.parametrize("text", ["", "Slow", "200:Throttling", "429", "429:"])
def test_a_refusal_that_is_neither_is_told_what_would_be(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not one of Throttling, .*429:Throttling\.Api"):
        read_denial(text)


def test_a_reset_brings_back_the_limits_of_the_start() -> None:
    throttle = Throttle(Limits(otherwise=1))
    throttle.limits = Limits(otherwise=0)

    throttle.reset()

    assert [is_admitted(throttle) for _ in range(2)] == [True, False]
