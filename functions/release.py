"""release: give instances back. Running → stopped → snapshots accomplished → deleted → gone.

What is not asked for explicitly is safe: a snapshot of every disk is taken and waited for before
anything is deleted, and DeleteInstances is called without Force then, so that ECS itself refuses
if somebody starts the instance at the last moment. An instance that is gone is released.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

from msgspec import UNSET, Meta

from shared.action import Action, Asked
from shared.disks import DiskLook
from shared.errors import InvalidEvent
from shared.guards import Harm
from shared.model import Disk, Instance, SnapshotStatus, Status
from shared.requests import Request
from shared.run import REAL_WORLD, World, run
from shared.settings import FcContext
from shared.steps import (
    Delete,
    DiskSnapshot,
    Done,
    Impossible,
    Rule,
    Skip,
    Snapshot,
    Step,
    Stop,
    Wait,
)

MINUTE = timedelta(minutes=1)


class ReleaseRequest(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an event for release may say."""

    force: Annotated[
        bool,
        Meta(
            description="true: no graceful stop: power off, or without snapshot delete it as it "
            "runs; or false."
        ),
    ] = False
    snapshot: Annotated[
        bool,
        Meta(
            description="true: snapshot every disk and wait until that is accomplished, then "
            "delete; or false: what is on the disks is lost."
        ),
    ] = True
    snapshot_retention_days: Annotated[
        int,
        Meta(
            ge=1,
            le=65_536,
            description="A whole number from 1 to 65536: days after which ECS deletes the "
            "snapshots.",
        ),
    ] = 7


class ReleaseRule(Rule, frozen=True):
    """From what an instance is now to the next step towards being gone."""

    force: bool
    snapshot: bool
    retention_days: int

    def next_step(self, instance: Instance, now: datetime) -> Step:  # noqa: PLR0911  # one a state
        """The next step; asked about a running instance it takes four looks to the end."""
        match instance.status:
            case Status.GONE:
                return Done(_left_over(instance, self.retention_days))
            case _ if self.snapshot and (local := _local_disks(instance)):
                return Skip(
                    f"{', '.join(local)} cannot be snapshotted; state snapshot: false to release "
                    "it without"
                )
            case Status.RUNNING if self.force and not self.snapshot:
                return Delete(force=True)
            case Status.RUNNING:
                return Stop(self.force)
            case Status.STOPPED if self.snapshot:
                return self._snapshots_first(instance, now)
            case Status.STOPPED:
                return Delete(force=self.force)
            case _:
                return Wait(instance.status.value)

    def _snapshots_first(  # noqa: PLR0911  # one a state of the disks
        self, instance: Instance, now: datetime
    ) -> Step:
        if instance.disks is None:
            return Wait("its disks are to be read")
        if not instance.disks:
            return Impossible("ECS shows no disk of it, so nothing proves that its data is kept")
        since = _sure_start(instance)
        if since is None:
            return Impossible("ECS does not say when it started, so no snapshot can be trusted")
        if now < since:
            return Wait("a snapshot must begin in a later minute than the instance's start")
        wanted = tuple(
            DiskSnapshot(disk.id, _token(disk, since))
            for disk in instance.disks
            if not _counting(disk, since)
        )
        if wanted:
            return Snapshot(wanted, self.retention_days)
        progressing = sum(not _is_accomplished(disk, since) for disk in instance.disks)
        if progressing:
            return Wait(f"{progressing} of {len(instance.disks)} snapshots in progress")
        return Delete(force=False)


def _local_disks(instance: Instance) -> list[str]:
    """Disks that ECS cannot snapshot: it can those of the cloud categories (CreateSnapshot)."""
    return [
        f"disk {disk.id} ({disk.category})"
        for disk in instance.disks or ()
        if disk.category and not disk.category.startswith("cloud")
    ]


def _left_over(instance: Instance, retention_days: int) -> str:
    """What of a released instance goes on costing money."""
    left = [f"disk {disk.id}" for disk in instance.disks or () if not disk.deleted_with_instance]
    left += [f"EIP {instance.elastic_ip}"] if instance.elastic_ip else []
    left += [
        f"snapshot {snapshot.id} ({retention_days} days)"
        for disk in instance.disks or ()
        for snapshot in disk.snapshots
        if snapshot.status is SnapshotStatus.ACCOMPLISHED
    ]
    return f"gone; left over, and goes on costing: {', '.join(left)}" if left else "gone"


def _sure_start(instance: Instance) -> datetime | None:
    """From when on the disks hold what they hold now: ECS tells the start to the minute only."""
    return None if instance.started_at is None else instance.started_at + MINUTE


def _counting(disk: Disk, since: datetime) -> list[SnapshotStatus]:
    """The states of the snapshots that hold, or will hold, what the disk holds now."""
    return [
        snapshot.status
        for snapshot in disk.snapshots
        if snapshot.status is not SnapshotStatus.FAILED and snapshot.created_at >= since
    ]


def _is_accomplished(disk: Disk, since: datetime) -> bool:
    return SnapshotStatus.ACCOMPLISHED in _counting(disk, since)


def _token(disk: Disk, since: datetime) -> str:
    """The same for every try of the same work; another after a snapshot that does not count."""
    return f"{disk.id} {since:%Y-%m-%dT%H:%MZ} {len(disk.snapshots)}"


def _rule(request: ReleaseRequest, asked: Asked) -> ReleaseRule:  # noqa: ARG001  # an Action's rule
    if request.instance_ids is UNSET and request.dry_run is UNSET:
        raise InvalidEvent(
            "dry_run is missing; a release by anything but instance_ids must state it, true or "
            "false"
        )
    return ReleaseRule(request.force, request.snapshot, request.snapshot_retention_days)


def _disks(request: ReleaseRequest) -> DiskLook:
    return DiskLook.ALL if request.snapshot else DiskLook.KEPT


ACTION = Action("release", ReleaseRequest, Harm.LOSS, _rule, _disks)


def handler(event: bytes, context: FcContext, *, world: World = REAL_WORLD) -> dict[str, Any]:
    """Function Compute's entry point; see ``shared.run.run``."""
    return run(ACTION, event, context, world)
