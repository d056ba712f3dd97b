"""Making instances: those of the fleet, and those that RunInstances or a test adds."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from local.ecs.account import lifecycle
from local.ecs.account.model import ChargeType, Disk, DiskKind, Instance, Status, StoppedMode
from local.ecs.account.regions import REGIONS, elastic_address, public_address, resource_id
from local.ecs.account.state import State
from local.ecs.fleet.fleet import DiskSpec, InstanceSpec

SUBSCRIPTION = timedelta(days=365)


def create(state: State, spec: InstanceSpec, instance_id: str) -> Instance:
    """Make the instance and its disks, and put what is to happen to them on the agenda.

    Raises:
        ValueError: there is an instance with this id.
    """
    created_at = spec.created_at or state.now
    zone = spec.zone or REGIONS[spec.region].default_zone
    disks = _disks(spec, instance_id, zone, created_at)
    release_at = spec.auto_release_at
    instance = Instance(
        instance_id=instance_id,
        name=spec.name or instance_id,
        region=spec.region,
        zone=zone,
        instance_type=spec.instance_type,
        image_id=spec.image_id,
        status=spec.status,
        created_at=created_at,
        listed_at=created_at + state.settings.quirks.listing_delay,
        started_at=spec.started_at or created_at,
        disk_ids=tuple(disk.disk_id for disk in disks),
        description=spec.description,
        key_pair=spec.key_pair,
        resource_group_id=spec.resource_group_id,
        charge_type=spec.charge_type,
        spot_strategy=spec.spot_strategy,
        network=spec.network,
        public_ip=public_address(instance_id) if spec.has_public_ip else "",
        eip=elastic_address(instance_id) if spec.has_eip else "",
        tags=dict(spec.tags),
        locks=spec.locks,
        deletion_protection=spec.deletion_protection,
        expires_at=_expires_at(spec, created_at),
        stopped_mode=StoppedMode.NOT_APPLICABLE,
        auto_release_at=release_at and release_at.replace(second=0, microsecond=0),
    )
    instance = replace(instance, stopped_mode=_stopped_mode(state, spec, instance))
    instance = lifecycle.without_address(instance, state.settings.quirks)
    state.instances.add(instance_id, spec.region, instance)
    for disk in disks:
        state.disks.add(disk.disk_id, disk.region, disk)
    lifecycle.resume(state, instance)
    return instance


def _disks(
    spec: InstanceSpec, instance_id: str, zone: str, created_at: datetime
) -> tuple[Disk, ...]:
    def disk(index: int, each: DiskSpec) -> Disk:
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
            attached_at=created_at,
        )

    return tuple(disk(*each) for each in enumerate((spec.system_disk, *spec.data_disks)))


def _expires_at(spec: InstanceSpec, created_at: datetime) -> datetime | None:
    if spec.charge_type is ChargeType.POST_PAID:
        return None
    return spec.expires_at or created_at + SUBSCRIPTION


def _stopped_mode(state: State, spec: InstanceSpec, instance: Instance) -> StoppedMode:
    """How an instance that is stopped, or stopping, from the start was stopped."""
    if spec.status not in {Status.STOPPED, Status.STOPPING}:
        return StoppedMode.NOT_APPLICABLE
    by_default = spec.stopped_mode is StoppedMode.NOT_APPLICABLE
    wanted = state.settings.default_stopped_mode if by_default else spec.stopped_mode
    return lifecycle.granted(instance, wanted)
