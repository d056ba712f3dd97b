"""What the emulated account holds: instances, disks, snapshots, and how an instance may move.

Values only: frozen, so that whoever holds one holds what was true then. The rules that change them
are in `local.ecs.account.state`. Names and words are ECS's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum


class Status(str, Enum):
    """Where an instance is in its life. Source: "Instance lifecycle"."""

    PENDING = "Pending"
    STARTING = "Starting"
    RUNNING = "Running"
    STOPPING = "Stopping"
    STOPPED = "Stopped"


FOLLOWING: Mapping[Status, Status] = {
    Status.PENDING: Status.STARTING,
    Status.STARTING: Status.RUNNING,
    Status.STOPPING: Status.STOPPED,
}
"""Where an instance goes by itself from each passing status; the other two are at rest."""

LEGAL_EDGES: frozenset[tuple[Status, Status]] = frozenset(FOLLOWING.items()) | {
    (Status.RUNNING, Status.STOPPING),
    (Status.STOPPED, Status.STARTING),
    (Status.RUNNING, Status.STARTING),
}
"""Every change of status there is; the last one is a reboot. From any status to gone: a release."""


class ChargeType(str, Enum):
    """How an instance is paid for."""

    POST_PAID = "PostPaid"
    PRE_PAID = "PrePaid"


class InternetChargeType(str, Enum):
    """How public bandwidth is paid for."""

    BY_TRAFFIC = "PayByTraffic"
    BY_BANDWIDTH = "PayByBandwidth"


class StoppedMode(str, Enum):
    """What a stopped instance is still billed for. Source: DescribeInstances, API reference."""

    NOT_APPLICABLE = "Not-applicable"
    KEEP_CHARGING = "KeepCharging"
    STOP_CHARGING = "StopCharging"


class SpotStrategy(str, Enum):
    """How a spot instance bids."""

    NO_SPOT = "NoSpot"
    WITH_PRICE_LIMIT = "SpotWithPriceLimit"
    AS_PRICE_GOES = "SpotAsPriceGo"


class NetworkType(str, Enum):
    """Which network an instance is in."""

    VPC = "vpc"
    CLASSIC = "classic"


class LockReason(str, Enum):
    """Why operations on an instance are locked. Source: "API behavior when locked"."""

    FINANCIAL = "financial"
    SECURITY = "security"
    RECYCLING = "Recycling"
    DEDICATED_HOST_FINANCIAL = "dedicatedhostfinancial"
    REFUNDED = "refunded"

    @classmethod
    def _missing_(cls, value: object) -> LockReason | None:
        """Read ``recycling``, too: so the reference of DescribeInstances spells it.

        It is shown as "Perceive interruption events" (user guide, 2025) has it.
        """
        return cls.RECYCLING if value == "recycling" else None


class DiskKind(str, Enum):
    """What a disk is for."""

    SYSTEM = "system"
    DATA = "data"


class SnapshotStatus(str, Enum):
    """How far a snapshot is."""

    PROGRESSING = "progressing"
    ACCOMPLISHED = "accomplished"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Instance:
    """An ECS instance as it is at one moment; all times in UTC.

    Attributes:
        listed_at: when it first appears in lists.
        started_at: when it last began to start.
        expires_at: the end of a subscription; None for PostPaid.
        host_name: "" for one that is made.
        security_group_ids: none for the region's own.
        vswitch_id: "" for the zone's own, and ``vpc_id`` for the region's.
        private_ip: "" for one that is made.
        bandwidth_out: public bandwidth in Mbit/s; ``bandwidth_in`` is -1 where nobody set it.
        spot_price_limit: CNY an hour; 0 for none.
        spot_duration: hours in which a spot instance is not taken away.
        http_endpoint: of the metadata, as it was asked for, and ``http_tokens`` likewise.
        os_names: in Chinese, in English, and the kind, of an image of the account's own.
        credit_specification: ``Standard`` or ``Unlimited``; "" for the type's default.
        user_data: base64, as it was given.
        public_ip: its own public address, or "" if it has none.
        former_public_ip: the own address that StopCharging took; the next start brings another.
        eip: the elastic address bound to it, or "".
        stopped_mode: how it is, or is about to be, stopped; not applicable otherwise.
        auto_release_at: a whole minute, or None.
        deleting: a deletion was accepted; it refuses everything else and will be gone.
        moves_at: when its status next changes by itself (or it is gone); None at rest.
    """

    instance_id: str
    name: str
    region: str
    zone: str
    instance_type: str
    image_id: str
    status: Status
    created_at: datetime
    listed_at: datetime
    started_at: datetime
    disk_ids: tuple[str, ...] = ()
    description: str = ""
    key_pair: str = ""
    resource_group_id: str = ""
    charge_type: ChargeType = ChargeType.POST_PAID
    spot_strategy: SpotStrategy = SpotStrategy.NO_SPOT
    network: NetworkType = NetworkType.VPC
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
    os_names: tuple[str, ...] = ()
    credit_specification: str = ""
    deployment_set_id: str = ""
    user_data: str = ""
    public_ip: str = ""
    former_public_ip: str = ""
    eip: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    locks: tuple[LockReason, ...] = ()
    deletion_protection: bool = False
    expires_at: datetime | None = None
    stopped_mode: StoppedMode = StoppedMode.NOT_APPLICABLE
    auto_release_at: datetime | None = None
    deleting: bool = False
    moves_at: datetime | None = None

    @property
    def shown_stopped_mode(self) -> StoppedMode:
        """What DescribeInstances shows: not applicable until it is stopped."""
        return self.stopped_mode if self.status is Status.STOPPED else StoppedMode.NOT_APPLICABLE

    def is_locked(self, reason: LockReason) -> bool:
        """Whether it is locked for this reason."""
        return reason in self.locks

    def is_over(self, now: datetime) -> bool:
        """Whether it is a subscription whose end has come."""
        return self.expires_at is not None and self.expires_at <= now


@dataclass(frozen=True, slots=True)
class Disk:
    """A cloud disk; attached to ``instance_id``, or available when that is "".

    Attributes:
        size_gib: capacity in GiB.
        device: where the instance sees it, such as ``/dev/xvda``; "" when detached.
        image_id: what a system disk was made from; "" for a data disk.
        performance_level: ``PL0`` to ``PL3`` of an ESSD; "" of all others.
        bursting: only of a category that knows it: cloud_auto.
        provisioned_iops: likewise, beyond the baseline.
    """

    disk_id: str
    name: str
    region: str
    zone: str
    kind: DiskKind
    category: str
    size_gib: int
    created_at: datetime
    instance_id: str
    device: str
    delete_with_instance: bool
    charge_type: ChargeType = ChargeType.POST_PAID
    tags: Mapping[str, str] = field(default_factory=dict)
    attached_at: datetime | None = None
    detached_at: datetime | None = None
    description: str = ""
    resource_group_id: str = ""
    image_id: str = ""
    source_snapshot_id: str = ""
    performance_level: str = ""
    encrypted: bool = False
    kms_key_id: str = ""
    bursting: bool = False
    provisioned_iops: int = 0
    auto_snapshot_policy_id: str = ""

    @property
    def status(self) -> str:
        """``In_use`` or ``Available``; attaching is at once here."""
        return "In_use" if self.instance_id else "Available"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot of one disk; it outlives disk and instance.

    Attributes:
        instance_id: what the disk was attached to when it began.
        ends_at: when it is, or would have been, accomplished.
        changed_at: when its status last changed.
        retention_days: after how many days it is deleted; 0 for never.
        failed_at_percent: how far it had come when it failed.
    """

    snapshot_id: str
    name: str
    description: str
    region: str
    disk_id: str
    disk_kind: DiskKind
    disk_size_gib: int
    instance_id: str
    status: SnapshotStatus
    began_at: datetime
    ends_at: datetime
    changed_at: datetime
    retention_days: int = 0
    tags: Mapping[str, str] = field(default_factory=dict)
    failed_at_percent: int = 0

    def percent(self, now: datetime) -> int:
        """How far it is, 0 to 100; 100 only when it is accomplished."""
        if self.status is SnapshotStatus.ACCOMPLISHED:
            return 100
        if self.status is SnapshotStatus.FAILED:
            return self.failed_at_percent
        whole = self.ends_at - self.began_at
        return min(99, int(100 * ((now - self.began_at) / whole))) if whole > timedelta(0) else 99


@dataclass(frozen=True, slots=True)
class SnapshotGroup:
    """Snapshots of several disks of one instance, taken together."""

    group_id: str
    name: str
    description: str
    region: str
    instance_id: str
    snapshot_ids: tuple[str, ...]
    created_at: datetime
    tags: Mapping[str, str] = field(default_factory=dict)
