"""DescribePrice. Source: its page in the API reference."""

from __future__ import annotations

from enum import Enum

from local.ecs.account.catalog import (
    CURRENCY,
    DISK_CATEGORIES,
    INSTANCE_TYPES,
    DiskCategory,
    bandwidth_price,
    disk_price,
    instance_price,
)
from local.ecs.account.model import SpotStrategy
from local.ecs.account.state import JsonObject
from local.ecs.errors import Refusal
from local.ecs.rpc.parameters import Parameters
from local.ecs.rpc.request import Request

LARGEST_AMOUNT = 1000
LONGEST_PERIOD = 60
DEFAULT_SYSTEM_DISK_GIB = 40


class PricedResource(Enum):
    """What DescribePrice supports here; ECS prices more."""

    INSTANCE = "instance"


class PriceUnit(Enum):
    """The subject of a price."""

    HOUR = "Hour"
    MONTH = "Month"
    YEAR = "Year"


def describe_price(request: Request) -> JsonObject:
    """The price of instances with their disks and bandwidth, from the emulator's own table.

    Raises:
        EcsError: RAM denies it, or a parameter is absent, unknown or out of range.
    """
    request.authorize("*", request.region(), {})
    parameters = request.parameters
    parameters.choice("ResourceType", PricedResource, Refusal.PRICED_RESOURCE_TYPE)
    unit = parameters.choice("PriceUnit", PriceUnit, Refusal.PRICE_UNIT) or PriceUnit.HOUR
    period = parameters.number("Period", 1, Refusal.PERIOD)
    if not 1 <= period <= LONGEST_PERIOD:
        raise Refusal.PERIOD.error()
    amount = parameters.number("Amount", 1, Refusal.PRICED_AMOUNT)
    if not 1 <= amount <= LARGEST_AMOUNT:
        raise Refusal.PRICED_AMOUNT.error()
    parts = [
        (name, original * amount, trade * amount)
        for name, original, trade in _parts(parameters, unit.value, period)
    ]
    original, trade = sum(part[1] for part in parts), sum(part[2] for part in parts)
    details = [{"Resource": name, **_prices(first, last)} for name, first, last in parts]
    as_newest_sdk = request.state.settings.quirks.price_parts_are_detail_info
    inner = "DetailInfo" if as_newest_sdk else "ResourcePriceModel"
    return {
        "PriceInfo": {
            "Price": {
                **_prices(original, trade),
                "Currency": CURRENCY,
                "DetailInfos": {inner: details},
            },
            "Rules": {"Rule": []},
        }
    }


def asked_category(parameters: Parameters, name: str, default: str, bad: Refusal) -> DiskCategory:
    """A disk category that the request names, or the default.

    Raises:
        EcsError: ``bad``, if there is none of that name.
    """
    category = DISK_CATEGORIES.get(parameters.text(name, default))
    if category is None:
        raise bad.error()
    return category


def asked_size(parameters: Parameters, name: str, category: DiskCategory, bad: Refusal) -> int:
    """A disk size in GiB that the category allows; by default 40 or the nearest allowed size.

    Raises:
        EcsError: ``bad``, if it is out of range.
    """
    default = max(DEFAULT_SYSTEM_DISK_GIB, category.smallest)
    size = parameters.number(name, default, bad)
    if not category.smallest <= size <= category.largest:
        raise bad.error()
    return size


def _parts(parameters: Parameters, unit: str, period: int) -> list[tuple[str, float, float]]:
    """Resource, original price and trade price of each part of one instance.

    Bandwidth has an hourly price only if billed by bandwidth; Linux has no licence.
    """
    type_name = parameters.required("InstanceType", Refusal.NO_INSTANCE_TYPE)
    kind = INSTANCE_TYPES.get(type_name)
    if kind is None:
        raise Refusal.INSTANCE_TYPE.error()
    strategy = parameters.choice("SpotStrategy", SpotStrategy, Refusal.SPOT_STRATEGY)
    spot = strategy not in {None, SpotStrategy.NO_SPOT}
    if spot:
        parameters.required("ZoneId")
    parts = [
        ("instanceType", *instance_price(kind, unit, period, spot=spot)),
        ("image", 0.0, 0.0),
    ]
    for resource, category, size in _disks(parameters):
        price = disk_price(category, size, unit, period)
        parts.append((resource, price, price))
    bandwidth = parameters.number("InternetMaxBandwidthOut", 0)
    if bandwidth and parameters.text("InternetChargeType", "PayByTraffic") == "PayByBandwidth":
        price = bandwidth_price(bandwidth, unit, period)
        parts.append(("bandwidth", price, price))
    return parts


def _disks(parameters: Parameters) -> list[tuple[str, DiskCategory, int]]:
    """The system disk and the data disks that the request asks for."""
    system = asked_category(
        parameters, "SystemDisk.Category", "cloud_efficiency", Refusal.SYSTEM_DISK_CATEGORY
    )
    size = asked_size(parameters, "SystemDisk.Size", system, Refusal.SYSTEM_DISK_SIZE)
    disks = [("systemDisk", system, size)]
    for disk in parameters.structures("DataDisk"):
        category = asked_category(disk, "Category", "cloud_efficiency", Refusal.DATA_DISK_CATEGORY)
        size = asked_size(disk, "Size", category, Refusal.DATA_DISK_SIZE)
        disks.append(("dataDisk", category, size))
    return disks


def _prices(original: float, trade: float) -> JsonObject:
    return {
        "OriginalPrice": round(original, 4),
        "DiscountPrice": round(original - trade, 4),
        "TradePrice": round(trade, 4),
    }
