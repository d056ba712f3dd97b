"""release, over the emulator, when answers are lost, runs are killed, and others are at work."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from functions.release import handler
from local.ecs.account import lifecycle
from local.ecs.account.model import LockReason, Status
from local.ecs.engine import Ecs
from local.ecs.fleet.fleet import InstanceSpec
from local.ecs.gateway.faults import (
    AnyFault,
    BrokenBody,
    Cut,
    Delay,
    ProxyPage,
    Refuse,
    SlowBody,
)
from local.ecs.gateway.gateway import Answer
from shared.base.errors import Incomplete
from shared.ecs.disks import EARLIER
from tests.functions.runners import KEPT, runner, snapshots
from tests.harness.call import Body, Call
from tests.harness.reports import in_error


@pytest.fixture
def call(call: Call) -> Call:
    """Without the SDK: it is not what these tests are about."""
    call.by_sdk = False
    return call


STAGES = ["StopInstances", "CreateSnapshot", "DeleteInstances"]


LOST: list[tuple[str, Callable[[str], AnyFault]]] = [
    ("cut-before", lambda stage: Cut(action=stage, times=1)),
    ("cut-after", lambda stage: Cut(action=stage, times=1, after_write=True)),
    ("error-before", lambda stage: Refuse(action=stage, times=1)),
    ("error-after", lambda stage: Refuse(action=stage, times=1, after_write=True)),
    ("late", lambda stage: Delay(action=stage, times=1, seconds=60)),
    ("stalled", lambda stage: SlowBody(action=stage, times=1, seconds=60)),
    ("broken", lambda stage: BrokenBody(action=stage, times=1)),
    ("proxy", lambda stage: ProxyPage(action=stage, times=1)),
]


@pytest.mark.parametrize("fault", [fault for _, fault in LOST], ids=[name for name, _ in LOST])
@pytest.mark.parametrize("stage", STAGES)
def test_a_lost_answer_costs_no_second_write_and_no_second_snapshot(
    call: Call, stage: str, fault: Callable[[str], AnyFault]
) -> None:
    call.fleet(runner("i-1", data_disks=(KEPT,)))
    call.ecs.faults.add(fault(stage))

    report = call(handler, {"instance_ids": ["i-1"]})

    assert (report["counts"]["changed"], call.statuses()) == (1, {})
    assert list(snapshots(call).values()) == [1, 1]
    deletions = [one for one in call.writes() if one.action == "DeleteInstances"]
    assert len({one.parameters["ClientToken"] for one in deletions}) == 1
    assert [one.action for one in call.writes()].count("StopInstances") == 1
    assert report["api_calls"] == len(call.ecs.log)


class KilledError(BaseException):
    """Nothing that anybody could catch."""


@pytest.mark.parametrize("calls", range(1, 16))
def test_a_run_that_is_killed_is_finished_by_the_next(call: Call, calls: int) -> None:
    """Killed at any call: the same end, one snapshot a disk."""

    call.fleet(runner("i-1", data_disks=(KEPT,)))
    answer, count = call.ecs.gateway.call, iter(range(1, 1000))

    def dying(*asked: Any) -> Answer:  # noqa: ANN401  # only passed on
        answered = answer(*asked)
        if next(count) == calls:
            raise KilledError
        return answered

    call.monkeypatch.setattr(call.ecs.gateway, "call", dying)
    with pytest.raises(KilledError):
        call(handler, {"instance_ids": ["i-1"]})
    call.monkeypatch.setattr(call.ecs.gateway, "call", answer)
    call.ecs.clock.advance(timedelta(seconds=3))

    call(handler, {"instance_ids": ["i-1"]})

    assert call.statuses() == {}
    assert list(snapshots(call).values()) == [1, 1]


@pytest.mark.parametrize("stage", ["StopInstances", "CreateSnapshot", "DescribeSnapshots"])
@pytest.mark.parametrize(
    ("protect", "reason"),
    [
        (lambda ecs: ecs.tag("i-1", {"curfew:protect": ""}), "tag curfew:protect"),
        (lambda ecs: ecs.protect("i-1"), "deletion protection"),
        (lambda ecs: ecs.lock("i-1", LockReason.RECYCLING), "Recycling lock"),
    ],
    ids=["tag", "deletion-protection", "lock"],
)
def test_a_protection_that_appears_meanwhile_holds(
    call: Call,
    stage: str,
    protect: Callable[[Ecs], None],
    reason: str,
) -> None:
    call.fleet(runner("i-1"), runner("i-2"))
    call.meanwhile(stage, lambda: protect(call.ecs.engine))

    report = call(handler, {"instance_ids": ["i-1", "i-2"]})

    assert list(call.statuses()) == ["i-1"]
    first = report["instances"][0]
    assert (first["id"], first["result"]) == ("i-1", "skipped")
    assert first["reason"].startswith(f"{reason}; already done: stop")


def test_a_disk_attached_while_snapshots_progress_is_snapshotted_too(
    call: Call,
) -> None:
    """The emulator cannot attach disks; this one has been there all along, and is shown late."""
    call.fleet(runner("i-1", data_disks=(KEPT,)))
    late = next(one.disk_id for one in call.ecs.engine.disks() if not one.delete_with_instance)

    def without_it(_: object, body: Body) -> Body:
        shown = [one for one in body["Disks"]["Disk"] if one["DiskId"] != late]
        return body if call.ecs.engine.snapshots() else {**body, "Disks": {"Disk": shown}}

    call.shown("DescribeDisks", without_it)

    call(handler, {"instance_ids": ["i-1"]})

    assert snapshots(call)[late] == 1
    assert len(snapshots(call)) == 2
    assert call.statuses() == {}


def test_an_instance_started_by_somebody_meanwhile_is_stopped_and_snapshotted_anew(
    call: Call,
) -> None:
    call.fleet(runner("i-1"))

    def somebody() -> None:
        call.ecs.clock.advance(timedelta(seconds=61))
        call.ecs.engine.start("i-1")

    call.meanwhile("CreateSnapshot", somebody)

    call(handler, {"instance_ids": ["i-1"]})

    began = [one.began_at for one in call.ecs.engine.snapshots()]
    assert len(began) == 2
    assert call.statuses() == {}
    stops = [one.at for one in call.writes() if one.action == "StopInstances"]
    assert stops[0] < began[0] < stops[1] < began[1]


def fail_snapshots(call: Call, times: int) -> None:
    """Have the first snapshots fail, for a reason that nothing public in the emulator gives."""

    def fail() -> None:
        state = vars(call.ecs.engine)["_state"]
        lifecycle.fail_snapshots(state, call.ecs.engine.instance("i-1"))

    call.meanwhile("CreateSnapshot", fail, times=times)


@pytest.mark.parametrize("failures", [1, 2])
def test_a_snapshot_that_fails_is_taken_again(call: Call, failures: int) -> None:
    call.fleet(runner("i-1"))
    fail_snapshots(call, failures)

    call(handler, {"instance_ids": ["i-1"]})

    assert list(snapshots(call).values()) == [failures + 1]
    assert call.statuses() == {}


def test_after_three_failed_snapshots_the_instance_stays(call: Call) -> None:
    call.fleet(runner("i-1"))
    fail_snapshots(call, 99)

    with pytest.raises(Incomplete) as caught:
        call(handler, {"instance_ids": ["i-1"]})

    _, report = in_error(caught.value)
    assert report["counts"]["failed"] == 1
    assert list(snapshots(call).values()) == [3]
    assert call.statuses() == {"i-1": "Stopped"}


def interrupted(call: Call, *specs: InstanceSpec) -> dict[str, str]:
    """Instances that a release has stopped and snapshotted, and then had to leave."""
    call.fleet(*specs)
    call.ecs.faults.add(Refuse(action="DeleteInstances", status=400, code="No.Today"))
    with pytest.raises(Incomplete):
        call(handler, {"instance_ids": [one.instance_id for one in specs]})
    call.ecs.faults.clear()
    for one in specs:
        call.ecs.engine.tag(one.instance_id, {"curfew:protect": ""})
    owners = {one.disk_id: one.instance_id for one in call.ecs.engine.disks()}
    return {owners[one.disk_id]: one.snapshot_id for one in call.ecs.engine.snapshots()}


@pytest.mark.parametrize("dry_run", [False, True])
def test_who_is_protected_after_an_interrupted_release_is_told_what_is_left_of_it(
    call: Call,
    dry_run: bool,  # noqa: FBT001  # a table's column
) -> None:
    taken = interrupted(call, runner("i-1"))
    call.ecs.engine.add(runner("i-2", tags={"curfew:protect": ""}, status=Status.STOPPED))

    report = call(handler, {"instance_ids": ["i-1", "i-2"], "dry_run": dry_run})

    first, other = (one["reason"] for one in report["instances"])
    assert re.fullmatch(
        rf"tag curfew:protect; Stopped; from an earlier release: snapshot {taken['i-1']} "
        r"\(until 2026-11-30T[\d:]+\+08:00\)",
        first,
    )
    assert other == "tag curfew:protect"


def test_that_ecs_does_not_say_what_is_left_fails_nothing(call: Call) -> None:
    interrupted(call, runner("i-1"))
    call.ecs.faults.add(Refuse(action="DescribeSnapshots", status=403, code="Forbidden.RAM"))

    report = call(handler, {"instance_ids": ["i-1"]})

    assert [one["reason"] for one in report["instances"]] == ["tag curfew:protect"]


def test_what_is_left_is_asked_for_of_some_only(call: Call) -> None:
    interrupted(call, *(runner(f"i-{number}") for number in range(EARLIER + 5)))
    before = call.actions().count("DescribeSnapshots")

    report = call(handler, {"all": True, "max_instances": 1, "dry_run": True})

    told = sum("from an earlier release" in one["reason"] for one in report["instances"])
    assert (report["counts"]["skipped"], told) == (EARLIER + 5, EARLIER)
    assert call.actions().count("DescribeSnapshots") - before == EARLIER
    without = call(handler, {"all": True, "max_instances": 1, "dry_run": True, "snapshot": False})
    assert not any("earlier" in one["reason"] for one in without["instances"])
