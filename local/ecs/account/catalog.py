"""Instance types and disk categories that the emulator sells, and what they cost.

The sizes are those of the platform's own types, from ``data/instance_types.json``; what a disk can
do is by the formulas of "Block storage performance" (EBS user guide), to which 17 real disks
answer. The prices are plausible ones, in CNY, near the list prices of Hangzhou: good enough to
compare and to add up, not to budget with. Subscriptions cost less than 720 hours a month, spot
instances a fifth, everywhere the same.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local.ecs.account.data import read_data

HOURS_PER_MONTH = 720
MONTHS_PER_YEAR = 12
SUBSCRIPTION_FACTOR = 0.45
YEARLY_FACTOR = 0.85
SPOT_FACTOR = 0.2
BANDWIDTH_PER_MBPS_HOUR = 0.063
VCPU_HOUR = 0.185
GIB_HOUR = 0.0375
GPU_HOUR = 10.0
"""What an hour of a type costs whose price nobody made up singly."""
CURRENCY = "CNY"

OLDEST_GENERATION = 3
NEWEST_GENERATION = 6
_RATIO = re.compile(r"-l?c\d+[mg]\d+$")
_NUMBER = re.compile(r"\d+")
_ARM = re.compile(r"ecs\.(ebm)?[cgr](6r|8y)")
_BURSTABLE = re.compile(r"ecs\.t\d+")
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
        interfaces: elastic network interfaces at most, and ``addresses`` private ones of each; 0
            where the source does not say.
    """

    name: str
    cpu: int
    memory_mib: int
    hourly: float
    gpu_amount: int = 0
    gpu_spec: str = ""
    local_disks: int = 0
    local_disk_gib: int = 0
    interfaces: int = 0
    addresses: int = 0

    @property
    def family(self) -> str:
        """Such as ``ecs.g7`` of ``ecs.g7.large``, and ``ecs.t6`` of ``ecs.t6-c1m1.large``.

        Source: answers of DescribeInstances since 2017.
        """
        return _RATIO.sub("", self.name.rpartition(".")[0])

    @property
    def generation(self) -> str:
        """``ecs-5`` and so on, by the number in the family's name.

        Source: DescribeInstanceTypeFamilies, API reference, which has g5 in ecs-4, g6 in ecs-5 and
        hfc7 in ecs-6. That newer families are in ecs-6 too, and those with a number below 4 in
        ecs-3, is unverified.
        """
        found = _NUMBER.search(self.family)
        number = int(found[0]) if found else NEWEST_GENERATION + 1
        return f"ecs-{max(OLDEST_GENERATION, min(number - 1, NEWEST_GENERATION))}"

    @property
    def architecture(self) -> str:
        """``X86`` or ``ARM``. Source: "Overview of instance families"."""
        return "ARM" if _ARM.fullmatch(self.family) else "X86"

    @property
    def is_burstable(self) -> bool:
        """Whether it has CPU credits."""
        return _BURSTABLE.fullmatch(self.family) is not None

    @property
    def numa(self) -> str:
        """``CpuOptions.Numa`` as 43 real rows of 2024 show it: by family and size."""
        bare_metal = self.family.startswith("ecs.ebm")
        if bare_metal or self.is_burstable or self.gpu_amount or self.family == "ecs.e":
            return ""
        return "ON" if self.cpu <= 2 else "N/A"  # noqa: PLR2004  # the size called large

    @property
    def supports_stop_charging(self) -> bool:
        """Whether StopCharging has any effect: not with local disks or persistent memory.

        Source: "Economical mode", user guide.
        """
        return not _WITHOUT_STOP_CHARGING.fullmatch(self.family)


class _InstanceTypes(Mapping[str, InstanceType]):
    """The file, read when it is first looked into, and each type made when it is first asked for.

    Both at once would be a tenth of what it takes to import the emulator.
    """

    def __init__(self) -> None:
        self._made: dict[str, InstanceType] = {}

    @functools.cached_property
    def _rows(self) -> dict[str, list[Any]]:
        return {row[0]: row for row in read_data("instance_types")["types"]}

    def __getitem__(self, name: str) -> InstanceType:
        if name not in self._made:
            self._made[name] = _instance_type(self._rows[name])
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


def _instance_type(row: list[Any]) -> InstanceType:
    name, cpu, memory_mib, gpus, gpu, disks, disk_gib, interfaces, addresses, _, hourly = row
    made_up = VCPU_HOUR * cpu + GIB_HOUR * memory_mib / 1024 + GPU_HOUR * gpus
    return InstanceType(
        name=name,
        cpu=cpu,
        memory_mib=memory_mib,
        hourly=round(made_up, 2) if hourly is None else hourly,
        gpu_amount=gpus,
        gpu_spec=gpu,
        local_disks=disks,
        local_disk_gib=disk_gib,
        interfaces=interfaces,
        addresses=addresses,
    )


INSTANCE_TYPES: Mapping[str, InstanceType] = _InstanceTypes()
"""By name, in order of family and size; the file names the source of each."""


@dataclass(frozen=True, slots=True)
class Performance:
    """What a disk can do, by its capacity: so much, and more for each GiB, up to a limit.

    Attributes:
        iops: base, per GiB, limit.
        throughput: likewise, in MB/s.
        least_iops: what even a small disk has.
        least_throughput: likewise.
    """

    iops: tuple[int, float, int]
    throughput: tuple[int, float, int]
    least_iops: int = 0
    least_throughput: int = 0

    def of(self, size_gib: int) -> tuple[int, int]:
        """IOPS and MB/s of a disk of this size."""
        return (
            max(self.least_iops, _grown(size_gib, *self.iops)),
            max(self.least_throughput, _grown(size_gib, *self.throughput)),
        )


def _grown(size_gib: int, base: int, per_gib: float, limit: int) -> int:
    return min(int(base + per_gib * size_gib), limit)


ESSD_LEVELS: Mapping[str, Performance] = {
    "PL0": Performance((1800, 12, 10_000), (100, 0.25, 180)),
    "PL1": Performance((1800, 50, 50_000), (120, 0.5, 350)),
    "PL2": Performance((1800, 50, 100_000), (120, 0.5, 750)),
    "PL3": Performance((1800, 50, 1_000_000), (120, 0.5, 4000)),
}
"""What an ESSD can do, by its performance level."""
DEFAULT_LEVEL = "PL1"
"""Of an ESSD that names none (RunInstances, API reference)."""


@dataclass(frozen=True, slots=True)
class DiskCategory:
    """What one kind of cloud disk may hold and costs.

    Attributes:
        smallest: least capacity in GiB, and ``largest`` the most.
        hourly: price of one GiB in CNY per hour.
        can_be_snapshotted: false for disks that are local to their host.
        performance: what such a disk can do; an ESSD's is by its level.
        is_essd: snapshot groups take disks of the ESSD series only.
        has_levels: whether it has performance levels.
        can_burst: whether it has ``BurstingEnabled`` and ``ProvisionedIops``.
    """

    name: str
    smallest: int
    largest: int
    hourly: float
    performance: Performance
    can_be_snapshotted: bool = True
    is_essd: bool = False
    has_levels: bool = False
    can_burst: bool = False

    def performs(self, size_gib: int, level: str = "") -> tuple[int, int]:
        """IOPS and MB/s of a disk of this size, and of this level if it has levels."""
        return (ESSD_LEVELS[level] if level else self.performance).of(size_gib)


DISK_CATEGORIES: Mapping[str, DiskCategory] = {
    each.name: each
    for each in (
        DiskCategory(
            "cloud_essd",
            20,
            65536,
            0.00139,
            ESSD_LEVELS[DEFAULT_LEVEL],
            is_essd=True,
            has_levels=True,
        ),
        DiskCategory(
            "cloud_essd_entry",
            10,
            32768,
            0.00076,
            Performance((1800, 8, 6000), (100, 0.15, 150)),
            is_essd=True,
        ),
        DiskCategory(
            "cloud_auto",
            1,
            65536,
            0.00111,
            Performance((1800, 50, 50_000), (120, 0.5, 350), 3000, 125),
            is_essd=True,
            can_burst=True,
        ),
        DiskCategory(
            "cloud_ssd", 20, 32768, 0.00139, Performance((1800, 30, 25_000), (120, 0.5, 300))
        ),
        DiskCategory(
            "cloud_efficiency", 20, 32768, 0.00049, Performance((1800, 8, 5000), (100, 0.15, 140))
        ),
        DiskCategory("cloud", 5, 2000, 0.00042, Performance((300, 0, 300), (40, 0, 40))),
        DiskCategory(
            "local_ssd_pro",
            894,
            7680,
            0.0,
            Performance((500_000, 0, 500_000), (4096, 0, 4096)),
            can_be_snapshotted=False,
        ),
    )
}


SOLD_DISKS = tuple(name for name in DISK_CATEGORIES if not name.startswith("local"))
"""The categories that every zone sells."""


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
