"""release: delete instances for good. Running → stopped → snapshots completed → deleted → gone.

The defaults are safe: every disk is snapshotted and the snapshots are waited for before anything is
deleted, and DeleteInstances is then called without Force, so that ECS itself refuses if somebody
starts the instance at the last moment. An instance that is gone counts as released.
"""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from typing import Annotated, Any

from msgspec import UNSET, Meta

from shared.action import Action, RequestTime
from shared.base.errors import InvalidEvent, Refused
from shared.base.printable import counted
from shared.base.times import to_zone_text
from shared.domain.guards import Harm
from shared.domain.instance import Disk, Instance, SnapshotStatus, Status, after_transition
from shared.domain.instance import Snapshot as TakenSnapshot
from shared.domain.power import HANGS
from shared.domain.steps import (
    Delete,
    DiskLook,
    DiskSnapshot,
    Done,
    Impossible,
    Rule,
    Skip,
    Snapshot,
    Step,
    Stop,
    Wait,
    in_words,
)
from shared.request.request import Request
from shared.run import REAL_WORLD, World, run
from shared.settings.settings import FcContext

MINUTE = timedelta(minutes=1)

RETENTION_TOLERANCE = timedelta(hours=6)
"""How much sooner than requested a snapshot may end: one from an earlier try counts."""

_NO_DISKS = Impossible("ECS shows no disks for it, so nothing proves that its data is kept")


class ReleaseRequest(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The request of release."""

    force: Annotated[
        bool,
        Meta(
            description="true to skip the graceful stop: power off or, without a snapshot, delete "
            "while running; or false."
        ),
    ] = False
    snapshot: Annotated[
        bool,
        Meta(
            description="true to snapshot every disk and delete only when all snapshots are "
            "accomplished, or false to lose what is on the disks."
        ),
    ] = True
    snapshot_retention_days: Annotated[
        int,
        Meta(
            ge=1,
            le=65_536,
            description="A whole number from 1 to 65536: the number of days after which ECS "
            "deletes the snapshots.",
        ),
    ] = 7


class ReleaseRule(Rule, frozen=True):
    """From an instance's current state to the next step towards being gone.

    Attributes:
        retention_days: How long new snapshots are kept.
        kept_until: Until when snapshots must be kept, counted from the event's own time.
        begun_at: When this run began.
        zone: The zone of the times in reports.
    """

    force: bool
    snapshot: bool
    retention_days: int
    kept_until: datetime
    begun_at: datetime
    zone: tzinfo

    def next_step(self, instance: Instance, now: datetime) -> Step:  # noqa: PLR0911  # one a state
        """The next step; for a running instance there are four looks before it is gone."""
        match instance.status:
            case Status.GONE:
                return Done(self._left_over(instance))
            case _ if self.snapshot and (local := _local_disks(instance)):
                return Skip(
                    f"{', '.join(local)} cannot be snapshotted; set snapshot to false to release "
                    "it without one"
                )
            case Status.RUNNING if self.snapshot and instance.disks == ():
                return _NO_DISKS  # so that it is not stopped in vain
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
            return Wait("its disks have not been read yet")
        if not instance.disks:
            return _NO_DISKS
        if instance.last_start is None:
            return Impossible("ECS does not say when it started, so no snapshot can be trusted")
        if now < max(self._unchanged_since(instance, disk) for disk in instance.disks):
            return Wait(
                "a snapshot must begin in a later minute than the instance's start and the disk's "
                "attachment"
            )
        counting = [(disk, self._counting(instance, disk, now)) for disk in instance.disks]
        wanted = [self._disk_snapshot(instance, disk) for disk, states in counting if not states]
        if wanted:
            return Snapshot(tuple(wanted), self.retention_days)
        progressing = sum(SnapshotStatus.ACCOMPLISHED not in states for _, states in counting)
        if progressing:
            return Wait(f"{progressing} of {len(instance.disks)} snapshots in progress")
        return Delete(force=False)

    def way(self, instance: Instance, now: datetime) -> str:
        """All steps from here on, and what outlives the instance and is billed."""
        step = self.next_step(instance, now)
        if isinstance(step, Done | Skip | Impossible):
            return in_words(step)
        steps = []
        if instance.status not in {Status.RUNNING, Status.STOPPED}:
            steps.append(in_words(step))
            instance = after_transition(instance)
            step = self.next_step(instance, now)
        if isinstance(step, Stop):
            steps.append(in_words(step))
        if self.snapshot and not isinstance(step, Delete):
            steps.append(self._snapshots_in_words(instance, now))
        steps.append("release by force" if self.force and not self.snapshot else "release")
        stay = _outliving(instance)
        told = (", ".join(steps), self._lost(instance), _and_are_billed(stay) if stay else "")
        return "; ".join(part for part in told if part)

    def left(self, instance: Instance) -> str:
        """A note that it is off and has snapshots because an earlier release did not finish."""
        kept = self._kept_snapshots(instance)
        if instance.status is not Status.STOPPED or not kept:
            return ""
        return f"Stopped; from an earlier release: {', '.join(kept)}"

    def changed(self, before: Instance, after: Instance) -> str:  # noqa: ARG002  # a Rule
        """A note that force had no effect: a caller must not believe that it was used."""
        is_late = self.force and before.status is Status.STOPPING
        return "force was not used: it was stopping already" if is_late else ""

    def awaited(self, instance: Instance) -> str:
        """Nothing can be done about one that hangs while stopping, with or without force."""
        hangs = self.force and instance.status is Status.STOPPING
        return HANGS if hangs else super().awaited(instance)

    def _snapshots_in_words(self, instance: Instance, now: datetime) -> str:
        """What there is to do about snapshots before the instance can be deleted."""
        missing = len(instance.disks or ())
        if instance.status is Status.STOPPED:
            missing -= sum(
                bool(self._counting(instance, disk, now)) for disk in instance.disks or ()
            )
        if not missing:
            return "wait for its snapshots"
        disks, days = counted(missing, "disk"), counted(self.retention_days, "day")
        return f"snapshot {disks} ({days})"

    def _counting(self, instance: Instance, disk: Disk, now: datetime) -> list[SnapshotStatus]:
        """The states of snapshots with the disk's current contents, kept as long as requested.

        The time counts from the event and, in case the event is very old, also from now: what is
        deleted now must not be lost a few minutes later.
        """
        since = self._unchanged_since(instance, disk)
        long_enough = max(
            self.kept_until - RETENTION_TOLERANCE,
            now + timedelta(days=self.retention_days) - 2 * RETENTION_TOLERANCE,
        )
        return [
            snapshot.status
            for snapshot in disk.snapshots
            if snapshot.status is not SnapshotStatus.FAILED
            and snapshot.created_at >= since
            and (snapshot.ends_at is None or snapshot.ends_at >= long_enough)
        ]

    def _disk_snapshot(self, instance: Instance, disk: Disk) -> DiskSnapshot:
        """Its token is the same for every attempt at the same work, and different for other work.

        It differs after a snapshot that does not count, and for another retention. It changes with
        the event's day, since a snapshot that has expired no longer counts.
        """
        since, number = self._unchanged_since(instance, disk), len(disk.snapshots)
        kept = f"{self.retention_days} {self.kept_until:%Y-%m-%d}"
        token = f"{disk.id} {since:%Y-%m-%dT%H:%MZ} {number} {kept}"
        return DiskSnapshot(disk.id, token)

    def _unchanged_since(self, instance: Instance, disk: Disk) -> datetime:
        """Since when the disk is certain to have its current contents, if its instance is stopped.

        Since the instance's last start or, if that is later, since the disk was attached to it:
        earlier snapshots lack what was written to it elsewhere. An instance that shows no start
        time may have been started all the same, so for it no snapshot from before this run counts.
        To the minute, as ECS shows start times.
        """
        started_at = instance.started_at or self.begun_at
        latest = max(started_at, disk.attached_at or started_at)
        return latest.replace(second=0, microsecond=0) + MINUTE

    def _left_over(self, instance: Instance) -> str:
        """What remains of a released instance and is still billed, as ECS last showed it."""
        left = _outliving(instance) + self._kept_snapshots(instance)
        told = ("gone", self._lost(instance), f"still billed: {', '.join(left)}" if left else "")
        return "; ".join(part for part in told if part)

    def _kept_snapshots(self, instance: Instance) -> list[str]:
        return [
            f"snapshot {snapshot.id} ({self._end_in_words(snapshot)})"
            for disk in instance.disks or ()
            for snapshot in disk.snapshots
            if snapshot.status is SnapshotStatus.ACCOMPLISHED
        ]

    def _lost(self, instance: Instance) -> str:
        """The disks whose data is lost without a snapshot; "" if one is taken, or none is known."""
        if self.snapshot or instance.disks is None:
            return ""
        if not instance.disks:
            return "ECS shows none of its disks: their data is lost, but for those that outlive it"
        lost = [disk.id for disk in instance.disks if disk.deleted_with_instance]
        named = f"{counted(len(lost), 'disk')} is lost: {', '.join(lost)}"
        return f"the data of {named}" if lost else ""

    def _end_in_words(self, snapshot: TakenSnapshot) -> str:
        if snapshot.ends_at is None:
            return "kept until somebody deletes it"
        return f"until {to_zone_text(snapshot.ends_at, self.zone)}"


def _local_disks(instance: Instance) -> list[str]:
    """Disks that ECS cannot snapshot: only cloud categories can be (CreateSnapshot).

    The instance itself shows that it has local disks (LocalStorageAmount), even if the list of its
    disks omits them.
    """
    local = [
        f"disk {disk.id} ({disk.category})"
        for disk in instance.disks or ()
        if disk.category and not disk.category.startswith("cloud")
    ]
    return local or (["the local storage of its host"] if instance.has_local_disks else [])


def _outliving(instance: Instance) -> list[str]:
    """What a release leaves: disks that are not deleted with the instance, and its EIP."""
    disks = [f"disk {disk.id}" for disk in instance.disks or () if not disk.deleted_with_instance]
    eip = instance.eip or instance.elastic_ip
    return disks + ([f"EIP {eip}"] if eip else [])


def _and_are_billed(stay: list[str]) -> str:
    return f"{', '.join(stay)} {'stays and is billed' if len(stay) == 1 else 'stay and are billed'}"


def _rule(request: ReleaseRequest, when: RequestTime) -> ReleaseRule:
    if (request.instance_ids, request.dry_run, request.plan_id) == (UNSET, UNSET, UNSET):
        raise InvalidEvent(
            "dry_run is missing; a release by anything but instance_ids must set it, to true or "
            "false"
        )
    if when.settings.snapshot_required and not request.snapshot:
        raise Refused(
            "CURFEW_SNAPSHOT is required, so nothing is released without a snapshot; omit "
            '"snapshot"'
        )
    return ReleaseRule(
        force=request.force,
        snapshot=request.snapshot,
        retention_days=request.snapshot_retention_days,
        kept_until=when.at + timedelta(days=request.snapshot_retention_days),
        begun_at=when.now,
        zone=when.settings.zone,
    )


def _disks(request: ReleaseRequest) -> DiskLook:
    return DiskLook.ALL if request.snapshot else DiskLook.NAMES


ACTION = Action("release", ReleaseRequest, Harm.LOSS, _rule, _disks)


def handler(event: bytes, context: FcContext, *, world: World = REAL_WORLD) -> dict[str, Any]:
    """Function Compute's entry point; see ``shared.run.run``."""
    return run(ACTION, event, context, world)
