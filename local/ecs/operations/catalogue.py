"""DescribeZones, DescribeInstanceTypes, DescribeInstanceTypeFamilies.

Sources: their pages in the API reference. Stock is not emulated: every zone sells every type.
"""

from __future__ import annotations

import functools
import math
import re
import sys
from collections.abc import Callable, Mapping

from local.ecs.account.catalog import INSTANCE_TYPES, SOLD_DISKS, InstanceType
from local.ecs.account.model import ChargeType, SpotStrategy
from local.ecs.account.regions import REGIONS, Region
from local.ecs.account.state import JsonObject
from local.ecs.errors import Refusal
from local.ecs.operations.regions import Language
from local.ecs.rpc.listing import refuse_filters
from local.ecs.rpc.parameters import Parameters
from local.ecs.rpc.request import Request

MIB_PER_GIB = 1024
MOST_DISKS = 17
MOST_TYPES = 10
"""How many instance types a request may name."""
LARGEST_TYPE_PAGE = 1600
"""Instance types per page (DescribeInstanceTypes, MaxResults)."""
_MEMORY = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?")


def describe_zones(request: Request) -> JsonObject:
    """The zones of a region, with what each sells.

    Raises:
        EcsError: region, language, charge type or spot strategy is unknown.
    """
    region = REGIONS[request.region()]
    parameters = request.parameters
    language = parameters.choice("AcceptLanguage", Language, Refusal.ACCEPT_LANGUAGE)
    parameters.choice("InstanceChargeType", ChargeType, Refusal.UNKNOWN_CHARGE_TYPE)
    parameters.choice("SpotStrategy", SpotStrategy, Refusal.SPOT_STRATEGY)
    allowed = request.may_list("*", region.region_id)
    zones = region.zones if allowed else ()
    return {"Zones": {"Zone": [_zone(region, zone, language) for zone in zones]}}


def _zone(region: Region, zone: str, language: Language | None) -> JsonObject:
    letter = zone[-1].upper()
    in_english = f"{region.name_en.partition(' (')[2].rstrip(')') or region.name_en} Zone {letter}"
    disks = list(SOLD_DISKS)
    generations = _generations()
    return {
        "AvailableDedicatedHostTypes": {"DedicatedHostType": []},
        "AvailableDiskCategories": {"DiskCategories": disks},
        "AvailableInstanceTypes": {"InstanceTypes": list(INSTANCE_TYPES)},
        "AvailableResourceCreation": {
            "ResourceTypes": ["VSwitch", "IoOptimized", "Instance", "Disk"]
        },
        "AvailableResources": {
            "ResourcesInfo": [
                {
                    "DataDiskCategories": {"supportedDataDiskCategory": disks},
                    "InstanceGenerations": {
                        "supportedInstanceGeneration": sorted(set(generations.values()))
                    },
                    "InstanceTypeFamilies": {"supportedInstanceTypeFamily": list(generations)},
                    "InstanceTypes": {"supportedInstanceType": list(INSTANCE_TYPES)},
                    "IoOptimized": True,
                    "NetworkTypes": {"supportedNetworkCategory": ["vpc"]},
                    "SystemDiskCategories": {"supportedSystemDiskCategory": disks},
                }
            ]
        },
        "AvailableVolumeCategories": {"VolumeCategories": []},
        "DedicatedHostGenerations": {"DedicatedHostGeneration": []},
        "LocalName": (
            f"{region.city_zh} 可用区{letter}"
            if language in {None, Language.CHINESE}
            else in_english
        ),
        "ZoneId": zone,
    }


@functools.cache
def _generations() -> Mapping[str, str]:
    """The generation of each family."""
    return {each.family: each.generation for each in INSTANCE_TYPES.values()}


def describe_instance_type_families(request: Request) -> JsonObject:
    """The families of instance types, of one generation or of all.

    Raises:
        EcsError: the region is unknown.
    """
    region = request.region()
    generation = request.parameters.text("Generation")
    found = _generations()
    allowed = request.may_list("*", region)
    return {
        "InstanceTypeFamilies": {
            "InstanceTypeFamily": [
                {"InstanceTypeFamilyId": family, "Generation": each}
                for family, each in (found.items() if allowed else ())
                if generation in {"", each}
            ]
        }
    }


def describe_instance_types(request: Request) -> JsonObject:
    """Instance types with their properties: all, or by name, family or size.

    Raises:
        EcsError: a parameter is wrong, or a filter is not emulated.
    """
    parameters = request.parameters
    refuse_filters(parameters, request.reference.parameters - _TYPE_FILTERS)
    names = parameters.repeated("InstanceTypes")
    if len(names) > MOST_TYPES:
        raise Refusal.INVALID_PARAMETER.error(name="InstanceTypes")
    size = parameters.number("MaxResults", LARGEST_TYPE_PAGE)
    begin = parameters.number("NextToken", 0)
    if begin < 0:
        raise Refusal.INVALID_PARAMETER.error(name="NextToken")
    allowed = request.may_list("*", "*")
    is_asked = _criterion(parameters)
    found = [
        kind
        for name, kind in INSTANCE_TYPES.items()
        if allowed and (not names or name in names) and is_asked(kind)
    ]
    end = begin + max(1, min(size, LARGEST_TYPE_PAGE))
    return {
        "InstanceTypes": {"InstanceType": [_instance_type(each) for each in found[begin:end]]},
        "NextToken": str(end) if end < len(found) else "",
    }


_TYPE_FILTERS = frozenset(
    {
        "CpuArchitecture",
        "InstanceTypeFamily",
        "InstanceTypes",
        "MaxResults",
        "MaximumCpuCoreCount",
        "MaximumMemorySize",
        "MinimumCpuCoreCount",
        "MinimumMemorySize",
        "NextToken",
    }
)


def _criterion(parameters: Parameters) -> Callable[[InstanceType], bool]:
    """The filters' conditions on an instance type.

    Raises:
        EcsError: one of them is not a number.
    """
    family = parameters.text("InstanceTypeFamily")
    architecture = parameters.text("CpuArchitecture")
    least_cores = parameters.number("MinimumCpuCoreCount", 0)
    most_cores = parameters.number("MaximumCpuCoreCount", sys.maxsize)
    least_memory = memory(parameters, "MinimumMemorySize", 0)
    most_memory = memory(parameters, "MaximumMemorySize", math.inf)
    return lambda kind: (
        family in {"", kind.family}
        and architecture in {"", kind.architecture}
        and least_cores <= kind.cpu <= most_cores
        and least_memory <= kind.memory_mib / MIB_PER_GIB <= most_memory
    )


def memory(parameters: Parameters, name: str, default: float) -> float:
    """An amount of memory in GiB, which may have a fraction: ``0.5``.

    Raises:
        EcsError: it is not a number.
    """
    text = parameters.text(name)
    if text and not _MEMORY.fullmatch(text):
        raise Refusal.INVALID_PARAMETER.error(name=name)
    return float(text) if text else default


def _instance_type(kind: InstanceType) -> JsonObject:
    entry: JsonObject = {
        "CpuArchitecture": kind.architecture,
        "CpuCoreCount": kind.cpu,
        "DiskQuantity": MOST_DISKS,
        "EniIpv6AddressQuantity": kind.addresses,
        "EniPrivateIpAddressQuantity": kind.addresses,
        "EniQuantity": kind.interfaces,
        "GPUAmount": kind.gpu_amount,
        "GPUSpec": kind.gpu_spec,
        "InstanceFamilyLevel": _level(kind),
        "InstanceTypeFamily": kind.family,
        "InstanceTypeId": kind.name,
        "LocalStorageCategory": "",
        "MemorySize": kind.memory_mib / MIB_PER_GIB,
    }
    if kind.local_disks:
        solid = kind.family.startswith(("ecs.i", "ecs.gn"))
        entry["LocalStorageAmount"] = kind.local_disks
        entry["LocalStorageCapacity"] = kind.local_disk_gib
        entry["LocalStorageCategory"] = "local_ssd_pro" if solid else "local_hdd_pro"
    return entry


def _level(kind: InstanceType) -> str:
    if kind.family in {"ecs.t5", "ecs.t6"}:
        return "CreditEntryLevel"
    entry_level = {"ecs.e", "ecs.v5", "ecs.xn4", "ecs.n4", "ecs.mn4", "ecs.e4"}
    return "EntryLevel" if kind.family in entry_level else "EnterpriseLevel"
