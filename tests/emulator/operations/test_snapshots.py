"""Snapshots of single disks, from their order to the end of their retention."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from local.ecs.account.durations import NO_TIME, Durations
from local.ecs.account.model import LockReason, Status
from local.ecs.account.quirks import Quirks
from local.ecs.fleet.fleet import DiskSpec, InstanceSpec
from tests.harness.desk import DB, REGION, Desk, disk_names, snapshots


def system_disk(desk: Desk) -> str:
    return desk.instance.disk_ids[0]


def test_a_list_of_disks_or_snapshots_by_tag_is_cut() -> None:
    tagged = DiskSpec(tags={"keep": "yes"})
    desk = Desk(
        *(InstanceSpec(f"web-{number}", system_disk=tagged) for number in range(5)),
        quirks=Quirks(tag_filter_limit=3),
    )
    for disk in desk.ecs.disks():
        desk.ask("CreateSnapshot", DiskId=disk.disk_id, Tag__1__Key="keep")

    found = disk_names(desk, Tag__1__Key="keep"), snapshots(desk, Tag__1__Key="keep")

    assert [len(each) for each in found] == [3, 3]
    assert len(snapshots(desk)) == 5


def test_a_snapshot_progresses_and_is_accomplished() -> None:
    desk = Desk(DB)

    desk.ask("CreateSnapshot", DiskId=system_disk(desk))

    seen = snapshots(desk)
    for seconds in (5, 4.99, 0.01):
        desk.pass_time(seconds)
        seen += snapshots(desk)
    assert seen == [
        ("progressing", "0%"),
        ("progressing", "50%"),
        ("progressing", "99%"),
        ("accomplished", "100%"),
    ]


def test_a_snapshot_that_takes_no_time_is_accomplished_at_the_next_look() -> None:
    desk = Desk(DB, durations=NO_TIME)

    desk.ask("CreateSnapshot", DiskId=system_disk(desk))

    assert snapshots(desk) == [("accomplished", "100%")]


def test_a_snapshot_has_the_form_of_the_platform() -> None:
    desk = Desk(DB)
    answer = desk.ask(
        "CreateSnapshot",
        DiskId=desk.instance.disk_ids[1],
        SnapshotName="before-release",
        Description="of the night",
        RetentionDays="7",
        Tag__1__Key="by",
        Tag__1__Value="night",
    )
    desk.pass_time(4)

    entry = desk.ask("DescribeSnapshots")["Snapshots"]["Snapshot"][0]

    facts = {
        "SnapshotId": answer["SnapshotId"],
        "SnapshotName": "before-release",
        "Description": "of the night",
        "RetentionDays": 7,
        "SourceDiskId": desk.instance.disk_ids[1],
        "SourceDiskType": "data",
        "SourceDiskSize": "200",
        "CreationTime": "2026-11-23T10:00:00Z",
        "Status": "progressing",
        "Progress": "40%",
        "RemainTime": 6,
        "Available": False,
        "SnapshotType": "user",
        "Tags": {"Tag": [{"TagKey": "by", "TagValue": "night"}]},
    }
    assert {key: entry[key] for key in facts} == facts


def test_one_disk_takes_one_snapshot_at_a_time() -> None:
    desk = Desk(DB)
    desk.ask("CreateSnapshot", DiskId=system_disk(desk))

    refusal = desk.refusal("CreateSnapshot", DiskId=system_disk(desk))
    desk.ask("CreateSnapshot", DiskId=desk.instance.disk_ids[1])
    desk.pass_time(10)
    desk.ask("CreateSnapshot", DiskId=system_disk(desk))

    assert refusal == (403, "IncorrectDiskStatus.CreatingSnapshot")
    assert len(desk.ecs.snapshots(system_disk(desk))) == 2


@pytest.mark.parametrize("action", ["StopInstance", "RebootInstance"])
@pytest.mark.parametrize("fails", [True, False], ids=["default", "quirk"])
def test_a_snapshot_fails_when_the_power_changes_meanwhile(action: str, *, fails: bool) -> None:
    desk = Desk(DB, quirks=Quirks(power_change_fails_snapshots=fails))
    desk.ask("CreateSnapshot", DiskId=system_disk(desk))
    desk.pass_time(3)

    desk.ask(action, InstanceId=desk.instance_id)
    desk.pass_time(60)

    assert snapshots(desk) == [("failed", "30%") if fails else ("accomplished", "100%")]


def test_a_snapshot_fails_when_its_stopped_instance_is_started() -> None:
    desk = Desk(InstanceSpec("db", status=Status.STOPPED))
    desk.ask("CreateSnapshot", DiskId=system_disk(desk))

    desk.ask("StartInstance", InstanceId=desk.instance_id)

    assert snapshots(desk) == [("failed", "0%")]


def test_a_snapshot_is_forgotten_after_its_retention() -> None:
    desk = Desk(DB)
    desk.ask("CreateSnapshot", DiskId=system_disk(desk), RetentionDays="1")

    desk.pass_time(86_399)
    kept = len(desk.ecs.snapshots())
    desk.pass_time(1)

    assert (kept, desk.ecs.snapshots(), desk.ecs.snapshots(system_disk(desk))) == (1, (), ())


def test_a_disk_that_stayed_can_be_snapshotted() -> None:
    desk = Desk(DB)
    data = desk.instance.disk_ids[1]
    desk.ecs.release(desk.instance_id)

    desk.ask("CreateSnapshot", DiskId=data)
    desk.pass_time(10)

    assert snapshots(desk, DiskId=data) == [("accomplished", "100%")]


@pytest.mark.parametrize(
    ("spec", "parameters", "refusal"),
    [
        (DB, {"DiskId": "d-gone"}, (404, "InvalidDiskId.NotFound")),
        (DB, {"DiskId": ""}, (400, "MissingDiskId")),
        (DB, {"SnapshotName": "auto-1"}, (400, "InvalidSnapshotName.Malformed")),
        (DB, {"SnapshotName": "x"}, (400, "InvalidSnapshotName.Malformed")),
        (DB, {"SnapshotName": "http://x"}, (400, "InvalidSnapshotName.Malformed")),
        (DB, {"Description": "x"}, (404, "InvalidDescription.Malformed")),
        (DB, {"Description": "https://x"}, (404, "InvalidDescription.Malformed")),
        (DB, {"RetentionDays": "0"}, (400, "InvalidRetentionDays.Malformed")),
        (DB, {"RetentionDays": "65537"}, (400, "InvalidRetentionDays.Malformed")),
        (DB, {"RetentionDays": "week"}, (400, "InvalidRetentionDays.Malformed")),
        (DB, {"Tag.1.Key": "acs:x"}, (400, "InvalidTagKey.Malformed")),
        (
            InstanceSpec("seized", locks=(LockReason.SECURITY,)),
            {},
            (403, "InstanceLockedForSecurity"),
        ),
        (
            InstanceSpec("starting", status=Status.STARTING),
            {},
            (400, "IncorrectInstanceStatus"),
        ),
        (
            InstanceSpec("local", system_disk=DiskSpec(894, "local_ssd_pro")),
            {},
            (400, "DiskCategory.OperationNotSupported"),
        ),
    ],
    ids=str,
)
def test_a_snapshot_that_cannot_be_is_refused(
    spec: InstanceSpec, parameters: dict[str, str], refusal: tuple[int, str]
) -> None:
    desk = Desk(spec)

    code = desk.refusal("CreateSnapshot", **({"DiskId": system_disk(desk)} | parameters))

    assert code == refusal
    assert desk.ecs.snapshots() == ()


def test_a_disk_has_256_snapshots_at_most() -> None:
    desk = Desk(DB, durations=NO_TIME)
    for _ in range(256):
        desk.ask("CreateSnapshot", DiskId=system_disk(desk))

    refusal = desk.refusal("CreateSnapshot", DiskId=system_disk(desk))

    assert refusal == (403, "QuotaExceed.Snapshot")


def test_a_repeated_token_takes_no_second_snapshot() -> None:
    desk = Desk(DB)
    first = desk.ask("CreateSnapshot", DiskId=system_disk(desk), ClientToken="t")

    again = desk.ask("CreateSnapshot", DiskId=system_disk(desk), ClientToken="t")

    assert first == again
    assert len(desk.ecs.snapshots()) == 1


def test_snapshots_are_listed_by_filters() -> None:
    desk = Desk(DB, InstanceSpec("web"))
    data = desk.instance.disk_ids[1]
    first = desk.ask("CreateSnapshot", DiskId=data, SnapshotName="one")["SnapshotId"]
    desk.pass_time(10)
    desk.ask("CreateSnapshot", DiskId=desk.ecs.disks()[2].disk_id)

    def count(**parameters: str) -> int:
        return len(snapshots(desk, **parameters))

    counts = {
        "all": count(),
        "disk": count(DiskId=data),
        "instance": count(InstanceId=desk.instance_id),
        "ids": count(SnapshotIds=json.dumps([first, "s-gone"])),
        "no ids": count(SnapshotIds="[]"),
        "name": count(SnapshotName="one"),
        "progressing": count(Status="progressing"),
        "every status": count(Status="all"),
        "auto": count(SnapshotType="auto"),
        "user": count(SnapshotType="user"),
        "system": count(SourceDiskType="system"),
        "elsewhere": count(RegionId="cn-shanghai"),
    }

    assert counts == {
        "all": 2,
        "disk": 1,
        "instance": 1,
        "ids": 1,
        "no ids": 0,
        "name": 1,
        "progressing": 1,
        "every status": 2,
        "auto": 0,
        "user": 2,
        "system": 1,
        "elsewhere": 0,
    }


@pytest.mark.parametrize(
    ("parameters", "refusal"),
    [
        ({"SnapshotIds": "s-1"}, (403, "InvalidSnapshotIds.Malformed")),
        ({"Status": "lost"}, (404, "InvalidStatus.NotFound")),
        ({"SnapshotType": "odd"}, (404, "InvalidSnapshotType.NotFound")),
        ({"Usage": "image"}, (400, "UnsupportedParameter")),
    ],
    ids=str,
)
def test_a_wrong_question_about_snapshots_is_refused(
    parameters: dict[str, str], refusal: tuple[int, str]
) -> None:
    assert Desk(DB).refusal("DescribeSnapshots", **parameters) == refusal


def test_jitter_is_for_snapshots_too() -> None:
    desk = Desk(DB, durations=Durations(jitter=1.0))

    desk.ask("CreateSnapshotGroup", InstanceId=desk.instance_id, RegionId=REGION)

    first, second = (each.ends_at - each.began_at for each in desk.ecs.snapshots())
    assert first != second
    assert timedelta(0) <= min(first, second)
    assert max(first, second) <= timedelta(seconds=20)
