"""The place of a new instance: zone, vSwitch, security groups, addresses, bandwidth.

Source: RunInstances, API reference. The primary interface may also specify it (NetworkInterface.N).
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv4Network

from local.ecs.account.model import InternetChargeType
from local.ecs.account.network import RESERVED, VSwitch, default_group_id, default_vpc_id
from local.ecs.account.regions import REGIONS
from local.ecs.errors import Refusal
from local.ecs.rpc import render
from local.ecs.rpc.parameters import Parameters
from local.ecs.rpc.reference import documented
from local.ecs.rpc.request import Request

GROUPS_PER_INSTANCE = 5
LARGEST_BANDWIDTH_OUT = 100
LARGEST_BANDWIDTH_IN = 200
_refused = documented("RunInstances").error


@dataclass(frozen=True, slots=True)
class Place:
    """Where to put an instance; fields as in `InstanceSpec`.

    Attributes:
        private_ips: the requested addresses, one per instance; empty for any free ones.
    """

    zone: str
    vpc_id: str
    vswitch_id: str
    security_group_ids: tuple[str, ...]
    private_ips: tuple[str, ...]


def asked_place(request: Request, region: str, amount: int) -> Place:
    """The requested place.

    Raises:
        EcsError: zone, vSwitch or a group does not exist, they do not belong together, or an
            address is malformed, taken, or not the vSwitch's.
    """
    parameters = request.parameters
    zone = parameters.text("ZoneId")
    if zone and zone not in REGIONS[region].zones:
        raise Refusal.UNKNOWN_ZONE.error()
    interface = _primary(parameters)
    vswitch = _vswitch(request, region, interface)
    if vswitch is not None and zone not in {"", vswitch.zone}:
        raise _refused("InvalidParameter.Mismatch", "zone")
    vpc_id = vswitch.vpc_id if vswitch else default_vpc_id(region)
    groups = asked_groups(request, region, _named_groups(parameters, interface), vpc_id)
    first = parameters.text("PrivateIpAddress") or interface.text("PrimaryIpAddress")
    return Place(
        zone=vswitch.zone if vswitch else zone,
        vpc_id=vswitch.vpc_id if vswitch else "",
        vswitch_id=vswitch.vswitch_id if vswitch else "",
        security_group_ids=groups,
        private_ips=_addresses(request, vswitch, first, amount) if first else (),
    )


def asked_charge_type(parameters: Parameters) -> InternetChargeType:
    """How the bandwidth is billed: by default by traffic.

    Raises:
        EcsError: it is an unknown value.
    """
    asked = parameters.choice(
        "InternetChargeType", InternetChargeType, Refusal.INTERNET_CHARGE_TYPE
    )
    return asked or InternetChargeType.BY_TRAFFIC


def asked_bandwidth(parameters: Parameters) -> tuple[int, int]:
    """Mbit/s in and out; in is -1 if not specified.

    Raises:
        EcsError: out is not 0 to 100, or in is not 1 to 200.
    """
    out = parameters.number("InternetMaxBandwidthOut", 0, Refusal.BANDWIDTH_OUT)
    if not 0 <= out <= LARGEST_BANDWIDTH_OUT:
        raise Refusal.BANDWIDTH_OUT.error()
    into = parameters.number("InternetMaxBandwidthIn", -1, Refusal.BANDWIDTH_IN)
    if into != -1 and not 1 <= into <= LARGEST_BANDWIDTH_IN:
        raise Refusal.BANDWIDTH_IN.error()
    return into, out


def _primary(parameters: Parameters) -> Parameters:
    """The interface of type Primary; an empty one if there is none."""
    interfaces = parameters.structures("NetworkInterface")
    primary = (each for each in interfaces if each.text("InstanceType") == "Primary")
    return next(primary, Parameters({}))


def _vswitch(request: Request, region: str, interface: Parameters) -> VSwitch | None:
    vswitch_id = request.parameters.text("VSwitchId") or interface.text("VSwitchId")
    if not vswitch_id:
        return None
    vswitch = request.state.network.vswitches.find(vswitch_id, region)
    if vswitch is None:
        raise _refused("InvalidVSwitchId.NotFound")
    return vswitch


def _named_groups(parameters: Parameters, interface: Parameters) -> tuple[str, ...]:
    return (
        *parameters.repeated("SecurityGroupIds"),
        *interface.repeated("SecurityGroupIds"),
        *filter(None, (each.text("SecurityGroupId") for each in (parameters, interface))),
    )


def asked_groups(
    request: Request, region: str, named: tuple[str, ...], vpc_id: str
) -> tuple[str, ...]:
    """The named groups, each once; empty for the region's default group.

    Raises:
        EcsError: there are more than five, or one does not exist or is in another VPC; if none is
            named, the region's first.
    """
    ids = tuple(dict.fromkeys(named))
    if len(ids) > GROUPS_PER_INSTANCE:
        raise Refusal.INVALID_PARAMETER.error(name="SecurityGroupIds")
    for group_id in ids or (default_group_id(region),):
        group = request.state.network.groups.find(group_id, region)
        if group is None:
            raise _refused("InvalidSecurityGroupId")
        if group.vpc_id != vpc_id:
            raise _refused("InvalidParameter.Mismatch", "security group")
    return () if ids == (default_group_id(region),) else ids


def _addresses(
    request: Request, vswitch: VSwitch | None, first: str, amount: int
) -> tuple[str, ...]:
    """Consecutive addresses, starting with the first one.

    Raises:
        EcsError: as `asked_place`.
    """
    try:
        start = int(IPv4Address(first))
    except AddressValueError:
        raise _refused("InvalidPrivateIpAddress.Malformed") from None
    if vswitch is None:
        raise _refused("MissingParameter", "VSwitchId")
    network = IPv4Network(vswitch.cidr)
    if not int(network[1]) <= start <= start + amount - 1 <= int(network[-RESERVED]):
        raise _refused("InvalidPrivateIpAddress")
    addresses = tuple(str(IPv4Address(start + step)) for step in range(amount))
    if taken(request, vswitch.vswitch_id).intersection(addresses):
        raise _refused("InvalidPrivateIpAddress.Duplicated")
    return addresses


def taken(request: Request, vswitch_id: str) -> frozenset[str]:
    """The addresses that instances in a vSwitch have."""
    return frozenset(
        render.private_ip(each)
        for each in request.state.instances
        if render.shown_vswitch(each) == vswitch_id
    )
