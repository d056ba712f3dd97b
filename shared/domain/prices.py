"""The list price of an instance, from the prices of its parts. Pure.

ECS prices a whole configuration and says what each part of it costs (DescribePrice, API reference).
Its price list implies, but nobody has confirmed, that a part costs the same in every configuration
within a region; so a new configuration whose parts are all known needs no call of its own.

In economical mode the charges for the instance type, the image's licence and the fixed bandwidth of
a static public address end; those for disks continue ("Economical mode", ECS user guide). Traffic,
EIPs, snapshots and provisioned IOPS are not in any hourly price.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from shared.domain.instance import Instance, Status, hindered

ENDS = frozenset({"instanceType", "image", "bandwidth"})
"""What is not charged in economical mode; everything else with a price still is."""

DIGITS = 6
"""Behind the point of a price; what is nothing by then is no price."""

_LOCAL = ("local_", "ephemeral")


class ListPrice(msgspec.Struct, frozen=True):
    """What an instance costs at list price, before discounts, savings plans and coupons.

    Attributes:
        hour: Per hour while it runs.
        ends: How much of it ends in economical mode; 0 if that mode has no effect.
        currency: ``CNY``, ``USD`` or another, as ECS says.
    """

    hour: float
    ends: float
    currency: str


class PricedDisk(msgspec.Struct, frozen=True, order=True):
    """What decides a disk's price; the size is in GiB, the level ``PL0`` to ``PL3`` or ""."""

    category: str
    size: int
    level: str = ""


class Disks(msgspec.Struct, frozen=True):
    """The disks of one instance that are billed by the hour; None: it has no such system disk."""

    system: PricedDisk | None = None
    data: tuple[PricedDisk, ...] = ()


class Configuration(msgspec.Struct, frozen=True):
    """Something that ECS has a price for."""

    region: str
    instance_type: str
    network: str
    image_id: str
    mbps: int
    disks: Disks

    def parts(self) -> Mapping[str, tuple[object, ...]]:
        """ECS's names for its parts, each with everything that decides the part's price."""
        made: dict[str, tuple[object, ...]] = {
            "instanceType": (self.region, self.instance_type, self.network),
            "image": (self.region, self.instance_type, self.image_id),
            "systemDisk": (self.region, self.disks.system),
        }
        if self.disks.data:
            made["dataDisk"] = (self.region, *self.disks.data)
        if self.mbps:
            made["bandwidth"] = (self.region, self.mbps)
        return made


def configuration(instance: Instance, disks: Disks) -> Configuration:
    """An instance's configuration, as far as it has an hourly list price."""
    bought = instance.bought
    paid_data = sorted(one for one in disks.data if not one.category.startswith(_LOCAL))
    return Configuration(
        region=instance.region,
        instance_type=instance.instance_type,
        network=bought.network,
        image_id=bought.image_id,
        mbps=bought.fixed_mbps if instance.public_ip else 0,
        disks=Disks(disks.system, tuple(paid_data)),
    )


def why_without_price(instance: Instance) -> str:
    """Why an instance has no hourly list price, such as ``subscription``; "" if it has one."""
    if instance.status is Status.GONE or instance.unreadable or not instance.instance_type:
        return "not shown by ECS"
    if instance.charge_type != "PostPaid":
        return "subscription" if instance.charge_type == "PrePaid" else "unknown charge type"
    return "spot instance" if instance.bought.is_spot else ""


def list_price(instance: Instance, parts: Mapping[str, float], currency: str) -> ListPrice:
    """The price of an instance whose parts have these hourly prices."""
    return ListPrice(
        hour=_rounded(parts.values()),
        ends=0.0
        if hindered(instance)
        else _rounded(price for name, price in parts.items() if name in ENDS),
        currency=currency,
    )


def _rounded(prices: Iterable[float]) -> float:
    return round(sum(prices), DIGITS)
