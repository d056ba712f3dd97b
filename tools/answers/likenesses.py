"""The account that a recorded list shows: instances, disks and events like those of its rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from local.ecs.account.catalog import DISK_CATEGORIES, INSTANCE_TYPES
from local.ecs.account.model import (
    ChargeType,
    InternetChargeType,
    LockReason,
    NetworkType,
    SpotStrategy,
    Status,
    StoppedMode,
)
from local.ecs.fleet.fleet import DEFAULT_IMAGE, DiskSpec, InstanceSpec
from tools.answers.recordings import Json

Row = Mapping[str, Json]


def instance(row: Row) -> InstanceSpec:
    """An instance like the one that a row of DescribeInstances shows."""
    charge_type = ChargeType(row.get("InstanceChargeType") or "PostPaid")
    vpc = row.get("VpcAttributes") or {}
    more: dict[str, Any] = {
        "zone": row.get("ZoneId", ""),
        "created_at": _time(row.get("CreationTime")),
        "started_at": _time(row.get("StartTime")),
        "expires_at": _time(row.get("ExpiredTime")) if charge_type is ChargeType.PRE_PAID else None,
        "auto_release_at": _time(row.get("AutoReleaseTime")),
        "has_public_ip": bool(_addresses(row, "PublicIpAddress")),
        "has_eip": bool((row.get("EipAddress") or {}).get("IpAddress")),
        "host_name": row.get("HostName", ""),
        "security_group_ids": tuple((row.get("SecurityGroupIds") or {}).get("SecurityGroupId", ())),
        "vpc_id": vpc.get("VpcId", ""),
        "vswitch_id": vpc.get("VSwitchId", ""),
        "internet_charge_type": InternetChargeType(
            row.get("InternetChargeType") or InternetChargeType.BY_TRAFFIC
        ),
        "bandwidth_in": row.get("InternetMaxBandwidthIn", -1),
        "bandwidth_out": row.get("InternetMaxBandwidthOut", 0),
        "spot_strategy": SpotStrategy(row.get("SpotStrategy") or "NoSpot"),
        "stopped_mode": StoppedMode(row.get("StoppedMode") or "Not-applicable"),
        "network": NetworkType(row.get("InstanceNetworkType") or "vpc"),
        "deletion_protection": bool(row.get("DeletionProtection", False)),
    }
    return InstanceSpec(
        name=row.get("InstanceName", ""),
        region=row["RegionId"],
        instance_type=_type_like(row),
        image_id=row.get("ImageId") or DEFAULT_IMAGE,
        status=Status(row.get("Status", "Running")),
        description=row.get("Description", ""),
        key_pair=row.get("KeyPairName", ""),
        resource_group_id=row.get("ResourceGroupId", ""),
        charge_type=charge_type,
        tags=_tags(row),
        locks=tuple(
            LockReason(lock["LockReason"])
            for lock in (row.get("OperationLocks") or {}).get("LockReason", ())
        ),
        **more,
    )


def with_disk(row: Row) -> InstanceSpec:
    """An instance whose last disk is like the one that a row of DescribeDisks shows."""
    disk = DiskSpec(
        size_gib=row.get("Size", 40),
        category=_category_like(row.get("Category", "")),
        delete_with_instance=bool(row.get("DeleteWithInstance", True)),
        name=row.get("DiskName", ""),
        tags=_tags(row),
        description=row.get("Description", ""),
        performance_level=row.get("PerformanceLevel", ""),
        source_snapshot_id=row.get("SourceSnapshotId", ""),
        encrypted=bool(row.get("Encrypted", False)),
        auto_snapshot_policy_id=row.get("AutoSnapshotPolicyId", ""),
    )
    is_data = row.get("Type") == "data"
    return InstanceSpec(
        region=row.get("RegionId", "cn-hangzhou"),
        zone=row.get("ZoneId", ""),
        resource_group_id=row.get("ResourceGroupId", ""),
        image_id=row.get("ImageId") or DEFAULT_IMAGE,
        created_at=_time(row.get("CreationTime")),
        system_disk=DiskSpec() if is_data else disk,
        data_disks=(disk,) if is_data else (),
    )


def _type_like(row: Row) -> str:
    """The type itself, or one that has what it has."""
    name: str = row["InstanceType"]
    if name in INSTANCE_TYPES:
        return name
    if row.get("GPUAmount"):
        return "ecs.gn6i-c4g1.xlarge"
    if row.get("LocalStorageAmount"):
        return "ecs.i3.xlarge"
    if name.startswith("ecs.ebm"):
        return next(known for known in INSTANCE_TYPES if known.startswith("ecs.ebm"))
    return "ecs.t6-c1m1.large" if name.startswith("ecs.t") else "ecs.g7.large"


def _category_like(name: str) -> str:
    return name if name in DISK_CATEGORIES else "local_ssd_pro"


def _addresses(row: Row, name: str) -> list[str]:
    found: list[str] = (row.get(name) or {}).get("IpAddress") or []
    return found


def _tags(row: Row) -> dict[str, str]:
    tags = (row.get("Tags") or {}).get("Tag") or []
    return {tag["TagKey"]: tag["TagValue"] for tag in tags}


def _time(text: str | None) -> datetime | None:
    if not text:
        return None
    form = "%Y-%m-%dT%H:%M:%SZ" if text.count(":") > 1 else "%Y-%m-%dT%H:%MZ"
    return datetime.strptime(text, form).replace(tzinfo=timezone.utc)
