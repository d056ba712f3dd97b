"""Instance types and disk categories that the emulator sells, and what they cost.

The sizes are those of the platform's own types. The prices are plausible ones, in CNY, near the
list prices of Hangzhou: good enough to compare and to add up, not to budget with. Subscriptions
cost less than 720 hours a month, spot instances a fifth, everywhere the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

HOURS_PER_MONTH = 720
MONTHS_PER_YEAR = 12
SUBSCRIPTION_FACTOR = 0.45
YEARLY_FACTOR = 0.85
SPOT_FACTOR = 0.2
BANDWIDTH_PER_MBPS_HOUR = 0.063
CURRENCY = "CNY"

_WITHOUT_STOP_CHARGING = re.compile(r"ecs\.(i\d.*|d\d.*|gn5|re6p|re6p-redis|ebmre6p)")


@dataclass(frozen=True, slots=True)
class InstanceType:
    """What one instance type has and costs.

    Attributes:
        cpu: vCPUs.
        memory_mib: memory in MiB.
        hourly: pay-as-you-go price in CNY per hour.
        gpu_amount: number of GPUs, and ``gpu_spec`` their kind.
        local_disks: number of local disks, and ``local_disk_gib`` the capacity of each.
    """

    name: str
    cpu: int
    memory_mib: int
    hourly: float
    gpu_amount: int = 0
    gpu_spec: str = ""
    local_disks: int = 0
    local_disk_gib: int = 0

    @property
    def family(self) -> str:
        """Such as ``ecs.g7`` of ``ecs.g7.large``."""
        return self.name.rpartition(".")[0]

    @property
    def supports_stop_charging(self) -> bool:
        """Whether StopCharging has any effect: not with local disks or persistent memory.

        Source: "Economical mode", user guide.
        """
        return not _WITHOUT_STOP_CHARGING.fullmatch(self.family)


INSTANCE_TYPES: Mapping[str, InstanceType] = {
    each.name: each
    for each in (
        InstanceType("ecs.t6-c1m1.large", 2, 2048, 0.19),
        InstanceType("ecs.t6-c1m2.large", 2, 4096, 0.27),
        InstanceType("ecs.e-c1m1.large", 2, 2048, 0.17),
        InstanceType("ecs.e-c1m2.large", 2, 4096, 0.25),
        InstanceType("ecs.c7.large", 2, 4096, 0.52),
        InstanceType("ecs.c7.xlarge", 4, 8192, 1.04),
        InstanceType("ecs.c7.2xlarge", 8, 16384, 2.08),
        InstanceType("ecs.c7.4xlarge", 16, 32768, 4.16),
        InstanceType("ecs.g7.large", 2, 8192, 0.67),
        InstanceType("ecs.g7.xlarge", 4, 16384, 1.34),
        InstanceType("ecs.g7.2xlarge", 8, 32768, 2.68),
        InstanceType("ecs.g7.4xlarge", 16, 65536, 5.36),
        InstanceType("ecs.r7.large", 2, 16384, 0.88),
        InstanceType("ecs.r7.xlarge", 4, 32768, 1.76),
        InstanceType("ecs.r7.2xlarge", 8, 65536, 3.52),
        InstanceType("ecs.g8y.large", 2, 8192, 0.49),
        InstanceType("ecs.i2.xlarge", 4, 32768, 2.62, local_disks=1, local_disk_gib=894),
        InstanceType("ecs.i3.xlarge", 4, 32768, 2.41, local_disks=1, local_disk_gib=894),
        InstanceType("ecs.d1.2xlarge", 8, 32768, 4.35, local_disks=4, local_disk_gib=5500),
        InstanceType("ecs.d2s.5xlarge", 20, 90112, 12.5, local_disks=8, local_disk_gib=7300),
        InstanceType("ecs.gn6i-c4g1.xlarge", 4, 15872, 11.63, 1, "NVIDIA T4"),
        InstanceType("ecs.gn7i-c8g1.2xlarge", 8, 30720, 13.06, 1, "NVIDIA A10"),
    )
}


@dataclass(frozen=True, slots=True)
class DiskCategory:
    """What one kind of cloud disk may hold and costs.

    Attributes:
        smallest: least capacity in GiB, and ``largest`` the most.
        hourly: price of one GiB in CNY per hour.
        can_be_snapshotted: false for disks that are local to their host.
        is_essd: snapshot groups take disks of the ESSD series only.
    """

    name: str
    smallest: int
    largest: int
    hourly: float
    can_be_snapshotted: bool = True
    is_essd: bool = False


DISK_CATEGORIES: Mapping[str, DiskCategory] = {
    each.name: each
    for each in (
        DiskCategory("cloud_essd", 20, 65536, 0.00139, is_essd=True),
        DiskCategory("cloud_essd_entry", 10, 32768, 0.00076, is_essd=True),
        DiskCategory("cloud_auto", 1, 65536, 0.00111, is_essd=True),
        DiskCategory("cloud_ssd", 20, 32768, 0.00139),
        DiskCategory("cloud_efficiency", 20, 32768, 0.00049),
        DiskCategory("cloud", 5, 2000, 0.00042),
        DiskCategory("local_ssd_pro", 894, 7680, 0.0, can_be_snapshotted=False),
    )
}


def instance_price(
    kind: InstanceType, unit: str, period: int, *, spot: bool
) -> tuple[float, float]:
    """Original and trade price of one instance.

    Args:
        kind: what is priced.
        unit: ``Hour``, ``Month`` or ``Year``.
        period: how many of them.
        spot: whether it is a spot instance.
    """
    original = kind.hourly * _hours(unit, period)
    return original, original * (SPOT_FACTOR if spot else 1)


def disk_price(category: DiskCategory, size_gib: int, unit: str, period: int) -> float:
    """Price of one disk, like `instance_price`."""
    return category.hourly * size_gib * _hours(unit, period)


def bandwidth_price(mbps: int, unit: str, period: int) -> float:
    """Price of a fixed public bandwidth, like `instance_price`."""
    return BANDWIDTH_PER_MBPS_HOUR * mbps * _hours(unit, period)


def _hours(unit: str, period: int) -> float:
    """How many pay-as-you-go hours the period costs."""
    if unit == "Hour":
        return period
    monthly = HOURS_PER_MONTH * SUBSCRIPTION_FACTOR
    if unit == "Month":
        return monthly * period
    return monthly * MONTHS_PER_YEAR * YEARLY_FACTOR * period
