"""ECS's resources as values: instances, their disks, the snapshots of those disks.

Our words inside; ECS's spelling of fields stays in ``shared.ecs.fields``. Nothing here acts.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum

import msgspec


class Status(str, Enum):
    """Where an instance is in its life ("Instance lifecycle", ECS user guide)."""

    PENDING = "Pending"
    STARTING = "Starting"
    RUNNING = "Running"
    STOPPING = "Stopping"
    STOPPED = "Stopped"
    GONE = "Gone"  # ECS does not show it: released, or never existed
    UNKNOWN = "Unknown"  # ECS returned an undocumented status


class StoppedMode(str, Enum):
    """What a stopped instance is still billed for (StopInstances, API reference)."""

    STOP_CHARGING = "StopCharging"
    KEEP_CHARGING = "KeepCharging"
    NOT_APPLICABLE = "Not-applicable"


class SnapshotStatus(str, Enum):
    """The progress of a snapshot (DescribeSnapshots, API reference)."""

    PROGRESSING = "progressing"
    ACCOMPLISHED = "accomplished"
    FAILED = "failed"


class Snapshot(msgspec.Struct, frozen=True):
    """One snapshot that Curfew took of one disk; recognised by its tag.

    Attributes:
        ends_at: When ECS will delete it, by its own creation and retention; None: never.
    """

    id: str
    disk_id: str
    status: SnapshotStatus
    created_at: datetime
    ends_at: datetime | None


class Disk(msgspec.Struct, frozen=True):
    """One disk attached to an instance.

    Attributes:
        category: ECS's name of the kind, e.g. ``cloud_essd``; local disks cannot be snapshotted.
        deleted_with_instance: False: it survives a release and is still billed.
        snapshots: Those that Curfew took of it, in any state.
        attached_at: When it was attached to this instance; None: ECS does not say.
    """

    id: str
    category: str
    deleted_with_instance: bool
    snapshots: tuple[Snapshot, ...] = ()
    attached_at: datetime | None = None


class Bought(msgspec.Struct, frozen=True):
    """What decides an instance's price besides its type, its disks and its charge type.

    Attributes:
        image_id: Its image, which may have a licence.
        network: ``vpc`` or ``classic``; "" if ECS does not say.
        fixed_mbps: The bandwidth of a static public address, if it is billed by bandwidth.
        is_spot: It is a spot instance, whose price moves.
    """

    image_id: str = ""
    network: str = ""
    fixed_mbps: int = 0
    is_spot: bool = False


NOTHING_SPECIAL = Bought()


class Instance(msgspec.Struct, frozen=True):
    """One instance as ECS showed it at ``seen_at``.

    Attributes:
        charge_type: ``PostPaid`` (pay-as-you-go, spot included) or ``PrePaid`` (subscription).
        started_at: Its last start, to the minute; None: ECS shows none.
        auto_release_at: When ECS will release it by itself, to the minute; None: never.
        locks: Reasons of operation locks: ``financial``, ``security``, ``recycling``, …
        tags_checked: Whether its tags were also read with ListTagResources.
        elastic_ip: Its EIP's allocation id, "" if none; it survives a release.
        eip: The address of that EIP.
        public_ip: Its static public address, "" if none; StopCharging gives it up.
        has_local_disks: Its type has local disks, which rule out StopCharging.
        disks: None until they have been read; only the release of stopped instances needs them.
        created_at: When it was created, to the minute.
        bought: What else decides its price.
        unreadable: Why ECS's row for it, or for a disk, cannot be parsed; "" if it can.
    """

    id: str
    region: str
    seen_at: datetime
    status: Status
    name: str = ""
    instance_type: str = ""
    charge_type: str = ""
    stopped_mode: StoppedMode = StoppedMode.NOT_APPLICABLE
    started_at: datetime | None = None
    auto_release_at: datetime | None = None
    deletion_protection: bool = False
    locks: tuple[str, ...] = ()
    tags: Mapping[str, str] = msgspec.field(default_factory=dict)
    tags_checked: bool = False
    elastic_ip: str = ""
    eip: str = ""
    public_ip: str = ""
    has_local_disks: bool = False
    disks: tuple[Disk, ...] | None = None
    created_at: datetime | None = None
    bought: Bought = NOTHING_SPECIAL
    unreadable: str = ""

    @property
    def last_start(self) -> datetime | None:
        """Its last start; its creation if ECS shows none."""
        return self.started_at or self.created_at

    def gone(self, seen_at: datetime) -> Instance:
        """The same instance, now that ECS no longer shows it."""
        return msgspec.structs.replace(
            self, seen_at=seen_at, status=Status.GONE, auto_release_at=None
        )

    def with_disks_of(self, before: Instance) -> Instance:
        """The same instance with the disks that an earlier look found."""
        return msgspec.structs.replace(self, disks=before.disks)


def absent(instance_id: str, region: str, seen_at: datetime) -> Instance:
    """An id that ECS does not know."""
    return Instance(id=instance_id, region=region, seen_at=seen_at, status=Status.GONE)


def stopped_mode(instance: Instance) -> str:
    """The mode in which a stopped instance is stopped; "" for any other, and if none applies."""
    mode = instance.stopped_mode
    if instance.status is not Status.STOPPED or mode is StoppedMode.NOT_APPLICABLE:
        return ""
    return str(mode.value)


def stopped_in_words(instance: Instance) -> str:
    """The same mode in words; "" for an instance that is not stopped, or if none applies."""
    if instance.status is not Status.STOPPED:
        return ""
    match instance.stopped_mode:
        case StoppedMode.KEEP_CHARGING:
            return "stopped in KeepCharging: still billed"
        case StoppedMode.STOP_CHARGING:
            return "stopped in StopCharging"
    return ""


def hindered(instance: Instance) -> str:
    """Why ECS cannot stop it in StopCharging; "" if no reason is known.

    It silently stops such an instance in KeepCharging ("Economical mode", ECS user guide).
    """
    if instance.charge_type == "PrePaid":
        return "it is a subscription"
    if instance.bought.network == "classic":
        return "it is in a classic network"
    return "it has local disks" if instance.has_local_disks else ""


def given_up(before: Instance, after: Instance) -> str:
    """What an instance lost through a stop, as ECS shows it; "" if nothing, or not stopped yet.

    Args:
        before: As it was before the stop.
        after: As ECS shows it now.
    """
    if not before.public_ip or after.status is not Status.STOPPED:
        return ""
    is_lost = after.stopped_mode is StoppedMode.STOP_CHARGING or after.public_ip != before.public_ip
    return f"gave up {public_address(before)}" if is_lost else ""


def public_address(instance: Instance) -> str:
    """Its static public address in a sentence."""
    return f"its public address {instance.public_ip}"


_SETTLED = {
    Status.PENDING: Status.RUNNING,
    Status.STARTING: Status.RUNNING,
    Status.STOPPING: Status.STOPPED,
}


def after_transition(instance: Instance) -> Instance:
    """The instance as it will be after its current transition."""
    return msgspec.structs.replace(instance, status=_SETTLED.get(instance.status, instance.status))
