"""Instances as in ECS's responses: its names, its nesting, its ways of omitting values.

Sources: DescribeInstances, DescribeInstanceAttribute, API reference, and answers seen in the wild
(43 rows of 2024): ``AutoReleaseTime`` is "" when unset, ``Tags`` and ``LocalStorage…`` are absent
when there are none, times are to the minute. What the emulator does not model (network interfaces,
serial numbers) is made from the instance's id.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import datetime, timezone

from local.ecs.account.catalog import INSTANCE_TYPES
from local.ecs.account.model import Instance, NetworkType, SpotStrategy
from local.ecs.account.network import (
    address_in,
    default_network,
    groups_of,
    vpc_of,
    vswitch_of,
)
from local.ecs.account.os_names import OsName, os_name
from local.ecs.account.regions import fingerprint, resource_id
from local.ecs.account.state import JsonObject
from local.ecs.rpc.memo import REMEMBERED, Memo

NEVER_EXPIRES = "2099-12-31T15:59Z"

_SAME_FOR_ALL: JsonObject = {
    "DedicatedHostAttribute": {
        "DedicatedHostClusterId": "",
        "DedicatedHostId": "",
        "DedicatedHostName": "",
    },
    "DedicatedInstanceAttribute": {"Affinity": "", "Tenancy": ""},
    "DeviceAvailable": True,
    "EcsCapacityReservationAttr": {
        "CapacityReservationId": "",
        "CapacityReservationPreference": "",
    },
    "HibernationOptions": {"Configured": False},
    "ImageOptions": {},
    "IoOptimized": True,
    "Recyclable": False,
    "SaleCycle": "",
}
"""What DescribeInstances shows for every instance."""
DEFAULT_EIP_BANDWIDTH = 5
"""The bandwidth of an elastic address in Mbit/s."""
_NO_EIP: JsonObject = {"AllocationId": "", "InternetChargeType": "", "IpAddress": ""}


def to_minute(moment: datetime | None, absent: str = "") -> str:
    """``yyyy-MM-ddTHH:mmZ``, of a time in any zone."""
    return f"{moment.astimezone(timezone.utc).isoformat()[:16]}Z" if moment else absent


def to_second(moment: datetime | None) -> str:
    """``yyyy-MM-ddTHH:mm:ssZ``, of a time in any zone, or nothing."""
    return f"{moment.astimezone(timezone.utc).isoformat()[:19]}Z" if moment else ""


def tag_list(tags: Mapping[str, str]) -> JsonObject:
    """Tags as lists show them."""
    return {"Tag": [{"TagKey": key, "TagValue": value} for key, value in tags.items()]}


def shown_vpc(shown: Instance) -> str:
    """The VPC that the instance is in; "" in the classic network."""
    if shown.network is NetworkType.CLASSIC:
        return ""
    return vpc_of(shown)


def shown_vswitch(shown: Instance) -> str:
    """The vSwitch that the instance is in; "" in the classic network."""
    if shown.network is NetworkType.CLASSIC:
        return ""
    return vswitch_of(shown)


def shown_groups(shown: Instance) -> tuple[str, ...]:
    """The security groups that the instance is in: the region's own unless it names some."""
    return groups_of(shown)


def private_ip(shown: Instance) -> str:
    """The instance's address in its VPC."""
    if shown.private_ip:
        return shown.private_ip
    return address_in(default_network(shown.region, shown.zone), shown.instance_id)


def instance(shown: Instance) -> JsonObject:
    """One entry of DescribeInstances."""
    kind = INSTANCE_TYPES[shown.instance_type]
    system = OsName(*shown.os_names) if shown.os_names else os_name(shown.image_id)
    entry = {
        # Ahead of PublicIpAddress, as ECS sends it: footmark (Ansible's modules) relies on that.
        "EipAddress": _elastic_address(shown),
        **_SAME_FOR_ALL,
        **_common(shown),
        "AutoReleaseTime": to_minute(shown.auto_release_at),
        "CreationTime": to_minute(shown.created_at),
        "CpuOptions": {"CoreCount": max(1, kind.cpu // 2), "Numa": kind.numa, "ThreadsPerCore": 2},
        "DeletionProtection": shown.deletion_protection,
        "DeploymentSetId": shown.deployment_set_id,
        "GPUAmount": kind.gpu_amount,
        "GPUSpec": kind.gpu_spec,
        "InstanceTypeFamily": kind.family,
        "MetadataOptions": {
            "HttpEndpoint": shown.http_endpoint,
            "HttpTokens": shown.http_tokens,
        },
        "NetworkInterfaces": _interfaces(shown),
        "OSName": system.zh,
        "OSNameEn": system.en,
        "OSType": system.kind,
        "OperationLocks": {
            "LockReason": [{"LockReason": lock.value, "LockMsg": ""} for lock in shown.locks]
        },
        "ResourceGroupId": shown.resource_group_id,
        "SpotPriceLimit": shown.spot_price_limit,
        "SpotStrategy": shown.spot_strategy.value,
        "StartTime": to_minute(shown.started_at),
    }
    if shown.tags:
        entry["Tags"] = tag_list(shown.tags)
    if kind.local_disks:
        entry["LocalStorageAmount"] = kind.local_disks
        entry["LocalStorageCapacity"] = kind.local_disk_gib
    if shown.spot_strategy is not SpotStrategy.NO_SPOT:  # unverified: none was seen
        entry["SpotDuration"] = shown.spot_duration
        entry["SpotInterruptionBehavior"] = "Terminate"
    if shown.key_pair:
        entry["KeyPairName"] = shown.key_pair
    return entry


def instance_attribute(shown: Instance) -> JsonObject:
    """DescribeInstanceAttribute's response: flat, without AutoReleaseTime, tags, protection."""
    return {
        **_common(shown),
        "CreationTime": to_second(shown.created_at),
        "DedicatedHostAttribute": {"DedicatedHostId": "", "DedicatedHostName": ""},
        "EipAddress": _without(_elastic_address(shown), "IsSupportUnassociate"),
        "EnableJumboFrame": False,
        "IoOptimized": "optimized",
        "OperationLocks": {"LockReason": [{"LockReason": lock.value} for lock in shown.locks]},
    }


instance_entry = Memo(instance, key=lambda shown: shown.instance_id)


def _common(shown: Instance) -> JsonObject:
    """What both DescribeInstances and DescribeInstanceAttribute show."""
    kind = INSTANCE_TYPES[shown.instance_type]
    return {
        **_addresses(shown),
        "ClusterId": "",
        "Cpu": kind.cpu,
        "CreditSpecification": shown.credit_specification
        or ("Standard" if kind.is_burstable else ""),
        "Description": shown.description,
        "ExpiredTime": to_minute(shown.expires_at, NEVER_EXPIRES),
        "ImageId": shown.image_id,
        "InstanceChargeType": shown.charge_type.value,
        "InstanceId": shown.instance_id,
        "InstanceName": shown.name,
        "InstanceNetworkType": shown.network.value,
        "InstanceType": shown.instance_type,
        # With an elastic address it is that address's: 4 of 4 rows.
        "InternetChargeType": "" if shown.eip else shown.internet_charge_type.value,
        "InternetMaxBandwidthIn": shown.bandwidth_in,
        "InternetMaxBandwidthOut": shown.bandwidth_out,
        "Memory": kind.memory_mib,
        "PublicIpAddress": {"IpAddress": [shown.public_ip] if shown.public_ip else []},
        "RegionId": shown.region,
        "Status": shown.status.value,
        "StoppedMode": shown.shown_stopped_mode.value,
        "VlanId": "",
        "ZoneId": shown.zone,
    }


def _elastic_address(shown: Instance) -> JsonObject:
    if not shown.eip:
        return _NO_EIP
    return {
        "AllocationId": resource_id("eip", shown.region, shown.eip),
        "Bandwidth": DEFAULT_EIP_BANDWIDTH,
        "InternetChargeType": "PayByTraffic",
        "IpAddress": shown.eip,
        "IsSupportUnassociate": True,
    }


def _without(fields: JsonObject, name: str) -> JsonObject:
    return {key: value for key, value in fields.items() if key != name}


def _addresses(shown: Instance) -> JsonObject:
    """Where an instance is, and what it is called there."""
    in_vpc = shown.network is NetworkType.VPC
    address, digits = private_ip(shown), _digits(shown.instance_id)
    return {
        "HostName": shown.host_name or _host_name(shown),
        "InnerIpAddress": {"IpAddress": [] if in_vpc else [address]},
        "SecurityGroupIds": {"SecurityGroupId": list(shown_groups(shown))},
        "SerialNumber": "-".join(
            (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
        ),
        "VpcAttributes": {
            "NatIpAddress": "",
            "PrivateIpAddress": {"IpAddress": [address] if in_vpc else []},
            "VSwitchId": shown_vswitch(shown),
            "VpcId": shown_vpc(shown),
        },
    }


def _host_name(shown: Instance) -> str:
    """``iZbp1…Z``; its digits are not those of the instance's id."""
    return f"iZ{resource_id('host', shown.region, shown.instance_id).removeprefix('host-')}Z"


def _interfaces(shown: Instance) -> JsonObject:
    if shown.network is NetworkType.CLASSIC:
        return {"NetworkInterface": []}
    address, digits = private_ip(shown), _digits(shown.instance_id)
    mac = f"{digits[:2]}:{digits[2:4]}:{digits[4:6]}"
    return {
        "NetworkInterface": [
            {
                "MacAddress": f"00:16:3e:{mac}",
                "NetworkInterfaceId": resource_id("eni", shown.region, shown.instance_id),
                "PrimaryIpAddress": address,
                "PrivateIpSets": {"PrivateIpSet": [{"Primary": True, "PrivateIpAddress": address}]},
                "Type": "Primary",
            }
        ]
    }


@functools.lru_cache(maxsize=REMEMBERED)
def _digits(instance_id: str) -> str:
    """32 hexadecimal digits, the source of values that are not modelled."""
    return f"{fingerprint(instance_id):032x}"
