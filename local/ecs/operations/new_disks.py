"""The disks that RunInstances and CreateInstance create with an instance.

Source: RunInstances, API reference.
"""

from __future__ import annotations

from collections.abc import Mapping

from local.ecs.account.catalog import ESSD_LEVELS, DiskCategory
from local.ecs.account.model import DiskKind, Snapshot, SnapshotStatus
from local.ecs.errors import Refusal
from local.ecs.fleet.fleet import MOST_DATA_DISKS, DiskSpec
from local.ecs.operations.prices import asked_category, asked_size
from local.ecs.rpc.parameters import Parameters
from local.ecs.rpc.reference import documented
from local.ecs.rpc.request import Request

_refused = documented("RunInstances").error


def asked_disks(request: Request, tags: Mapping[str, str]) -> tuple[DiskSpec, tuple[DiskSpec, ...]]:
    """The system disk, which is always released with its instance, and the data disks.

    They have the instance's tags. Source: Tag.N of RunInstances, API reference.

    Raises:
        EcsError: a nonexistent category, size, level or snapshot, or too many disks.
    """
    parameters = request.parameters
    wanted = Parameters(
        {
            name.removeprefix("SystemDisk."): parameters.text(name)
            for name in parameters.all_names()
            if name.startswith("SystemDisk.")
        }
    )
    category = asked_category(wanted, "Category", "cloud_essd", Refusal.SYSTEM_DISK_CATEGORY)
    size = asked_size(wanted, "Size", category, Refusal.SYSTEM_DISK_SIZE)
    system = _disk(wanted, category, size, tags)
    asked = parameters.structures("DataDisk")
    if len(asked) > MOST_DATA_DISKS:
        raise _refused("InstanceDiskNumLimitExceed")
    return system, tuple(_data_disk(request, each, tags) for each in asked)


def _data_disk(request: Request, wanted: Parameters, tags: Mapping[str, str]) -> DiskSpec:
    category = asked_category(wanted, "Category", "cloud_essd", Refusal.DATA_DISK_CATEGORY)
    snapshot = _snapshot(request, wanted.text("SnapshotId"))
    if snapshot is not None and not wanted.text("Size"):
        size = max(snapshot.disk_size_gib, category.smallest)
    else:
        size = asked_size(wanted, "Size", category, Refusal.DATA_DISK_SIZE)
    if snapshot is not None and size < snapshot.disk_size_gib:
        raise Refusal.DATA_DISK_SIZE.error()
    return _disk(wanted, category, size, tags)


def _disk(
    wanted: Parameters, category: DiskCategory, size_gib: int, tags: Mapping[str, str]
) -> DiskSpec:
    encrypted, key = wanted.flag("Encrypted"), wanted.text("KMSKeyId")
    if key and not encrypted:
        raise _refused("InvalidParameter.EncryptedIllegal", "kmsKeyId")
    level = wanted.text("PerformanceLevel")
    if level and not (category.has_levels and level in ESSD_LEVELS):
        raise Refusal.INVALID_PARAMETER.error(name="PerformanceLevel")
    bursting = wanted.flag("BurstingEnabled")
    provisioned = wanted.number("ProvisionedIops", 0)
    if provisioned < 0:
        raise Refusal.INVALID_PARAMETER.error(name="ProvisionedIops")
    if (bursting or provisioned) and not category.can_burst:
        raise Refusal.INVALID_PARAMETER.error(name="BurstingEnabled")
    return DiskSpec(
        size_gib=size_gib,
        category=category.name,
        delete_with_instance=wanted.flag("DeleteWithInstance", default=True),
        name=wanted.text("DiskName"),
        tags=tags,
        description=wanted.text("Description"),
        performance_level=level,
        source_snapshot_id=wanted.text("SnapshotId"),
        encrypted=encrypted,
        kms_key_id=key,
        bursting=bursting,
        provisioned_iops=provisioned,
        auto_snapshot_policy_id=wanted.text("AutoSnapshotPolicyId"),
    )


def _snapshot(request: Request, snapshot_id: str) -> Snapshot | None:
    """The snapshot to create a data disk from.

    Raises:
        EcsError: it does not exist, is not complete, or is of a system disk.
    """
    if not snapshot_id:
        return None
    snapshot = request.state.snapshots.find(snapshot_id, request.region())
    if snapshot is None:
        raise _refused("InvalidDataDiskSnapshotId.NotFound")
    if snapshot.status is not SnapshotStatus.ACCOMPLISHED:
        raise _refused("InvalidSnapshotId.NotReady")
    if snapshot.disk_kind is not DiskKind.DATA:
        raise _refused("InvalidSnapshotId.NotDataDiskSnapshot")
    return snapshot
