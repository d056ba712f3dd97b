"""Resources as ECS's answers show them: its names, its nesting, its ways of saying nothing.

Sources: DescribeInstances, DescribeDisks, DescribeSnapshots, API reference, and answers seen in
the wild: ``AutoReleaseTime`` is "" when unset, ``Tags`` and ``LocalStorage…`` of an instance are
absent when it has none, times are to the minute. What the emulator does not model (network
interfaces, serial numbers) is made from the instance's id.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import datetime

from local.ecs.account.catalog import INSTANCE_TYPES
from local.ecs.account.model import (
    ChargeType,
    Disk,
    Instance,
    NetworkType,
    Snapshot,
    SnapshotStatus,
)
from local.ecs.account.regions import fingerprint, resource_id
from local.ecs.account.state import JsonObject
from local.ecs.rpc.memo import REMEMBERED, Memo

NEVER_EXPIRES = "2099-12-31T15:59Z"
DISK_NEVER_EXPIRES = "2999-09-08T16:00Z"

_SAME_FOR_ALL: JsonObject = {
    "CreditSpecification": "",
    "DedicatedHostAttribute": {
        "DedicatedHostClusterId": "",
        "DedicatedHostId": "",
        "DedicatedHostName": "",
    },
    "DedicatedInstanceAttribute": {"Affinity": "", "Tenancy": ""},
    "DeploymentSetId": "",
    "DeviceAvailable": True,
    "EcsCapacityReservationAttr": {
        "CapacityReservationId": "",
        "CapacityReservationPreference": "",
    },
    "HibernationOptions": {"Configured": False},
    "ImageOptions": {},
    "IoOptimized": True,
    "MetadataOptions": {"HttpEndpoint": "", "HttpTokens": ""},
    "OSName": "Alibaba Cloud Linux 3.2104 LTS 64位",
    "OSNameEn": "Alibaba Cloud Linux 3.2104 LTS 64 bit",
    "OSType": "linux",
    "Recyclable": False,
    "SaleCycle": "",
    "SpotPriceLimit": 0.0,
}
"""What DescribeInstances shows of every instance alike."""
_NO_EIP = {"AllocationId": "", "InternetChargeType": "", "IpAddress": ""}


def to_minute(moment: datetime | None, absent: str = "") -> str:
    """``yyyy-MM-ddTHH:mmZ``."""
    return f"{moment.isoformat()[:16]}Z" if moment else absent


def to_second(moment: datetime | None) -> str:
    """``yyyy-MM-ddTHH:mm:ssZ``, or nothing."""
    return f"{moment.isoformat()[:19]}Z" if moment else ""


def tag_list(tags: Mapping[str, str]) -> JsonObject:
    """Tags as lists show them."""
    return {"Tag": [{"TagKey": key, "TagValue": value} for key, value in tags.items()]}


@functools.cache
def vpc_id(region: str) -> str:
    """The one VPC of a region."""
    return resource_id("vpc", region)


@functools.cache
def vswitch_id(region: str, zone: str) -> str:
    """The one vSwitch of a zone."""
    return resource_id("vsw", region, zone)


@functools.cache
def security_group_id(region: str) -> str:
    """The one security group of a region."""
    return resource_id("sg", region)


def private_ip(instance_id: str) -> str:
    """The instance's address in its VPC."""
    digits = _digits(instance_id)
    return f"172.16.{int(digits[:2], 16)}.{1 + int(digits[2:4], 16) % 254}"


def instance(shown: Instance) -> JsonObject:
    """One entry of DescribeInstances."""
    kind = INSTANCE_TYPES[shown.instance_type]
    entry = {
        **_SAME_FOR_ALL,
        **_common(shown),
        "AutoReleaseTime": to_minute(shown.auto_release_at),
        "CreationTime": to_minute(shown.created_at),
        "CpuOptions": {"CoreCount": max(1, kind.cpu // 2), "Numa": "ON", "ThreadsPerCore": 2},
        "DeletionProtection": shown.deletion_protection,
        "GPUAmount": kind.gpu_amount,
        "GPUSpec": kind.gpu_spec,
        "InstanceTypeFamily": kind.family,
        "NetworkInterfaces": _interfaces(shown.instance_id, shown.region, shown.network),
        "OperationLocks": {
            "LockReason": [{"LockReason": lock.value, "LockMsg": ""} for lock in shown.locks]
        },
        "ResourceGroupId": shown.resource_group_id,
        "SpotStrategy": shown.spot_strategy.value,
        "StartTime": to_minute(shown.started_at),
    }
    if shown.tags:
        entry["Tags"] = tag_list(shown.tags)
    if kind.local_disks:
        entry["LocalStorageAmount"] = kind.local_disks
        entry["LocalStorageCapacity"] = kind.local_disk_gib
    if shown.key_pair:
        entry["KeyPairName"] = shown.key_pair
    return entry


def instance_attribute(shown: Instance) -> JsonObject:
    """The answer of DescribeInstanceAttribute: flat, without AutoReleaseTime, tags, protection."""
    return {
        **_common(shown),
        "CreationTime": to_second(shown.created_at),
        "CreditSpecification": "",
        "DedicatedHostAttribute": {"DedicatedHostId": "", "DedicatedHostName": ""},
        "EnableJumboFrame": False,
        "IoOptimized": "optimized",
        "OperationLocks": {"LockReason": [{"LockReason": lock.value} for lock in shown.locks]},
    }


def disk(shown: Disk) -> JsonObject:
    """One entry of DescribeDisks."""
    attachments = []
    if shown.instance_id:
        attachments = [
            {
                "AttachedTime": to_second(shown.attached_at),
                "Device": shown.device,
                "InstanceId": shown.instance_id,
            }
        ]
    post_paid = shown.charge_type is ChargeType.POST_PAID
    return {
        "AttachedTime": to_second(shown.attached_at),
        "Attachments": {"Attachment": attachments},
        "AutoSnapshotPolicyId": "",
        "BdfId": "",
        "BurstingEnabled": False,
        "Category": shown.category,
        "CreationTime": to_second(shown.created_at),
        "DeleteAutoSnapshot": False,
        "DeleteWithInstance": shown.delete_with_instance,
        "Description": "",
        "DetachedTime": to_second(shown.detached_at),
        "Device": shown.device,
        "DiskChargeType": shown.charge_type.value,
        "DiskId": shown.disk_id,
        "DiskName": shown.name,
        "EnableAutoSnapshot": False,
        "Encrypted": False,
        "ExpiredTime": DISK_NEVER_EXPIRES if post_paid else "",
        "ImageId": "",
        "InstanceId": shown.instance_id,
        "KMSKeyId": "",
        "MultiAttach": "Disabled",
        "OperationLocks": {"OperationLock": []},
        "Portable": shown.kind.value == "data",
        "ProductCode": "",
        "RegionId": shown.region,
        "ResourceGroupId": "",
        "Size": shown.size_gib,
        "SourceSnapshotId": "",
        "Status": shown.status,
        "Tags": tag_list(shown.tags),
        "Type": shown.kind.value,
        "ZoneId": shown.zone,
    }


instance_entry = Memo(instance, key=lambda shown: shown.instance_id)
disk_entry = Memo(disk, key=lambda shown: shown.disk_id)


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


def _common(shown: Instance) -> JsonObject:
    """What DescribeInstances and DescribeInstanceAttribute show alike."""
    kind = INSTANCE_TYPES[shown.instance_type]
    return {
        **_addresses(shown.instance_id, shown.region, shown.zone, shown.network),
        "ClusterId": "",
        "Cpu": kind.cpu,
        "Description": shown.description,
        "EipAddress": _elastic_address(shown) if shown.eip else _NO_EIP,
        "ExpiredTime": to_minute(shown.expires_at, NEVER_EXPIRES),
        "ImageId": shown.image_id,
        "InstanceChargeType": shown.charge_type.value,
        "InstanceId": shown.instance_id,
        "InstanceName": shown.name,
        "InstanceNetworkType": shown.network.value,
        "InstanceType": shown.instance_type,
        "InternetChargeType": "PayByTraffic",
        "InternetMaxBandwidthIn": -1,
        "InternetMaxBandwidthOut": 100 if shown.public_ip or shown.former_public_ip else 0,
        "Memory": kind.memory_mib,
        "PublicIpAddress": {"IpAddress": [shown.public_ip] if shown.public_ip else []},
        "RegionId": shown.region,
        "Status": shown.status.value,
        "StoppedMode": shown.shown_stopped_mode.value,
        "VlanId": "",
        "ZoneId": shown.zone,
    }


def _elastic_address(shown: Instance) -> JsonObject:
    return {
        "AllocationId": resource_id("eip", shown.region, shown.eip),
        "InternetChargeType": "PayByTraffic",
        "IpAddress": shown.eip,
    }


@functools.lru_cache(maxsize=REMEMBERED)
def _addresses(instance_id: str, region: str, zone: str, network: NetworkType) -> JsonObject:
    """What follows from where an instance is, for as long as it is."""
    in_vpc = network is NetworkType.VPC
    address, digits = private_ip(instance_id), _digits(instance_id)
    return {
        "HostName": f"iZ{instance_id.removeprefix('i-')}Z",
        "InnerIpAddress": {"IpAddress": [] if in_vpc else [address]},
        "SecurityGroupIds": {"SecurityGroupId": [security_group_id(region)]},
        "SerialNumber": "-".join(
            (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
        ),
        "VpcAttributes": {
            "NatIpAddress": "",
            "PrivateIpAddress": {"IpAddress": [address] if in_vpc else []},
            "VSwitchId": vswitch_id(region, zone) if in_vpc else "",
            "VpcId": vpc_id(region) if in_vpc else "",
        },
    }


@functools.lru_cache(maxsize=REMEMBERED)
def _interfaces(instance_id: str, region: str, network: NetworkType) -> JsonObject:
    if network is NetworkType.CLASSIC:
        return {"NetworkInterface": []}
    address, digits = private_ip(instance_id), _digits(instance_id)
    mac = f"{digits[:2]}:{digits[2:4]}:{digits[4:6]}:{digits[6:8]}"
    return {
        "NetworkInterface": [
            {
                "MacAddress": f"00:16:{mac}",
                "NetworkInterfaceId": resource_id("eni", region, instance_id),
                "PrimaryIpAddress": address,
                "PrivateIpSets": {"PrivateIpSet": [{"Primary": True, "PrivateIpAddress": address}]},
                "Type": "Primary",
            }
        ]
    }


@functools.lru_cache(maxsize=REMEMBERED)
def _digits(instance_id: str) -> str:
    """32 hexadecimal digits, from which what is not modelled is made."""
    return f"{fingerprint(instance_id):032x}"
