"""start, over the emulator: what it does to a fleet, and what it says of it."""

from __future__ import annotations

import pytest

from functions.start import handler
from local.ecs.account.model import ChargeType, LockReason, Status
from local.ecs.fleet.fleet import InstanceSpec
from local.ecs.gateway.faults import Refuse
from local.fc.context import Runtime
from shared.base.errors import Incomplete
from shared.base.version import VERSION
from tests.harness.call import Call
from tests.harness.invocation import RUNTIMES
from tests.harness.reports import in_error, row

DEV = {"team": "dev"}


def dev(instance_id: str, status: Status = Status.STOPPED, tag: str = "team") -> InstanceSpec:
    return InstanceSpec(
        f"name of {instance_id}", instance_id=instance_id, status=status, tags={**DEV, tag: "dev"}
    )


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_the_morning_starts_the_fleet_but_what_is_kept_off(call: Call, runtime: Runtime) -> None:
    call.fleet(
        dev("i-on", Status.RUNNING),
        dev("i-off"),
        dev("i-kept", tag="curfew:protect"),
        dev("i-node", tag="ack.aliyun.com"),
        InstanceSpec(
            "name of i-sub",
            instance_id="i-sub",
            status=Status.STOPPED,
            charge_type=ChargeType.PRE_PAID,
            tags=DEV,
        ),
    )

    report = call(handler, {"tags": DEV}, runtime=runtime)

    assert report == {
        "action": "start",
        "request_id": "1-66aa",
        "dry_run": False,
        "outcome": "complete",
        "counts": {
            "changed": 3,
            "unchanged": 1,
            "skipped": 1,
            "failed": 0,
            "pending": 0,
            "would_change": 0,
        },
        "warnings": [],
        "api_calls": len(call.ecs.log),
        "seconds": report["seconds"],
        "ended_at": report["ended_at"],
        "version": VERSION,
        "instances": [
            row("i-kept", "skipped", "tag curfew:protect", status="Stopped"),
            row("i-node", "changed", "start"),
            row("i-off", "changed", "start"),
            row("i-sub", "changed", "start", charge_type="PrePaid"),
            row("i-on", "unchanged"),
        ],
    }
    assert [one for one, status in call.statuses().items() if status != "Running"] == ["i-kept"]


def test_a_second_run_changes_nothing(call: Call) -> None:
    call.fleet(dev("i-1"), dev("i-2"))
    call(handler, {"tags": DEV})
    before, writes = call.ecs.engine.instances(), len(call.writes())

    report = call(handler, {"tags": DEV})

    assert call.ecs.engine.instances() == before
    assert (len(call.writes()), report["counts"]["unchanged"]) == (writes, 2)


def test_who_does_not_wait_is_told_what_ecs_accepted(call: Call) -> None:
    call.fleet(dev("i-1"))

    report = call(handler, {"instance_ids": ["i-1"], "wait": False})

    assert report["instances"] == [
        row("i-1", "changed", "accepted by ECS; it is starting", status="Starting")
    ]
    assert report["api_calls"] == 2


def test_what_is_stopping_is_waited_for_and_then_started(call: Call) -> None:
    call.fleet(dev("i-1", Status.RUNNING))
    call.ecs.engine.stop("i-1")

    report = call(handler, {"instance_ids": ["i-1"]})

    assert report["counts"]["changed"] == 1
    assert call.statuses() == {"i-1": "Running"}


def test_arrears_and_missing_stock_are_told_by_ecss_code(call: Call) -> None:
    call.fleet(dev("i-1"), dev("i-2"))
    call.ecs.engine.lock("i-1", LockReason.FINANCIAL)

    with pytest.raises(Incomplete) as caught:
        call(handler, {"tags": DEV})

    _, report = in_error(caught.value)
    assert {one["id"]: (one["result"], one["code"]) for one in report["instances"]} == {
        "i-1": ("failed", "InstanceExpiredOrInArrears"),
        "i-2": ("changed", ""),
    }


def test_without_stock_the_row_says_what_to_do(call: Call) -> None:
    call.fleet(dev("i-1"))
    call.ecs.faults.add(Refuse(action="StartInstances", status=403, code="OperationDenied.NoStock"))

    with pytest.raises(Incomplete) as caught:
        call(handler, {"tags": DEV})

    _, report = in_error(caught.value)
    (only,) = report["instances"]
    assert (only["result"], only["code"]) == ("failed", "OperationDenied.NoStock")
    assert only["reason"].endswith(
        "; try again later, or change its instance type; an instance stopped in KeepCharging keeps "
        "its capacity"
    )


def test_no_stock_for_the_batch_is_found_member_by_member(call: Call) -> None:
    call.fleet(dev("i-1"), dev("i-2"), dev("i-3"))
    call.ecs.faults.add(
        Refuse(action="StartInstances", status=403, code="OperationDenied.NoStock", times=1)
    )

    report = call(handler, {"tags": DEV})

    assert report["counts"]["changed"] == 3
    sizes = [
        sum(name.startswith("InstanceId.") for name in one.parameters)
        for one in call.ecs.log.mutating()
    ]
    assert sizes == [3, 1, 1, 1]


def test_a_dry_run_says_that_what_is_stopping_would_be_started(call: Call) -> None:
    call.fleet(dev("i-1", status=Status.STOPPING))

    (only,) = call(handler, {"tags": DEV, "dry_run": True})["instances"]

    assert (only["result"], only["reason"]) == ("would_change", "wait: Stopping, start")
