"""The clock of what is shown: waiting takes time, nothing else does."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from threading import Barrier, Thread

import pytest
from pytest_mock import MockerFixture

from local.fc.pace import PacedClock

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@pytest.fixture
def naps(mocker: MockerFixture) -> list[float]:
    """How long the machine was told to sleep, each time; it does not."""
    taken: list[float] = []
    mocker.patch.object(time, "sleep", side_effect=taken.append)
    return taken


def test_it_stands_still_while_nobody_sleeps() -> None:
    clock = PacedClock(NOON, 1000)

    time.sleep(0.002)

    assert clock.now() == NOON


def test_it_starts_in_utc_whatever_the_zone() -> None:
    china = timezone(timedelta(hours=8))

    assert PacedClock(NOON.astimezone(china), 1).now().tzinfo is timezone.utc


def test_a_sleep_takes_its_time_and_no_more_however_long_the_machine_takes(
    mocker: MockerFixture,
) -> None:
    real = time.sleep
    mocker.patch.object(time, "sleep", side_effect=lambda _: real(0.02))
    clock = PacedClock(NOON, 1000)

    clock.sleep(2.5)

    assert clock.now() == after(2.5)


def test_a_sleep_is_shown_nap_by_nap(mocker: MockerFixture) -> None:
    naps: list[float] = []
    clock = PacedClock(NOON, 10)
    shown: list[datetime] = []

    def nap(seconds: float) -> None:
        naps.append(seconds)
        shown.append(clock.now())

    mocker.patch.object(time, "sleep", side_effect=nap)

    clock.sleep(2.5)

    assert naps == [0.1, 0.1, 0.05]
    assert shown == [after(0), after(1), after(2)]


@pytest.mark.parametrize("seconds", [0, -3])
def test_a_sleep_of_nothing_takes_no_time(naps: list[float], seconds: float) -> None:
    clock = PacedClock(NOON, 10)

    clock.sleep(seconds)

    assert (clock.now(), naps) == (NOON, [])


def test_those_who_sleep_at_the_same_time_sleep_side_by_side(mocker: MockerFixture) -> None:
    both = Barrier(2)
    mocker.patch.object(time, "sleep", side_effect=lambda _: both.wait(30))
    clock = PacedClock(NOON, 10)
    threads = [Thread(target=clock.sleep, args=(3,)) for _ in range(2)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert clock.now() == after(3)


def test_it_can_be_advanced(naps: list[float]) -> None:
    clock = PacedClock(NOON, 1)

    clock.advance(timedelta(hours=2))

    assert (clock.now(), naps) == (after(7200), [])
