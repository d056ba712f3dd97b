"""A small part of the odd and broken answers, on every run; all of them is ``make fuzz``."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from local.ecs.ram.caller import Caller
from shared.base.errors import Unavailable
from tests.fuzz import answers, framing
from tests.fuzz.__main__ import main
from tests.fuzz.answers import GONE, ODD, Damage, as_bytes, changed, damages, recorded
from tests.fuzz.cases import CASES, FuzzError
from tests.fuzz.framing import FAULTS, Fault
from tests.harness.actions import CALLS, FUNCTIONS
from tests.harness.stage import Stage

NO_LIST = Damage("DescribeInstances", 0, ("Instances", "Instance"), "null")


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("name", CASES)
def test_odd_answers_end_typed_and_every_write_is_told(name: str) -> None:
    total = sum(1 for _ in damages(name))
    step = max(1, total // 15)

    outcomes, wrong = answers.outcomes_of((name, len(name) % step, step))

    assert wrong == []
    assert outcomes.total() >= min(total, 15)


@pytest.mark.slow
@pytest.mark.parametrize("name", framing.PLAYED)
def test_broken_answers_end_typed_and_every_write_is_told(name: str) -> None:
    played = [fault for one, fault in framing.faults(1, 30) if one == name]

    ended = [framing.check(name, fault) for fault in played[::30]]

    assert len(ended) >= 8
    assert set(ended) <= {"report", "Incomplete", "Unavailable"}


def test_every_operation_of_every_policy_is_answered_oddly() -> None:
    asked = {operation for name in CASES for operation in recorded(name)}

    assert asked == set().union(*CALLS.values())


def test_every_function_has_a_case() -> None:
    assert {one.function for one in CASES.values()} == set(FUNCTIONS), "add a case to CASES"


def test_damages_are_counted_through_and_the_same_each_time() -> None:
    first = list(damages("stop"))

    assert first == list(damages("stop"))
    assert len(first) == len({str(one) for one in first})
    row = ("Instances", "Instance", 0)
    here = [one for one in first if one.path == (*row, "Status") and not one.occurrence]
    assert [(one.odd, one.always) for one in here] == [
        (odd, always) for odd in ODD for always in (False, True)
    ]
    assert {one.path for one in first} >= {(), ("Instances",), (*row, "SerialNumber")}


@pytest.mark.parametrize(
    ("path", "odd", "after"),
    [
        ((), None, None),
        ((), GONE, {}),
        (("a",), 5, {"a": 5, "c": 1}),
        (("a",), GONE, {"c": 1}),
        (("a", 1, "b"), [], {"a": [1, {"b": []}], "c": 1}),
        (("a", 0), GONE, {"a": [{"b": 2}], "c": 1}),
        (("a", 7), 5, {"a": [1, {"b": 2}], "c": 1}),
        (("c", "x"), 5, {"a": [1, {"b": 2}], "c": 1}),
        (("d",), GONE, {"a": [1, {"b": 2}], "c": 1}),
    ],
    ids=lambda value: "gone" if value is GONE else str(value),
)
def test_an_answer_is_changed_at_one_place(path: answers.Path, odd: object, after: object) -> None:
    before = {"a": [1, {"b": 2}], "c": 1}

    assert changed(before, path, odd) == after
    assert before == {"a": [1, {"b": 2}], "c": 1}


def test_what_is_no_json_gets_into_the_bytes() -> None:
    value = {"a": ODD["not-a-number"], "b": [ODD["too-great"]], "c": "密"}

    assert as_bytes(value) == b'{"a": NaN, "b": [1e999], "c": "\\u5bc6"}'
    with pytest.raises(TypeError):
        as_bytes({"a": object()})


def _handler(monkeypatch: pytest.MonkeyPatch, act: Any) -> None:  # noqa: ANN401  # any function
    monkeypatch.setattr(Stage, "deliver", lambda stage, *_: act(stage))


def _stopping(*ids: str, report: Mapping[str, Any]) -> Any:  # noqa: ANN401  # a handler
    def act(stage: Stage) -> Mapping[str, Any]:
        parameters = {f"InstanceId.{number}": one for number, one in enumerate(ids, 1)}
        stage.gateway.call("DescribeInstances", {"RegionId": "cn-hangzhou"}, Caller())
        stage.gateway.call(
            "StopInstances",
            {"RegionId": "cn-hangzhou", "BatchOptimization": "SuccessFirst", **parameters},
            Caller(),
        )
        return report

    return act


def _raising(error: Exception) -> Any:  # noqa: ANN401  # a handler
    def act(_: Stage) -> None:
        raise error

    return act


def _row(instance_id: str, result: str, reason: str = "") -> dict[str, Any]:
    return {"instances": [{"id": instance_id, "result": result, "reason": reason}]}


@pytest.mark.parametrize(
    ("act", "problem"),
    [
        pytest.param(_raising(KeyError("name")), r"untyped KeyError\('name'\)", id="untyped"),
        pytest.param(_raising(Unavailable("x" * 40_000)), "a message of 40000", id="long"),
        pytest.param(
            _stopping("i-running", report={}),
            r"wrote to \['i-running'\] and told nothing",
            id="untold",
        ),
        pytest.param(
            _stopping("i-running", report=_row("i-running", "unchanged")),
            r"wrote to \['i-running'\] and told \[",
            id="told-as-unchanged",
        ),
        pytest.param(
            _stopping("i-running", report=_row("i-stopped", "changed")),
            r"wrote to \['i-running'\] and told nothing",
            id="told-of-another",
        ),
        pytest.param(
            _stopping("i-protected", report=_row("i-protected", "changed")),
            r"wrote to the guarded \['i-protected'\]",
            id="guarded",
        ),
        pytest.param(
            _stopping("i-other", report=_row("i-other", "changed")),
            r"wrote to what was not meant: \['i-other'\]",
            id="not-meant",
        ),
        pytest.param(
            _stopping("i-bare", report=_row("i-bare", "changed")),
            r"wrote to what was not meant: \['i-bare'\]",
            id="not-found-by-tags",
        ),
    ],
)
def test_the_fuzzer_finds_what_it_looks_for(
    monkeypatch: pytest.MonkeyPatch,
    act: Any,  # noqa: ANN401  # a handler
    problem: str,
) -> None:
    _handler(monkeypatch, act)

    with pytest.raises(FuzzError, match=rf"^stop: StopInstances#0… = null: {problem}"):
        answers.check("stop", Damage("StopInstances", 0, (), "null", always=True))


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(_stopping("i-running", report=_row("i-running", "changed")), id="changed"),
        pytest.param(_stopping("i-running", report=_row("i-running", "pending")), id="pending"),
        pytest.param(
            _stopping("i-running", report=_row("i-running", "skipped", "x; already done: stop")),
            id="skipped-later",
        ),
        pytest.param(_stopping("i-nowhere", report={}), id="nothing-done"),
    ],
)
def test_a_run_that_tells_what_it_did_is_right(
    monkeypatch: pytest.MonkeyPatch,
    act: Any,  # noqa: ANN401  # a handler
) -> None:
    _handler(monkeypatch, act)

    assert answers.check("stop", NO_LIST) == "report"


def test_who_has_no_guard_by_ecs_own_word_is_not_guarded() -> None:
    ids = [
        one["InstanceId"]
        for one in recorded("stop")["DescribeInstances"][0]["Instances"]["Instance"]
    ]
    row = ("Instances", "Instance", ids.index("i-protected"))
    said_so = Damage("DescribeInstances", 0, (*row, "Tags", "Tag"), "empty-list")
    odd = Damage("DescribeInstances", 0, (*row, "Tags", "Tag"), "empty-text")
    other = Damage(
        "DescribeInstances", 0, ("Instances", "Instance", 0, "Tags", "Tag"), "empty-list"
    )

    transport = answers.Damaging(Stage(()).gateway)
    transport.said.update({name: list(said) for name, said in recorded("stop").items()})

    assert answers.hidden(said_so, transport) == {"i-protected"}
    assert answers.hidden(odd, transport) == set()
    assert answers.hidden(other, transport) == {ids[0]}


def test_a_seed_names_the_bytes_that_break() -> None:
    fault = Fault("StopInstances", 0, "7/123")

    assert (
        fault.broken(b"{}") == fault.broken(b"{}") != Fault("StopInstances", 0, "8/1").broken(b"{}")
    )
    assert len(FAULTS) > 40


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--only", "odd", "--one-in", "4000"], "odd answers, 0 wrong: "),
        (["--only", "broken", "--one-in", "60", "--heads", "0"], "broken answers, 0 wrong: "),
    ],
)
def test_the_command_says_how_it_went(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    monkeypatch.setattr("tests.fuzz.__main__._mapped", lambda work, parts: map(work, parts[:2]))

    assert main(arguments) == 0
    assert said in capsys.readouterr().out


def test_the_command_lists_what_was_wrong(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tests.fuzz.__main__._mapped", lambda work, parts: map(work, parts[:1]))
    _handler(monkeypatch, _raising(KeyError("name")))
    monkeypatch.setattr(answers, "recorded", lambda _: json.loads('{"DescribeInstances": [{}]}'))

    assert main(["--only", "odd"]) == 1
    out, err = capsys.readouterr()
    assert "describe: DescribeInstances#0" in err
    assert " wrong: " in out
