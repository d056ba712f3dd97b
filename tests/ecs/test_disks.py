"""Disks as they are listed."""

from __future__ import annotations

import json

import pytest

from local.ecs.fleet import DiskSpec, InstanceSpec
from tests.ecs.desk import DB, Desk, disk_names


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
        ({"Portable": "True"}, ["data"]),
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
        ({"SnapshotId": "s-1"}, (400, "UnsupportedParameter")),
        ({"DryRun": "true"}, (400, "DryRunOperation")),
    ],
    ids=str,
)
def test_a_wrong_question_about_disks_is_refused(
    parameters: dict[str, str], refusal: tuple[int, str]
) -> None:
    assert Desk(DB).refusal("DescribeDisks", **parameters) == refusal
