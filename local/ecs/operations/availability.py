"""DescribeAvailableResource. Source: its page in the API reference.

Stock is not emulated: every zone sells every type and disk.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from local.ecs.account.catalog import DISK_CATEGORIES, INSTANCE_TYPES, SOLD_DISKS, DiskCategory
from local.ecs.account.model import ChargeType, SpotStrategy
from local.ecs.account.regions import REGIONS
from local.ecs.account.state import JsonObject
from local.ecs.operations.catalogue import MIB_PER_GIB, memory
from local.ecs.rpc.parameters import Parameters
from local.ecs.rpc.request import Request


class Destination(Enum):
    """What DescribeAvailableResource may query."""

    ZONE = "Zone"
    IO_OPTIMIZED = "IoOptimized"
    INSTANCE_TYPE = "InstanceType"
    NETWORK = "Network"
    DEDICATED_HOST = "ddh"
    SYSTEM_DISK = "SystemDisk"
    DATA_DISK = "DataDisk"


def describe_available_resource(request: Request) -> JsonObject:
    """What the zones of a region, or one of them, sell.

    Raises:
        EcsError: it does not say what to query, or names something that does not exist.
    """
    reference, parameters = request.reference, request.parameters
    asked = parameters.text("DestinationResource")
    if not asked:
        raise reference.error("Invalid.Param")
    region = request.region()
    if asked not in {each.value for each in Destination}:
        raise reference.error("Invalid.DestinationResource")
    if parameters.text("InstanceChargeType", "PostPaid") not in {each.value for each in ChargeType}:
        raise reference.error("Invalid.InstanceChargeType")
    if parameters.text("SpotStrategy", "NoSpot") not in {each.value for each in SpotStrategy}:
        raise reference.error("Invalid.SpotStrategy")
    if parameters.text("IoOptimized", "optimized") not in {"none", "optimized"}:
        raise reference.error("Invalid.IoOptimized")
    if parameters.text("NetworkCategory", "vpc") not in {"vpc", "classic"}:
        raise reference.error("Invalid.NetworkCategory")
    if parameters.text("InstanceType") and (parameters.text("Cores") or parameters.text("Memory")):
        raise reference.error("InvalidParam.TypeAndCpuMem.Conflict")
    supported = _supported(Destination(asked), parameters)
    allowed = request.may_list("*", region)
    zones = [
        _sold(region, zone, asked, supported)
        for zone in (REGIONS[region].zones if allowed else ())
        if parameters.text("ZoneId", zone) == zone
    ]
    return {"AvailableZones": {"AvailableZone": zones}} if supported else {}


def _sold(region: str, zone: str, asked: str, supported: list[JsonObject]) -> JsonObject:
    resource = {"Type": asked, "SupportedResources": {"SupportedResource": supported}}
    return {
        "AvailableResources": {"AvailableResource": [resource]},
        "RegionId": region,
        "Status": "Available",
        "StatusCategory": "WithStock",
        "ZoneId": zone,
    }


def _supported(asked: Destination, parameters: Parameters) -> list[JsonObject]:
    in_stock = {"Status": "Available", "StatusCategory": "WithStock"}
    if asked is Destination.INSTANCE_TYPE:
        return [{**in_stock, "Value": each} for each in _types(parameters)]
    if asked in {Destination.SYSTEM_DISK, Destination.DATA_DISK}:
        name = asked.value + "Category"
        return [{**in_stock, **_size(each)} for each in _disks(parameters.text(name))]
    values = {
        Destination.IO_OPTIMIZED: ["optimized"],
        Destination.NETWORK: ["vpc"],
        Destination.ZONE: ["Zone"],
    }
    return [{**in_stock, "Value": each} for each in values.get(asked, [])]


def _types(parameters: Parameters) -> Iterator[str]:
    """Names of the types with the requested cores and memory."""
    cores = parameters.number("Cores", 0)
    gib = memory(parameters, "Memory", 0)
    for kind in INSTANCE_TYPES.values():
        if (
            parameters.text("InstanceType", kind.name) == kind.name
            and cores in {0, kind.cpu}
            and gib in {0, kind.memory_mib / MIB_PER_GIB}
        ):
            yield kind.name


def _disks(category: str) -> list[DiskCategory]:
    return [DISK_CATEGORIES[each] for each in SOLD_DISKS if category in {"", each}]


def _size(category: DiskCategory) -> JsonObject:
    return {
        "Max": category.largest,
        "Min": category.smallest,
        "Unit": "GiB",
        "Value": category.name,
    }
