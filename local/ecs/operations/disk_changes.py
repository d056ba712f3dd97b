"""Data disks: create, attach, detach, modify, resize, delete.

Sources: CreateDisk, AttachDisk, DetachDisk, ModifyDiskAttribute, ResizeDisk, DeleteDisk, API
reference. ECS takes up to a minute for most of them; here all take effect immediately, and a disk
shows its new size before the restart that it needs. System disks cannot be moved.
"""

from __future__ import annotations

import re
from dataclasses import replace

from local.ecs.account import lifecycle
from local.ecs.account.catalog import DEFAULT_LEVEL, DISK_CATEGORIES, ESSD_LEVELS, DiskCategory
from local.ecs.account.model import (
    Disk,
    DiskKind,
    Instance,
    LockReason,
    Snapshot,
    SnapshotStatus,
    Status,
)
from local.ecs.account.regions import REGIONS
from local.ecs.account.state import JsonObject
from local.ecs.errors import Refusal
from local.ecs.fleet.fleet import MOST_DATA_DISKS
from local.ecs.rpc.instance_ids import one_instance
from local.ecs.rpc.request import Request, idempotent

MOST_IDS = 100
_NAME = re.compile(r"(?!https?://)[^\W\d_][\w.:\-]{1,127}")
_DESCRIPTION = re.compile(r"(?!https?://)[^\0]{2,256}")


@idempotent
def create_disk(request: Request) -> JsonObject:
    """Create an empty data disk, or one from a snapshot, in a zone or for an instance.

    Raises:
        EcsError: neither a size nor a snapshot, an unknown zone, category, snapshot or instance,
            a size that the category does not have, or an instance as `attach_disk` refuses it.
    """
    parameters, state, reference = request.parameters, request.state, request.reference
    region = request.region()
    request.authorize("disk/*", region, {})
    instance = _at_rest(request, attaching=True) if parameters.text("InstanceId") else None
    if instance is not None:
        _check_room(request, instance)
    zone = instance.zone if instance else parameters.text("ZoneId")
    if zone not in REGIONS[region].zones:
        raise reference.error("InvalidZoneId.NotFound")
    category = DISK_CATEGORIES.get(parameters.text("DiskCategory", "cloud"))
    if category is None or not category.can_be_snapshotted:
        raise reference.error("InvalidDiskCategory.ValueNotSupported")
    snapshot = _snapshot(request, region)
    name, description = _texts(request)
    tags = parameters.new_tags()
    request.authorize_new_tags("disk/*", region, tags)
    disk = Disk(
        disk_id=state.mint("d", region),
        name=name,
        region=region,
        zone=zone,
        kind=DiskKind.DATA,
        category=category.name,
        size_gib=_size(request, category, snapshot),
        created_at=state.now,
        instance_id="",
        device="",
        delete_with_instance=False,
        tags=tags,
        description=description,
        resource_group_id=parameters.text("ResourceGroupId"),
        source_snapshot_id=snapshot.snapshot_id if snapshot else "",
        performance_level=_level(request, category),
        encrypted=parameters.flag("Encrypted"),
        kms_key_id=parameters.text("KMSKeyId"),
    )
    state.disks.add(disk.disk_id, region, disk)
    if instance is not None:
        lifecycle.attach(state, disk, instance)
    return {"DiskId": disk.disk_id}


def _snapshot(request: Request, region: str) -> Snapshot | None:
    snapshot_id = request.parameters.text("SnapshotId")
    if not snapshot_id:
        if not request.parameters.text("Size"):
            raise request.reference.error("MissingParameter", "SnapshotId")
        return None
    snapshot = request.state.snapshots.find(snapshot_id, region)
    if snapshot is None:
        raise request.reference.error("InvalidSnapshotId.NotFound")
    if snapshot.status is not SnapshotStatus.ACCOMPLISHED:
        raise request.reference.error("InvalidSnapshotId.NotReady")
    if snapshot.disk_kind is DiskKind.SYSTEM:
        raise request.reference.error("InvalidSnapshotId.NotDataDiskSnapshot")
    return snapshot


def _size(request: Request, category: DiskCategory, snapshot: Snapshot | None) -> int:
    """The requested size, at least that of the snapshot."""
    least = snapshot.disk_size_gib if snapshot else 0
    size = max(least, request.parameters.number("Size", least))
    if not category.smallest <= size <= category.largest:
        raise request.reference.error("InvalidSize.ValueNotSupported")
    return size


def _level(request: Request, category: DiskCategory) -> str:
    asked = request.parameters.text("PerformanceLevel", DEFAULT_LEVEL)
    if asked not in ESSD_LEVELS:
        raise request.reference.error("InvalidPerformanceLevel.Malformed")
    return asked if category.has_levels else ""


def attach_disk(request: Request) -> JsonObject:
    """Attach an available data disk to an instance in its zone; sixteen at most.

    Raises:
        EcsError: no such disk or instance, the disk is in use, a system disk, or elsewhere; the
            instance is locked, passing from one status to another, or full.
    """
    disk, instance = _disk(request), _at_rest(request, attaching=True)
    reference, state = request.reference, request.state
    if disk.kind is DiskKind.SYSTEM:
        raise reference.error("DiskId.ValueNotSupported")
    if disk.instance_id:
        raise reference.error("InvalidDisk.InUse")
    if disk.zone != instance.zone:
        raise reference.error("ResourcesNotInSameZone")
    _check_room(request, instance)
    goes = request.parameters.flag("DeleteWithInstance", default=disk.delete_with_instance)
    lifecycle.attach(state, replace(disk, delete_with_instance=goes), instance)
    return {}


def detach_disk(request: Request) -> JsonObject:
    """Detach a data disk; it is then no longer released with an instance.

    Raises:
        EcsError: no such disk or instance, the disk is not attached to it, or is its system disk;
            or as `attach_disk`.
    """
    disk, instance = _disk(request), _at_rest(request, attaching=False)
    if disk.kind is DiskKind.SYSTEM:
        raise request.reference.error("DiskTypeViolation")
    if not disk.instance_id:
        raise request.reference.error("InvalidDisk.AlreadyDetached")
    if disk.instance_id != instance.instance_id:
        raise request.reference.error("DependencyViolation")
    lifecycle.detach(request.state, replace(disk, delete_with_instance=False))
    return {}


def _check_room(request: Request, instance: Instance) -> None:
    """Refuse a data disk to an instance that has sixteen."""
    disks = request.state.disks_of(instance)
    if sum(each.kind is DiskKind.DATA for each in disks) >= MOST_DATA_DISKS:
        raise request.reference.error("InstanceDiskLimitExceeded")


def _at_rest(request: Request, *, attaching: bool) -> Instance:
    instance, reference = one_instance(request), request.reference
    if instance.is_locked(LockReason.SECURITY):
        raise reference.error("InstanceLockedForSecurity")
    if instance.deleting or instance.status not in {Status.RUNNING, Status.STOPPED}:
        raise reference.error("IncorrectInstanceStatus")
    if attaching and instance.is_over(request.state.now):
        raise reference.error("InstanceExpiredOrInArrears")
    return instance


def delete_disk(request: Request) -> JsonObject:
    """Delete an available disk; a missing one is no error. Its snapshots are kept.

    Raises:
        EcsError: it is attached, or a snapshot of it is in progress.
    """
    disk_id = request.parameters.required("DiskId")
    disk = request.state.disks.find(disk_id, request.optional_region())
    if disk is None:
        request.authorize(f"disk/{disk_id}", request.parameters.text("RegionId", "*"), {})
        return {}
    request.authorize_disk(disk)
    if disk.instance_id:
        raise request.reference.error("IncorrectDiskStatus")
    if request.state.progressing_snapshot(disk_id) is not None:
        raise request.reference.error("DiskCreatingSnapshot")
    request.state.disks.remove(disk_id)
    return {}


def modify_disk_attribute(request: Request) -> JsonObject:
    """Change name, description, or whether the disk is released with its instance.

    Raises:
        EcsError: no such disk, nothing to change, or a text that is not valid.
    """
    parameters, reference = request.parameters, request.reference
    ids = parameters.repeated("DiskId") or parameters.repeated("DiskIds")
    disks = [_disk(request, each) for each in ids] or [_disk(request)]
    if len(disks) > MOST_IDS:
        raise Refusal.TOO_MANY_DISK_IDS.error()
    changeable = {"DiskName", "Description", "DeleteWithInstance"}
    accepted = {"DeleteAutoSnapshot", "EnableAutoSnapshot"}
    if not parameters.names() & (changeable | accepted | {"BurstingEnabled"}):
        raise reference.error("NoAttributeToModify")
    name, description = _texts(request)
    for disk in disks:
        goes = parameters.flag("DeleteWithInstance", default=disk.delete_with_instance)
        changed = replace(
            disk,
            name=name or disk.name,
            description=description or disk.description,
            delete_with_instance=goes,
            bursting=parameters.flag("BurstingEnabled", default=disk.bursting),
        )
        request.state.disks.replace(disk.disk_id, changed)
    return {}


@idempotent
def resize_disk(request: Request) -> JsonObject:
    """Enlarge a disk; shrinking is impossible.

    Raises:
        EcsError: no such disk, a size that is not larger or that its category does not have, a
            snapshot in progress, or an instance that is passing from one status to another.
    """
    disk, reference, state = _disk(request), request.reference, request.state
    online = request.parameters.text("Type", "offline")
    if online not in {"offline", "online"}:
        raise reference.error("InvalidParam.Type")
    request.parameters.required("NewSize")
    size = request.parameters.number("NewSize", 0)
    if size <= disk.size_gib:
        raise reference.error("InvalidDiskSize.TooSmall")
    if size > DISK_CATEGORIES[disk.category].largest:
        raise reference.error("InvalidDiskSize.TooLarge")
    if state.progressing_snapshot(disk.disk_id) is not None:
        raise reference.error("DiskCreatingSnapshot")
    instance = state.instances.find(disk.instance_id)
    if instance is not None:
        if instance.deleting or instance.status not in {Status.RUNNING, Status.STOPPED}:
            raise reference.error("IncorrectInstanceStatus")
        if online == "online" and instance.status is not Status.RUNNING:
            raise reference.error("InvalidInstanceStatus.NotRunning")
    state.disks.replace(disk.disk_id, replace(disk, size_gib=size))
    return {}


def _disk(request: Request, disk_id: str = "") -> Disk:
    """The named disk, with RAM's permission."""
    disk_id = disk_id or request.parameters.required("DiskId")
    disk = request.state.disks.find(disk_id, request.optional_region())
    if disk is None:
        request.authorize(f"disk/{disk_id}", request.parameters.text("RegionId", "*"), {})
        raise request.reference.error("InvalidDiskId.NotFound")
    request.authorize_disk(disk)
    return disk


def _texts(request: Request) -> tuple[str, str]:
    """Name and description, each "" when absent."""
    name = request.parameters.text("DiskName")
    if name and not _NAME.fullmatch(name):
        raise request.reference.error("InvalidDiskName.Malformed")
    description = request.parameters.text("Description")
    if description and not _DESCRIPTION.fullmatch(description):
        raise request.reference.error("InvalidDescription.Malformed")
    return name, description
