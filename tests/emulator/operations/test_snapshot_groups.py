"""Snapshots of several disks at once."""

from __future__ import annotations

import pytest

from local.ecs.fleet.fleet import DiskSpec, InstanceSpec
from tests.harness.desk import DB, Desk


def test_a_group_snapshots_all_disks_of_an_instance() -> None:
    desk = Desk(DB)

    answer = desk.ask(
        "CreateSnapshotGroup", InstanceId=desk.instance_id, Name="night", Tag__1__Key="by"
    )

    desk.pass_time(5)
    group = desk.ask("DescribeSnapshotGroups")["SnapshotGroups"]["SnapshotGroup"][0]
    members = group.pop("Snapshots")["Snapshot"]
    assert group == {
        "SnapshotGroupId": answer["SnapshotGroupId"],
        "InstanceId": desk.instance_id,
        "Name": "night",
        "Description": "",
        "CreationTime": "2026-11-23T10:00:00Z",
        "ProgressStatus": "",
        "ResourceGroupId": "",
        "Status": "progressing",
        "Tags": {"Tag": [{"Key": "by", "Value": ""}]},
    }
    assert [(each["SourceDiskType"], each["Progress"]) for each in members] == [
        ("system", "50%"),
        ("data", "50%"),
    ]
    assert answer["SnapshotGroupId"].startswith("ssg-bp1")


def test_a_group_is_as_far_as_its_snapshots() -> None:
    desk = Desk(DB, InstanceSpec("web"))
    for instance_id in desk.ids():
        desk.ask("CreateSnapshotGroup", InstanceId=instance_id)
    desk.ask("StopInstance", InstanceId=desk.instance_id)

    def statuses(**parameters: str | tuple[str, ...]) -> list[str]:
        answer = desk.ask("DescribeSnapshotGroups", **parameters)
        return [each["Status"] for each in answer["SnapshotGroups"]["SnapshotGroup"]]

    early = statuses()
    desk.pass_time(10)
    late = statuses()

    assert (early, late) == (["failed", "progressing"], ["failed", "accomplished"])
    assert statuses(Status=("failed",)) == ["failed"]
    assert statuses(InstanceId=desk.ids()[1]) == ["accomplished"]
    assert statuses(SnapshotGroupId=("ssg-gone",)) == []


def test_a_group_may_leave_disks_out_or_name_them() -> None:
    desk = Desk(DB)
    system, data = desk.instance.disk_ids

    desk.ask("CreateSnapshotGroup", InstanceId=desk.instance_id, ExcludeDiskId=(system,))
    desk.ask("CreateSnapshotGroup", DiskId=(system,))

    assert [each.disk_id for each in desk.ecs.snapshots()] == [data, system]


@pytest.mark.parametrize(
    ("parameters", "refusal"),
    [
        ({}, (400, "MissingInstanceId")),
        ({"InstanceId": "i-gone"}, (404, "InvalidInstanceId.NotFound")),
        ({"DiskId.1": "d-gone"}, (404, "InvalidDiskId.NotFound")),
        ({"DiskId.1": "d-1", "ExcludeDiskId.1": "d-2"}, (400, "InvalidParameter")),
        ({"InstanceId": "good", "ExcludeDiskId.1": "system"}, (400, "InvalidParameter")),
        ({"InstanceId": "good", "Name": "auto"}, (400, "InvalidParameter.Name")),
        ({"InstanceId": "efficient"}, (400, "DiskCategory.OperationNotSupported")),
    ],
    ids=str,
)
def test_a_group_that_cannot_be_is_refused(
    parameters: dict[str, str], refusal: tuple[int, str]
) -> None:
    desk = Desk(
        InstanceSpec("good", instance_id="i-good"),
        InstanceSpec("old", system_disk=DiskSpec(category="cloud_efficiency")),
    )
    named = {"good": "i-good", "system": desk.instance.disk_ids[0], "efficient": desk.ids()[1]}
    actual = {key: named.get(value, value) for key, value in parameters.items()}

    assert desk.refusal("CreateSnapshotGroup", **actual) == refusal
    assert desk.ecs.snapshots() == ()


def test_a_group_holds_32_tebibytes_at_most() -> None:
    half = DiskSpec(size_gib=16 * 1024)
    fits, exceeds = (
        Desk(InstanceSpec("db", system_disk=half, data_disks=(data,)))
        for data in (half, DiskSpec(size_gib=16 * 1024 + 1))
    )

    fits.ask("CreateSnapshotGroup", InstanceId=fits.instance_id)

    refusal = exceeds.refusal("CreateSnapshotGroup", InstanceId=exceeds.instance_id)
    assert refusal == (400, "InvalidParameter")


def test_disks_of_two_instances_make_no_group() -> None:
    desk = Desk(InstanceSpec("a"), InstanceSpec("b"))
    ids = tuple(disk.disk_id for disk in desk.ecs.disks())

    assert desk.refusal("CreateSnapshotGroup", DiskId=ids) == (404, "InvalidDiskId.NotFound")
