"""CreateSnapshot and CreateSnapshotGroup.

Sources: their pages in the API reference. One snapshot at a time per disk; it fails if its
    instance's power changes meanwhile.
"""

from __future__ import annotations

import re
from dataclasses import replace

from local.ecs.account import lifecycle
from local.ecs.account.catalog import DISK_CATEGORIES
from local.ecs.account.lifecycle import SnapshotOrder
from local.ecs.account.model import Disk, LockReason, SnapshotGroup, Status
from local.ecs.account.state import JsonObject
from local.ecs.errors import Refusal
from local.ecs.rpc.parameters import Parameters
from local.ecs.rpc.request import Request, idempotent

SNAPSHOTS_PER_DISK = 256
DISKS_PER_GROUP = 16
GIB_PER_GROUP = 32 * 1024
LONGEST_RETENTION_DAYS = 65536

_NAME = re.compile(r"(?!auto|https?://)[^\W\d_][\w.:\-]{1,127}")
_DESCRIPTION = re.compile(r"(?!https?://)[^\0]{2,256}")


@idempotent
def create_snapshot(request: Request) -> JsonObject:
    """Begin a snapshot of one disk.

    Raises:
        EcsError: no such disk, one that cannot be snapshotted now or ever, or a name, description,
            retention or tag that is not valid.
    """
    disk_id = request.parameters.required("DiskId")
    disk = request.state.disks.find(disk_id, request.optional_region())
    if disk is None:
        request.authorize(f"disk/{disk_id}", request.parameters.text("RegionId", "*"), {})
        raise Refusal.UNKNOWN_DISK.error()
    request.authorize_disk(disk)
    request.authorize("snapshot/*", disk.region, {})
    order = _order(request.parameters, "SnapshotName", Refusal.SNAPSHOT_NAME)
    order = replace(order, retention_days=_retention_days(request.parameters))
    request.authorize_new_tags("snapshot/*", disk.region, order.tags)
    _check(request, disk)
    return {"SnapshotId": lifecycle.begin_snapshot(request.state, disk, order).snapshot_id}


@idempotent
def create_snapshot_group(request: Request) -> JsonObject:
    """Begin snapshots of an instance's disks, or of the named disks.

    Raises:
        EcsError: as `create_snapshot`; or 0 or more than 16 disks, or more than 32 TiB, or one
            that is not an ESSD.
    """
    region = request.region()
    disks = _chosen(request, region)
    for disk in disks:
        request.authorize_disk(disk)
    order = _order(request.parameters, "Name", Refusal.SNAPSHOT_GROUP_NAME)
    request.authorize_new_tags("snapshotgroup/*", region, order.tags)
    for disk in disks:
        _check(request, disk)
        if not DISK_CATEGORIES[disk.category].is_essd:
            raise Refusal.DISK_CATEGORY.error()
    state = request.state
    group = SnapshotGroup(
        group_id=state.mint("ssg", region),
        name=order.name,
        description=order.description,
        region=region,
        instance_id=disks[0].instance_id,
        snapshot_ids=tuple(
            lifecycle.begin_snapshot(state, disk, order).snapshot_id for disk in disks
        ),
        created_at=state.now,
        tags=order.tags,
    )
    state.groups.add(group.group_id, region, group)
    return {"SnapshotGroupId": group.group_id}


def _chosen(request: Request, region: str) -> tuple[Disk, ...]:
    """The disks of a group: those of the instance, or those named, minus those excluded."""
    parameters, state = request.parameters, request.state
    named, excluded = parameters.repeated("DiskId"), parameters.repeated("ExcludeDiskId")
    if named and excluded:
        raise Refusal.INVALID_PARAMETER.error(name="ExcludeDiskId")
    instance_id = parameters.text("InstanceId")
    if not named:
        instance_id = parameters.required("InstanceId")
    if instance_id:
        instance = state.instances.find(instance_id, region)
        request.authorize_instance(instance_id, instance)
        if instance is None:
            raise Refusal.UNKNOWN_INSTANCE.error()
        named = named or instance.disk_ids
    found = [state.disks.find(each, region) for each in named if each not in excluded]
    disks = tuple(disk for disk in found if disk is not None)
    if len(disks) < len(found) or any(disk.instance_id != disks[0].instance_id for disk in disks):
        raise Refusal.UNKNOWN_DISK.error()
    size_gib = sum(disk.size_gib for disk in disks)
    if not 1 <= len(disks) <= DISKS_PER_GROUP or size_gib > GIB_PER_GROUP:
        raise Refusal.INVALID_PARAMETER.error(name="DiskId")
    return disks


def _order(parameters: Parameters, name_parameter: str, bad_name: Refusal) -> SnapshotOrder:
    name = parameters.text(name_parameter)
    if name and not _NAME.fullmatch(name):
        raise bad_name.error()
    description = parameters.text("Description")
    if description and not _DESCRIPTION.fullmatch(description):
        raise Refusal.SNAPSHOT_DESCRIPTION.error()
    return SnapshotOrder(name, description, 0, parameters.new_tags())


def _retention_days(parameters: Parameters) -> int:
    """How long a snapshot is kept; 0: forever. A group has no such parameter."""
    days = parameters.number("RetentionDays", 0, Refusal.RETENTION_DAYS)
    if parameters.text("RetentionDays") and not 1 <= days <= LONGEST_RETENTION_DAYS:
        raise Refusal.RETENTION_DAYS.error()
    return days


def _check(request: Request, disk: Disk) -> None:
    """Whether a snapshot of the disk may begin now."""
    state = request.state
    instance = state.instances.find(disk.instance_id)
    if instance is not None:
        if instance.is_locked(LockReason.SECURITY):
            raise Refusal.SNAPSHOT_OF_LOCKED_INSTANCE.error()
        at_rest = instance.status in {Status.RUNNING, Status.STOPPED}
        if instance.deleting or not at_rest:
            raise Refusal.SNAPSHOT_OF_BUSY_INSTANCE.error()
    if not DISK_CATEGORIES[disk.category].can_be_snapshotted:
        raise Refusal.DISK_CATEGORY.error()
    if state.progressing_snapshot(disk.disk_id) is not None:
        raise Refusal.SNAPSHOT_IN_PROGRESS.error()
    if len(state.snapshots_of(disk.disk_id)) >= SNAPSHOTS_PER_DISK:
        raise Refusal.SNAPSHOT_QUOTA.error()
