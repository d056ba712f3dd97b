"""describe, over the emulator: it tells what would guard what, and asks for nothing more."""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions.describe import handler
from local.ecs.account.model import ChargeType, LockReason, Status
from local.ecs.clock import MANUAL_START
from local.ecs.fleet.fleet import InstanceSpec
from local.fc.context import Runtime
from shared.base.errors import Incomplete
from shared.base.version import VERSION
from shared.domain.calendar import Calendar
from tests.harness.call import Call
from tests.harness.invocation import RUNTIMES
from tests.harness.reports import in_error, row


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_each_instance_is_a_row_with_what_guards_it(call: Call, runtime: Runtime) -> None:
    call.fleet(
        InstanceSpec("name of i-1", instance_id="i-1", status=Status.STOPPED),
        InstanceSpec("name of i-2", instance_id="i-2", tags={"curfew:protect": ""}),
        InstanceSpec("name of i-3", instance_id="i-3", deletion_protection=True),
        InstanceSpec(
            "name of i-4",
            instance_id="i-4",
            charge_type=ChargeType.PRE_PAID,
            locks=(LockReason.SECURITY,),
        ),
        InstanceSpec(
            "name of i-5", instance_id="i-5", auto_release_at=MANUAL_START + timedelta(hours=2)
        ),
    )

    report = call(handler, {"all": True}, runtime=runtime)

    assert report == {
        "action": "describe",
        "request_id": "1-66aa",
        "dry_run": False,
        "outcome": "complete",
        "counts": {
            "changed": 0,
            "unchanged": 5,
            "skipped": 0,
            "failed": 0,
            "pending": 0,
            "would_change": 0,
        },
        "warnings": [],
        "api_calls": 1,
        "seconds": 0.0,
        "ended_at": "2026-11-23T18:00:00+08:00",
        "version": VERSION,
        "calendar_until": Calendar().until,
        "instances": [
            row("i-1", "unchanged", "stopped in KeepCharging: still billed", status="Stopped"),
            row("i-2", "unchanged", "guarded against stop, release and start: tag curfew:protect"),
            row("i-3", "unchanged", "guarded against release: deletion protection"),
            row(
                "i-4",
                "unchanged",
                "guarded against stop: security lock; guarded against release: security lock; "
                "charge type PrePaid",
                charge_type="PrePaid",
            ),
            row("i-5", "unchanged", auto_release_at="2026-11-23T20:00:00+08:00"),
        ],
    }
    assert call.actions() == ["DescribeInstances"]


def test_what_is_protected_though_ecs_will_release_it_is_told_first(call: Call) -> None:
    ends = MANUAL_START + timedelta(hours=2)
    call.fleet(
        InstanceSpec(instance_id="i-1", tags={"curfew:protect": ""}, auto_release_at=ends),
        InstanceSpec(instance_id="i-2", status=Status.STOPPED, tags={"curfew:protect": ""}),
    )

    report = call(handler, {"all": True})

    guarded = "guarded against stop, release and start: tag curfew:protect"
    assert [one["reason"] for one in report["instances"]] == [
        (
            "ECS will still release it at 2026-11-23T20:00:00+08:00: clear the release time by "
            f"clear_auto_release; {guarded}"
        ),
        f"{guarded}; stopped in KeepCharging: still billed",
    ]


def test_no_cap_keeps_anybody_from_looking(call: Call) -> None:
    call.fleet(*(InstanceSpec(instance_id=f"i-{number}") for number in range(250)))

    report = call(handler, {"all": True})

    assert report["counts"]["unchanged"] == 250
    assert len(report["instances"]) == 200
    assert report["instances_omitted"] == 50


def test_an_unknown_id_is_a_failure(call: Call) -> None:
    call.fleet()

    with pytest.raises(Incomplete) as caught:
        call(handler, {"instance_ids": ["i-1"]})

    _, report = in_error(caught.value)
    assert report["instances"][0]["code"] == "InvalidInstanceId.NotFound"
