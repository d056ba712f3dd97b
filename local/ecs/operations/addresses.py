"""Network interfaces, elastic addresses, and an instance's own public one.

Sources: DescribeNetworkInterfaces, AllocatePublicIpAddress, ECS API reference;
DescribeEipAddresses, EIP API reference. Each instance in a VPC has its primary interface; elastic
addresses are those that instances have from their fleet.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from local.ecs.account.model import Instance, LockReason, NetworkType, Status
from local.ecs.account.network import groups_of, vpc_of, vswitch_of
from local.ecs.account.regions import public_address, resource_id
from local.ecs.account.state import JsonObject
from local.ecs.products import Product
from local.ecs.rpc import render
from local.ecs.rpc.instance_ids import one_instance
from local.ecs.rpc.request import Operation, Request
from local.ecs.rpc.table import Listing, listed

LARGEST_ENI_PAGE = 500


def allocate_public_ip_address(request: Request) -> JsonObject:
    """Give an instance its own public address, immediately.

    Raises:
        EcsError: no such instance, it has one or has no public bandwidth, is passing from one
            status to another, or is locked for security.
    """
    instance, reference = one_instance(request), request.reference
    if instance.is_locked(LockReason.SECURITY):
        raise reference.error("InstanceLockedForSecurity")
    if instance.deleting or instance.status not in {Status.RUNNING, Status.STOPPED}:
        raise reference.error("IncorrectInstanceStatus")
    if instance.public_ip or instance.former_public_ip:
        raise reference.error("AllocatedAlready")
    if instance.bandwidth_out == 0:
        raise reference.error("AllocateIpInvalidInstanceBandwidth")
    address = public_address(instance.instance_id)
    request.state.put(replace(instance, public_ip=address))
    return {"IpAddress": address}


def _with_interface(request: Request, region: str) -> Iterator[tuple[int, Instance]]:
    for position, instance in request.state.instances.walk(region):
        if instance.network is NetworkType.VPC:
            yield position, instance


def _interface_id(instance: Instance) -> str:
    return resource_id("eni", instance.region, instance.instance_id)


def _show_interface(request: Request, instance: Instance) -> JsonObject:
    (shown,) = render.instance_entry(instance)["NetworkInterfaces"]["NetworkInterface"]
    address = shown["PrimaryIpAddress"]
    public = {"PublicIpAddress": instance.public_ip} if instance.public_ip else {}
    return {
        "AssociatedPublicIp": public,
        "CreationTime": render.to_second(instance.created_at),
        "Description": "",
        "InstanceId": instance.instance_id,
        "Ipv6Sets": {"Ipv6Set": []},
        "MacAddress": shown["MacAddress"],
        "NetworkInterfaceId": shown["NetworkInterfaceId"],
        "NetworkInterfaceName": "",
        "OwnerId": request.caller.account_id,
        "PrivateIpAddress": address,
        "PrivateIpSets": {
            "PrivateIpSet": [
                {"AssociatedPublicIp": public, "Primary": True, "PrivateIpAddress": address}
            ]
        },
        "ResourceGroupId": instance.resource_group_id,
        "SecurityGroupIds": {"SecurityGroupId": list(groups_of(instance))},
        "ServiceManaged": False,
        "Status": "InUse",
        "Tags": render.tag_list({}),
        "Type": "Primary",
        "VSwitchId": vswitch_of(instance),
        "VpcId": vpc_of(instance),
        "ZoneId": instance.zone,
    }


describe_network_interfaces: Operation = listed(
    Listing(
        answer=("NetworkInterfaceSets", "NetworkInterfaceSet"),
        resource="eni/*",
        rows=_with_interface,
        show=_show_interface,
        filters={
            "InstanceId": lambda instance: instance.instance_id,
            "PrimaryIpAddress": render.private_ip,
            "ResourceGroupId": lambda instance: instance.resource_group_id,
            "SecurityGroupId": groups_of,
            "Status": lambda _: "InUse",
            "Type": lambda _: "Primary",
            "VSwitchId": vswitch_of,
            "VpcId": vpc_of,
        },
        arrays={"NetworkInterfaceId": _interface_id, "PrivateIpAddress": render.private_ip},
        ignored=frozenset({"ServiceManaged"}),
        largest=LARGEST_ENI_PAGE,
        says_region=False,
    )
)


def _with_elastic(request: Request, region: str) -> Iterator[tuple[int, Instance]]:
    for position, instance in request.state.instances.walk(region):
        if instance.eip:
            yield position, instance


def _allocation_id(instance: Instance) -> str:
    return resource_id("eip", instance.region, instance.eip)


def _show_elastic(request: Request, instance: Instance) -> JsonObject:
    entry: JsonObject = {
        "AllocationId": _allocation_id(instance),
        "AllocationTime": render.to_second(instance.created_at),
        "Bandwidth": str(render.DEFAULT_EIP_BANDWIDTH),
        "ChargeType": "PostPaid",
        "EipBandwidth": str(render.DEFAULT_EIP_BANDWIDTH),
        "ExpiredTime": "",
        "InstanceId": instance.instance_id,
        "InstanceType": "EcsInstance",
        "InternetChargeType": "PayByTraffic",
        "IpAddress": instance.eip,
        "OperationLocks": {"LockReason": []},
        "RegionId": instance.region,
        "Status": "InUse",
    }
    if request.product is Product.VPC:
        entry |= {
            "BandwidthPackageId": "",
            "BusinessStatus": "Normal",
            "DeletionProtection": False,
            "Descritpion": "",
            "ISP": "BGP",
            "InstanceRegionId": instance.region,
            "Name": "",
            "Netmode": "public",
            "ResourceGroupId": instance.resource_group_id,
            "Tags": {"Tag": []},
        }
    return entry


describe_eip_addresses: Operation = listed(
    Listing(
        answer=("EipAddresses", "EipAddress"),
        resource="eip/*",
        rows=_with_elastic,
        show=_show_elastic,
        filters={
            "AssociatedInstanceId": lambda instance: instance.instance_id,
            "AssociatedInstanceType": lambda _: "EcsInstance",
            "ChargeType": lambda _: "PostPaid",
            "ISP": lambda _: "BGP",
            "ResourceGroupId": lambda instance: instance.resource_group_id,
            "Status": lambda _: "InUse",
        },
        several={
            "AllocationId": _allocation_id,
            "EipAddress": lambda instance: instance.eip,
        },
        says_region=False,
    )
)
