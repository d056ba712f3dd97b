"""DescribeImages. Source: its page in the API reference."""

from __future__ import annotations

from collections.abc import Iterator

from local.ecs.account.catalog import INSTANCE_TYPES
from local.ecs.account.images import Image, ImageDisk, public_images
from local.ecs.account.state import JsonObject
from local.ecs.rpc import render
from local.ecs.rpc.request import Operation, Request
from local.ecs.rpc.table import Listing, listed

OWNERS = ("system", "self", "others", "marketplace")


def _rows(request: Request, region: str) -> Iterator[tuple[int, Image]]:
    """Public images, then the account's own, with the requested statuses."""
    parameters, state = request.parameters, request.state
    documented = request.reference
    if parameters.text("ImageOwnerAlias", "self") not in OWNERS:
        raise documented.error("InvalidImageOwnerAlias.ValueNotSupported")
    if parameters.text("OSType", "linux") not in {"linux", "windows"}:
        raise documented.error("InvalidOSType")
    usage = parameters.text("Usage")
    if usage not in {"", "none", "instance"}:
        raise documented.error("InvalidUsage")
    used = {each.image_id for _, each in state.instances.walk(region)}
    architecture = _architecture(request)
    statuses = parameters.text("Status", "Available").split(",")
    wanted = parameters.text("ImageId")
    for position, image in _all(request, region):
        if wanted and image.image_id not in wanted.split(","):
            continue
        if usage and (image.image_id in used) is not (usage == "instance"):
            continue
        if image.status(state.now) in statuses and architecture in {"", image.architecture}:
            yield position, image


def _all(request: Request, region: str) -> Iterator[tuple[int, Image]]:
    yield from enumerate(public_images().values(), start=1)
    for position, image in request.state.images.walk(region):
        yield len(public_images()) + position, image


def _architecture(request: Request) -> str:
    """The requested one, or that of the InstanceType; "" for any."""
    asked = request.parameters.text("Architecture")
    if asked not in {"", "i386", "x86_64", "arm64"}:
        raise request.reference.error("InvalidArchitecture")
    name = request.parameters.text("InstanceType")
    if name and name not in INSTANCE_TYPES:
        raise request.reference.error("InvalidInstanceType.ValueNotSupported")
    of_type = {"X86": "x86_64", "ARM": "arm64"}[INSTANCE_TYPES[name].architecture] if name else ""
    return asked or of_type


def _show(request: Request, image: Image) -> JsonObject:
    state = request.state
    used = any(
        each.image_id == image.image_id for _, each in state.instances.walk(request.region())
    )
    return {
        "Architecture": image.architecture,
        "CreationTime": render.to_second(image.created_at),
        "Description": image.description,
        "DiskDeviceMappings": {"DiskDeviceMapping": [_disk(each) for each in image.disks]},
        "ImageFamily": image.family,
        "ImageId": image.image_id,
        "ImageName": image.name,
        "ImageOwnerAlias": image.owner,
        "ImageVersion": image.version,
        "IsCopied": False,
        "IsPublic": image.owner == "system",
        "IsSelfShared": "False",
        "IsSubscribed": False,
        "IsSupportCloudinit": True,
        "IsSupportIoOptimized": True,
        "OSName": image.os_name,
        "OSNameEn": image.os_name_en,
        "OSType": image.os_type,
        "Platform": image.platform,
        "ProductCode": "",
        "Progress": "100%" if image.status(state.now) == "Available" else "0%",
        "ResourceGroupId": image.resource_group_id,
        "Size": image.size_gib,
        "Status": image.status(state.now),
        "Tags": render.tag_list(image.tags),
        "Usage": "instance" if used else "none",
    }


def _disk(disk: ImageDisk) -> JsonObject:
    return {
        "Device": disk.device,
        "Format": "",
        "ImportOSSBucket": "",
        "ImportOSSObject": "",
        "Progress": "",
        "Size": str(disk.size_gib),
        "SnapshotId": disk.snapshot_id,
        "Type": disk.kind,
    }


describe_images: Operation = listed(
    Listing(
        answer=("Images", "Image"),
        resource="image/*",
        rows=_rows,
        show=_show,
        filters={
            "ImageName": lambda image: image.name,
            "ImageFamily": lambda image: image.family,
            "ImageOwnerAlias": lambda image: image.owner,
            "OSType": lambda image: image.os_type,
            "ResourceGroupId": lambda image: image.resource_group_id,
            "SnapshotId": lambda image: tuple(disk.snapshot_id for disk in image.disks),
            "IsSupportCloudinit": lambda _: True,
            "IsSupportIoOptimized": lambda _: True,
        },
        wild=frozenset({"ImageName"}),
        ignored=frozenset(
            {
                "ActionType",
                "Architecture",
                "ImageId",
                "InstanceType",
                "ShowExpired",
                "Status",
                "Usage",
            }
        ),
        tags=lambda image: image.tags,
    )
)
