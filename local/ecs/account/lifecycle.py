"""How instances, disks and snapshots change: on request, and when their time comes.

Callers have checked that ECS would allow the change. Nothing runs in the background: `settle`
applies whatever has come due, in chronological order, before any read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from string import ascii_lowercase

from local.ecs.account.catalog import INSTANCE_TYPES
from local.ecs.account.model import (
    FOLLOWING,
    LEGAL_EDGES,
    ChargeType,
    Disk,
    DiskKind,
    Instance,
    LockReason,
    NetworkType,
    Snapshot,
    SnapshotStatus,
    Status,
    StoppedMode,
)
from local.ecs.account.quirks import Quirks
from local.ecs.account.regions import next_public_address
from local.ecs.account.state import Due, State
from local.ecs.account.system_events import EventStatus, SystemEvent


def settle(state: State, now: datetime) -> None:
    """Apply everything that has come due by ``now``, each at its own time."""
    while (entry := state.take_due(now)) is not None:
        state.now, due, resource = entry
        if due is Due.STATUS:
            _move_on(state, resource)
        elif due is Due.RELEASE:
            _release_on_time(state, resource)
        elif due is Due.SNAPSHOT:
            _accomplish(state, resource)
        elif due is Due.EXPIRY:
            _stop_when_over(state, resource)
        elif due is Due.EVENT:
            _execute(state, resource)
        elif state.snapshots.find(resource) is not None:
            state.remove_snapshot(resource)
    state.now = now


def start(state: State, instance: Instance) -> Instance:
    """Begin to start a stopped instance.

    After StopCharging it gets another public address. Source: "Economical mode", user guide.
    """
    fail_snapshots(state, instance)
    former = instance.former_public_ip
    started = replace(
        instance,
        started_at=state.now,
        stopped_mode=StoppedMode.NOT_APPLICABLE,
        public_ip=next_public_address(former) if former else instance.public_ip,
        former_public_ip="",
    )
    return _enter(state, started, Status.STARTING, state.settings.durations.starting)


def reboot(state: State, instance: Instance) -> Instance:
    """Begin to reboot a running instance; it is shown as Starting."""
    fail_snapshots(state, instance)
    moves = state.settings.quirks.reboot_moves_start_time
    rebooted = replace(instance, started_at=state.now) if moves else instance
    return _enter(state, rebooted, Status.STARTING, state.settings.durations.rebooting)


def stop(state: State, instance: Instance, mode: StoppedMode | None, *, by_force: bool) -> Instance:
    """Begin to stop a running instance.

    Args:
        state: the account.
        instance: as it is now.
        mode: as requested; None for the account's default. If ECS does not support StopCharging, it
            stops the instance all the same. Source: StopInstance, API reference.
        by_force: cut the power.
    """
    fail_snapshots(state, instance)
    durations = state.settings.durations
    stopped_mode = granted(instance, mode or state.settings.default_stopped_mode)
    stopping = replace(instance, stopped_mode=stopped_mode)
    takes = durations.stopping_by_force if by_force else durations.stopping
    return _enter(state, stopping, Status.STOPPING, takes)


def without_address(instance: Instance, quirks: Quirks) -> Instance:
    """The same, without its own public address if it is stopped and not billed for it.

    An elastic address is kept. Source: "Economical mode", user guide.
    """
    gives_up = (
        instance.shown_stopped_mode is StoppedMode.STOP_CHARGING
        and instance.public_ip
        and quirks.stop_charging_changes_public_ip
    )
    if not gives_up:
        return instance
    return replace(instance, public_ip="", former_public_ip=instance.public_ip)


def begin_deletion(state: State, instance: Instance, *, by_force: bool) -> None:
    """Accept the deletion of a stopped instance, or of a running one, which stops first."""
    doomed = replace(instance, deleting=True)
    if instance.status is Status.RUNNING:
        stop(state, doomed, None, by_force=by_force)
    else:
        _wait(state, doomed, state.settings.durations.deleting)


def release(state: State, instance: Instance) -> None:
    """The instance is gone; disks are deleted or kept as configured, snapshots are kept.

    Whatever is kept is PostPaid from then on. Disks of an instance with a security lock are deleted
    in any case. Source: DeleteInstance, API reference.
    """
    state.instances.remove(instance.instance_id)
    all_go = instance.is_locked(LockReason.SECURITY)
    for disk in state.disks_of(instance):
        if all_go or disk.delete_with_instance:
            fail_snapshot(state, disk.disk_id)
            state.disks.remove(disk.disk_id)
        else:
            left = replace(
                disk,
                instance_id="",
                device="",
                detached_at=state.now,
                charge_type=ChargeType.POST_PAID,
            )
            state.disks.replace(disk.disk_id, left)


def detach(state: State, disk: Disk) -> None:
    """The disk leaves its instance and is available; whatever the instance's status.

    Its AttachedTime is kept, as in DescribeDisks. Snapshots in progress continue.
    """
    instance = state.instances.find(disk.instance_id)
    if instance is not None:
        left = tuple(each for each in instance.disk_ids if each != disk.disk_id)
        state.put(replace(instance, disk_ids=left))
    gone = replace(disk, instance_id="", device="", detached_at=state.now)
    state.disks.replace(disk.disk_id, gone)


def attach(state: State, disk: Disk, instance: Instance) -> None:
    """Attach an available disk to an instance: a system disk first, others last."""
    is_system = disk.kind is DiskKind.SYSTEM
    others = instance.disk_ids
    ids = (disk.disk_id, *others) if is_system else (*others, disk.disk_id)
    state.put(replace(instance, disk_ids=ids))
    attached = replace(
        disk,
        instance_id=instance.instance_id,
        device="/dev/xvda" if is_system else _free_device(state, instance),
        attached_at=state.now,
        detached_at=None,
    )
    state.disks.replace(disk.disk_id, attached)


def set_auto_release(state: State, instance: Instance, at: datetime | None) -> Instance:
    """Set the minute when the instance is released, or clear it with None."""
    changed = replace(instance, auto_release_at=at)
    state.put(changed)
    if at is not None:
        due_at = at + state.settings.quirks.auto_release_delay
        state.schedule(due_at, Due.RELEASE, instance.instance_id)
    return changed


def resume(state: State, instance: Instance) -> None:
    """Schedule the coming events of a new instance."""
    if instance.auto_release_at is not None:
        set_auto_release(state, instance, instance.auto_release_at)
    if instance.status in FOLLOWING:
        _wait(state, instance, _stay(state, instance.status))
    watch_expiry(state, instance)


def watch_expiry(state: State, instance: Instance) -> None:
    """Schedule the end of a subscription."""
    if instance.expires_at is not None and not instance.is_over(state.now):
        state.schedule(instance.expires_at, Due.EXPIRY, instance.instance_id)


@dataclass(frozen=True, slots=True)
class SnapshotOrder:
    """The name of a new snapshot, and how long to keep it (days; 0: forever)."""

    name: str = ""
    description: str = ""
    retention_days: int = 0
    tags: Mapping[str, str] = field(default_factory=dict)


def begin_snapshot(state: State, disk: Disk, order: SnapshotOrder) -> Snapshot:
    """Begin a snapshot of a disk that has none in progress."""
    snapshot = Snapshot(
        snapshot_id=state.mint("s", disk.region),
        name=order.name,
        description=order.description,
        region=disk.region,
        disk_id=disk.disk_id,
        disk_kind=disk.kind,
        disk_size_gib=disk.size_gib,
        instance_id=disk.instance_id,
        status=SnapshotStatus.PROGRESSING,
        began_at=state.now,
        ends_at=state.now + state.with_jitter(state.settings.durations.snapshot),
        changed_at=state.now,
        retention_days=order.retention_days,
        tags=order.tags,
    )
    state.add_snapshot(snapshot)
    state.schedule(snapshot.ends_at, Due.SNAPSHOT, snapshot.snapshot_id)
    if order.retention_days:
        kept_until = state.now + timedelta(days=order.retention_days)
        state.schedule(kept_until, Due.RETENTION, snapshot.snapshot_id)
    return snapshot


def fail_snapshots(state: State, instance: Instance) -> None:
    """The instance's power changes: snapshots in progress fail, unless the quirk says otherwise."""
    if state.settings.quirks.power_change_fails_snapshots:
        for disk_id in instance.disk_ids:
            fail_snapshot(state, disk_id)


def fail_snapshot(state: State, disk_id: str) -> None:
    """A snapshot of the disk in progress fails, and stays in the list."""
    snapshot = state.progressing_snapshot(disk_id)
    if snapshot is not None:
        failed = replace(
            snapshot,
            status=SnapshotStatus.FAILED,
            changed_at=state.now,
            failed_at_percent=snapshot.percent(state.now),
        )
        state.snapshots.replace(snapshot.snapshot_id, failed)


def _enter(state: State, instance: Instance, status: Status, takes: timedelta) -> Instance:
    if (instance.status, status) not in LEGAL_EDGES:
        change = f"{instance.status.value} to {status.value}"
        raise AssertionError(f"{instance.instance_id}: {change}")
    return _wait(state, replace(instance, status=status), takes)


def _wait(state: State, instance: Instance, takes: timedelta) -> Instance:
    """Leave the instance in its status for a while."""
    moves_at = state.now + state.with_jitter(takes)
    waiting = replace(instance, moves_at=moves_at)
    state.put(waiting)
    state.schedule(moves_at, Due.STATUS, instance.instance_id)
    return waiting


def _move_on(state: State, instance_id: str) -> None:
    instance = state.instances.find(instance_id)
    if instance is None:
        return
    if instance.status is Status.STOPPED:
        release(state, instance)
        return
    status = FOLLOWING[instance.status]
    if status is Status.STARTING:
        _attached(state, instance)
        _enter(state, instance, status, state.settings.durations.starting)
    elif instance.deleting:
        _enter(state, instance, status, state.settings.durations.deleting)
    else:
        at_rest = replace(instance, status=status, moves_at=None)
        state.put(without_address(at_rest, state.settings.quirks))
        _stop_when_over(state, instance_id)


def _attached(state: State, instance: Instance) -> None:
    """The disks of a new instance are attached, seconds after their creation."""
    for disk in state.disks_of(instance):
        if disk.attached_at == disk.created_at:
            state.disks.replace(disk.disk_id, replace(disk, attached_at=state.now))


def _release_on_time(state: State, instance_id: str) -> None:
    """Release at the minute, whatever the status, even with DeletionProtection.

    Source: "Release an instance", user guide.
    """
    instance = state.instances.find(instance_id)
    if instance is None or instance.auto_release_at is None:
        return
    if instance.auto_release_at + state.settings.quirks.auto_release_delay == state.now:
        release(state, instance)


def _stop_when_over(state: State, instance_id: str) -> None:
    """Stop a subscription whose end has come; it is not released. Source: "Instance lifecycle"."""
    instance = state.instances.find(instance_id)
    if instance is not None and instance.is_over(state.now) and instance.status is Status.RUNNING:
        stop(state, instance, None, by_force=False)


def announce(state: State, event: SystemEvent) -> None:
    """Publish a system event; one with a time is executed then."""
    state.events.add(event.event_id, event.region, event)
    if event.not_before is not None and event.status is EventStatus.SCHEDULED:
        state.schedule(max(event.not_before, state.now), Due.EVENT, event.event_id)


def _execute(state: State, event_id: str) -> None:
    """Execute a scheduled event; if the instance is gone, the event was avoided.

    An instance in transition is waited for.
    """
    event = state.events.find(event_id)
    if event is None or event.status is not EventStatus.SCHEDULED:
        return
    instance = state.instances.find(event.instance_id)
    if instance is not None and instance.status in FOLLOWING and instance.moves_at is not None:
        state.schedule(instance.moves_at, Due.EVENT, event_id)
        return
    status = EventStatus.AVOIDED if instance is None else EventStatus.EXECUTED
    if instance is not None and event.kind.effect == "Delete":
        release(state, instance)
    elif instance is not None and instance.status is Status.RUNNING:
        if event.kind.effect == "Stop":
            stop(state, instance, None, by_force=False)
        else:
            reboot(state, instance)
    state.events.replace(event_id, replace(event, status=status, finished_at=state.now))


def _free_device(state: State, instance: Instance) -> str:
    """The first device name after the system disk's that is free on the instance."""
    taken = {disk.device for disk in state.disks_of(instance)}
    names = (f"/dev/xvd{letter}" for letter in ascii_lowercase[1:])
    return next(name for name in names if name not in taken)


def _accomplish(state: State, snapshot_id: str) -> None:
    snapshot = state.snapshots.find(snapshot_id)
    if snapshot is not None and snapshot.status is SnapshotStatus.PROGRESSING:
        accomplished = replace(snapshot, status=SnapshotStatus.ACCOMPLISHED, changed_at=state.now)
        state.snapshots.replace(snapshot_id, accomplished)


def granted(instance: Instance, wanted: StoppedMode) -> StoppedMode:
    """The mode in which an instance actually stops.

    StopCharging is for pay-as-you-go in a VPC without local disks; others keep charging, and a
    subscription shows no mode. Source: "Economical mode", user guide; StopInstance.
    """
    if instance.charge_type is ChargeType.PRE_PAID:
        return StoppedMode.NOT_APPLICABLE
    supported = (
        instance.network is NetworkType.VPC
        and INSTANCE_TYPES[instance.instance_type].supports_stop_charging
    )
    return wanted if supported else StoppedMode.KEEP_CHARGING


def _stay(state: State, status: Status) -> timedelta:
    durations = state.settings.durations
    return {
        Status.PENDING: durations.pending,
        Status.STARTING: durations.starting,
        Status.STOPPING: durations.stopping,
    }[status]
