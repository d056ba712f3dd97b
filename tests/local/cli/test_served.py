"""The clock of a running emulator, lived by from another process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone

import pytest

from local.cli.served import NotServedError, Reading, ServedClock, ask
from local.ecs.clock import ManualClock, RealClock
from local.ecs.emulator import Emulator, Options, default_engine
from local.ecs.server import LocalEcs

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)


class Hand:
    """This machine's time, moved by hand; what else happens while somebody sleeps can be added."""

    def __init__(self) -> None:
        self.seconds = 100.0
        self.naps: list[float] = []
        self.meanwhile: Callable[[], object] = lambda: None

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float, /) -> None:
        self.naps.append(seconds)
        self.seconds += seconds
        self.meanwhile()


class Answers:
    """An emulator's answers to how late it is, in place of the network."""

    def __init__(self, hand: Hand, speed: float) -> None:
        self.hand = hand
        self.started_at = hand.seconds
        self.origin = NOON
        self.speed = speed
        self.asked = 0
        self.is_gone = False

    def now(self) -> datetime:
        passed = (self.hand.seconds - self.started_at) * self.speed
        return self.origin + timedelta(seconds=passed)

    def __call__(self, endpoint: str, name: str, form: type[Reading]) -> Reading:
        assert (endpoint, name, form) == ("http://127.0.0.1:8421", "clock", Reading)
        if self.is_gone:
            raise NotServedError("gone")
        self.asked += 1
        return Reading(self.now(), self.speed)


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def lived_by(
    hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> Callable[[float], tuple[ServedClock, Answers]]:
    def clock(speed: float) -> tuple[ServedClock, Answers]:
        answers = Answers(hand, speed)
        monkeypatch.setattr("local.cli.served.ask", answers)
        return ServedClock("http://127.0.0.1:8421", hand), answers

    return clock


LivedBy = Callable[[float], tuple[ServedClock, Answers]]


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_it_goes_on_at_the_emulators_speed_between_two_questions(
    hand: Hand, lived_by: LivedBy
) -> None:
    clock, answers = lived_by(60)
    hand.seconds += 0.5

    assert (clock.now(), clock.speed, answers.asked) == (after(30), 60, 1)


def test_it_asks_again_after_a_second(hand: Hand, lived_by: LivedBy) -> None:
    clock, answers = lived_by(60)
    answers.origin += timedelta(days=1)
    hand.seconds += 1

    assert clock.now() == after(86_400 + 60)
    assert answers.asked == 2


def test_a_sleep_takes_as_long_as_it_does_there(hand: Hand, lived_by: LivedBy) -> None:
    clock, _ = lived_by(60)

    clock.sleep(90)

    assert clock.now() == after(90)
    assert sum(hand.naps) == pytest.approx(1.5)
    assert max(hand.naps) <= 0.5


def test_a_day_more_on_the_page_ends_a_sleep(hand: Hand, lived_by: LivedBy) -> None:
    clock, answers = lived_by(1)

    def press() -> None:
        hand.meanwhile = lambda: None
        answers.origin += timedelta(days=1)

    hand.meanwhile = press
    clock.sleep(600)

    assert len(hand.naps) <= 3


def test_a_clock_that_stands_still_is_waited_for_until_it_is_moved(
    hand: Hand, lived_by: LivedBy
) -> None:
    clock, answers = lived_by(0)

    def move() -> None:
        if len(hand.naps) == 5:
            answers.origin += timedelta(seconds=10)

    hand.meanwhile = move
    clock.sleep(10)

    assert clock.now() == after(10)
    assert 5 <= len(hand.naps) <= 7


def test_it_never_runs_backwards(hand: Hand, lived_by: LivedBy) -> None:
    clock, answers = lived_by(1)
    shown = clock.now()
    answers.origin -= timedelta(days=1)
    hand.seconds += 2

    assert clock.now() == shown


def test_it_goes_on_by_itself_when_the_emulator_has_ended(hand: Hand, lived_by: LivedBy) -> None:
    clock, answers = lived_by(2)
    answers.is_gone = True

    clock.sleep(60)

    assert clock.now() == after(60)
    assert sum(hand.naps) == pytest.approx(30)


@pytest.fixture(scope="module")
def served() -> Iterator[LocalEcs]:
    options = Options(build=lambda: default_engine(ManualClock(NOON)))
    with LocalEcs(Emulator(options)) as server:
        yield server


def test_an_emulators_clock_is_read_over_the_wire(served: LocalEcs) -> None:
    assert ask(served.url, "clock", Reading) == Reading(NOON, 0)
    assert ServedClock(served.url).now() == NOON


def test_an_emulators_real_clock_is_lived_by() -> None:
    options = Options(build=lambda: default_engine(RealClock(NOON, speed=5000)))
    with LocalEcs(Emulator(options)) as server:
        clock = ServedClock(server.url)
        until = clock.now() + timedelta(minutes=10)

        clock.sleep(600)

        here = clock.now()
        assert server.engine.clock.now() >= here >= until


@pytest.mark.parametrize(
    ("endpoint", "said"),
    [
        ("http://127.0.0.1:1", "no emulator is listening at http://127.0.0.1:1; start one with"),
        ("https://127.0.0.1:1", "is not an emulator on this machine"),
        ("http://192.0.2.1", "is not an emulator on this machine"),
    ],
)
def test_where_there_is_none_it_is_said(endpoint: str, said: str) -> None:
    with pytest.raises(NotServedError, match=said):
        ask(endpoint, "clock", Reading)


def test_what_is_not_asked_for_in_the_right_form_is_not_an_emulator(served: LocalEcs) -> None:
    with pytest.raises(NotServedError, match="is not this emulator"):
        ask(served.url, "log", Reading)


def test_a_refusal_is_told_with_its_status(served: LocalEcs) -> None:
    with pytest.raises(NotServedError, match="returns HTTP 404"):
        ask(served.url, "nothing", Reading)
