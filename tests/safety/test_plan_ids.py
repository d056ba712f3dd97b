"""A confirmed plan: exactly what it would change may be changed, or nothing is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from local.ecs.account.model import Status
from local.ecs.fleet.fleet import InstanceSpec
from local.fc.trigger_events import ENVELOPES, Request
from shared.base.errors import CurfewError, InvalidEvent, Refused
from tests.harness.actions import HARMFUL_FUNCTIONS, stated
from tests.harness.reports import table
from tests.harness.requests import WAYS, request_for
from tests.harness.stage import MANY_ALLOWED, Stage

SPECS = tuple(InstanceSpec(f"dev-{number}", tags={"team": "dev"}) for number in range(4))
RELEASE: Request = {"name": "dev-*", "snapshot": False}


def planned(stage: Stage, function: str = "release", request: Request = RELEASE) -> str:
    """The plan_id of a dry run."""
    plan_id: str = stage.ask(function, {**request, "dry_run": True})["plan_id"]
    return plan_id


def confirmed(
    stage: Stage, plan_id: str, function: str = "release", request: Request = RELEASE
) -> dict[str, tuple[str, str]]:
    return table(stage.ask(function, {**request, "dry_run": False, "plan_id": plan_id}))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("function", HARMFUL_FUNCTIONS)
def test_a_plan_confirmed_in_an_unchanged_world_is_carried_out(function: str, way: str) -> None:
    stage = Stage(SPECS)
    ids = {one.name: one.instance_id for one in stage.engine.instances()}
    request = {**request_for(way, ids), **stated(function)}

    rows = confirmed(stage, planned(stage, function, request), function, request)

    assert {name: result for name, (result, _) in rows.items()} == dict.fromkeys(ids, "changed")


@pytest.mark.promise("S11")
def test_one_instance_more_and_nothing_is_done() -> None:
    stage = Stage(SPECS)
    plan_id = planned(stage)
    newcomer = stage.engine.add(InstanceSpec("dev-new"))

    with pytest.raises(Refused, match=rf"1 instances? .* not in the plan: {newcomer.instance_id}"):
        confirmed(stage, plan_id)

    assert stage.writes() == ()


@pytest.mark.promise("S11")
def test_another_instance_in_ones_place_and_nothing_is_done() -> None:
    stage = Stage(SPECS)
    plan_id = planned(stage)
    stage.engine.release(stage.id_of("dev-0"))
    newcomer = stage.engine.add(InstanceSpec("dev-0"))

    with pytest.raises(Refused, match=newcomer.instance_id):
        confirmed(stage, plan_id)

    assert stage.writes() == ()


def test_an_instance_that_was_guarded_in_the_dry_run_is_another_instance() -> None:
    stage = Stage([*SPECS, InstanceSpec("dev-kept", tags={"curfew:protect": ""})])
    plan_id = planned(stage)
    kept = stage.id_of("dev-kept")
    stage.engine.untag(kept, "curfew:protect")

    with pytest.raises(Refused, match=kept):
        confirmed(stage, plan_id)

    assert stage.writes() == ()


@pytest.mark.promise("S11")
@pytest.mark.parametrize(
    ("fewer", "left"),
    [
        pytest.param(lambda stage, one: stage.engine.release(one), set(), id="gone"),
        pytest.param(
            lambda stage, one: stage.engine.tag(one, {"curfew:protect": ""}),
            {"dev-0"},
            id="guarded",
        ),
        pytest.param(
            lambda stage, one: stage.engine.put(replace(stage.engine.instance(one), name="prod-0")),
            {"prod-0"},
            id="renamed",
        ),
    ],
)
def test_with_fewer_instances_it_goes_on_with_those(
    fewer: Callable[[Stage, str], object], left: set[str]
) -> None:
    stage = Stage(SPECS)
    plan_id = planned(stage)
    fewer(stage, stage.id_of("dev-0"))

    rows = confirmed(stage, plan_id)

    changed = {name for name, (result, _) in rows.items() if result == "changed"}
    assert changed == {"dev-1", "dev-2", "dev-3"}
    assert {one.name for one in stage.engine.instances()} == left


OTHERS: Mapping[str, Request] = {
    "force": {**RELEASE, "force": True},
    "snapshot": {"name": "dev-*"},
    "name": {**RELEASE, "name": "dev-?"},
    "wider-name": {**RELEASE, "name": "d*"},
    "tags-too": {**RELEASE, "tags": {"team": "dev"}},
    "region": {**RELEASE, "regions": ["cn-shanghai"]},
    "retention": {**RELEASE, "snapshot_retention_days": 1},
}


@pytest.mark.promise("S11")
@pytest.mark.parametrize("request_", OTHERS.values(), ids=OTHERS)
def test_with_other_parameters_it_is_another_plan(request_: Request) -> None:
    stage = Stage(SPECS)
    plan_id = planned(stage)

    with pytest.raises(Refused, match="plan_id belongs to another request"):
        confirmed(stage, plan_id, request=request_)

    assert stage.writes() == ()


def test_the_plan_of_another_function_is_another_plan() -> None:
    stage = Stage(SPECS)
    request = {"name": "dev-*"}
    plan_id = planned(stage, "stop", request)

    with pytest.raises(Refused, match="another request"):
        confirmed(stage, plan_id, "release", request)

    assert stage.writes() == ()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"max_instances": 4}, id="max_instances"),
        pytest.param({"action": "release"}, id="action"),
    ],
)
def test_the_cap_and_the_actions_name_are_no_part_of_the_plan(change: Request) -> None:
    stage = Stage(SPECS)

    rows = confirmed(stage, planned(stage), request={**RELEASE, **change})

    assert {result for result, _ in rows.values()} == {"changed"}


JUNK = {
    "word": "yes",
    "empty": "",
    "prefix": "p1-",
    "no-members": "p1-0123456789abcdef",
    "not-base64": "p1-0123456789abcdef-!!!!",
    "half-a-member": "p1-0123456789abcdef-AAAA",
    "other-version": "p2-0123456789abcdef-AAAAAAA",
    "cut": "p1-0123456789abcdef-AAAAAAAAAAA",
    "blank": " ",
    "letter": "p1-0123456789abcdef-\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9",
    "too-long": "p1-0123456789abcdef-" + "A" * 100_000,
}


@pytest.mark.parametrize("plan_id", JUNK.values(), ids=JUNK)
def test_junk_is_no_plan(plan_id: str) -> None:
    stage = Stage(SPECS)

    with pytest.raises(InvalidEvent, match="plan_id") as failure:
        confirmed(stage, plan_id)

    assert len(str(failure.value)) < 300
    assert stage.writes() == ()


@pytest.mark.parametrize("plan_id", [7, True, None, ["p1"], {}], ids=str)
def test_a_plan_id_is_text(plan_id: object) -> None:
    stage = Stage(SPECS)

    with pytest.raises(InvalidEvent, match="plan_id"):
        stage.ask("release", {**RELEASE, "dry_run": False, "plan_id": plan_id})

    assert len(stage.gateway.log) == 0


def test_an_empty_plan_allows_nothing() -> None:
    stage = Stage([])
    plan_id = planned(stage)
    stage.engine.add(SPECS[0])

    with pytest.raises(Refused, match="not in the plan"):
        confirmed(stage, plan_id)

    assert stage.writes() == ()


def test_a_plan_of_a_thousand_fits_an_event_and_is_carried_out() -> None:
    specs = (InstanceSpec(f"dev-{number}", tags={"team": "dev"}) for number in range(1000))
    stage = Stage(specs, environ=MANY_ALLOWED)
    request: Request = {"name": "dev-*", "wait": False, "max_instances": 1000}

    plan_id = planned(stage, "stop", request)
    stage.ask("stop", {**request, "plan_id": plan_id})

    assert len(plan_id) < 10_000
    assert {one.status for one in stage.engine.instances()} == {Status.STOPPING}


def test_a_plan_can_be_confirmed_by_a_message_hours_later() -> None:
    stage = Stage(SPECS)
    plan_id = planned(stage)
    stage.clock.advance(timedelta(hours=20))
    event = ENVELOPES["eventbridge_list"](
        {**RELEASE, "dry_run": False, "plan_id": plan_id}, stage.clock.now()
    )

    stage.deliver("release", event)

    assert stage.engine.instances() == ()


def test_the_cap_holds_for_a_confirmed_plan_too() -> None:
    stage = Stage(SPECS)
    plan_id = planned(stage)

    with pytest.raises(CurfewError, match="at most 2 may"):
        confirmed(stage, plan_id, request={**RELEASE, "max_instances": 2})

    assert stage.writes() == ()
