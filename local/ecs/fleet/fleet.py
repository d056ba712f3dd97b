"""What an emulated account starts with: its instances and its settings.

The default fleet is small and has one of everything that makes stopping and releasing difficult.
Ids are derived from names, so they are the same on every machine. `generated_fleet` makes large
ones.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone

from local.ecs.account.catalog import DISK_CATEGORIES, ESSD_LEVELS, INSTANCE_TYPES
from local.ecs.account.model import (
    ChargeType,
    InternetChargeType,
    LockReason,
    NetworkType,
    SpotStrategy,
    Status,
    StoppedMode,
)
from local.ecs.account.regions import REGIONS
from local.ecs.complaints import there_are

DEFAULT_IMAGE = "aliyun_3_x64_20G_alibase_20260815.vhd"
HANGZHOU = "cn-hangzhou"
SHANGHAI = "cn-shanghai"


MOST_DATA_DISKS = 16
"""The most cloud disks an instance has besides its system disk ("Limits", user guide)."""


@dataclass(frozen=True, slots=True)
class DiskSpec:
    """A disk to create with an instance.

    Attributes:
        size_gib: capacity in GiB.
        category: a key of `local.ecs.account.catalog.DISK_CATEGORIES`.
        delete_with_instance: false for a disk that is kept when its instance is released.
        tags: the disk's own.
        performance_level: ``PL0`` to ``PL3``, only for an ESSD; "" for PL1.
        source_snapshot_id: the snapshot it was created from, shown unchanged.
        bursting: only for cloud_auto, like ``provisioned_iops``.
    """

    size_gib: int = 40
    category: str = "cloud_essd"
    delete_with_instance: bool = True
    name: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    description: str = ""
    performance_level: str = ""
    source_snapshot_id: str = ""
    encrypted: bool = False
    kms_key_id: str = ""
    bursting: bool = False
    provisioned_iops: int = 0
    auto_snapshot_policy_id: str = ""

    def __post_init__(self) -> None:
        """Check what a typing error in a fleet would break.

        Raises:
            ValueError: the category is unknown, or has no such performance level, or the size is
                invalid.
        """
        if self.size_gib < 1:
            raise ValueError(f"a disk cannot have {self.size_gib} GiB")
        if self.category not in DISK_CATEGORIES:
            raise ValueError(
                f"disk category {self.category!r} is not one of {', '.join(DISK_CATEGORIES)}"
            )
        levels = ESSD_LEVELS if DISK_CATEGORIES[self.category].has_levels else {}
        if self.performance_level not in {"", *levels}:
            raise ValueError(
                f"a {self.category} disk has no performance level {self.performance_level!r}; "
                f"{', '.join(ESSD_LEVELS)} are those of cloud_essd"
            )


@dataclass(frozen=True, slots=True)
class InstanceSpec:
    """An instance to create.

    Attributes:
        zone: "" for the region's first.
        instance_type: a key of `local.ecs.account.catalog.INSTANCE_TYPES`.
        created_at: None for the moment of creation; ``started_at`` is the same unless given.
        expires_at: the end of a subscription; None for a PrePaid instance is a year ahead.
        stopped_mode: for a stopped PostPaid instance; not applicable is the account's default. If
            StopCharging is not supported, it is KeepCharging.
        auto_release_at: the seconds are dropped.
        has_public_ip: it has its own public address; ``has_eip``: an elastic one.
        bandwidth_out: Mbit/s; 0 for 5 with an address of its own, for none without.
        security_group_ids: none for the region's default group; ``vpc_id``, ``vswitch_id``,
            ``private_ip`` and ``host_name`` are generated, too, if "".
        user_data: base64.
        instance_id: "" to generate one.
    """

    name: str = ""
    region: str = HANGZHOU
    zone: str = ""
    instance_type: str = "ecs.g7.large"
    image_id: str = DEFAULT_IMAGE
    status: Status = Status.RUNNING
    description: str = ""
    key_pair: str = ""
    resource_group_id: str = ""
    charge_type: ChargeType = ChargeType.POST_PAID
    spot_strategy: SpotStrategy = SpotStrategy.NO_SPOT
    network: NetworkType = NetworkType.VPC
    tags: Mapping[str, str] = field(default_factory=dict)
    locks: tuple[LockReason, ...] = ()
    deletion_protection: bool = False
    system_disk: DiskSpec = DiskSpec()
    data_disks: tuple[DiskSpec, ...] = ()
    created_at: datetime | None = None
    started_at: datetime | None = None
    expires_at: datetime | None = None
    stopped_mode: StoppedMode = StoppedMode.NOT_APPLICABLE
    auto_release_at: datetime | None = None
    has_public_ip: bool = False
    has_eip: bool = False
    instance_id: str = ""
    host_name: str = ""
    security_group_ids: tuple[str, ...] = ()
    vpc_id: str = ""
    vswitch_id: str = ""
    private_ip: str = ""
    internet_charge_type: InternetChargeType = InternetChargeType.BY_TRAFFIC
    bandwidth_in: int = -1
    bandwidth_out: int = 0
    spot_price_limit: float = 0.0
    spot_duration: int = 1
    http_endpoint: str = ""
    http_tokens: str = ""
    credit_specification: str = ""
    deployment_set_id: str = ""
    user_data: str = ""

    def __post_init__(self) -> None:
        """Check what a typing error in a fleet would break.

        Raises:
            ValueError: region, zone or instance type is unknown, or it has what its charge type
                cannot have: an auto-release time (PostPaid only) or deletion protection (neither
                PrePaid nor spot); or it has more than 16 data disks.
        """
        if len(self.data_disks) > MOST_DATA_DISKS:
            raise ValueError(f"{self.name!r} cannot have more than {MOST_DATA_DISKS} data disks")
        if self.region not in REGIONS:
            raise ValueError(
                f"region {self.region!r} is not known; {there_are(self.region, REGIONS)}"
            )
        if self.zone and self.zone not in REGIONS[self.region].zones:
            zones = ", ".join(REGIONS[self.region].zones)
            raise ValueError(f"zone {self.zone!r} is not one of {zones}")
        if self.instance_type not in INSTANCE_TYPES:
            known = there_are(self.instance_type, INSTANCE_TYPES)
            raise ValueError(f"instance type {self.instance_type!r} is not known; {known}")
        pre_paid = self.charge_type is ChargeType.PRE_PAID
        if pre_paid and self.auto_release_at:
            raise ValueError(f"{self.name!r} is PrePaid and cannot have an auto-release time")
        spot = self.spot_strategy is not SpotStrategy.NO_SPOT
        if self.deletion_protection and (pre_paid or spot):
            raise ValueError(f"{self.name!r} is PrePaid or spot and cannot have DeletionProtection")


@dataclass(frozen=True, slots=True)
class Fleet:
    """An account at the moment when the emulator starts.

    Attributes:
        default_stopped_mode: how an instance stops if StopInstances does not say; set in the
            console ("economical mode by default").
    """

    instances: tuple[InstanceSpec, ...] = ()
    default_stopped_mode: StoppedMode = StoppedMode.KEEP_CHARGING


def default_fleet(now: datetime) -> Fleet:
    """Some 25 instances in two regions: a development team, CI runners, production, special cases.

    Args:
        now: what the times in the fleet are counted from; usually the clock's present.
    """
    specs = (*_development(now), *_runners(now), *_production(now), *_odd_ones(now))
    return Fleet(tuple(_aged(spec, now) for spec in specs))


def generated_fleet(
    count: int, seed: int = 0, regions: Sequence[str] = (HANGZHOU, SHANGHAI)
) -> Fleet:
    """A fleet of any size, the same for the same arguments.

    A third each are dev, CI and production; one in ten is stopped, one in twenty is PrePaid, one in
    fifty is protected, one in ten has a data disk that is kept.
    """
    dice = random.Random(seed)  # noqa: S311  # a fleet, not a secret
    started = datetime(2026, 11, 1, tzinfo=timezone.utc)
    return Fleet(tuple(_generated(number, dice, regions, started) for number in range(count)))


def _generated(
    number: int, dice: random.Random, regions: Sequence[str], started: datetime
) -> InstanceSpec:
    role, tags = dice.choice(
        (
            ("dev", {"team": "dev", "env": "dev"}),
            ("ci", {"purpose": "ci-runner", "env": "ci"}),
            ("prod", {"team": "platform", "env": "prod"}),
        )
    )
    pre_paid = dice.random() < 0.05  # noqa: PLR2004  # the shares that the docstring names
    kept = DiskSpec(size_gib=100, delete_with_instance=False)
    return InstanceSpec(
        name=f"{role}-{number:06d}",
        region=regions[number % len(regions)],
        instance_type=dice.choice(("ecs.c7.large", "ecs.g7.large", "ecs.r7.large")),
        status=Status.STOPPED if dice.random() < 0.1 else Status.RUNNING,  # noqa: PLR2004  # likewise
        charge_type=ChargeType.PRE_PAID if pre_paid else ChargeType.POST_PAID,
        deletion_protection=not pre_paid and dice.random() < 0.02,  # noqa: PLR2004  # likewise
        tags=tags,
        data_disks=(kept,) if dice.random() < 0.1 else (),  # noqa: PLR2004  # likewise
        created_at=started + timedelta(minutes=number % 20_000),
    )


def _aged(spec: InstanceSpec, now: datetime) -> InstanceSpec:
    """Give an instance without a creation time an age of thirty days."""
    return spec if spec.created_at else replace(spec, created_at=now - timedelta(days=30))


def _development(now: datetime) -> tuple[InstanceSpec, ...]:
    tags = {"team": "dev", "env": "dev"}
    until = (now + timedelta(days=2)).strftime("%Y-%m-%dT%H:%MZ")
    scratch = DiskSpec(size_gib=200, delete_with_instance=False, name="dev-db-1-data")
    return (
        InstanceSpec("dev-web-1", tags=tags, has_public_ip=True),
        InstanceSpec("dev-web-2", tags=tags),
        InstanceSpec(
            "dev-api-1",
            tags={**tags, "curfew:schedule": "workdays 08:30-20:00"},
            instance_type="ecs.c7.xlarge",
        ),
        InstanceSpec("dev-db-1", tags=tags, instance_type="ecs.r7.large", data_disks=(scratch,)),
        InstanceSpec("dev-cache-1", tags=tags, instance_type="ecs.i3.xlarge"),
        InstanceSpec("dev-gpu-1", tags=tags, instance_type="ecs.gn6i-c4g1.xlarge"),
        InstanceSpec("dev-wang-debugging", tags={**tags, "curfew:keep-until": until}),
        InstanceSpec("dev-license-server", tags={**tags, "curfew:protect": "licences"}),
        InstanceSpec("dev-web-1", region=SHANGHAI, tags=tags),
        InstanceSpec("dev-api-1", region=SHANGHAI, tags=tags, instance_type="ecs.c7.xlarge"),
        InstanceSpec(
            "dev-old-1",
            tags=tags,
            status=Status.STOPPED,
            stopped_mode=StoppedMode.STOP_CHARGING,
        ),
        InstanceSpec(
            "dev-old-2",
            tags=tags,
            status=Status.STOPPED,
            stopped_mode=StoppedMode.KEEP_CHARGING,
        ),
    )


def _runners(now: datetime) -> tuple[InstanceSpec, ...]:
    tags = {"purpose": "ci-runner", "env": "ci"}
    young = now - timedelta(hours=1)
    return (
        InstanceSpec("ci-runner-1", tags=tags, instance_type="ecs.c7.2xlarge", created_at=young),
        InstanceSpec(
            "ci-runner-2",
            tags=tags,
            instance_type="ecs.c7.2xlarge",
            created_at=young,
            auto_release_at=now + timedelta(hours=2),
        ),
        InstanceSpec(
            "ci-runner-spot-1",
            tags=tags,
            instance_type="ecs.c7.2xlarge",
            created_at=young,
            spot_strategy=SpotStrategy.AS_PRICE_GOES,
        ),
        InstanceSpec("ci-runner-3", region=SHANGHAI, tags=tags, created_at=young),
    )


def _production(now: datetime) -> tuple[InstanceSpec, ...]:
    tags = {"team": "platform", "env": "prod"}
    data = DiskSpec(size_gib=500, delete_with_instance=False, name="prod-db-1-data")
    return (
        InstanceSpec("prod-web-1", tags=tags, deletion_protection=True, has_eip=True),
        InstanceSpec("prod-web-2", tags=tags, deletion_protection=True),
        InstanceSpec(
            "prod-db-1",
            tags=tags,
            instance_type="ecs.r7.2xlarge",
            charge_type=ChargeType.PRE_PAID,
            expires_at=now + timedelta(days=200),
            data_disks=(data,),
        ),
        InstanceSpec(
            "prod-standby-1",
            region=SHANGHAI,
            tags=tags,
            status=Status.STOPPED,
            charge_type=ChargeType.PRE_PAID,
            expires_at=now + timedelta(days=20),
        ),
    )


def _odd_ones(now: datetime) -> tuple[InstanceSpec, ...]:
    return (
        InstanceSpec("ess-member-1", tags={"acs:autoscaling:scalingGroupId": "asg-bp1demo"}),
        InstanceSpec("ack-node-1", tags={"ack.aliyun.com": "c0ffee0123456789"}),
        InstanceSpec(
            "unpaid-1",
            status=Status.STOPPED,
            stopped_mode=StoppedMode.KEEP_CHARGING,
            locks=(LockReason.FINANCIAL,),
        ),
        InstanceSpec("seized-1", region=SHANGHAI, locks=(LockReason.SECURITY,)),
        InstanceSpec(
            "forgotten-demo",
            region=SHANGHAI,
            created_at=now - timedelta(days=400),
            has_eip=True,
        ),
    )
