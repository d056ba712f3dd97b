"""clear_auto_release, over the emulator."""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions.clear_auto_release import handler
from local.ecs.clock import MANUAL_START
from local.ecs.fleet.fleet import InstanceSpec
from local.fc.context import Runtime
from tests.harness.call import Call
from tests.harness.invocation import RUNTIMES
from tests.harness.reports import row

AT = MANUAL_START + timedelta(hours=2)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_release_times_are_taken_away_and_no_guard_hinders_it(call: Call, runtime: Runtime) -> None:
    call.fleet(
        InstanceSpec("name of i-1", instance_id="i-1", auto_release_at=AT),
        InstanceSpec("name of i-2", instance_id="i-2"),
        InstanceSpec(
            "name of i-3", instance_id="i-3", auto_release_at=AT, tags={"curfew:protect": ""}
        ),
    )

    report = call(handler, {"name": "name of *"}, runtime=runtime)

    assert report["instances"] == [
        row("i-1", "changed", "no release time"),
        row("i-3", "changed", "no release time"),
        row("i-2", "unchanged", "no release time"),
    ]
    assert [one.auto_release_at for one in call.ecs.engine.instances()] == [None, None, None]
    assert [dict(one.parameters) for one in call.writes()] == [
        {"RegionId": "cn-hangzhou", "InstanceId": "i-1"},
        {"RegionId": "cn-hangzhou", "InstanceId": "i-3"},
    ]
    assert report["api_calls"] == len(call.ecs.log) == 4


def test_a_second_run_changes_nothing(call: Call) -> None:
    call.fleet(InstanceSpec(instance_id="i-1", auto_release_at=AT))
    call(handler, {"instance_ids": ["i-1"]})

    report = call(handler, {"instance_ids": ["i-1"]})

    assert report["counts"]["unchanged"] == 1
    assert len(call.writes()) == 1
