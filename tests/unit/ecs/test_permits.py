"""Permits of the pacer, one by one: what a refusal and a success do to the next."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.ecs.pacer import Outlook, Pacer, Permit
from tests.unit.ecs.paces import NEVER, START, TOP_OF_MINUTE, Fixed, Run, VirtualClock, permits


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
