"""Disks and snapshots as in ECS's responses.

Sources: DescribeDisks, DescribeSnapshots, API reference, and 17 real rows of 2024: what they show
    for a system disk in use is shown here, and nothing else.
"""

from __future__ import annotations

from datetime import datetime

from local.ecs.account.catalog import DISK_CATEGORIES
from local.ecs.account.model import ChargeType, Disk, Snapshot, SnapshotStatus
from local.ecs.account.regions import resource_id
from local.ecs.account.state import JsonObject
from local.ecs.rpc.memo import Memo
from local.ecs.rpc.render import tag_list, to_second

NEVER_EXPIRES = "2999-09-08T16:00Z"


def is_portable(disk: Disk) -> bool:
    """Whether it can be detached: every cloud disk, including system disks, but no local one."""
    return DISK_CATEGORIES[disk.category].can_be_snapshotted


def disk(shown: Disk) -> JsonObject:
    """One entry of DescribeDisks."""
    category = DISK_CATEGORIES[shown.category]
    iops, throughput = category.performs(shown.size_gib, shown.performance_level)
    post_paid = shown.charge_type is ChargeType.POST_PAID
    entry: JsonObject = {
        "AttachedTime": to_second(shown.attached_at),
        "Attachments": {"Attachment": _attachments(shown)},
        "AutoSnapshotPolicyId": shown.auto_snapshot_policy_id,
        "BdfId": "",
        "Category": shown.category,
        "CreationTime": to_second(shown.created_at),
        "DeleteAutoSnapshot": False,
        "DeleteWithInstance": shown.delete_with_instance,
        "Description": shown.description,
        "DetachedTime": to_second(shown.detached_at),
        "Device": shown.device,
        "DiskChargeType": shown.charge_type.value,
        "DiskId": shown.disk_id,
        "DiskName": shown.name,
        "EnableAutoSnapshot": True,
        "EnableAutomatedSnapshotPolicy": bool(shown.auto_snapshot_policy_id),
        "Encrypted": shown.encrypted,
        "ExpiredTime": NEVER_EXPIRES if post_paid else "",
        "IOPS": iops + shown.provisioned_iops,
        "ImageId": shown.image_id,
        "InstanceId": shown.instance_id,
        "KMSKeyId": shown.kms_key_id,
        "MultiAttach": "Disabled",
        "OperationLocks": {"OperationLock": []},
        "PerformanceLevel": shown.performance_level,
        "Placement": {},
        "Portable": is_portable(shown),
        "ProductCode": "",
        "RegionId": shown.region,
        "ResourceGroupId": shown.resource_group_id,
        "SerialNumber": serial_number(shown),
        "Size": shown.size_gib,
        "SourceSnapshotId": shown.source_snapshot_id,
        "Status": shown.status,
        "StorageClusterId": "",
        "StorageSetId": "",
        "Tags": tag_list(shown.tags),
        "Throughput": throughput,
        "Type": shown.kind.value,
        "ZoneId": shown.zone,
    }
    if category.can_burst:
        entry["BurstingEnabled"] = shown.bursting
        entry["ProvisionedIops"] = shown.provisioned_iops
    return entry


disk_entry = Memo(disk, key=lambda shown: shown.disk_id)


def serial_number(shown: Disk) -> str:
    """The serial number by which programs in a machine find the disk: 20 characters."""
    return resource_id("serial", shown.region, shown.disk_id).removeprefix("serial-")


def _attachments(shown: Disk) -> list[JsonObject]:
    if not shown.instance_id:
        return []
    return [
        {
            "AttachedTime": to_second(shown.attached_at),
            "Device": shown.device,
            "InstanceId": shown.instance_id,
        }
    ]


def snapshot(shown: Snapshot, now: datetime) -> JsonObject:
    """One entry of DescribeSnapshots."""
    progressing = shown.status is SnapshotStatus.PROGRESSING
    remaining = max(0, int((shown.ends_at - now).total_seconds())) if progressing else 0
    entry: JsonObject = {
        "Available": shown.status is SnapshotStatus.ACCOMPLISHED,
        "Category": "standard",
        "CreationTime": to_second(shown.began_at),
        "Description": shown.description,
        "Encrypted": False,
        "InstantAccess": False,
        "LastModifiedTime": to_second(shown.changed_at),
        "ProductCode": "",
        "Progress": f"{shown.percent(now)}%",
        "RegionId": shown.region,
        "RemainTime": remaining,
        "ResourceGroupId": "",
        "SnapshotId": shown.snapshot_id,
        "SnapshotName": shown.name,
        "SnapshotType": "user",
        "SourceDiskId": shown.disk_id,
        "SourceDiskSize": str(shown.disk_size_gib),
        "SourceDiskType": shown.disk_kind.value,
        "Status": shown.status.value,
        "Tags": tag_list(shown.tags),
        "Usage": "none",
    }
    if shown.retention_days:
        entry["RetentionDays"] = shown.retention_days
    return entry
