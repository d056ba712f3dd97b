"""Making instances: those of the fleet, and those that RunInstances or a test adds."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime, timedelta
from ipaddress import IPv4Network
from operator import attrgetter
from typing import Any

from local.ecs.account import lifecycle
from local.ecs.account.catalog import DEFAULT_LEVEL, DISK_CATEGORIES
from local.ecs.account.key_pairs import KeyPair, fingerprint_of, key_of
from local.ecs.account.model import ChargeType, Disk, DiskKind, Instance, Status, StoppedMode
from local.ecs.account.network import address_in
from local.ecs.account.regions import REGIONS, elastic_address, public_address, resource_id
from local.ecs.account.state import State
from local.ecs.fleet.fleet import DiskSpec, InstanceSpec

SUBSCRIPTION = timedelta(days=365)
DEFAULT_BANDWIDTH = 5
"""The default bandwidth in Mbit/s of an instance with a public address."""
ATTACHING = timedelta(seconds=5)
"""From a disk's CreationTime to its AttachedTime: 3 to 12 s in 17 real rows."""
_name = attrgetter("name")
_MADE = frozenset(
    {
        "auto_release_at",
        "bandwidth_out",
        "created_at",
        "expires_at",
        "instance_id",
        "name",
        "private_ip",
        "started_at",
        "stopped_mode",
        "tags",
        "zone",
    }
)
_ALIKE = frozenset(map(_name, fields(InstanceSpec))) & set(map(_name, fields(Instance))) - _MADE
"""An instance's fields as in its spec."""


def create(state: State, spec: InstanceSpec, instance_id: str) -> Instance:
    """Create the instance and its disks, and schedule their coming events.

    Raises:
        ValueError: an instance with this id exists.
    """
    created_at = spec.created_at or state.now
    zone = spec.zone or REGIONS[spec.region].default_zone
    disks = _disks(state, spec, instance_id, created_at)
    release_at = spec.auto_release_at
    alike: dict[str, Any] = {name: getattr(spec, name) for name in _ALIKE}
    instance = Instance(
        **alike,
        instance_id=instance_id,
        name=spec.name or instance_id,
        zone=zone,
        created_at=created_at,
        listed_at=created_at + state.settings.quirks.listing_delay,
        started_at=spec.started_at or created_at,
        disk_ids=tuple(disk.disk_id for disk in disks),
        bandwidth_out=spec.bandwidth_out or (DEFAULT_BANDWIDTH if spec.has_public_ip else 0),
        public_ip=public_address(instance_id) if spec.has_public_ip else "",
        eip=elastic_address(instance_id) if spec.has_eip else "",
        private_ip=_private_ip(state, spec, instance_id),
        os_names=_os_names(state, spec),
        tags=dict(spec.tags),
        expires_at=_expires_at(spec, created_at),
        stopped_mode=StoppedMode.NOT_APPLICABLE,
        auto_release_at=release_at and release_at.replace(second=0, microsecond=0),
    )
    mode = _stopped_mode(state, spec, instance)
    if mode is not StoppedMode.NOT_APPLICABLE:  # few distinct ones, and copying takes time
        instance = replace(instance, stopped_mode=mode)
    instance = lifecycle.without_address(instance, state.settings.quirks)
    state.instances.add(instance_id, spec.region, instance)
    for disk in disks:
        state.disks.add(disk.disk_id, disk.region, disk)
    _have_key_pair(state, spec)
    lifecycle.resume(state, instance)
    return instance


def _have_key_pair(state: State, spec: InstanceSpec) -> None:
    """Make sure that a key pair that a fleet names exists."""
    key = key_of(spec.region, spec.key_pair)
    if spec.key_pair and state.key_pairs.find(key) is None:
        pair = KeyPair(spec.key_pair, spec.region, fingerprint_of(key), state.now)
        state.key_pairs.add(key, spec.region, pair)


def _disks(
    state: State, spec: InstanceSpec, instance_id: str, created_at: datetime
) -> tuple[Disk, ...]:
    """The disks to create; they are attached within seconds, never ahead of time."""
    zone = spec.zone or REGIONS[spec.region].default_zone
    attached_at = max(created_at, min(created_at + ATTACHING, state.now))

    def disk(index: int, each: DiskSpec) -> Disk:
        has_levels = DISK_CATEGORIES[each.category].has_levels
        return Disk(
            disk_id=resource_id("d", spec.region, instance_id, index),
            name=each.name,
            region=spec.region,
            zone=zone,
            kind=DiskKind.DATA if index else DiskKind.SYSTEM,
            category=each.category,
            size_gib=each.size_gib,
            created_at=created_at,
            instance_id=instance_id,
            device=f"/dev/xvd{chr(ord('a') + index)}",
            delete_with_instance=each.delete_with_instance,
            charge_type=spec.charge_type,
            tags=dict(each.tags),
            attached_at=attached_at,
            description=each.description,
            resource_group_id=spec.resource_group_id,
            image_id="" if index else spec.image_id,
            source_snapshot_id=each.source_snapshot_id,
            performance_level=each.performance_level or (DEFAULT_LEVEL if has_levels else ""),
            encrypted=each.encrypted,
            kms_key_id=each.kms_key_id,
            bursting=each.bursting,
            provisioned_iops=each.provisioned_iops,
            auto_snapshot_policy_id=each.auto_snapshot_policy_id,
        )

    return tuple(disk(*each) for each in enumerate((spec.system_disk, *spec.data_disks)))


def _private_ip(state: State, spec: InstanceSpec, instance_id: str) -> str:
    """As requested, or one in its vSwitch; "" if it follows from the zone."""
    vswitch = state.network.vswitches.find(spec.vswitch_id)
    if spec.private_ip or vswitch is None:
        return spec.private_ip
    return address_in(IPv4Network(vswitch.cidr), instance_id)


def _os_names(state: State, spec: InstanceSpec) -> tuple[str, ...]:
    """The operating system of one of the account's own images; none for any other."""
    image = state.images.find(spec.image_id, spec.region)
    return (image.os_name, image.os_name_en, image.os_type) if image else ()


def _expires_at(spec: InstanceSpec, created_at: datetime) -> datetime | None:
    if spec.charge_type is ChargeType.POST_PAID:
        return None
    return spec.expires_at or created_at + SUBSCRIPTION


def _stopped_mode(state: State, spec: InstanceSpec, instance: Instance) -> StoppedMode:
    """The stopped mode of an instance that is stopped, or stopping, from the start."""
    if spec.status not in {Status.STOPPED, Status.STOPPING}:
        return StoppedMode.NOT_APPLICABLE
    by_default = spec.stopped_mode is StoppedMode.NOT_APPLICABLE
    wanted = state.settings.default_stopped_mode if by_default else spec.stopped_mode
    return lifecycle.granted(instance, wanted)
