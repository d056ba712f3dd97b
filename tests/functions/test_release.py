"""release, over the emulator: to the end, nothing lost on the way, nothing guarded touched."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from functions.release import handler
from local.ecs.account.model import ChargeType, LockReason, SnapshotStatus, Status
from local.ecs.clock import MANUAL_START
from local.ecs.fleet.fleet import HANGZHOU, DiskSpec
from local.ecs.gateway.faults import (
    Refuse,
)
from local.fc.context import Runtime
from shared.base.errors import Incomplete, InvalidEvent, Refused
from shared.base.times import CHINA, to_minute_text, to_zone_text
from shared.converge.fleet import NOT_THERE
from tests.functions.runners import KEPT, runner, snapshots
from tests.harness.call import Body, Call
from tests.harness.invocation import RUNTIMES
from tests.harness.reports import row


@pytest.fixture
def call(call: Call) -> Call:
    """Without the SDK: it is not what these tests are about."""
    call.by_sdk = False
    return call


def order_of_writes(call: Call) -> list[str]:
    """The operations that changed something, repeated ones once."""
    names = [one.action for one in call.writes()]
    return [name for number, name in enumerate(names) if [name] != names[number - 1 : number]]


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_running_instance_is_stopped_snapshotted_and_deleted(
    call: Call, runtime: Runtime
) -> None:
    call.by_sdk = True
    call.fleet(runner("i-1", data_disks=(KEPT,), has_eip=True), runner("i-2"))
    disks = {one.disk_id for one in call.ecs.engine.disks()}
    (kept,) = (one.disk_id for one in call.ecs.engine.disks() if not one.delete_with_instance)

    report = call(handler, {"instance_ids": ["i-1", "i-2"]}, runtime=runtime)

    left = {one.disk_id: one.snapshot_id for one in call.ecs.engine.snapshots()}
    assert order_of_writes(call) == ["StopInstances", "CreateSnapshot", "DeleteInstances"]
    assert call.statuses() == {}
    assert snapshots(call, SnapshotStatus.ACCOMPLISHED) == dict.fromkeys(disks, 1)
    assert [(one["id"], one["result"], one["status"]) for one in report["instances"]] == [
        ("i-1", "changed", "Gone"),
        ("i-2", "changed", "Gone"),
    ]
    reason = report["instances"][0]["reason"]
    assert reason.startswith(f"gone; still billed: disk {kept}, EIP ")
    assert f"snapshot {left[kept]} (until {ends(call)[left[kept]]})" in reason
    assert report["api_calls"] == len(call.ecs.log)
    assert [
        one.parameters["Force"] for one in call.writes() if one.action == "DeleteInstances"
    ] == ["false"]


def test_each_snapshot_says_whose_it_is_and_how_long_it_is_kept(call: Call) -> None:
    call.fleet(runner("i-1"))

    call(handler, {"instance_ids": ["i-1"], "snapshot_retention_days": 30})

    (taken,) = call.ecs.engine.snapshots()
    assert taken.name == f"curfew-i-1-{taken.disk_id}"
    assert taken.description == "Taken by ECS Curfew before it releases i-1"
    assert taken.tags == {"curfew:release-of": "i-1"}
    assert taken.retention_days == 30


def test_what_is_guarded_is_left_alone_and_says_why(call: Call) -> None:
    call.fleet(
        runner("i-kept", tags={"curfew:protect": "0"}),
        runner("i-until", tags={"curfew:keep-until": "tomorrow"}),
        runner("i-safe", deletion_protection=True),
        runner("i-sub", charge_type=ChargeType.PRE_PAID),
        runner("i-unpaid", locks=(LockReason.FINANCIAL,)),
        runner("i-node", tags={"ack.aliyun.com": "c1"}),
    )
    ids = sorted(call.statuses())

    report = call(handler, {"instance_ids": ids, "force": True, "snapshot": False})

    assert report["instances"] == [
        row("i-kept", "skipped", "tag curfew:protect"),
        row("i-node", "skipped", "member of a group, tag ack.aliyun.com"),
        row("i-safe", "skipped", "deletion protection"),
        row("i-sub", "skipped", "charge type PrePaid", charge_type="PrePaid"),
        row("i-unpaid", "skipped", "financial lock"),
        row("i-until", "skipped", "tag curfew:keep-until, unreadable"),
    ]
    assert call.ecs.log.mutating() == ()


def test_by_force_without_a_snapshot_it_takes_one_write(call: Call) -> None:
    call.fleet(runner("i-1"), runner("i-2", status=Status.STOPPED))

    report = call(
        handler, {"tags": {"team": "ci"}, "force": True, "snapshot": False, "dry_run": False}
    )

    assert [one.action for one in call.writes()] == ["DeleteInstances"]
    assert call.statuses() == {}
    assert report["counts"]["changed"] == 2


def test_by_force_with_a_snapshot_the_power_is_cut_first(call: Call) -> None:
    call.fleet(runner("i-1"))

    call(handler, {"instance_ids": ["i-1"], "force": True})

    stop, snapshot, delete = call.writes()
    assert (stop.action, stop.parameters["ForceStop"]) == ("StopInstances", "true")
    assert snapshot.action == "CreateSnapshot"
    assert (delete.action, delete.parameters["Force"]) == ("DeleteInstances", "false")


NOT_KNOWN = f"ECS in cn-hangzhou does not know this id: {NOT_THERE}"


def test_an_instance_that_is_gone_is_released(call: Call) -> None:
    call.fleet(runner("i-1"))
    call.ecs.engine.release("i-1")

    report = call(handler, {"instance_ids": ["i-1", "i-ghost"]})

    assert [(one["id"], one["result"], one["reason"]) for one in report["instances"]] == [
        ("i-1", "unchanged", NOT_KNOWN),
        ("i-ghost", "unchanged", NOT_KNOWN),
    ]
    assert call.ecs.log.mutating() == ()


def test_a_release_by_anything_but_ids_must_say_whether_it_is_meant(call: Call) -> None:
    with pytest.raises(InvalidEvent, match="dry_run is missing"):
        call(handler, {"tags": {"team": "ci"}})

    assert call.actions() == []


def test_a_local_disk_cannot_be_snapshotted_so_nothing_is_done(call: Call) -> None:
    call.fleet(runner("i-1", data_disks=(DiskSpec(category="local_ssd_pro"),)))

    report = call(handler, {"instance_ids": ["i-1"]})

    assert report["counts"]["skipped"] == 1
    assert "(local_ssd_pro) cannot be snapshotted" in report["instances"][0]["reason"]
    assert call.ecs.log.mutating() == ()


@pytest.mark.parametrize("seconds_after_start", [0, 30, 59, 60, 119])
def test_a_snapshot_begins_in_a_later_minute_than_the_start(
    call: Call, seconds_after_start: int
) -> None:
    """ECS tells a start to the minute: within it nobody knows which came first."""
    call.fleet(runner("i-1", status=Status.STOPPED, created_at=MANUAL_START))
    call.ecs.clock.advance(timedelta(seconds=seconds_after_start))

    call(handler, {"instance_ids": ["i-1"]})

    (taken,) = call.ecs.engine.snapshots()
    assert taken.began_at >= MANUAL_START + timedelta(minutes=1)
    assert call.statuses() == {}


def test_a_snapshot_of_before_the_last_start_does_not_count(call: Call) -> None:
    call.fleet(runner("i-1"))
    call.ecs.faults.add(Refuse(action="DeleteInstances", status=400, code="No.Today"))
    with pytest.raises(Incomplete):
        call(handler, {"instance_ids": ["i-1"]})
    call.ecs.faults.clear()
    call.ecs.clock.advance(timedelta(minutes=5))
    call.ecs.engine.start("i-1")
    call.ecs.clock.advance(timedelta(minutes=5))

    call(handler, {"instance_ids": ["i-1"]})

    assert list(snapshots(call).values()) == [2]
    assert call.statuses() == {}


def ends(call: Call) -> dict[str, str]:
    """When ECS will delete each snapshot, as a report has it."""
    return {
        one.snapshot_id: to_zone_text(one.began_at + timedelta(days=one.retention_days), CHINA)
        for one in call.ecs.engine.snapshots()
    }


@pytest.mark.parametrize("hours", [1, 5, 23])
def test_a_snapshot_that_ends_sooner_than_asked_does_not_count(call: Call, hours: int) -> None:
    call.fleet(runner("i-1"))
    call.ecs.faults.add(Refuse(action="DeleteInstances", status=400, code="No.Today"))
    with pytest.raises(Incomplete):
        call(handler, {"instance_ids": ["i-1"], "snapshot_retention_days": 1})
    call.ecs.faults.clear()
    call.ecs.clock.advance(timedelta(hours=hours))

    report = call(handler, {"instance_ids": ["i-1"], "snapshot_retention_days": 365})

    assert sorted(one.retention_days for one in call.ecs.engine.snapshots()) == [1, 365]
    assert call.statuses() == {}
    (reason,) = (one["reason"] for one in report["instances"])
    for snapshot_id, end in ends(call).items():
        assert f"snapshot {snapshot_id} (until {end})" in reason


@pytest.mark.parametrize(("hours", "taken"), [(0.5, 1), (5.5, 1), (7, 2)])
def test_what_a_try_of_some_hours_ago_took_is_not_taken_again(
    call: Call, hours: float, taken: int
) -> None:
    call.fleet(runner("i-1", data_disks=(KEPT,)))
    call.ecs.faults.add(Refuse(action="DeleteInstances", status=400, code="No.Today"))
    with pytest.raises(Incomplete):
        call(handler, {"instance_ids": ["i-1"]})
    call.ecs.faults.clear()
    call.ecs.clock.advance(timedelta(hours=hours))

    call(handler, {"instance_ids": ["i-1"]})

    assert list(snapshots(call).values()) == [taken, taken]
    assert call.statuses() == {}


def test_a_disk_that_was_away_since_its_snapshot_is_snapshotted_again(call: Call) -> None:
    call.fleet(runner("i-1", data_disks=(KEPT,)))
    call.ecs.faults.add(Refuse(action="DeleteInstances", status=400, code="No.Today"))
    with pytest.raises(Incomplete):
        call(handler, {"instance_ids": ["i-1"]})
    call.ecs.faults.clear()
    call.ecs.clock.advance(timedelta(minutes=30))
    (data,) = (one.disk_id for one in call.ecs.engine.disks() if not one.delete_with_instance)
    attached_at = to_minute_text(call.ecs.clock.now())

    def attached_again(_: Mapping[str, str], body: Body) -> Body:
        again = {"AttachedTime": attached_at}
        rows = [one | again if one["DiskId"] == data else one for one in body["Disks"]["Disk"]]
        return {**body, "Disks": {"Disk": rows}}

    call.shown("DescribeDisks", attached_again)

    call(handler, {"instance_ids": ["i-1"]})

    assert {one: count for one, count in snapshots(call).items() if one == data} == {data: 2}
    assert sum(snapshots(call).values()) == 3
    assert call.statuses() == {}


def test_a_dry_run_tells_the_whole_way_and_what_stays_and_is_billed(call: Call) -> None:
    call.fleet(runner("i-1", data_disks=(KEPT,), has_eip=True), runner("i-2"))
    (kept,) = (one.disk_id for one in call.ecs.engine.disks() if not one.delete_with_instance)
    address = next(one.eip for one in call.ecs.engine.instances() if one.eip)
    by_ids = {"instance_ids": ["i-1", "i-2"], "dry_run": True}

    with_snapshots = call(handler, by_ids)
    without = call(handler, {**by_ids, "snapshot": False, "force": True})

    stay = f"disk {kept}, EIP {address} stay and are billed"
    assert [one["reason"] for one in with_snapshots["instances"]] == [
        f"stop, snapshot 2 disks (7 days), release; {stay}",
        "stop, snapshot 1 disk (7 days), release",
    ]
    lost = {one.instance_id: one.disk_id for one in call.ecs.engine.disks() if one.disk_id != kept}
    said = {key: f"the data of 1 disk is lost: {disk}" for key, disk in lost.items()}
    assert [one["reason"] for one in without["instances"]] == [
        f"release by force; {said['i-1']}; {stay}",
        f"release by force; {said['i-2']}",
    ]
    assert call.writes() == []

    released = call(handler, {"instance_ids": ["i-2"], "snapshot": False, "force": True})
    assert released["instances"][0]["reason"] == f"gone; {said['i-2']}"


def test_whoever_asks_for_force_is_told_that_it_was_not_used(call: Call) -> None:
    call.fleet(runner("i-1"), runner("i-2"))
    call.ecs.engine.stop("i-1")

    report = call(handler, {"instance_ids": ["i-1", "i-2"], "force": True})

    late, on_time = (one["reason"] for one in report["instances"])
    assert late.endswith("; force was not used: it was stopping already")
    assert "force" not in on_time


@pytest.mark.parametrize("more", [{}, {"dry_run": True}, {"force": True}], ids=str)
def test_where_snapshots_are_required_none_is_released_without(
    call: Call, more: dict[str, object]
) -> None:
    call.fleet(runner("i-1"))
    call.environ["CURFEW_SNAPSHOT"] = "required"

    with pytest.raises(Refused, match="CURFEW_SNAPSHOT is required"):
        call(handler, {"instance_ids": ["i-1"], "snapshot": False, **more})

    assert call.actions() == []


@pytest.mark.parametrize("more", [{}, {"snapshot": True}], ids=str)
def test_where_snapshots_are_required_a_release_takes_them(
    call: Call, more: dict[str, object]
) -> None:
    call.fleet(runner("i-1"))
    call.environ["CURFEW_SNAPSHOT"] = "required"

    call(handler, {"instance_ids": ["i-1"], **more})

    assert list(snapshots(call).values()) == [1]
    assert call.statuses() == {}


def test_a_confirmed_plan_needs_no_word_on_dry_run(call: Call) -> None:
    call.fleet(runner("i-1"), runner("i-2"))
    request: dict[str, object] = {"tags": {"team": "ci"}, "snapshot": False}

    plan_id = call(handler, {**request, "dry_run": True})["plan_id"]
    report = call(handler, {**request, "plan_id": plan_id})

    assert report["counts"]["changed"] == 2
    assert call.statuses() == {}


def test_both_regions_are_released_side_by_side(call: Call) -> None:
    call.fleet(runner("i-1"), runner("i-2", region="cn-shanghai"), runner("i-3"))

    report = call(handler, {"instance_ids": ["i-1", "i-2"], "regions": [HANGZHOU, "cn-shanghai"]})

    assert list(call.statuses()) == ["i-3"]
    assert [one["region"] for one in report["instances"]] == [HANGZHOU, "cn-shanghai"]
    assert {one.region for one in call.writes()} == {HANGZHOU, "cn-shanghai"}
