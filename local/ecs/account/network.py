"""Networks and security groups: values, and what every account has of them from the start.

In each region there is one VPC with one vSwitch a zone and one security group; what is in it shows
no rule of its own. That an account has them from the start is the emulator's own choice: ECS makes
them when a first instance is bought in the console.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from ipaddress import IPv4Network

from local.ecs.account.collection import Collection
from local.ecs.account.model import Instance
from local.ecs.account.regions import REGIONS, fingerprint, resource_id

ORIGIN = datetime(2020, 1, 1, tzinfo=timezone.utc)
"""When what is there from the start was made."""
RESERVED = 4
"""Addresses of a vSwitch that no instance gets: its first and its last three."""
_CIDR = IPv4Network("172.16.0.0/12")
_VSWITCH_PREFIX = 20


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a security group; its words are the request's own.

    Attributes:
        direction: ``ingress`` or ``egress``.
        peer: an address range, or the id of a security group, at the other end.
        peer_kind: which parameter named it: ``CidrIp``, ``Ipv6CidrIp``, ``GroupId``.
        own_cidr: the address range at this end, if it is narrowed.
    """

    direction: str
    protocol: str
    ports: str
    peer: str
    peer_kind: str
    policy: str
    priority: int
    created_at: datetime
    source_ports: str = ""
    own_cidr: str = ""
    description: str = ""
    rule_id: str = ""

    @property
    def effect(self) -> tuple[object, ...]:
        """What makes two rules the same."""
        return (
            self.direction,
            self.protocol,
            self.ports,
            self.source_ports,
            self.peer_kind,
            self.peer,
            self.own_cidr,
            self.policy,
        )


@dataclass(frozen=True, slots=True)
class SecurityGroup:
    """A security group; which instances are in it, they know themselves."""

    group_id: str
    name: str
    region: str
    vpc_id: str
    created_at: datetime
    description: str = ""
    kind: str = "normal"
    resource_group_id: str = ""
    inner_access: str = "Accept"
    rules: tuple[Rule, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Vpc:
    """A network of the account's own."""

    vpc_id: str
    name: str
    region: str
    cidr: str
    created_at: datetime
    description: str = ""
    is_default: bool = False
    resource_group_id: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VSwitch:
    """A part of a VPC, in one zone."""

    vswitch_id: str
    name: str
    region: str
    zone: str
    vpc_id: str
    cidr: str
    created_at: datetime
    description: str = ""
    is_default: bool = False
    resource_group_id: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SavedNetwork:
    """All networks of an account; JSON-ready."""

    vpcs: tuple[Vpc, ...]
    vswitches: tuple[VSwitch, ...]
    groups: tuple[SecurityGroup, ...]


class Network:
    """The networks of an account, and what is in them."""

    def __init__(self, saved: SavedNetwork | None = None) -> None:
        """Begin with what was saved, or with what is there from the start."""
        found = saved or _from_the_start()
        self.vpcs: Collection[Vpc] = Collection()
        self.vswitches: Collection[VSwitch] = Collection()
        self.groups: Collection[SecurityGroup] = Collection()
        self.vpcs.add_all(found.vpcs, lambda vpc: vpc.vpc_id)
        self.vswitches.add_all(found.vswitches, lambda vswitch: vswitch.vswitch_id)
        self.groups.add_all(found.groups, lambda group: group.group_id)

    def save(self) -> SavedNetwork:
        """All of it as it is."""
        return SavedNetwork(tuple(self.vpcs), tuple(self.vswitches), tuple(self.groups))

    @property
    def changes(self) -> int:
        """A number that is another one whenever something has changed."""
        return self.vpcs.changes + self.vswitches.changes + self.groups.changes


@functools.cache
def default_vpc_id(region: str) -> str:
    """The VPC that a region has from the start."""
    return resource_id("vpc", region)


@functools.cache
def default_vswitch_id(region: str, zone: str) -> str:
    """The vSwitch that a zone has from the start."""
    return resource_id("vsw", region, zone)


@functools.cache
def default_group_id(region: str) -> str:
    """The security group that a region has from the start."""
    return resource_id("sg", region)


@functools.cache
def default_network(region: str, zone: str) -> IPv4Network:
    """The address range of a zone's vSwitch from the start."""
    place = REGIONS[region].zones.index(zone)
    return IPv4Network((int(_CIDR[place << 32 - _VSWITCH_PREFIX]), _VSWITCH_PREFIX))


def address_in(network: IPv4Network, instance_id: str) -> str:
    """An address for an instance in a vSwitch, always the same; another may have it, too."""
    places = network.num_addresses - RESERVED - 1
    return str(network[1 + fingerprint("address in", instance_id) % places])


def groups_of(instance: Instance) -> tuple[str, ...]:
    """The security groups that the instance is in: its region's first unless it names some."""
    return instance.security_group_ids or (default_group_id(instance.region),)


def vpc_of(instance: Instance) -> str:
    """The VPC that the instance is in."""
    return instance.vpc_id or default_vpc_id(instance.region)


def vswitch_of(instance: Instance) -> str:
    """The vSwitch that the instance is in."""
    return instance.vswitch_id or default_vswitch_id(instance.region, instance.zone)


@functools.cache
def _from_the_start() -> SavedNetwork:
    regions = tuple(REGIONS)
    return SavedNetwork(
        vpcs=tuple(
            Vpc(default_vpc_id(region), "", region, str(_CIDR), ORIGIN, is_default=True)
            for region in regions
        ),
        vswitches=tuple(each for region in regions for each in _vswitches(region)),
        groups=tuple(
            SecurityGroup(group_id, group_id, region, default_vpc_id(region), ORIGIN)
            for region in regions
            for group_id in [default_group_id(region)]
        ),
    )


def _vswitches(region: str) -> Iterator[VSwitch]:
    for zone in REGIONS[region].zones:
        yield VSwitch(
            vswitch_id=default_vswitch_id(region, zone),
            name="",
            region=region,
            zone=zone,
            vpc_id=default_vpc_id(region),
            cidr=str(default_network(region, zone)),
            created_at=ORIGIN,
            is_default=True,
        )
