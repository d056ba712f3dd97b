"""What instances and disks show, in the forms that answers of ECS were seen to have."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from local.ecs.account.catalog import DISK_CATEGORIES, INSTANCE_TYPES
from local.ecs.account.model import LockReason, NetworkType
from local.ecs.account.os_names import OsName, os_name
from local.ecs.account.regions import resource_id
from local.ecs.fleet.fleet import DiskSpec, InstanceSpec
from tests.harness.desk import Desk, names


def shown(*specs: InstanceSpec) -> dict[str, Any]:
    answer = Desk(*specs).ask("DescribeInstances")
    row: dict[str, Any] = answer["Instances"]["Instance"][0]
    return row


def disks(*specs: InstanceSpec) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = Desk(*specs).ask("DescribeDisks")["Disks"]["Disk"]
    return rows


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("ecs.g7.large", "ecs.g7"),
        ("ecs.t6-c1m1.large", "ecs.t6"),
        ("ecs.e-c1m2.large", "ecs.e"),
        ("ecs.gn6i-c4g1.xlarge", "ecs.gn6i"),
        ("ecs.t5-lc2m1.nano", "ecs.t5"),
        ("ecs.ebmg6e-2i.26xlarge", "ecs.ebmg6e-2i"),
    ],
)
def test_a_family_has_no_ratio_in_its_name(name: str, family: str) -> None:
    assert replace(INSTANCE_TYPES["ecs.g7.large"], name=name).family == family


def test_burstable_types_have_credits_and_no_numa() -> None:
    facts = [
        (row["CreditSpecification"], row["CpuOptions"]["Numa"])
        for row in (
            shown(InstanceSpec(instance_type="ecs.t6-c1m1.large")),
            shown(InstanceSpec(instance_type="ecs.g7.large")),
            shown(InstanceSpec(instance_type="ecs.g7.xlarge")),
            shown(InstanceSpec(instance_type="ecs.gn6i-c4g1.xlarge")),
        )
    ]

    assert facts == [("Standard", ""), ("", "ON"), ("", "N/A"), ("", "")]


def test_an_elastic_address_takes_the_charge_type_from_its_instance() -> None:
    bound, free = shown(InstanceSpec(has_eip=True)), shown(InstanceSpec())
    desk = Desk(InstanceSpec(has_eip=True))
    attribute = desk.ask("DescribeInstanceAttribute", InstanceId=desk.instance_id)

    assert (bound["InternetChargeType"], free["InternetChargeType"]) == ("", "PayByTraffic")
    eip = bound["EipAddress"]
    assert re.fullmatch(r"eip-bp1[a-z0-9]{18}", eip["AllocationId"])
    assert (eip["Bandwidth"], eip["IsSupportUnassociate"]) == (5, True)
    assert set(eip) - set(attribute["EipAddress"]) == {"IsSupportUnassociate"}


@pytest.mark.parametrize(
    ("kind", "length"), [("vpc", 21), ("vsw", 21), ("eip", 21), ("i", 20), ("d", 20), ("sg", 20)]
)
def test_ids_have_the_platforms_length(kind: str, length: int) -> None:
    assert len(resource_id(kind, "cn-hangzhou", "x").partition("-")[2]) == length


def test_a_host_name_is_not_made_of_the_instances_id() -> None:
    row = shown(InstanceSpec())

    assert re.fullmatch(r"iZbp1[a-z0-9]{17}Z", row["HostName"])
    assert row["InstanceId"].removeprefix("i-bp1") not in row["HostName"]


@pytest.mark.parametrize(
    ("image_id", "name"),
    [
        ("aliyun_3_x64_20G_alibase_20260815.vhd", "Alibaba Cloud Linux  3.2104 LTS"),
        ("m-bp1something", "Alibaba Cloud Linux  3.2104 LTS"),
        ("ubuntu_22_04_x64_20G_alibase_20260723.vhd", "Ubuntu  22.04"),
        ("centos_7_02_64_20G_alibase_20170818.vhd", "CentOS  7.2"),
        ("centos_7_9_x64_20G_alibase_20240403.vhd", "CentOS  7.9"),
        ("centos_stream_9_x64_20G_alibase_20240304.vhd", "CentOS Stream  9"),
        ("debian_12_1_x64_20G_alibase_20230816.vhd", "Debian  12.1"),
        ("aliyun_2_1903_x64_20G_alibase_20240628.vhd", "Aliyun Linux  2.1903"),
    ],
)
def test_a_system_is_named_after_its_image(image_id: str, name: str) -> None:
    row = shown(InstanceSpec(image_id=image_id))

    assert (row["OSName"], row["OSNameEn"]) == (f"{name} 64位", f"{name} 64 bit")
    assert row["OSType"] == "linux"


def test_systems_may_be_windows_or_boot_by_uefi() -> None:
    assert os_name("win2022_21H2_x64_dtc_zh-cn_40G_alibase_20260101.vhd") == OsName(
        "Windows Server  2022 数据中心版 64位中文版",
        "Windows Server  2022 Data Center Edition 64bit Chinese Edition",
        "windows",
    )
    assert os_name("ubuntu_22_04_uefi_x64_20G_alibase_20260101.vhd").zh == (
        "Ubuntu  22.04 64位 UEFI版"
    )


def test_times_of_another_zone_are_shown_in_utc() -> None:
    china = timezone(timedelta(hours=8))
    at = datetime(2026, 11, 24, 4, 30, tzinfo=china)
    spec = InstanceSpec(created_at=at, started_at=at, auto_release_at=at + timedelta(days=1))

    row, disk = shown(spec), disks(spec)[0]

    assert (row["CreationTime"], row["StartTime"], row["AutoReleaseTime"]) == (
        "2026-11-23T20:30Z",
        "2026-11-23T20:30Z",
        "2026-11-24T20:30Z",
    )
    assert disk["CreationTime"] == "2026-11-23T20:30:00Z"


def test_a_system_disk_shows_where_it_comes_from_and_can_be_taken_off() -> None:
    kept = DiskSpec(category="cloud_efficiency", auto_snapshot_policy_id="sp-1")
    spec = InstanceSpec(image_id="m-1", resource_group_id="rg-1", data_disks=(kept,))

    system, data = disks(spec)

    names = (
        "ImageId",
        "ResourceGroupId",
        "Portable",
        "PerformanceLevel",
        "EnableAutoSnapshot",
        "EnableAutomatedSnapshotPolicy",
        "Placement",
    )
    assert [system[each] for each in names] == ["m-1", "rg-1", True, "PL1", True, False, {}]
    assert [data[each] for each in names] == ["", "rg-1", True, "", True, True, {}]
    assert re.fullmatch(r"bp1[a-z0-9]{17}", system["SerialNumber"])
    assert system["SerialNumber"] not in system["DiskId"]


def test_only_a_category_that_bursts_says_whether_it_does() -> None:
    burst = DiskSpec(category="cloud_auto", bursting=True, provisioned_iops=500)

    essd, auto = disks(InstanceSpec(data_disks=(burst,)))

    assert "BurstingEnabled" not in essd
    assert (auto["BurstingEnabled"], auto["ProvisionedIops"], auto["IOPS"]) == (True, 500, 4300)


@pytest.mark.parametrize(
    ("category", "level", "size_gib", "expected"),
    [
        ("cloud_essd", "PL1", 40, (3800, 140)),
        ("cloud_essd", "PL1", 2000, (50_000, 350)),
        ("cloud_essd", "PL0", 40, (2280, 110)),
        ("cloud_essd", "PL0", 1000, (10_000, 180)),
        ("cloud_efficiency", "", 40, (2120, 106)),
        ("cloud_efficiency", "", 1000, (5000, 140)),
        ("cloud_auto", "", 10, (3000, 125)),
    ],
)
def test_a_disk_is_as_fast_as_the_platform_says(
    category: str, level: str, size_gib: int, expected: tuple[int, int]
) -> None:
    assert DISK_CATEGORIES[category].performs(size_gib, level) == expected


def test_disks_of_a_new_instance_are_attached_seconds_after_they_were_made() -> None:
    desk = Desk()
    desk.ask("RunInstances", ImageId="x.vhd", InstanceType="ecs.g7.large")
    desk.pass_time(60)

    row = desk.ask("DescribeDisks")["Disks"]["Disk"][0]

    assert (row["CreationTime"], row["AttachedTime"]) == (
        "2026-11-23T10:00:00Z",
        "2026-11-23T10:00:02Z",
    )
    assert row["Attachments"]["Attachment"][0]["AttachedTime"] == row["AttachedTime"]


def test_disks_of_a_fleet_were_attached_seconds_after_they_were_made() -> None:
    made = datetime(2026, 11, 1, tzinfo=timezone.utc)

    row = disks(InstanceSpec(created_at=made))[0]

    assert (row["CreationTime"], row["AttachedTime"]) == (
        "2026-11-01T00:00:00Z",
        "2026-11-01T00:00:05Z",
    )


def test_the_classic_network_has_no_vpc_and_no_interface() -> None:
    row = shown(InstanceSpec(network=NetworkType.CLASSIC))

    assert (row["VpcAttributes"]["VpcId"], row["VpcAttributes"]["VSwitchId"]) == ("", "")
    assert row["NetworkInterfaces"] == {"NetworkInterface": []}
    assert len(row["InnerIpAddress"]["IpAddress"]) == 1


def test_the_lock_of_what_is_reclaimed_has_a_capital_and_is_found_by_either_spelling() -> None:
    desk = Desk(InstanceSpec("spot", locks=(LockReason("recycling"),)), InstanceSpec("free"))

    row = desk.ask("DescribeInstances")["Instances"]["Instance"][0]

    assert row["OperationLocks"]["LockReason"] == [{"LockReason": "Recycling", "LockMsg": ""}]
    assert names(desk, LockReason="recycling") == names(desk, LockReason="Recycling") == ["spot"]
