"""Images made and deleted, and the snapshots that they are made of."""

from __future__ import annotations

import pytest

from local.ecs.account.model import DiskKind, LockReason, Status
from local.ecs.engine import Caller, Ecs
from local.ecs.fleet.fleet import DiskSpec, InstanceSpec
from tests.harness.desk import Deny, Desk

UBUNTU = "ubuntu_24_04_x64_20G_alibase_20260916.vhd"
WEB = InstanceSpec(
    "web", instance_id="i-web", image_id=UBUNTU, data_disks=(DiskSpec(size_gib=100),)
)


def image(desk: Desk, image_id: str, status: str = "Available") -> dict[str, object] | None:
    found = desk.ask("DescribeImages", ImageId=image_id, Status=status)["Images"]["Image"]
    return found[0] if found else None


def snapshots(desk: Desk) -> dict[DiskKind, str]:
    """One accomplished snapshot of each disk of the instance, by the kind of disk."""
    made = {}
    for disk in desk.ecs.disks("i-web"):
        made[disk.kind] = desk.ask("CreateSnapshot", DiskId=disk.disk_id)["SnapshotId"]
    desk.pass_time(60)
    return made


def test_an_image_of_an_instance_is_complete_when_its_snapshots_are() -> None:
    desk = Desk(WEB)

    made = desk.ask("CreateImage", InstanceId="i-web", ImageName="golden")["ImageId"]
    creating = image(desk, made, "Creating")
    early = image(desk, made)
    desk.pass_time(10)
    entry = image(desk, made)

    assert creating is not None
    assert early is None
    assert entry is not None
    assert made.startswith("m-bp1")
    facts = {
        "ImageName": "golden",
        "ImageOwnerAlias": "self",
        "Platform": "Ubuntu",
        "OSType": "linux",
        "Progress": "100%",
        "Size": 40,
        "Status": "Available",
    }
    assert {key: entry[key] for key in facts} == facts
    mappings = entry["DiskDeviceMappings"]
    assert isinstance(mappings, dict)
    disks = [(each["Device"], each["Type"], each["Size"]) for each in mappings["DiskDeviceMapping"]]
    assert disks == [("/dev/xvda", "system", "40"), ("/dev/xvdb", "data", "100")]


def test_an_image_of_snapshots_is_complete_at_once() -> None:
    desk = Desk(WEB)
    of = snapshots(desk)

    one = desk.ask("CreateImage", SnapshotId=of[DiskKind.SYSTEM])["ImageId"]
    both = desk.ask(
        "CreateImage",
        DiskDeviceMapping__1__SnapshotId=of[DiskKind.DATA],
        DiskDeviceMapping__2__SnapshotId=of[DiskKind.SYSTEM],
    )["ImageId"]

    assert [each["ImageId"] for each in own(desk)] == [one, both]
    assert image(desk, one) is not None


def own(desk: Desk) -> list[dict[str, str]]:
    found: list[dict[str, str]] = desk.ask("DescribeImages", ImageOwnerAlias="self")["Images"][
        "Image"
    ]
    return found


def test_an_image_is_deleted_unless_instances_were_made_from_it() -> None:
    desk = Desk(WEB)
    made = desk.ask("CreateImage", SnapshotId=snapshots(desk)[DiskKind.SYSTEM])["ImageId"]
    desk.ask("RunInstances", ImageId=made, InstanceType="ecs.g7.large")

    used = desk.refusal("DeleteImage", ImageId=made)
    desk.ask("DeleteImage", ImageId=made, Force="true")
    desk.ask("DeleteImage", ImageId=made)

    assert used == (403, "ImageUsingByInstance")
    assert own(desk) == []


def test_an_image_that_is_not_complete_or_not_ones_own_is_not_deleted() -> None:
    desk = Desk(WEB)
    made = desk.ask("CreateImage", InstanceId="i-web")["ImageId"]

    assert desk.refusal("DeleteImage", ImageId=made) == (403, "ImageIsCreating")
    assert desk.refusal("DeleteImage", ImageId=UBUNTU) == (404, "InvalidImageId.NotFound")


def test_a_snapshot_is_deleted_unless_an_image_or_a_disk_was_made_of_it() -> None:
    desk = Desk(WEB)
    of = snapshots(desk)
    made = desk.ask("CreateImage", SnapshotId=of[DiskKind.SYSTEM])["ImageId"]
    data = of[DiskKind.DATA]
    essd = {"ZoneId": "cn-hangzhou-h", "DiskCategory": "cloud_essd"}
    desk.ask("CreateDisk", SnapshotId=data, **essd)

    refused = [desk.refusal("DeleteSnapshot", SnapshotId=each) for each in of.values()]
    desk.ask("DeleteImage", ImageId=made)
    desk.ask("DeleteSnapshot", SnapshotId=of[DiskKind.SYSTEM])
    desk.ask("DeleteSnapshot", SnapshotId=data, Force="true")
    desk.ask("DeleteSnapshot", SnapshotId=data)

    assert refused == [(403, "SnapshotCreatedImage"), (403, "SnapshotCreatedDisk")]
    assert desk.ecs.snapshots() == ()


def test_a_deleted_snapshot_does_not_come_due_nor_into_a_saved_state() -> None:
    desk = Desk(WEB)
    disk = desk.ecs.disks()[0].disk_id
    made = desk.ask("CreateSnapshot", DiskId=disk, RetentionDays="1")["SnapshotId"]
    desk.ask("DeleteSnapshot", SnapshotId=made)

    restored = Ecs.restored(desk.ecs.save(), desk.clock)
    desk.pass_time(2 * 24 * 3600)

    assert desk.ecs.snapshots() == restored.snapshots() == ()


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({}, (400, "MissingParameter")),
        ({"InstanceId": "i-gone"}, (404, "InvalidInstanceId.NotFound")),
        ({"InstanceId": "i-locked"}, (400, "InstanceLockedForSecurity")),
        ({"InstanceId": "i-busy"}, (400, "IncorrectInstanceStatus")),
        ({"SnapshotId": "s-gone"}, (404, "InvalidSnapshotId.NotFound")),
        ({"InstanceId": "i-web", "ImageName": "1"}, (400, "InvalidImageName.Malformed")),
        ({"InstanceId": "i-web", "Description": "x"}, (400, "InvalidDescription.Malformed")),
    ],
    ids=str,
)
def test_an_image_that_cannot_be_is_not_made(
    given: dict[str, str], refusal: tuple[int, str]
) -> None:
    locked = InstanceSpec("locked", instance_id="i-locked", locks=(LockReason.SECURITY,))
    busy = InstanceSpec("busy", instance_id="i-busy", status=Status.STARTING)
    desk = Desk(WEB, locked, busy)

    assert desk.refusal("CreateImage", **given) == refusal
    assert own(desk) == []


def test_an_image_needs_one_system_disk_and_snapshots_that_are_ready() -> None:
    desk = Desk(WEB)
    of = snapshots(desk)
    system, data = of[DiskKind.SYSTEM], of[DiskKind.DATA]
    begun = desk.ask("CreateSnapshot", DiskId=desk.ecs.disks()[0].disk_id)["SnapshotId"]
    mapped = "DiskDeviceMapping__1__SnapshotId", "DiskDeviceMapping__2__SnapshotId"

    assert desk.refusal("CreateImage", SnapshotId=data) == (403, "OperationDenied")
    assert desk.refusal("CreateImage", **{mapped[0]: data}) == (400, "OperationDenied")
    two = dict.fromkeys(mapped, system)
    assert desk.refusal("CreateImage", **two) == (400, "OperationDenied")
    assert desk.refusal("CreateImage", SnapshotId=begun) == (403, "InvalidSnapshotId.NotReady")
    assert desk.refusal("CreateImage", InstanceId="i-web") == (
        403,
        "IncorrectDiskStatus.CreatingSnapshot",
    )


def test_the_name_of_an_image_is_taken_once() -> None:
    desk = Desk(WEB)
    snapshot = snapshots(desk)[DiskKind.SYSTEM]
    desk.ask("CreateImage", SnapshotId=snapshot, ImageName="golden")

    assert desk.refusal("CreateImage", SnapshotId=snapshot, ImageName="golden") == (
        400,
        "InvalidImageName.Duplicated",
    )


def test_ram_is_asked_before_an_image_is_told_to_be_missing() -> None:
    nobody = Caller(authorizer=Deny())

    assert Desk().refusal("DeleteImage", nobody, ImageId="m-gone")[1] == "Forbidden.RAM"
    assert Desk().refusal("DeleteSnapshot", nobody, SnapshotId="s-gone")[1] == "Forbidden.RAM"
    assert Desk().refusal("DeleteDisk", nobody, DiskId="d-gone")[1] == "Forbidden.RAM"


def test_a_dry_run_makes_and_deletes_no_image() -> None:
    desk = Desk(WEB)
    of = snapshots(desk)
    made = desk.ask("CreateImage", SnapshotId=of[DiskKind.SYSTEM])["ImageId"]
    before = (desk.ecs.images(), desk.ecs.snapshots())

    refusals = [
        desk.refusal("CreateImage", InstanceId="i-web", DryRun="true"),
        desk.refusal("CreateImage", SnapshotId=of[DiskKind.SYSTEM], DryRun="true"),
        desk.refusal("DeleteImage", ImageId=made, DryRun="true"),
        desk.refusal("DeleteImage", ImageId="m-gone", DryRun="true"),
    ]

    assert refusals == [(400, "DryRunOperation")] * 4
    assert (desk.ecs.images(), desk.ecs.snapshots()) == before


def test_an_instance_without_a_system_disk_makes_no_image() -> None:
    desk = Desk(WEB)
    desk.ecs.detach_disk(desk.ecs.disks()[0].disk_id)

    refusal = desk.refusal("CreateImage", InstanceId="i-web")

    assert refusal == (400, "InvalidInstanceId.ValueNotSupported")
    assert desk.ecs.snapshots() == ()


def test_a_disk_has_256_snapshots_at_most_of_images_too() -> None:
    desk = Desk(WEB)
    for _ in range(256):
        desk.ask("CreateSnapshot", DiskId=desk.ecs.disks()[1].disk_id)
        desk.pass_time(60)

    assert desk.refusal("CreateImage", InstanceId="i-web") == (403, "QuotaExceed.Snapshot")


def test_an_image_has_seventeen_disks_at_most() -> None:
    desk = Desk(WEB)
    of = snapshots(desk)
    ids = [of[DiskKind.SYSTEM], *[of[DiskKind.DATA]] * 17]

    def mapped(number: int) -> dict[str, str]:
        return {f"DiskDeviceMapping.{n}.SnapshotId": each for n, each in enumerate(ids[:number])}

    desk.ask("CreateImage", **mapped(17))
    assert desk.refusal("CreateImage", **mapped(18)) == (400, "InvalidParameter")
