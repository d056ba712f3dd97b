"""stop, over the emulator: what it does to a fleet, and what it says of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from functions.stop import handler
from local.ecs.account.durations import Durations
from local.ecs.account.model import ChargeType, LockReason, Status, StoppedMode
from local.ecs.account.quirks import Quirks
from local.ecs.engine import Ecs
from local.ecs.fleet.fleet import DiskSpec, Fleet, InstanceSpec
from local.fc.context import Runtime
from shared.base.errors import Incomplete
from shared.base.version import VERSION
from shared.converge.fleet import NOT_THERE
from tests.harness.call import Body, Call
from tests.harness.invocation import RUNTIMES
from tests.harness.reports import in_error, row

DEV = {"team": "dev"}
NO_EFFECT = "StopCharging has no effect"
STILL = "stop; stopped in KeepCharging: still billed"


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
        "ended_at": report["ended_at"],
        "version": VERSION,
        "instances": [
            row("i-debug", "skipped", "tag curfew:keep-until 2026-11-24"),
            row("i-group", "skipped", "member of a group, tag acs:autoscaling:scalingGroupId"),
            row("i-kept", "skipped", "tag curfew:protect"),
            row("i-seized", "skipped", "security lock"),
            row("i-db", "changed", STILL, status="Stopped"),
            row("i-safe", "changed", STILL, status="Stopped"),
            row("i-sub", "changed", "stop", status="Stopped", charge_type="PrePaid"),
            row("i-unpaid", "changed", STILL, status="Stopped"),
            row("i-web", "changed", STILL, status="Stopped"),
            row("i-off", "unchanged", "stopped in KeepCharging: still billed", status="Stopped"),
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
    assert [one.action for one in call.writes()] == ["StopInstances"]
    assert report["api_calls"] == len(call.ecs.log)


def test_a_second_run_changes_nothing(call: Call) -> None:
    call(handler, {"tags": DEV})
    before, call_count = call.ecs.engine.instances(), len(call.writes())

    report = call(handler, {"tags": DEV})

    assert call.ecs.engine.instances() == before
    assert len(call.writes()) == call_count
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
            f"stop (StopCharging){STILL.removeprefix('stop')}; {NO_EFFECT}: it has local disks",
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
        row(
            "i-1",
            "unchanged",
            "stopped in KeepCharging, not StopCharging: still billed; to change that, start it and "
            "stop it again",
            status="Stopped",
        )
    ]
    assert call.writes() == []


def test_who_does_not_wait_is_told_what_ecs_accepted(call: Call) -> None:
    call.fleet(dev("i-1"))

    report = call(handler, {"instance_ids": ["i-1"], "wait": False})

    assert report["instances"] == [
        row("i-1", "changed", "stop; accepted by ECS; it is stopping", status="Stopping")
    ]
    assert (report["api_calls"], report["seconds"]) == (2, 0.0)


def test_force_cuts_the_power(call: Call) -> None:
    call.fleet(dev("i-1"))

    call(handler, {"instance_ids": ["i-1"], "force": True})

    assert [one.parameters["ForceStop"] for one in call.writes()] == ["true"]


def test_an_instance_that_stops_already_is_waited_for_and_not_claimed(call: Call) -> None:
    call.fleet(dev("i-1"))
    call.ecs.engine.stop("i-1")

    report = call(handler, {"instance_ids": ["i-1"]})

    said = "stopped in KeepCharging: still billed"
    assert report["instances"] == [row("i-1", "unchanged", said, status="Stopped")]
    assert call.writes() == []


def test_whoever_asks_for_force_is_told_that_it_was_not_used(call: Call) -> None:
    call.fleet(dev("i-1"))
    call.ecs.engine.stop("i-1")

    report = call(handler, {"instance_ids": ["i-1"], "force": True})

    (only,) = report["instances"]
    assert only["result"] == "unchanged"
    assert only["reason"].endswith("; force was not used: it was stopping already")
    assert call.writes() == []


MODES = ("StopCharging", "KeepCharging")


def reasons(report: dict[str, Any]) -> dict[str, str]:
    return {one["id"]: one["reason"] for one in report["instances"]}


def with_local_disks(_: Mapping[str, str], body: Body) -> Body:
    """As ECS shows i-local."""
    local = {"LocalStorageAmount": 1, "LocalStorageCapacity": 894}
    rows = body["Instances"]["Instance"]
    rows = [one | local if one["InstanceId"] == "i-local" else one for one in rows]
    return {**body, "Instances": {"Instance": rows}}


def public_fleet(call: Call) -> str:
    """Instances whose address is at stake, or is not; the address of i-web."""
    call.fleet(
        dev("i-web", has_public_ip=True),
        dev("i-plain"),
        dev("i-eip", has_eip=True),
        dev("i-sub", charge_type=ChargeType.PRE_PAID, has_public_ip=True),
        dev("i-local", has_public_ip=True),
    )
    call.shown("DescribeInstances", with_local_disks)
    return next(one.public_ip for one in call.ecs.engine.instances() if one.instance_id == "i-web")


@pytest.mark.parametrize("force", [False, True])
def test_a_dry_run_says_what_economical_mode_takes_and_where_it_does_nothing(
    call: Call,
    force: bool,  # noqa: FBT001  # a table's column
) -> None:
    address = public_fleet(call)
    request = {"tags": DEV, "dry_run": True, "force": force}
    stop = "power off" if force else "stop"

    economical, standard = (
        reasons(call(handler, {**request, "stopped_mode": mode})) for mode in MODES
    )
    by_default = reasons(call(handler, request))

    assert economical == {
        "i-web": f"{stop} (StopCharging); gives up its public address {address}",
        "i-plain": f"{stop} (StopCharging)",
        "i-eip": f"{stop} (StopCharging)",
        "i-sub": f"{stop} (StopCharging); StopCharging will have no effect: it is a subscription",
        "i-local": f"{stop} (StopCharging); StopCharging will have no effect: it has local disks",
    }
    assert set(standard.values()) == {f"{stop} (KeepCharging)"}
    assert by_default.pop("i-web") == (
        f"{stop} (the account's default mode); may give up its public address {address}, if the "
        "account's default is economical mode"
    )
    assert {by_default.pop(one) for one in ("i-sub", "i-local")} == {stop}
    assert set(by_default.values()) == {f"{stop} (the account's default mode)"}
    assert call.writes() == []


def test_the_report_says_whose_public_address_is_given_up(call: Call) -> None:
    address = public_fleet(call)

    report = call(handler, {"tags": DEV, "stopped_mode": "StopCharging"})

    said = reasons(report)
    assert said["i-web"] == f"stop (StopCharging); gave up its public address {address}"
    assert said["i-plain"] == "stop (StopCharging)"
    assert said["i-sub"] == (
        "stop (StopCharging); StopCharging has no effect: it is a subscription"
    )
    call.ecs.engine.start("i-web")
    assert address not in {one.public_ip for one in call.ecs.engine.instances()}


def test_the_report_says_of_a_kept_address_nothing(call: Call) -> None:
    public_fleet(call)

    report = call(handler, {"tags": DEV, "stopped_mode": "KeepCharging"})

    assert reasons(report)["i-web"] == "stop (KeepCharging)"


def test_by_default_the_report_says_what_became_of_the_address(call: Call) -> None:
    """Which mode the account's default is shows only when the instance is stopped."""
    public_fleet(call)

    report = call(handler, {"tags": DEV})

    assert reasons(report)["i-web"] == STILL
    call.ecs.gateway.engine = Ecs(
        Fleet((dev("i-web", has_public_ip=True),), default_stopped_mode=StoppedMode.STOP_CHARGING),
        call.ecs.clock,
    )
    (address,) = (one.public_ip for one in call.ecs.engine.instances())
    assert reasons(call(handler, {"tags": DEV}))["i-web"] == (
        f"stop; stopped in StopCharging; gave up its public address {address}"
    )


@pytest.mark.parametrize("dry_run", [False, True])
def test_one_that_hangs_on_its_way_down_cannot_be_powered_off(
    call: Call,
    dry_run: bool,  # noqa: FBT001  # a table's column
) -> None:
    call.fleet(dev("i-1"), durations=Durations(stopping=timedelta(hours=9)))
    call.ecs.engine.stop("i-1")
    request = {"tags": DEV, "force": True, "dry_run": dry_run}

    if dry_run:
        report = call(handler, request)
    else:
        with pytest.raises(Incomplete) as caught:
            call(handler, request, timeout_s=60)
        _, report = in_error(caught.value)

    (only,) = report["instances"]
    assert only["result"] == ("unchanged" if dry_run else "pending")
    assert "it was already stopping when this run first read it" in only["reason"]
    assert "ECS does not say since when" in only["reason"]
    assert "try Force Stop in the ECS console" in only["reason"]
    assert call.writes() == []


def test_an_unknown_id_fails_and_the_others_are_stopped(call: Call) -> None:
    call.fleet(dev("i-1"))

    with pytest.raises(Incomplete) as caught:
        call(handler, {"instance_ids": ["i-ghost", "i-1"]})

    sentence, report = in_error(caught.value)
    assert sentence == (
        "stop: 1 failed, 0 pending, 1 changed of 2 instances; i-ghost: ECS in cn-hangzhou does not "
        f"know this id: {NOT_THERE}"
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
