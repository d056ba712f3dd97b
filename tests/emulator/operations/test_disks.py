"""Disks as they are listed."""

from __future__ import annotations

import json

import pytest

from local.ecs.fleet.fleet import DiskSpec, InstanceSpec
from tests.harness.desk import DB, Desk, disk_names


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, ["system", "data", "system"]),
        ({"DiskType": "data"}, ["data"]),
        ({"DiskType": "all"}, ["system", "data", "system"]),
        ({"Status": "In_use"}, ["system", "data", "system"]),
        ({"Status": "Available"}, []),
        ({"Status": "All"}, ["system", "data", "system"]),
        ({"InstanceId": "i-gone"}, []),
        ({"DiskName": "data"}, ["data"]),
        ({"Category": "cloud_ssd"}, ["system"]),
        ({"ZoneId": "cn-hangzhou-i"}, []),
        ({"DiskChargeType": "PrePaid"}, []),
        ({"DeleteWithInstance": "false"}, ["data"]),
        ({"Portable": "True"}, ["system", "data", "system"]),
        ({"Tag.1.Key": "keep", "Tag.1.Value": "yes"}, ["data"]),
        ({"Tag.1.Key": "keep", "Tag.1.Value": "no"}, []),
        ({"DiskIds": "[]"}, []),
    ],
    ids=str,
)
def test_disks_are_listed_by_filters(parameters: dict[str, str], expected: list[str]) -> None:
    desk = Desk(DB, InstanceSpec("web", system_disk=DiskSpec(category="cloud_ssd")))

    assert disk_names(desk, **parameters) == expected


def test_disks_are_found_by_id_and_instance() -> None:
    desk = Desk(DB, InstanceSpec("web"))

    found = [
        disk_names(desk, DiskIds=json.dumps([desk.ecs.disks()[1].disk_id, "d-gone"])),
        disk_names(desk, InstanceId=desk.ids()[0]),
    ]

    assert found == [["data"], ["system", "data"]]


def test_a_disk_has_the_form_of_the_platform() -> None:
    desk = Desk(DB)

    entry = desk.ask("DescribeDisks", DiskType="data")["Disks"]["Disk"][0]

    facts = {
        "Status": "In_use",
        "Device": "/dev/xvdb",
        "Size": 200,
        "DeleteWithInstance": False,
        "ExpiredTime": "2999-09-08T16:00Z",
        "Tags": {"Tag": [{"TagKey": "keep", "TagValue": "yes"}]},
        "InstanceId": desk.instance_id,
        "Attachments": {
            "Attachment": [
                {
                    "AttachedTime": "2026-11-23T10:00:00Z",
                    "Device": "/dev/xvdb",
                    "InstanceId": desk.instance_id,
                }
            ]
        },
    }
    assert {key: entry[key] for key in facts} == facts


def test_a_disk_that_stayed_is_available_and_has_no_attachment() -> None:
    desk = Desk(DB)
    desk.ecs.release(desk.instance_id)

    entry = desk.ask("DescribeDisks")["Disks"]["Disk"][0]

    shown = entry["Status"], entry["InstanceId"], entry["Attachments"], entry["DetachedTime"]
    assert shown == ("Available", "", {"Attachment": []}, "2026-11-23T10:00:00Z")


def disk_entry(desk: Desk, disk_id: str) -> dict[str, object]:
    found = desk.ask("DescribeDisks", DiskIds=json.dumps([disk_id]))["Disks"]["Disk"]
    assert len(found) == 1
    entry: dict[str, object] = found[0]
    return entry


def test_a_disk_that_is_detached_is_available_and_outlives_its_instance() -> None:
    desk = Desk(InstanceSpec("db", data_disks=(DiskSpec(),)))
    _, data = desk.ecs.disks()
    desk.pass_time(60)

    desk.ecs.detach_disk(data.disk_id)
    desk.ecs.detach_disk(data.disk_id)  # it is already: nothing happens
    entry = disk_entry(desk, data.disk_id)
    desk.ecs.release(desk.instance_id)

    shown = {name: entry[name] for name in ("Status", "InstanceId", "Device", "Attachments")}
    assert shown == {
        "Status": "Available",
        "InstanceId": "",
        "Device": "",
        "Attachments": {"Attachment": []},
    }
    assert (entry["AttachedTime"], entry["DetachedTime"]) == (
        "2026-11-23T10:00:00Z",
        "2026-11-23T10:01:00Z",
    )
    assert [each.disk_id for each in desk.ecs.disks()] == [data.disk_id]


def test_a_disk_that_is_attached_again_shows_when() -> None:
    desk = Desk(InstanceSpec("db", data_disks=(DiskSpec(), DiskSpec())), InstanceSpec("other"))
    db, other = desk.ids()
    _, first, second = desk.ecs.disks(db)
    for disk in (first, second):
        desk.ecs.detach_disk(disk.disk_id)
    desk.ecs.attach_disk(first.disk_id, other)
    desk.ecs.detach_disk(first.disk_id)
    desk.pass_time(3600)

    desk.ecs.attach_disk(second.disk_id, db)
    desk.ecs.attach_disk(first.disk_id, db)
    entry = disk_entry(desk, first.disk_id)

    assert desk.ecs.instance(db).disk_ids[1:] == (second.disk_id, first.disk_id)
    assert desk.ecs.instance(other).disk_ids[1:] == ()
    assert (entry["AttachedTime"], entry["DetachedTime"]) == ("2026-11-23T11:00:00Z", "")
    assert (entry["Status"], entry["InstanceId"], entry["Device"]) == ("In_use", db, "/dev/xvdc")
    assert disk_names(desk, InstanceId=db) == ["system", "data", "data"]


def test_a_system_disk_comes_back_to_the_first_place() -> None:
    desk = Desk(DB)
    system, data = desk.ecs.disks()

    desk.ecs.detach_disk(system.disk_id)
    desk.ecs.attach_disk(system.disk_id, desk.instance_id)

    assert desk.instance.disk_ids == (system.disk_id, data.disk_id)
    assert disk_entry(desk, system.disk_id)["Device"] == "/dev/xvda"


def test_a_snapshot_goes_on_while_its_disk_is_detached() -> None:
    desk = Desk(DB)
    _, data = desk.ecs.disks()
    desk.ask("CreateSnapshot", DiskId=data.disk_id)

    desk.ecs.detach_disk(data.disk_id)
    desk.pass_time(10)

    assert [each.status.value for each in desk.ecs.snapshots(data.disk_id)] == ["accomplished"]


def test_a_disk_goes_only_where_it_can() -> None:
    far = InstanceSpec("far", zone="cn-hangzhou-i")
    full = InstanceSpec("full", data_disks=(DiskSpec(),) * 16)
    desk = Desk(DB, InstanceSpec("web"), far, full)
    db, web, far_id, full_id = desk.ids()
    system, data = desk.ecs.disks(db)

    with pytest.raises(ValueError, match=f"{data.disk_id} is attached to {db}"):
        desk.ecs.attach_disk(data.disk_id, web)
    for each in (system, data):
        desk.ecs.detach_disk(each.disk_id)
    with pytest.raises(ValueError, match=r"is in cn-hangzhou-h, .* in cn-hangzhou-i"):
        desk.ecs.attach_disk(data.disk_id, far_id)
    with pytest.raises(ValueError, match=f"{web} has a system disk already"):
        desk.ecs.attach_disk(system.disk_id, web)
    with pytest.raises(ValueError, match=f"{full_id} has 16 data disks already"):
        desk.ecs.attach_disk(data.disk_id, full_id)
    with pytest.raises(KeyError, match="d-gone"):
        desk.ecs.detach_disk("d-gone")
    with pytest.raises(KeyError, match="i-gone"):
        desk.ecs.attach_disk(data.disk_id, "i-gone")


@pytest.mark.parametrize(("asked", "shown"), [("1", 10), ("300", 300), ("9999", 350)])
def test_a_page_of_disks_is_10_to_500(asked: str, shown: int) -> None:
    desk = Desk(*(InstanceSpec(f"web-{number}") for number in range(350)))

    assert len(disk_names(desk, MaxResults=asked)) == shown


@pytest.mark.parametrize(
    ("parameters", "refusal"),
    [
        ({"DiskType": "floppy"}, (400, "InvalidDiskType.ValueNotSupported")),
        ({"Status": "Lost"}, (400, "InvalidStatus.ValueNotSupported")),
        ({"DiskIds": "d-1"}, (400, "InvalidParameter.DiskIds")),
        (
            {"DiskIds": json.dumps([f"d-{n}" for n in range(101)])},
            (403, "InvalidDiskIds.Malformed"),
        ),
        ({"LockReason": "recycling"}, (400, "UnsupportedParameter")),
        ({"DryRun": "true"}, (400, "DryRunOperation")),
    ],
    ids=str,
)
def test_a_wrong_question_about_disks_is_refused(
    parameters: dict[str, str], refusal: tuple[int, str]
) -> None:
    assert Desk(DB).refusal("DescribeDisks", **parameters) == refusal
