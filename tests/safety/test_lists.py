"""A list of messages is one invocation: one pace, one deadline, one way to ECS."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from local.ecs.fleet.fleet import InstanceSpec
from local.ecs.gateway.faults import Refuse
from local.ecs.gateway.throttle import Limits
from local.fc.trigger_events import ENVELOPES, Request
from shared.base.errors import CurfewError, Incomplete
from tests.harness.reports import report_of, table
from tests.harness.stage import DEV, Stage
from tests.harness.transport import Direct


def fleet(count: int) -> Stage:
    return Stage(InstanceSpec(f"dev-{number:03}", tags=DEV) for number in range(count))


def one_each(stage: Stage, **fields: object) -> list[Request]:
    """A request for each instance of the stage."""
    return [
        {"instance_ids": [one.instance_id], **fields}
        for one in sorted(stage.engine.instances(), key=lambda one: one.name)
    ]


def listed(stage: Stage, requests: Sequence[Request]) -> bytes:
    now = stage.clock.now()
    return json.dumps([json.loads(ENVELOPES["eventbridge"](one, now)) for one in requests]).encode()


def throttled(stage: Stage) -> int:
    return sum(one.code.startswith("Throttling") for one in stage.gateway.log)


def test_all_messages_keep_one_pace_which_spares_every_other_refusal() -> None:
    together, apart = fleet(60), fleet(60)
    for stage in (together, apart):
        stage.gateway.throttle.limits = Limits({"DescribeInstances": 10})

    answer = together.deliver("describe", listed(together, one_each(together)))
    for request in one_each(apart):
        apart.ask("describe", request)

    assert len(answer["reports"]) == 60
    assert throttled(together) * 2 <= throttled(apart)
    assert together.clock.now() <= apart.clock.now()


@pytest.mark.promise("S39")
def test_once_the_time_is_over_no_other_message_is_begun_and_they_are_named() -> None:
    stage = fleet(4)
    stage.gateway.faults.add(Refuse(action="StopInstances", status=400, code="Throttling", skip=1))

    with pytest.raises(Incomplete) as caught:
        stage.deliver("stop", listed(stage, one_each(stage)), timeout_s=60)

    sentence = str(caught.value).partition(" {")[0]
    assert sentence.startswith("2 errors in 4 messages: [1] Incomplete: stop: 0 failed, 1 pending")
    assert sentence.endswith(
        "; [2] to [3] Incomplete: ran out of time before 2 messages; send them again"
    )
    assert [one["counts"]["changed"] for one in report_of(caught.value)["reports"]] == [1, 0]
    asked_for = str([one.parameters for one in stage.gateway.log])
    ids = [stage.id_of(f"dev-{number:03}") for number in range(4)]
    assert [one in asked_for for one in ids] == [True, True, False, False]


def test_the_deadline_is_the_invocations_and_not_each_messages() -> None:
    stage = fleet(30)
    begun = stage.clock.now()
    requests = one_each(stage)

    class Slow(Direct):
        def send(self, operation: str, parameters: Any, *, timeout_s: float) -> Any:  # noqa: ANN401  # the protocol's
            stage.clock.sleep(2)
            return super().send(operation, parameters, timeout_s=timeout_s)

    stage.transport = Slow(stage.gateway)

    with pytest.raises(CurfewError) as caught:
        stage.deliver("stop", listed(stage, requests), timeout_s=60)

    assert stage.clock.now() - begun <= timedelta(seconds=60)
    assert "ran out of time before " in str(caught.value)
    assert str(caught.value).partition(" {")[0].endswith(" messages; send them again")


def test_one_way_to_ecs_serves_all_messages_and_is_closed_once() -> None:
    stage = fleet(3)
    closed: list[Direct] = []

    class Closing(Direct):
        def close(self) -> None:
            closed.append(self)

    stage.transport = Closing(stage.gateway)

    stage.deliver("describe", listed(stage, one_each(stage)))

    assert closed == [stage.transport]


def test_each_report_counts_its_own_calls_and_its_own_time() -> None:
    stage = fleet(3)

    answer = stage.deliver("stop", listed(stage, one_each(stage)))

    assert sum(one["api_calls"] for one in answer["reports"]) == len(stage.gateway.log)
    assert len({one["api_calls"] for one in answer["reports"]}) == 1
    assert len({one["seconds"] for one in answer["reports"]}) == 1


@pytest.mark.promise("S39")
def test_a_great_list_ends_in_time_and_says_where() -> None:
    """Some 42,000 requests fit into an event of 128 KB."""
    stage = fleet(1)
    begun = stage.clock.now()
    stage.transport.before = lambda *_: stage.clock.advance(timedelta(seconds=1))
    event = b"[" + b",".join([b'{"all":true}'] * 9_000) + b"]"

    with pytest.raises(CurfewError) as caught:
        stage.deliver("describe", event, timeout_s=60)

    assert stage.clock.now() - begun <= timedelta(seconds=60)
    assert "to [8999] Incomplete: ran out of time before " in str(caught.value)
    assert len(str(caught.value).encode()) <= 32_000


def test_messages_without_a_time_are_of_the_delivery_not_of_their_turn() -> None:
    stage = fleet(2)
    now = stage.clock.now()
    first, second = (
        json.loads(ENVELOPES["mqtt_list"](request, now))
        for request in ({"name": "dev-000"}, {"tags": DEV})
    )

    def somebody(operation: str, _: object) -> None:
        if operation == "StopInstances" and stage.clock.now() < now + timedelta(minutes=2):
            stage.clock.advance(timedelta(minutes=2))
            stage.engine.add(InstanceSpec("dev-new", tags=DEV, created_at=stage.clock.now()))

    stage.transport.before = somebody
    answer = stage.deliver("stop", json.dumps([*first, *second]).encode())

    assert table(answer["reports"][1])["dev-new"][0] == "skipped"
    assert {one.name: one.status.value for one in stage.engine.instances()} == {
        "dev-000": "Stopped",
        "dev-001": "Stopped",
        "dev-new": "Running",
    }
