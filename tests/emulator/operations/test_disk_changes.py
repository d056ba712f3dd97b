"""Data disks made, attached, detached, changed, enlarged and deleted by request."""

from __future__ import annotations

import pytest

from local.ecs.account.model import LockReason, Status
from local.ecs.fleet.fleet import DiskSpec, InstanceSpec
from tests.harness.desk import Desk

ZONE = "cn-hangzhou-h"
DATA = DiskSpec(size_gib=100, name="data")
WEB = InstanceSpec("web", instance_id="i-web", data_disks=(DATA,))
NEW = {"ZoneId": ZONE, "DiskCategory": "cloud_essd", "Size": "50"}


def disk(desk: Desk, disk_id: str) -> dict[str, object]:
    (entry,) = desk.ask("DescribeDisks", DiskIds=f'["{disk_id}"]')["Disks"]["Disk"]
    found: dict[str, object] = entry
    return found


def make(desk: Desk, **given: str) -> str:
    made: str = desk.ask("CreateDisk", **{**NEW, **given})["DiskId"]
    return made


def snapshot_of(desk: Desk, disk_id: str) -> str:
    made: str = desk.ask("CreateSnapshot", DiskId=disk_id)["SnapshotId"]
    desk.pass_time(60)
    return made


def test_a_new_disk_is_available_and_has_what_was_asked_for() -> None:
    desk = Desk()
    made = make(
        desk, DiskName="logs", Description="of web", PerformanceLevel="PL0", Tag__1__Key="team"
    )

    entry = disk(desk, made)

    facts = {
        "Category": "cloud_essd",
        "Description": "of web",
        "DiskName": "logs",
        "PerformanceLevel": "PL0",
        "Size": 50,
        "Status": "Available",
        "Type": "data",
        "ZoneId": ZONE,
        "Tags": {"Tag": [{"TagKey": "team", "TagValue": ""}]},
    }
    assert {key: entry[key] for key in facts} == facts


def test_a_disk_lives_with_an_instance_and_leaves_it() -> None:
    desk = Desk(WEB)
    made = make(desk)

    desk.ask("AttachDisk", DiskId=made, InstanceId="i-web", DeleteWithInstance="true")
    attached = disk(desk, made)
    desk.ask("DetachDisk", DiskId=made, InstanceId="i-web")
    detached = disk(desk, made)

    names = ("Status", "Device", "InstanceId", "DeleteWithInstance")
    assert [attached[name] for name in names] == ["In_use", "/dev/xvdc", "i-web", True]
    assert [detached[name] for name in names] == ["Available", "", "", False]


def test_a_disk_made_for_an_instance_is_attached_to_it() -> None:
    desk = Desk(WEB)
    made = desk.ask("CreateDisk", InstanceId="i-web", DiskCategory="cloud_ssd", Size="20")

    assert disk(desk, made["DiskId"])["InstanceId"] == "i-web"


def test_a_disk_from_a_snapshot_is_at_least_as_large() -> None:
    desk = Desk(WEB)
    snapshot = snapshot_of(desk, desk.ecs.disks()[1].disk_id)

    small = make(desk, SnapshotId=snapshot, Size="50")
    large = make(desk, SnapshotId=snapshot, Size="200")

    assert [disk(desk, each)["Size"] for each in (small, large)] == [100, 200]
    assert disk(desk, small)["SourceSnapshotId"] == snapshot


def test_the_attributes_of_a_disk_change_and_the_others_stay() -> None:
    desk = Desk(WEB)
    data = desk.ecs.disks()[1].disk_id

    desk.ask("ModifyDiskAttribute", DiskId=data, DiskName="logs")
    desk.ask("ModifyDiskAttribute", DiskIds=(data,), DeleteWithInstance="false")

    changed = disk(desk, data)
    assert (changed["DiskName"], changed["DeleteWithInstance"]) == ("logs", False)
    desk.ask("DeleteInstance", InstanceId="i-web", Force="true")
    desk.pass_time(60)
    assert disk(desk, data)["Status"] == "Available"


def test_a_disk_grows_and_never_shrinks() -> None:
    desk = Desk(WEB)
    data = desk.ecs.disks()[1].disk_id

    desk.ask("ResizeDisk", DiskId=data, NewSize="200", Type="online")

    assert disk(desk, data)["Size"] == 200
    assert desk.refusal("ResizeDisk", DiskId=data, NewSize="200") == (
        403,
        "InvalidDiskSize.TooSmall",
    )


def test_an_available_disk_is_deleted_and_its_snapshots_stay() -> None:
    desk = Desk(WEB)
    data = desk.ecs.disks()[1].disk_id
    snapshot_of(desk, data)
    attached = desk.refusal("DeleteDisk", DiskId=data)
    desk.ask("DetachDisk", DiskId=data, InstanceId="i-web")

    desk.ask("DeleteDisk", DiskId=data)
    desk.ask("DeleteDisk", DiskId=data)

    assert attached == (403, "IncorrectDiskStatus")
    assert [each.disk_id for each in desk.ecs.snapshots()] == [data]
    assert data not in {each.disk_id for each in desk.ecs.disks()}


def test_a_snapshot_in_progress_hinders_deleting_and_resizing() -> None:
    desk = Desk(WEB)
    data = desk.ecs.disks()[1].disk_id
    desk.ask("DetachDisk", DiskId=data, InstanceId="i-web")
    desk.ask("CreateSnapshot", DiskId=data)

    assert desk.refusal("DeleteDisk", DiskId=data) == (403, "DiskCreatingSnapshot")
    assert desk.refusal("ResizeDisk", DiskId=data, NewSize="300") == (403, "DiskCreatingSnapshot")


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"ZoneId": "cn-hangzhou-z"}, (404, "InvalidZoneId.NotFound")),
        ({"DiskCategory": "tape"}, (400, "InvalidDiskCategory.ValueNotSupported")),
        ({"DiskCategory": "local_ssd_pro"}, (400, "InvalidDiskCategory.ValueNotSupported")),
        ({"Size": "1"}, (400, "InvalidSize.ValueNotSupported")),
        ({"Size": ""}, (400, "MissingParameter")),
        ({"SnapshotId": "s-gone"}, (404, "InvalidSnapshotId.NotFound")),
        ({"PerformanceLevel": "PL9"}, (400, "InvalidPerformanceLevel.Malformed")),
        ({"DiskName": "1"}, (400, "InvalidDiskName.Malformed")),
        ({"Description": "x"}, (400, "InvalidDescription.Malformed")),
        ({"InstanceId": "i-gone"}, (404, "InvalidInstanceId.NotFound")),
    ],
    ids=str,
)
def test_a_disk_that_cannot_be_is_not_made(given: dict[str, str], refusal: tuple[int, str]) -> None:
    desk = Desk()

    assert desk.refusal("CreateDisk", **{**NEW, **given}) == refusal
    assert desk.ecs.disks() == ()


def test_a_system_disks_snapshot_and_one_in_progress_make_no_data_disk() -> None:
    desk = Desk(WEB)
    system, data = (each.disk_id for each in desk.ecs.disks())
    of_system = snapshot_of(desk, system)
    begun = desk.ask("CreateSnapshot", DiskId=data)["SnapshotId"]

    assert desk.refusal("CreateDisk", **NEW, SnapshotId=of_system) == (
        403,
        "InvalidSnapshotId.NotDataDiskSnapshot",
    )
    assert desk.refusal("CreateDisk", **NEW, SnapshotId=begun) == (
        403,
        "InvalidSnapshotId.NotReady",
    )


def test_a_disk_that_cannot_be_attached_is_refused() -> None:
    full = InstanceSpec("full", instance_id="i-full", data_disks=(DATA,) * 16)
    locked = InstanceSpec("locked", instance_id="i-locked", locks=(LockReason.SECURITY,))
    busy = InstanceSpec("busy", instance_id="i-busy", status=Status.STARTING)
    desk = Desk(WEB, full, locked, busy)
    free, far = make(desk), make(desk, ZoneId="cn-hangzhou-k")
    system, data = (each.disk_id for each in desk.ecs.disks("i-web"))

    def refused(disk_id: str, instance: str) -> tuple[int, str]:
        return desk.refusal("AttachDisk", DiskId=disk_id, InstanceId=instance)

    assert refused("d-gone", "i-web") == (404, "InvalidDiskId.NotFound")
    assert refused(free, "i-gone") == (404, "InvalidInstanceId.NotFound")
    assert refused(data, "i-web") == (404, "InvalidDisk.InUse")
    assert refused(system, "i-full") == (403, "DiskId.ValueNotSupported")
    assert refused(far, "i-web") == (403, "ResourcesNotInSameZone")
    assert refused(free, "i-full") == (403, "InstanceDiskLimitExceeded")
    assert refused(free, "i-locked") == (403, "InstanceLockedForSecurity")
    assert refused(free, "i-busy") == (400, "IncorrectInstanceStatus")


def test_a_disk_that_cannot_be_detached_is_refused() -> None:
    desk = Desk(WEB, InstanceSpec("other", instance_id="i-other"))
    free = make(desk)
    system, data = (each.disk_id for each in desk.ecs.disks("i-web"))

    def refused(disk_id: str, instance: str) -> tuple[int, str]:
        return desk.refusal("DetachDisk", DiskId=disk_id, InstanceId=instance)

    assert refused(system, "i-web") == (403, "DiskTypeViolation")
    assert refused(free, "i-web") == (404, "InvalidDisk.AlreadyDetached")
    assert refused(data, "i-other") == (403, "DependencyViolation")


@pytest.mark.parametrize(
    ("action", "given", "refusal"),
    [
        ("ModifyDiskAttribute", {}, (400, "NoAttributeToModify")),
        ("ModifyDiskAttribute", {"DiskName": "1"}, (400, "InvalidDiskName.Malformed")),
        ("ModifyDiskAttribute", {"Description": "x"}, (404, "InvalidDescription.Malformed")),
        ("ModifyDiskAttribute", {"DiskId": "d-gone"}, (404, "InvalidDiskId.NotFound")),
        ("ResizeDisk", {}, (400, "MissingNewSize")),
        ("ResizeDisk", {"NewSize": "99999"}, (403, "InvalidDiskSize.TooLarge")),
        ("ResizeDisk", {"NewSize": "200", "Type": "soon"}, (400, "InvalidParam.Type")),
        (
            "ResizeDisk",
            {"NewSize": "200", "Type": "online"},
            (403, "InvalidInstanceStatus.NotRunning"),
        ),
    ],
    ids=str,
)
def test_a_wrong_change_of_a_disk_is_refused(
    action: str, given: dict[str, str], refusal: tuple[int, str]
) -> None:
    desk = Desk(InstanceSpec("off", status=Status.STOPPED, data_disks=(DATA,)))
    asked = {"DiskId": desk.ecs.disks()[1].disk_id, **given}

    assert desk.refusal(action, **asked) == refusal


def test_a_disk_of_an_instance_on_its_way_is_not_resized() -> None:
    desk = Desk(InstanceSpec("busy", status=Status.STARTING, data_disks=(DATA,)))

    assert desk.refusal("ResizeDisk", DiskId=desk.ecs.disks()[1].disk_id, NewSize="200") == (
        403,
        "IncorrectInstanceStatus",
    )


def test_a_disk_is_not_made_for_an_instance_that_cannot_have_it() -> None:
    full = InstanceSpec("full", instance_id="i-full", data_disks=(DATA,) * 16)
    locked = InstanceSpec("locked", instance_id="i-locked", locks=(LockReason.SECURITY,))
    busy = InstanceSpec("busy", instance_id="i-busy", status=Status.STARTING)
    desk = Desk(full, locked, busy)
    before = desk.ecs.disks()

    def refused(instance: str) -> tuple[int, str]:
        return desk.refusal("CreateDisk", InstanceId=instance, Size="50")

    assert refused("i-full") == (403, "InstanceDiskLimitExceeded")
    assert refused("i-locked") == (403, "InstanceLockedForSecurity")
    assert refused("i-busy") == (400, "IncorrectInstanceStatus")
    assert desk.ecs.disks() == before


def test_a_repeated_token_enlarges_a_disk_once() -> None:
    desk = Desk(WEB)
    larger = {"DiskId": desk.ecs.disks()[1].disk_id, "NewSize": "200", "ClientToken": "t"}

    first, again = desk.ask("ResizeDisk", **larger), desk.ask("ResizeDisk", **larger)

    assert first == again
    assert desk.refusal("ResizeDisk", **{**larger, "ClientToken": "u"}) == (
        403,
        "InvalidDiskSize.TooSmall",
    )
