"""The operator's number is the ceiling of one invocation, whatever its messages state."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from local.ecs.fleet.fleet import SHANGHAI, InstanceSpec
from local.ecs.gateway.faults import Refuse
from local.fc.trigger_events import ENVELOPES, Request
from shared.base.errors import CurfewError, Incomplete, Refused
from tests.harness.actions import WRITING_FUNCTIONS, stated, to_do
from tests.harness.invocation import ENVIRONMENT
from tests.harness.reports import report_of, table
from tests.harness.stage import DEV, REGION, Stage

EACH_WRITE = pytest.mark.parametrize("function", WRITING_FUNCTIONS)


def fleet(count: int, function: str = "stop", **environ: str) -> Stage:
    """Instances with which the function has something to do, in an account with a ceiling of 10."""
    stage = Stage((), environ={**ENVIRONMENT, "CURFEW_MAX_INSTANCES": "10", **environ})
    for number in range(count):
        add(stage, f"dev-{number:02}", function)
    return stage


def add(stage: Stage, name: str, function: str = "stop", **fields: Any) -> str:  # noqa: ANN401  # any field
    month = stage.clock.now() - timedelta(days=30)
    spec = {"tags": DEV, "created_at": month, **to_do(function), **fields}
    return stage.engine.add(InstanceSpec(name, **spec)).instance_id


def ids_of(stage: Stage, *numbers: int) -> list[str]:
    return [stage.id_of(f"dev-{number:02}") for number in numbers]


def deliver(stage: Stage, function: str, *requests: Request) -> tuple[str, list[dict[str, Any]]]:
    """What a list of messages comes to: the sentence of its error, "" for none, and the reports."""
    now = stage.clock.now()
    events = [json.loads(ENVELOPES["eventbridge"](one, now)) for one in requests]
    try:
        answer = stage.deliver(function, json.dumps(events).encode())
    except CurfewError as error:
        return str(error).partition(" {")[0], report_of(error)["reports"]
    return "", answer["reports"]


@pytest.mark.promise("S14")
@EACH_WRITE
@pytest.mark.parametrize("number", [11, 1_000_000])
@pytest.mark.parametrize("dry_run", [False, True])
def test_a_message_cannot_raise_the_ceiling(
    function: str,
    number: int,
    dry_run: bool,  # noqa: FBT001  # a table's column
) -> None:
    stage = fleet(25, function)
    everything = {"all": True, "max_instances": number, **stated(function), "dry_run": dry_run}

    with pytest.raises(Refused, match="25 instances would change, at most 10 may") as caught:
        stage.ask(function, everything)

    assert "CURFEW_MAX_INSTANCES" in str(caught.value)
    assert report_of(caught.value)["counts"]["would_change"] == 25
    assert stage.writes() == ()


def test_a_higher_number_in_the_request_is_no_error_where_it_is_not_needed() -> None:
    stage = fleet(10)

    report = stage.ask("stop", {"all": True, "max_instances": 1_000_000})

    assert report["counts"]["changed"] == 10


@pytest.mark.promise("S14")
@EACH_WRITE
def test_twenty_messages_at_the_ceiling_change_no_more_than_one(function: str) -> None:
    stage = fleet(200, function)
    batches = [ids_of(stage, *range(start, start + 10)) for start in range(0, 200, 10)]

    said, reports = deliver(
        stage, function, *({"instance_ids": ids, **stated(function)} for ids in batches)
    )

    assert said.startswith("19 errors in 20 messages: [1] Refused: 10 instances would change, ")
    assert "with those of earlier messages 20, at most 10 may in one invocation" in said
    assert [one["counts"]["changed"] for one in reports] == [10, *[0] * 19]
    written = [bool(stage.gateway.log.touched(one)) for batch in batches for one in batch]
    assert written == [True] * 10 + [False] * 190


def test_a_message_over_what_is_left_is_refused_and_the_others_go_on() -> None:
    stage = fleet(20)

    said, reports = deliver(
        stage,
        "stop",
        {"instance_ids": ids_of(stage, *range(8))},
        {"instance_ids": ids_of(stage, 8, 9, 10)},
        {"instance_ids": ids_of(stage, 11, 12)},
        {"instance_ids": ids_of(stage, 13)},
    )

    assert said.startswith("2 errors in 4 messages: [1] Refused: 3 instances would change, with ")
    assert "; [3] Refused: 1 instance would change, with those of earlier messages 11, " in said
    assert [(one["outcome"], one["counts"]["changed"]) for one in reports] == [
        ("complete", 8),
        ("incomplete", 0),
        ("complete", 2),
        ("incomplete", 0),
    ]


def test_an_instance_that_several_messages_change_counts_once() -> None:
    stage = fleet(10)
    early, late = ({"name": "dev-*", "release_after": f"{hours}h"} for hours in (5, 6))

    said, reports = deliver(stage, "set_auto_release", early, late, early)

    assert said == ""
    assert [one["counts"]["changed"] for one in reports] == [10, 10, 10]


def test_the_same_number_in_two_regions_counts_twice() -> None:
    stage = fleet(6)
    for number in range(6):
        add(stage, f"dev-far-{number}", region=SHANGHAI)

    said, reports = deliver(stage, "stop", {"tags": DEV}, {"tags": DEV, "regions": [SHANGHAI]})

    assert "with those of earlier messages 12, at most 10 may" in said
    assert [one["counts"]["changed"] for one in reports] == [6, 0]


def test_dry_runs_use_nothing_up() -> None:
    stage = fleet(20)
    first, second = ids_of(stage, *range(10)), ids_of(stage, *range(10, 20))

    said, reports = deliver(
        stage,
        "stop",
        {"instance_ids": first, "dry_run": True},
        {"instance_ids": second},
    )

    assert said == ""
    assert [one["outcome"] for one in reports] == ["planned", "complete"]


def test_a_dry_run_is_measured_against_what_earlier_messages_used_up() -> None:
    stage = fleet(20)

    said, _ = deliver(
        stage,
        "stop",
        {"instance_ids": ids_of(stage, *range(10))},
        {"instance_ids": ids_of(stage, 11), "dry_run": True},
    )

    assert said.startswith("1 error in 2 messages: [1] Refused: 1 instance would change, with ")


def test_a_message_that_was_refused_uses_nothing_up() -> None:
    stage = fleet(20)

    _, reports = deliver(
        stage,
        "stop",
        {"instance_ids": ids_of(stage, *range(11))},
        {"instance_ids": ids_of(stage, *range(10))},
    )

    assert [one["counts"]["changed"] for one in reports] == [0, 10]


def test_what_was_set_out_to_be_changed_counts_even_if_ecs_refused_it() -> None:
    stage = fleet(20)
    stage.gateway.faults.add(Refuse(action="StopInstances", status=400, code="No.Today"))

    said, reports = deliver(
        stage,
        "stop",
        {"instance_ids": ids_of(stage, *range(10))},
        {"instance_ids": ids_of(stage, 10)},
    )

    assert [one["counts"]["failed"] for one in reports] == [10, 0]
    assert "[1] Refused: 1 instance would change, with those of earlier messages 11" in said


def test_what_is_guarded_uses_nothing_up() -> None:
    stage = fleet(9)
    for number in range(5):
        add(stage, f"dev-kept-{number}", tags={**DEV, "curfew:protect": ""})
    add(stage, "ops-1", tags={"team": "ops"})

    said, reports = deliver(stage, "stop", {"tags": DEV}, {"tags": {"team": "ops"}})

    assert said == ""
    assert [one["counts"]["changed"] for one in reports] == [9, 1]


def test_the_next_invocation_begins_anew() -> None:
    stage = fleet(20)

    for start in (0, 10):
        ids = ids_of(stage, *range(start, start + 10))
        assert stage.ask("stop", {"instance_ids": ids})["counts"]["changed"] == 10


@pytest.mark.promise("S15")
def test_a_percentage_is_of_the_first_inventory_and_of_all_messages() -> None:
    stage = fleet(50, CURFEW_MAX_INSTANCES="100", CURFEW_MAX_PERCENT="20")
    release = stated("release-no-snapshot")

    said, reports = deliver(
        stage,
        "release",
        {"instance_ids": ids_of(stage, *range(8)), **release},
        {"instance_ids": ids_of(stage, 8, 9), **release},
        {"instance_ids": ids_of(stage, 10), **release},
    )

    assert said.startswith(
        "1 error in 3 messages: [2] Refused: 11 of 50 instances in cn-hangzhou would change, at "
        "most 10 may (CURFEW_MAX_PERCENT is 20)"
    )
    assert [one["counts"]["changed"] for one in reports] == [8, 2, 0]
    assert len(stage.engine.instances()) == 40


def test_a_region_is_counted_once_an_invocation() -> None:
    stage = fleet(20, CURFEW_MAX_PERCENT="50")

    deliver(stage, "stop", *({"instance_ids": ids_of(stage, one)} for one in range(3)))

    listings = [
        one
        for one in stage.gateway.log
        if one.action == "DescribeInstances" and "InstanceIds" not in one.parameters
    ]
    assert len(listings) == 1


def test_a_region_that_cannot_be_counted_is_pending_and_the_others_are_done() -> None:
    stage = fleet(2, CURFEW_MAX_PERCENT="50", CURFEW_REGIONS=f"{REGION},{SHANGHAI}")
    far = add(stage, "dev-far", region=SHANGHAI)
    stage.gateway.faults.add(Refuse(action="DescribeInstances", region=SHANGHAI, skip=1))

    with pytest.raises(Incomplete) as caught:
        stage.ask("stop", {"tags": DEV, "regions": [REGION, SHANGHAI]})

    report = report_of(caught.value)
    assert {one: result for one, (result, _) in table(report).items()} == {
        "dev-00": "changed",
        "dev-01": "changed",
        "dev-far": "pending",
    }
    assert "could not be counted for CURFEW_MAX_PERCENT" in table(report)["dev-far"][1]
    assert stage.gateway.log.touched(far) == ()


@EACH_WRITE
def test_the_ceiling_holds_for_a_confirmed_plan_too(function: str) -> None:
    """A plan that was made under a higher ceiling does not raise it."""
    stage = fleet(11, function, CURFEW_MAX_INSTANCES="20")
    request = {"tags": DEV, **stated(function)}
    plan_id = stage.ask(function, {**request, "dry_run": True})["plan_id"]
    stage.environ["CURFEW_MAX_INSTANCES"] = "10"

    with pytest.raises(Refused, match="at most 10 may"):
        stage.ask(function, {**request, "plan_id": plan_id})

    assert stage.writes() == ()
