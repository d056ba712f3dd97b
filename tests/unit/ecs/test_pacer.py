"""The pacer against APIs of every pace, on a clock of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Protocol

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.ecs.pacer import Outlook, Pacer, Permit

START = datetime(2026, 11, 24, 12, 0, 17, tzinfo=timezone.utc)
NEVER = START + timedelta(days=30)
TOP_OF_MINUTE = START.replace(second=0)
LATENCY_S = 0.02
CALLS = 2000


class VirtualClock:
    """Time that moves only when somebody sleeps."""

    def __init__(self, now: datetime = START) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self._now += timedelta(seconds=seconds)


class Quota(Protocol):
    """Says whether ECS lets a call at this time through."""

    def lets_pass(self, now: datetime) -> bool: ...


class Fixed:
    """So many calls in each window of the calendar, which may change with time."""

    def __init__(self, calls: int | Callable[[datetime], int], window_s: int = 60) -> None:
        self._calls = calls if callable(calls) else lambda _: calls
        self._window_s = window_s
        self._window = -1
        self._passed = 0

    def lets_pass(self, now: datetime) -> bool:
        window = int(now.timestamp() // self._window_s)
        if window != self._window:
            self._window, self._passed = window, 0
        self._passed += 1
        return self._passed <= self._calls(now)


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


class Run:
    """Makes calls through a pacer, up to so many in flight: all are sent, then all are answered."""

    def __init__(self, quota: Quota, in_flight: int = 1, start: datetime = START) -> None:
        self.clock = VirtualClock(start)
        self.pacer = Pacer(self.clock)
        self.sent = self.passed = 0
        self._quota, self._in_flight, self._start = quota, in_flight, start

    @property
    def seconds(self) -> float:
        return (self.clock.now() - self._start).total_seconds()

    def make(self, calls: int) -> None:
        goal = self.passed + calls
        while self.passed < goal:
            permits = self._wave(min(self._in_flight, goal - self.passed))
            answers = [self._quota.lets_pass(self.clock.now()) for _ in permits]
            self.clock.sleep(LATENCY_S)
            for permit, passed in zip(permits, answers, strict=True):
                if passed:
                    self.pacer.succeeded(permit)
                else:
                    self.pacer.throttled(permit)
            self.sent += len(permits)
            self.passed += sum(answers)

    def _wave(self, most: int) -> list[Permit]:
        """Those that get permit at once; the first is waited for."""
        permits: list[Permit] = []
        while len(permits) < most:
            permit = self.pacer.acquire(self.clock.now() if permits else NEVER)
            if permit is None:
                break
            permits.append(permit)
        assert permits
        return permits


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


def permits(pacer: Pacer, number: int, until: datetime = START) -> list[Permit]:
    found = [pacer.acquire(until) for _ in range(number)]
    return [permit for permit in found if permit is not None]


def close(pacer: Pacer, retry_after_s: float | None = None) -> None:
    """Have one call refused."""
    (permit,) = permits(pacer, 1)
    pacer.throttled(permit, retry_after_s)


def test_refusals_of_calls_sent_before_the_closing_count_once() -> None:
    once, often = Pacer(VirtualClock()), Pacer(VirtualClock())
    close(once)

    for permit in permits(often, 16):
        often.throttled(permit)

    assert often.outlook(START) == once.outlook(START) == Outlook(START + timedelta(seconds=1), 1)


def test_a_success_sent_before_the_closing_does_not_open() -> None:
    pacer = Pacer(VirtualClock())
    first, second = permits(pacer, 2)

    pacer.throttled(first)
    pacer.succeeded(second)

    assert pacer.outlook(START) == Outlook(START + timedelta(seconds=1), 1)


def test_a_success_sent_before_the_closing_proves_nothing_of_the_time_after() -> None:
    pacer = Pacer(VirtualClock())
    for permit in permits(pacer, 5):
        pacer.succeeded(permit)
    first, second = permits(pacer, 2)

    pacer.throttled(first, retry_after_s=60)
    pacer.succeeded(second)

    assert pacer.outlook(START) == Outlook(START + timedelta(seconds=60), 1)


def test_a_greater_number_that_passed_is_remembered() -> None:
    next_minute = TOP_OF_MINUTE + timedelta(minutes=1)
    run = Run(Fixed(lambda now: 5 if now < next_minute else 20), start=TOP_OF_MINUTE)

    run.make(5 + 15)
    run.clock.sleep(60)

    assert run.pacer.outlook(run.clock.now()) == Outlook(run.clock.now(), 15)


def test_after_a_refusal_calls_go_one_at_a_time() -> None:
    clock = VirtualClock()
    pacer = Pacer(clock)
    close(pacer)

    probe = pacer.acquire(NEVER)
    meanwhile = pacer.acquire(clock.now() + timedelta(seconds=5))

    assert probe == Permit(1)
    assert meanwhile is None


def test_a_probe_that_passes_lets_the_remembered_number_out_again() -> None:
    clock = VirtualClock()
    pacer = Pacer(clock)
    for permit in permits(pacer, 4):
        pacer.succeeded(permit)
    close(pacer)
    for _ in range(2):
        probe = pacer.acquire(NEVER)
        assert probe is not None
        pacer.throttled(probe)

    probe = pacer.acquire(NEVER)
    assert probe is not None
    pacer.succeeded(probe)

    assert clock.now() == TOP_OF_MINUTE + timedelta(minutes=1, seconds=0.2)
    assert len(permits(pacer, 9, clock.now())) == 3


def test_a_call_that_ended_without_an_answer_says_nothing_of_the_pace() -> None:
    pacer = Pacer(VirtualClock())
    (permit,) = permits(pacer, 1)

    pacer.given_up()

    assert permit == Permit(0)
    assert pacer.outlook(START) == Outlook(START, None)


def test_a_probe_without_an_answer_makes_room_for_the_next() -> None:
    clock = VirtualClock()
    pacer = Pacer(clock)
    close(pacer)
    pacer.acquire(NEVER)

    pacer.given_up()

    assert pacer.acquire(clock.now()) == Permit(1)


def test_ecs_may_say_when_to_come_back() -> None:
    clock = VirtualClock()
    pacer = Pacer(clock)

    close(pacer, retry_after_s=7.5)

    assert pacer.outlook(START) == Outlook(START + timedelta(seconds=7.5), 1)
    assert pacer.acquire(NEVER) == Permit(1)
    assert clock.now() == START + timedelta(seconds=7.5)


@pytest.mark.parametrize(
    ("until_s", "permit"),
    [
        pytest.param(-0.001, None, id="before"),
        pytest.param(0, Permit(1), id="at-that-moment"),
        pytest.param(10, Permit(1), id="after"),
    ],
)
def test_nobody_waits_for_a_permit_that_comes_too_late(
    until_s: float, permit: Permit | None
) -> None:
    clock = VirtualClock()
    pacer = Pacer(clock)
    close(pacer, retry_after_s=7.5)

    assert pacer.acquire(START + timedelta(seconds=7.5 + until_s)) == permit
    assert clock.now() == (START if permit is None else START + timedelta(seconds=7.5))


def test_no_permit_is_given_for_a_time_that_is_over() -> None:
    assert Pacer(VirtualClock()).acquire(START - timedelta(seconds=1)) is None


def test_the_outlook_counts_what_is_left_of_a_known_quota() -> None:
    run = Run(Fixed(50), start=TOP_OF_MINUTE)
    run.make(60)

    assert run.pacer.outlook(run.clock.now()) == Outlook(run.clock.now(), 40)


def test_the_outlook_of_a_used_up_quota_is_one_call() -> None:
    run = Run(Fixed(50), start=TOP_OF_MINUTE)
    run.make(100)

    assert run.pacer.outlook(run.clock.now()) == Outlook(run.clock.now(), 1)


def test_a_minute_in_which_nothing_passed_leaves_a_quota_of_one() -> None:
    clock = VirtualClock()
    pacer = Pacer(clock)
    close(pacer, retry_after_s=60)
    (probe,) = permits(pacer, 1, NEVER)
    pacer.succeeded(probe)
    clock.sleep(60)

    assert pacer.outlook(clock.now()) == Outlook(clock.now(), 1)


def answered(pacer: Pacer, *answers: str) -> None:
    """Make one call after another, each as soon as it may be; "yes": it passed."""
    for answer in answers:
        (permit,) = permits(pacer, 1, NEVER)
        if answer == "yes":
            pacer.succeeded(permit)
        else:
            pacer.throttled(permit)


def test_an_api_that_opened_within_its_minute_is_tried_by_the_second() -> None:
    clock = VirtualClock()
    pacer = Pacer(clock)
    answered(pacer, "no", "yes")
    again_at = clock.now()

    answered(pacer, "no", "no", "no")

    assert again_at == START + timedelta(seconds=1)
    assert pacer.outlook(again_at).opens_at == again_at + timedelta(seconds=1 + 2 + 4)


def test_an_api_that_opened_as_the_minute_turned_is_tried_when_it_turns_again() -> None:
    clock = VirtualClock()
    pacer = Pacer(clock)
    answered(pacer, "no", "no", "no", "yes")
    turned = TOP_OF_MINUTE + timedelta(minutes=1, seconds=0.2)
    assert clock.now() == turned

    answered(pacer, "no")

    assert pacer.outlook(turned).opens_at == turned + timedelta(minutes=1)


def test_an_api_that_opened_soon_and_in_another_minute_has_not_shown_which_it_was() -> None:
    clock = VirtualClock(TOP_OF_MINUTE + timedelta(seconds=57))
    pacer = Pacer(clock)
    answered(pacer, "no", "no", "yes")
    turned = TOP_OF_MINUTE + timedelta(minutes=1, seconds=0.2)
    assert clock.now() == turned

    answered(pacer, "no")

    assert pacer.outlook(turned).opens_at == turned + timedelta(seconds=1)


def test_the_outlook_of_a_closed_api_is_one_call_when_it_opens() -> None:
    clock = VirtualClock()
    pacer = Pacer(clock)
    for permit in permits(pacer, 5):
        pacer.succeeded(permit)

    close(pacer)

    assert pacer.outlook(START) == Outlook(START + timedelta(seconds=1), 1)
