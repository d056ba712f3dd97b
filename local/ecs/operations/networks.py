"""VPCs and vSwitches: create and list, in vpc's API version and in ECS's older one.

Sources: CreateVpc, DescribeVpcs, CreateVSwitch, DescribeVSwitches, VPC API reference, whose error
tables are those of 2019. The platform takes some seconds to create one; here it is available
immediately.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import IPv4Network

from local.ecs.account.model import Instance, NetworkType
from local.ecs.account.network import Vpc, VSwitch, vswitch_of
from local.ecs.account.regions import REGIONS, resource_id
from local.ecs.account.state import JsonObject
from local.ecs.products import Product
from local.ecs.rpc import render
from local.ecs.rpc.request import Operation, Request, idempotent
from local.ecs.rpc.table import Listing, listed

VPCS_PER_REGION = 10
VSWITCHES_PER_VPC = 150
LARGEST_PAGE = 50
RESERVED_ADDRESSES = 4
"""The first and the last three of each vSwitch."""
_PRIVATE = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
_VPC_MASKS = range(8, 29)
_VSWITCH_MASKS = range(16, 30)
_NAME = re.compile(r"(?!https?://).{1,128}")
_DESCRIPTION = re.compile(r"(?!https?://).{1,256}", re.DOTALL)


@idempotent
def create_vpc(request: Request) -> JsonObject:
    """Create a VPC; 172.16.0.0/12 by default.

    Raises:
        EcsError: ten are there, an address range that is not private or not 8 to 28 bits long, or
            a text that is not valid.
    """
    parameters, state, reference = request.parameters, request.state, request.reference
    region = request.region()
    request.authorize("vpc/*", region, {})
    cidr = _network(parameters.text("CidrBlock", "172.16.0.0/12"))
    if cidr is None or cidr.prefixlen not in _VPC_MASKS or not _is_private(cidr):
        raise reference.error("InvalidParameter", "Specified CIDR block is not valid")
    name, description = parameters.text("VpcName"), parameters.text("Description")
    if name and not _NAME.fullmatch(name):
        raise reference.error("InvalidVpcName.Malformed")
    if description and not _DESCRIPTION.fullmatch(description):
        raise reference.error("InvalidVpcDiscription.Malformed")
    if sum(not each.is_default for _, each in state.network.vpcs.walk(region)) >= VPCS_PER_REGION:
        raise reference.error("QuotaExceeded.Vpc")
    vpc_id = state.mint("vpc", region)
    vpc = Vpc(
        vpc_id,
        name,
        region,
        str(cidr),
        state.now,
        description,
        resource_group_id=parameters.text("ResourceGroupId"),
        tags=parameters.new_tags(),
    )
    state.network.vpcs.add(vpc_id, region, vpc)
    answer = {
        "RouteTableId": resource_id("vtb", region, vpc_id),
        "VRouterId": resource_id("vrt", region, vpc_id),
        "VpcId": vpc_id,
    }
    if request.product is Product.VPC:
        answer["ResourceGroupId"] = vpc.resource_group_id
    return answer


@idempotent
def create_v_switch(request: Request) -> JsonObject:
    """Create a vSwitch in one zone of a VPC.

    Raises:
        EcsError: an unknown zone or VPC, 150 vSwitches, an address range that is malformed, not 16
            to 29 bits long, not in the VPC's, or taken; or a text that is not valid.
    """
    parameters, state, reference = request.parameters, request.state, request.reference
    vpc = state.network.vpcs.find(parameters.required("VpcId"), request.optional_region())
    region = vpc.region if vpc else parameters.text("RegionId", "*")
    request.authorize("vswitch/*", region, {})
    if vpc is None:
        raise reference.error("InvalidVpcId.NotFound")
    zone = parameters.required("ZoneId")
    if zone not in REGIONS[region].zones:
        raise reference.error("InvalidZoneId.NotFound")
    cidr = _free_part(request, vpc)
    name, description = parameters.text("VSwitchName"), parameters.text("Description")
    if name and not _NAME.fullmatch(name):
        raise reference.error("InvalidVSwitchName.Malformed")
    if description and not _DESCRIPTION.fullmatch(description):
        raise reference.error("InvalidVSwitchDiscription.Malformed")
    made = VSwitch(
        state.mint("vsw", region),
        name,
        region,
        zone,
        vpc.vpc_id,
        str(cidr),
        state.now,
        description,
        resource_group_id=vpc.resource_group_id,
        tags=parameters.new_tags(),
    )
    state.network.vswitches.add(made.vswitch_id, region, made)
    return {"VSwitchId": made.vswitch_id}


def _free_part(request: Request, vpc: Vpc) -> IPv4Network:
    """The requested address range: an unused part of the VPC's."""
    reference = request.reference
    cidr = _network(request.parameters.required("CidrBlock"))
    if cidr is None:
        raise reference.error("InvalidCidrBlock.Malformed")
    if cidr.prefixlen not in _VSWITCH_MASKS:
        raise reference.error("InvalidCirdrBlock.MaskLength")
    if not cidr.subnet_of(IPv4Network(vpc.cidr)):
        raise reference.error("InvalidParameter", "not valid in VPC")
    others = [
        each
        for _, each in request.state.network.vswitches.walk(vpc.region)
        if each.vpc_id == vpc.vpc_id
    ]
    if any(cidr.overlaps(IPv4Network(each.cidr)) for each in others):
        raise reference.error("InvalidCidrBlock.Overlapped", "other subnets")
    if len(others) >= VSWITCHES_PER_VPC:
        raise reference.error("QuotaExceeded.VSwitch")
    return cidr


def _network(text: str) -> IPv4Network | None:
    try:
        return IPv4Network(text)
    except ValueError:
        return None


def _is_private(cidr: IPv4Network) -> bool:
    return any(cidr.subnet_of(each) for each in _PRIVATE)


def _show_vpc(request: Request, vpc: Vpc) -> JsonObject:
    vswitches = [
        each.vswitch_id
        for _, each in request.state.network.vswitches.walk(vpc.region)
        if each.vpc_id == vpc.vpc_id
    ]
    entry: JsonObject = {
        "CidrBlock": vpc.cidr,
        "CreationTime": render.to_second(vpc.created_at),
        "Description": vpc.description,
        "IsDefault": vpc.is_default,
        "RegionId": vpc.region,
        "Status": "Available",
        "UserCidrs": {"UserCidr": []},
        "VRouterId": resource_id("vrt", vpc.region, vpc.vpc_id),
        "VSwitchIds": {"VSwitchId": vswitches},
        "VpcId": vpc.vpc_id,
        "VpcName": vpc.name,
    }
    if request.product is Product.VPC:
        entry["Ipv6CidrBlock"] = ""
        entry["NatGatewayIds"] = {"NatGatewayIds": []}
        entry["OwnerId"] = int(request.caller.account_id)
        entry["ResourceGroupId"] = vpc.resource_group_id
        entry["RouterTableIds"] = {"RouterTableIds": [resource_id("vtb", vpc.region, vpc.vpc_id)]}
        entry["SecondaryCidrBlocks"] = {"SecondaryCidrBlock": []}
        entry["Tags"] = _tags(vpc.tags)
    return entry


def _show_vswitch(request: Request, vswitch: VSwitch) -> JsonObject:
    used = sum(_is_in(vswitch, each) for _, each in request.state.instances.walk(vswitch.region))
    entry: JsonObject = {
        "AvailableIpAddressCount": (
            IPv4Network(vswitch.cidr).num_addresses - RESERVED_ADDRESSES - used
        ),
        "CidrBlock": vswitch.cidr,
        "CreationTime": render.to_second(vswitch.created_at),
        "Description": vswitch.description,
        "IsDefault": vswitch.is_default,
        "ResourceGroupId": vswitch.resource_group_id,
        "Status": "Available",
        "VSwitchId": vswitch.vswitch_id,
        "VSwitchName": vswitch.name,
        "VpcId": vswitch.vpc_id,
        "ZoneId": vswitch.zone,
    }
    if request.product is Product.VPC:
        entry["Ipv6CidrBlock"] = ""
        entry["OwnerId"] = int(request.caller.account_id)
        entry["RouteTable"] = {
            "RouteTableId": resource_id("vtb", vswitch.region, vswitch.vpc_id),
            "RouteTableType": "System",
        }
        entry["Tags"] = _tags(vswitch.tags)
    return entry


def _is_in(vswitch: VSwitch, instance: Instance) -> bool:
    in_vpc = instance.network is NetworkType.VPC
    return in_vpc and vswitch_of(instance) == vswitch.vswitch_id


def _tags(tags: Mapping[str, str]) -> JsonObject:
    """As vpc shows them, not as ECS does."""
    return {"Tag": [{"Key": key, "Value": value} for key, value in tags.items()]}


describe_vpcs: Operation = listed(
    Listing(
        answer=("Vpcs", "Vpc"),
        resource="vpc/*",
        rows=lambda request, region: request.state.network.vpcs.walk(region),
        show=_show_vpc,
        filters={
            "IsDefault": lambda vpc: vpc.is_default,
            "ResourceGroupId": lambda vpc: vpc.resource_group_id,
            "VpcName": lambda vpc: vpc.name,
        },
        several={"VpcId": lambda vpc: vpc.vpc_id},
        tags=lambda vpc: vpc.tags,
        largest=LARGEST_PAGE,
        says_region=False,
    )
)
describe_v_switches: Operation = listed(
    Listing(
        answer=("VSwitches", "VSwitch"),
        resource="vswitch/*",
        rows=lambda request, region: request.state.network.vswitches.walk(region),
        show=_show_vswitch,
        filters={
            "IsDefault": lambda vswitch: vswitch.is_default,
            "ResourceGroupId": lambda vswitch: vswitch.resource_group_id,
            "VSwitchId": lambda vswitch: vswitch.vswitch_id,
            "VSwitchName": lambda vswitch: vswitch.name,
            "VpcId": lambda vswitch: vswitch.vpc_id,
            "ZoneId": lambda vswitch: vswitch.zone,
        },
        tags=lambda vswitch: vswitch.tags,
        largest=LARGEST_PAGE,
        says_region=False,
    )
)
