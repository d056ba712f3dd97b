"""CreateImage, DeleteImage, DeleteSnapshot. Sources: their pages in the API reference.

An image is complete when its snapshots are. It has no contents: like every instance here, one
created from it boots nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from local.ecs.account import lifecycle
from local.ecs.account.images import Image, ImageDisk, public_images
from local.ecs.account.lifecycle import SnapshotOrder
from local.ecs.account.model import (
    Disk,
    DiskKind,
    Instance,
    LockReason,
    Snapshot,
    SnapshotStatus,
    Status,
)
from local.ecs.account.os_names import os_name
from local.ecs.account.state import JsonObject
from local.ecs.errors import Refusal
from local.ecs.operations.snapshots import SNAPSHOTS_PER_DISK
from local.ecs.rpc.instance_ids import one_instance
from local.ecs.rpc.parameters import Parameters
from local.ecs.rpc.request import Request, idempotent

_NAME = re.compile(r"(?!https?://)[^\W\d_][\w.:\-]{1,127}")
_DESCRIPTION = re.compile(r"(?!https?://)[^\0]{2,256}")
MOST_DISKS = 17
"""Snapshots of an image: of its system disk, and of sixteen data disks."""
_SYSTEM_DEVICE = "/dev/xvda"


@idempotent
def create_image(request: Request) -> JsonObject:
    """Create an image from an instance's disks, or from existing snapshots.

    Raises:
        EcsError: neither is named, or is there, or is ready; a name that is taken or not valid; an
            instance without a system disk; more than 17 snapshots; or this is a dry run.
    """
    parameters, state, reference = request.parameters, request.state, request.reference
    region = request.region()
    request.authorize("image/*", region, {})
    name, description = parameters.text("ImageName"), parameters.text("Description")
    if name and not _NAME.fullmatch(name):
        raise reference.error("InvalidImageName.Malformed")
    if name in {each.name for _, each in state.images.walk(region)}:
        raise reference.error("InvalidImageName.Duplicated")
    if description and not _DESCRIPTION.fullmatch(description):
        raise reference.error("InvalidDescription.Malformed")
    tags = parameters.new_tags()
    request.authorize_new_tags("image/*", region, tags)
    snapshots, base = _parts(request, region)
    image_id = state.mint("m", region)
    system = next(each for each in snapshots if each.disk_kind is DiskKind.SYSTEM)
    made = replace(
        _like(base),
        image_id=image_id,
        name=name or image_id,
        region=region,
        owner="self",
        size_gib=system.disk_size_gib,
        created_at=state.now,
        ready_at=max(state.now, *(each.ends_at for each in snapshots)),
        family=parameters.text("ImageFamily"),
        description=description,
        version=parameters.text("ImageVersion"),
        resource_group_id=parameters.text("ResourceGroupId"),
        disks=tuple(_image_disks(snapshots)),
        tags=tags,
    )
    state.images.add(image_id, region, made)
    return {"ImageId": image_id}


def delete_image(request: Request) -> JsonObject:
    """Delete one of the account's own images; a missing one is no error.

    Raises:
        EcsError: it is not complete, or instances were made from it and Force is not set; or this
            is a dry run.
    """
    image_id = request.parameters.required("ImageId")
    region, state = request.region(), request.state
    image = state.images.find(image_id, region)
    request.authorize(f"image/{image_id}", region, image.tags if image else {})
    if image is None:
        if image_id in public_images():
            raise request.reference.error("InvalidImageId.NotFound")
        request.stop_if_dry_run()
        return {}
    if image.status(state.now) != "Available":
        raise request.reference.error("ImageIsCreating")
    used = any(each.image_id == image_id for _, each in state.instances.walk(region))
    if used and not request.parameters.flag("Force"):
        raise request.reference.error("ImageUsingByInstance")
    request.stop_if_dry_run()
    state.images.remove(image_id)
    return {}


def delete_snapshot(request: Request) -> JsonObject:
    """Delete a snapshot; a missing one is no error.

    Raises:
        EcsError: an image was created from it, or a disk and Force is not set.
    """
    snapshot_id, state = request.parameters.required("SnapshotId"), request.state
    snapshot = state.snapshots.find(snapshot_id, request.optional_region())
    region = snapshot.region if snapshot else request.parameters.text("RegionId", "*")
    request.authorize(f"snapshot/{snapshot_id}", region, snapshot.tags if snapshot else {})
    if snapshot is None:
        return {}
    if any(disk.snapshot_id == snapshot_id for each in state.images for disk in each.disks):
        raise request.reference.error("SnapshotCreatedImage")
    used = any(each.source_snapshot_id == snapshot_id for each in state.disks)
    if used and not request.parameters.flag("Force"):
        raise request.reference.error("SnapshotCreatedDisk")
    state.remove_snapshot(snapshot_id)
    return {}


def _parts(request: Request, region: str) -> tuple[tuple[Snapshot, ...], str]:
    """The snapshots of an image, and what its system disk was created from."""
    parameters = request.parameters
    if parameters.text("InstanceId"):
        instance = _at_rest(request)
        order = SnapshotOrder(description="made with an image")
        disks = request.state.disks_of(instance)
        _check_disks(request, disks)
        request.stop_if_dry_run()
        begun = tuple(lifecycle.begin_snapshot(request.state, disk, order) for disk in disks)
        return begun, instance.image_id
    mapping = parameters.structures("DiskDeviceMapping")
    if len(mapping) > MOST_DISKS:
        raise Refusal.INVALID_PARAMETER.error(name="DiskDeviceMapping")
    if not mapping and not parameters.text("SnapshotId"):
        raise request.reference.error("MissingParameter")
    named = mapping or (parameters,)
    snapshots = tuple(_accomplished(request, each, region) for each in named)
    systems = [each for each in snapshots if each.disk_kind is DiskKind.SYSTEM]
    if not systems:
        having = "does not contain system disk" if mapping else "not from system disk"
        raise request.reference.error("OperationDenied", having)
    if len(systems) > 1:
        raise request.reference.error("OperationDenied", "two or more system disk")
    request.stop_if_dry_run()
    disk = request.state.disks.find(systems[0].disk_id)
    return snapshots, disk.image_id if disk else ""


def _at_rest(request: Request) -> Instance:
    instance = one_instance(request)
    if instance.is_locked(LockReason.SECURITY):
        raise request.reference.error("InstanceLockedForSecurity")
    if instance.deleting or instance.status not in {Status.RUNNING, Status.STOPPED}:
        raise request.reference.error("IncorrectInstanceStatus")
    return instance


def _check_disks(request: Request, disks: tuple[Disk, ...]) -> None:
    if not any(each.kind is DiskKind.SYSTEM for each in disks):
        raise request.reference.error("InvalidInstanceId.ValueNotSupported")
    if any(len(request.state.snapshots_of(each.disk_id)) >= SNAPSHOTS_PER_DISK for each in disks):
        raise request.reference.error("QuotaExceed.Snapshot")
    if any(request.state.progressing_snapshot(each.disk_id) for each in disks):
        raise request.reference.error("IncorrectDiskStatus.CreatingSnapshot")


def _accomplished(request: Request, named: Parameters, region: str) -> Snapshot:
    snapshot = request.state.snapshots.find(named.text("SnapshotId"), region)
    if snapshot is None:
        raise request.reference.error("InvalidSnapshotId.NotFound")
    if snapshot.status is not SnapshotStatus.ACCOMPLISHED:
        raise request.reference.error("InvalidSnapshotId.NotReady")
    return snapshot


def _like(image_id: str) -> Image:
    """An image with another's operating system; for an unknown one, what its id suggests."""
    if (public := public_images().get(image_id)) is not None:
        return public
    some = next(iter(public_images().values()))
    name = os_name(image_id)
    windows = name.kind == "windows"
    platform = "Windows Server" if windows else name.en.partition("  ")[0]
    return replace(some, platform=platform, os_name=name.zh, os_name_en=name.en)


def _image_disks(snapshots: tuple[Snapshot, ...]) -> Iterator[ImageDisk]:
    letters = iter("bcdefghijklmnopq")
    for each in sorted(snapshots, key=lambda one: one.disk_kind is not DiskKind.SYSTEM):
        is_system = each.disk_kind is DiskKind.SYSTEM
        device = _SYSTEM_DEVICE if is_system else f"/dev/xvd{next(letters)}"
        yield ImageDisk(device, each.disk_kind.value, each.disk_size_gib, each.snapshot_id)
