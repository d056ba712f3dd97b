"""A small part of the fuzzing, on every run of the suite; all of it is ``make fuzz``."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from local.ecs.ram.caller import Caller
from shared.base.errors import InvalidEvent
from tests.fuzz.__main__ import main
from tests.fuzz.check import Checker, FuzzError
from tests.fuzz.events import Fuzzer
from tests.harness.actions import FUNCTIONS
from tests.harness.stage import Stage


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.promise("S19")
@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 5))]
)
def test_five_hundred_mad_events_are_all_answered_as_they_must_be(seed: int) -> None:
    checker = Checker(seed)

    checker.check(500)

    assert checker.outcomes.total() == 500 * len(FUNCTIONS)
    assert {"report", "InvalidEvent", "Refused"} <= checker.outcomes.keys()


def test_a_seed_names_its_events() -> None:
    first, second = Fuzzer(7), Fuzzer(7)

    assert [first.event() for _ in range(200)] == [second.event() for _ in range(200)]


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        pytest.param(KeyError("name"), "untyped KeyError", id="untyped"),
        pytest.param(InvalidEvent("x" * 300), "300 characters", id="long"),
        pytest.param(InvalidEvent(""), "0 characters", id="empty"),
    ],
)
def test_the_fuzzer_finds_what_it_looks_for(
    monkeypatch: pytest.MonkeyPatch, answer: Exception, problem: str
) -> None:
    def broken(*_: object) -> None:
        raise answer

    monkeypatch.setattr(Stage, "deliver", broken)
    monkeypatch.setattr(Fuzzer, "event", lambda _: b"{}")  # lists may have longer messages

    with pytest.raises(FuzzError, match=rf"seed 3, event 0, \w+: .*{problem}"):
        Checker(3).check(1)


def test_the_fuzzer_finds_a_write_for_an_invalid_event(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(stage: Stage, *_: object) -> None:
        stage.gateway.call("StopInstances", {}, Caller())
        raise InvalidEvent("too late")

    monkeypatch.setattr(Stage, "deliver", wrong)
    monkeypatch.setattr(Fuzzer, "event", lambda _: b"{}")  # a list may do some of its messages

    with pytest.raises(FuzzError, match=r"InvalidEvent, but \('StopInstances',\)"):
        Checker(0).check(1)


def test_the_command_says_how_it_went(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "events", "--events", "20", "--seed", "5"]) == 0
    assert capsys.readouterr().out.startswith(f"20 events to {len(FUNCTIONS)} functions, ")
