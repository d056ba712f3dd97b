"""Client tokens: the same for the same work, another for other work."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from local.ecs.clock import ManualClock
from shared.base.clock import Deadline
from shared.domain.instance import Instance
from shared.domain.outcome import Accepted, Rejected
from shared.domain.retries import Kind
from shared.domain.steps import (
    Call,
    ClearAutoRelease,
    Delete,
    DiskSnapshot,
    SetAutoRelease,
    Snapshot,
    Start,
    Stop,
)
from shared.ecs.changes import TOKENS, perform
from shared.ecs.client import Client
from shared.ecs.transport import ErrorResponse
from tests.unit.ecs.writes import AT, LATER, ONE, START, TWO, Script, instance, make, sent


def test_a_deletion_bears_a_token_and_nothing_that_widens_it() -> None:
    operation, parameters = sent(Delete(force=False), TWO)

    assert operation == "DeleteInstances"
    assert set(parameters) == {"Force", "ClientToken", "InstanceId.1", "InstanceId.2"}
    assert parameters["Force"] == "false"


def token(call: Call, instances: Sequence[Instance]) -> str:
    return sent(call, instances)[1]["ClientToken"]


def test_the_token_is_the_same_for_the_same_work() -> None:
    assert token(Delete(force=False), TWO) == token(Delete(force=False), TWO[::-1])


def test_the_token_is_another_for_other_work() -> None:
    made = [
        token(Delete(force=False), TWO),
        token(Delete(force=True), TWO),
        token(Delete(force=False), TWO[:1]),
        token(Delete(force=False), [*TWO, instance("i-3")]),
        token(Snapshot((DiskSnapshot("d-1", "d-1 then 0"),), 7), ONE),
        token(Snapshot((DiskSnapshot("d-1", "d-1 then 1"),), 7), ONE),
        token(Snapshot((DiskSnapshot("d-1", "d-1 later 0"),), 7), ONE),
        token(Snapshot((DiskSnapshot("d-2", "d-2 then 0"),), 7), ONE),
    ]

    assert len(set(made)) == len(made)
    assert all(one.isascii() and 0 < len(one) <= 64 for one in made)


def test_the_token_knows_its_region() -> None:
    deadline = Deadline.after(START, timedelta(minutes=10))
    scripts = [Script([{}]), Script([{}])]
    for script, region in zip(scripts, ("cn-hangzhou", "cn-shanghai"), strict=True):
        perform(
            Client(region, script, ManualClock(START), deadline), Delete(force=True), ONE, LATER
        )

    first, second = (script.sent[0][1]["ClientToken"] for script in scripts)
    assert first != second


SPENT = ErrorResponse(400, "IdempotentFailed", "The previous idempotent request has failed.")
WITH_TOKEN = pytest.mark.parametrize(
    "call",
    [Delete(force=False), Snapshot((DiskSnapshot("d-1", "one"),), 7)],
    ids=["delete", "snap"],
)


@WITH_TOKEN
def test_a_token_under_which_ecs_failed_gives_way_to_another_for_the_same_call(call: Call) -> None:
    api, script = make(SPENT, SPENT, SPENT, {"SnapshotId": "s-1"})

    outcome = perform(api, call, ONE, LATER)

    assert isinstance(outcome["i-1"], Accepted)
    tokens = [parameters["ClientToken"] for _, parameters in script.sent]
    assert len(set(tokens)) == len(tokens) == TOKENS
    assert all(len(one) <= 64 for one in tokens)
    others = [{**parameters, "ClientToken": ""} for _, parameters in script.sent]
    assert others == [others[0]] * TOKENS
    assert {operation for operation, _ in script.sent} == {call.operation}


@WITH_TOKEN
def test_the_tokens_of_the_same_work_are_the_same_in_each_run(call: Call) -> None:
    scripts = []
    for _ in range(2):
        api, script = make(SPENT, SPENT, {"SnapshotId": "s-1"})
        perform(api, call, ONE, LATER)
        scripts.append(script.sent)

    assert scripts[0] == scripts[1]


@WITH_TOKEN
def test_of_tokens_only_a_few_are_tried(call: Call) -> None:
    api, script = make(*[SPENT] * (TOKENS + 1))

    outcome = perform(api, call, ONE, LATER)["i-1"]

    assert isinstance(outcome, Rejected)
    assert (outcome.kind, outcome.code, outcome.in_doubt) == (Kind.FINAL, SPENT.code, False)
    assert len(script.sent) == TOKENS


@pytest.mark.parametrize(
    "call", [Stop(force=False), Start(), SetAutoRelease(AT), ClearAutoRelease()]
)
def test_what_has_no_token_is_sent_once_and_gets_none(call: Call) -> None:
    api, script = make(SPENT, {})

    outcome = perform(api, call, ONE, LATER)["i-1"]

    assert isinstance(outcome, Rejected)
    ((_, parameters),) = script.sent
    assert "ClientToken" not in parameters
