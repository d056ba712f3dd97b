"""The clocks."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from threading import Condition, Thread

import pytest
from pytest_mock import MockerFixture

from local.ecs.clock import ManualClock, RealClock

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=timezone.utc)


@pytest.fixture
def machine(mocker: MockerFixture) -> list[float]:
    """The machine's monotonic clock, as a list whose only item is its time."""
    reading = [1000.0]
    mocker.patch.object(time, "monotonic", side_effect=lambda: reading[0])

    def wait(_: Condition, timeout: float) -> bool:
        reading.append(timeout)
        reading[0] += timeout
        return False

    mocker.patch.object(Condition, "wait", autospec=True, side_effect=wait)
    return reading


def test_a_manual_clock_stands_still() -> None:
    clock = ManualClock(NOON)

    assert (clock.now(), clock.now()) == (NOON, NOON)


def test_a_manual_clock_moves_when_advanced_or_slept_on() -> None:
    clock = ManualClock(NOON)

    clock.advance(timedelta(minutes=1))
    clock.sleep(2.5)
    clock.sleep(0)
    clock.sleep(-1)

    assert clock.now() == NOON + timedelta(seconds=62.5)


def test_a_manual_clock_tells_utc_whatever_zone_it_starts_in() -> None:
    shanghai = timezone(timedelta(hours=8))

    clock = ManualClock(datetime(2026, 11, 23, 20, 0, tzinfo=shanghai))

    assert clock.now().isoformat() == "2026-11-23T12:00:00+00:00"


@pytest.mark.parametrize("clock", [ManualClock(NOON), RealClock(NOON)], ids=["manual", "real"])
def test_no_clock_runs_backwards(clock: ManualClock | RealClock) -> None:
    with pytest.raises(ValueError, match="can only move forward"):
        clock.advance(timedelta(seconds=-1))


def test_a_clock_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="with a zone"):
        ManualClock(datetime(2026, 11, 23))  # noqa: DTZ001  # the mistake itself


def test_a_real_clock_moves_with_the_machine_times_its_speed(machine: list[float]) -> None:
    clock = RealClock(NOON, speed=60)

    machine[0] += 2

    assert clock.now() == NOON + timedelta(minutes=2)


def test_a_new_speed_counts_from_the_present(machine: list[float]) -> None:
    clock = RealClock(NOON, speed=60)
    machine[0] += 1

    clock.set_speed(1)
    machine[0] += 1

    assert clock.now() == NOON + timedelta(seconds=61)
    assert clock.speed == 1


def test_an_advanced_real_clock_goes_on_from_there(machine: list[float]) -> None:
    clock = RealClock(NOON)

    clock.advance(timedelta(hours=1))
    machine[0] += 1

    assert clock.now() == NOON + timedelta(hours=1, seconds=1)


def test_a_fast_clock_sleeps_less_of_the_machines_time(machine: list[float]) -> None:
    clock = RealClock(NOON, speed=60)

    clock.sleep(30)
    clock.sleep(0)

    assert machine[1:] == [0.5]


def test_a_long_sleep_is_made_of_hours(machine: list[float]) -> None:
    RealClock(NOON, speed=2).sleep(3 * 3600)

    assert machine[1:] == [3600, 1800]


def a_day_longer(clock: RealClock) -> None:
    clock.advance(timedelta(days=1))


def much_faster(clock: RealClock) -> None:
    clock.set_speed(1e9)


@pytest.mark.parametrize("move", [a_day_longer, much_faster])
def test_whoever_sleeps_wakes_when_the_clock_is_moved_on(move: Callable[[RealClock], None]) -> None:
    clock = RealClock(NOON)
    sleeper = Thread(target=clock.sleep, args=(86_400,), daemon=True)
    sleeper.start()

    for _ in range(1000):  # it may not have begun to sleep when the clock is moved first
        move(clock)
        sleeper.join(timeout=0.05)
        if not sleeper.is_alive():
            break

    assert not sleeper.is_alive()


def test_a_real_clock_starts_at_the_present() -> None:
    before = datetime.now(timezone.utc)

    now = RealClock().now()

    assert before - timedelta(seconds=1) <= now <= datetime.now(timezone.utc) + timedelta(seconds=1)


@pytest.mark.parametrize("speed", [0, -1, float("nan")])
def test_a_clock_that_does_not_move_is_refused(speed: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        RealClock(NOON, speed=speed)
    with pytest.raises(ValueError, match="above 0"):
        RealClock(NOON).set_speed(speed)
