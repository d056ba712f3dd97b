"""stop, over the emulator: what it does to a fleet, and what it says of it."""

from __future__ import annotations

from typing import Any

import pytest

from functions.stop import handler
from local.ecs.fleet import DiskSpec, InstanceSpec
from local.ecs.model import ChargeType, LockReason, Status, StoppedMode
from local.ecs.quirks import Quirks
from local.fc_context import Runtime
from shared.errors import Incomplete
from tests.calling import RUNTIMES, Call, in_error, row

DEV = {"team": "dev"}


def dev(instance_id: str, **fields: Any) -> InstanceSpec:  # noqa: ANN401  # any field of a spec
    tags = {**DEV, **fields.pop("tags", {})}
    return InstanceSpec(f"name of {instance_id}", instance_id=instance_id, tags=tags, **fields)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_the_dev_fleet_is_stopped_and_what_is_guarded_runs_on(call: Call, runtime: Runtime) -> None:
    call.fleet(
        dev("i-web"),
        dev("i-db", data_disks=(DiskSpec(),)),
        dev("i-off", status=Status.STOPPED, stopped_mode=StoppedMode.KEEP_CHARGING),
        dev("i-kept", tags={"curfew:protect": ""}),
        dev("i-debug", tags={"curfew:keep-until": "2026-11-24"}),
        dev("i-group", tags={"acs:autoscaling:scalingGroupId": "asg-1"}),
        dev("i-seized", locks=(LockReason.SECURITY,)),
        dev("i-unpaid", locks=(LockReason.FINANCIAL,)),
        dev("i-safe", deletion_protection=True),
        dev("i-sub", charge_type=ChargeType.PRE_PAID),
        InstanceSpec("prod", instance_id="i-prod"),
        dev("i-far", region="cn-shanghai"),
    )

    report = call(handler, {"tags": DEV}, runtime=runtime)

    assert report == {
        "action": "stop",
        "request_id": "1-66aa",
        "dry_run": False,
        "outcome": "complete",
        "counts": {
            "changed": 5,
            "unchanged": 1,
            "skipped": 4,
            "failed": 0,
            "pending": 0,
            "would_change": 0,
        },
        "warnings": [],
        "api_calls": 6,
        "seconds": report["seconds"],
        "instances": [
            row("i-debug", "skipped", "tag curfew:keep-until 2026-11-24"),
            row("i-group", "skipped", "member of a group, tag acs:autoscaling:scalingGroupId"),
            row("i-kept", "skipped", "tag curfew:protect"),
            row("i-seized", "skipped", "security lock"),
            row("i-db", "changed", "stop", status="Stopped"),
            row("i-safe", "changed", "stop", status="Stopped"),
            row("i-sub", "changed", "stop", status="Stopped", charge_type="PrePaid"),
            row("i-unpaid", "changed", "stop", status="Stopped"),
            row("i-web", "changed", "stop", status="Stopped"),
            row("i-off", "unchanged", "", status="Stopped"),
        ],
    }
    assert call.statuses() == {
        "i-web": "Stopped",
        "i-db": "Stopped",
        "i-off": "Stopped",
        "i-kept": "Running",
        "i-debug": "Running",
        "i-group": "Running",
        "i-seized": "Running",
        "i-unpaid": "Stopped",
        "i-safe": "Stopped",
        "i-sub": "Stopped",
        "i-prod": "Running",
        "i-far": "Running",
    }
    assert [one.action for one in call.deeds()] == ["StopInstances"]
    assert report["api_calls"] == len(call.ecs.log)


def test_a_second_run_changes_nothing(call: Call) -> None:
    call(handler, {"tags": DEV})
    before, call_count = call.ecs.engine.instances(), len(call.deeds())

    report = call(handler, {"tags": DEV})

    assert call.ecs.engine.instances() == before
    assert len(call.deeds()) == call_count
    assert report["counts"]["changed"] == 0


@pytest.mark.parametrize(
    ("mode", "instance_type", "shown", "reason"),
    [
        ("StopCharging", "ecs.g7.large", StoppedMode.STOP_CHARGING, "stop (StopCharging)"),
        ("KeepCharging", "ecs.g7.large", StoppedMode.KEEP_CHARGING, "stop (KeepCharging)"),
        (
            "StopCharging",
            "ecs.i3.xlarge",
            StoppedMode.KEEP_CHARGING,
            "stopped in mode KeepCharging, not StopCharging",
        ),
    ],
)
def test_the_mode_that_an_instance_stopped_in_is_told(
    call: Call, mode: str, instance_type: str, shown: StoppedMode, reason: str
) -> None:
    call.fleet(dev("i-1", instance_type=instance_type))

    report = call(handler, {"instance_ids": ["i-1"], "stopped_mode": mode})

    assert report["instances"] == [
        row("i-1", "changed", reason, status="Stopped", instance_type=instance_type)
    ]
    assert call.ecs.engine.instance("i-1").stopped_mode is shown


def test_an_instance_stopped_in_another_mode_stays_so(call: Call) -> None:
    call.fleet(dev("i-1", status=Status.STOPPED, stopped_mode=StoppedMode.KEEP_CHARGING))

    report = call(handler, {"instance_ids": ["i-1"], "stopped_mode": "StopCharging"})

    assert report["instances"] == [
        row("i-1", "unchanged", "stopped in mode KeepCharging, not StopCharging", status="Stopped")
    ]
    assert call.deeds() == []


def test_who_does_not_wait_is_told_what_ecs_accepted(call: Call) -> None:
    call.fleet(dev("i-1"))

    report = call(handler, {"instance_ids": ["i-1"], "wait": False})

    assert report["instances"] == [
        row("i-1", "changed", "ECS has accepted; it is stopping", status="Stopping")
    ]
    assert (report["api_calls"], report["seconds"]) == (2, 0.0)


def test_force_cuts_the_power(call: Call) -> None:
    call.fleet(dev("i-1"))

    call(handler, {"instance_ids": ["i-1"], "force": True})

    assert [one.parameters["ForceStop"] for one in call.deeds()] == ["true"]


def test_an_instance_that_stops_already_is_waited_for_and_not_claimed(call: Call) -> None:
    call.fleet(dev("i-1"))
    call.ecs.engine.stop("i-1")

    report = call(handler, {"instance_ids": ["i-1"]})

    assert report["instances"] == [row("i-1", "unchanged", "", status="Stopped")]
    assert call.deeds() == []


def test_an_unknown_id_fails_and_the_others_are_stopped(call: Call) -> None:
    call.fleet(dev("i-1"))

    with pytest.raises(Incomplete) as caught:
        call(handler, {"instance_ids": ["i-ghost", "i-1"]})

    sentence, report = in_error(caught.value)
    assert sentence == (
        "stop: 1 failed, 0 pending, 1 changed of 2 instances; i-ghost: ECS in cn-hangzhou does not "
        "know this id"
    )
    assert [(one["id"], one["result"], one["code"]) for one in report["instances"]] == [
        ("i-ghost", "failed", "InvalidInstanceId.NotFound"),
        ("i-1", "changed", ""),
    ]
    assert call.statuses() == {"i-1": "Stopped"}


@pytest.mark.parametrize("quirks", [Quirks(code_is_text=True), Quirks(code_is_text=False)])
def test_a_code_may_be_a_number_or_text(call: Call, quirks: Quirks) -> None:
    call.fleet(dev("i-1"), quirks=quirks)

    report = call(handler, {"tags": DEV})

    assert report["counts"]["changed"] == 1
