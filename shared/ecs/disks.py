"""The disks of instances and the snapshots that Curfew took of them.

For a release with snapshots each instance's disks are read before anything is done to it, so that
none is stopped that could not be released; again when it is first seen stopped, now with the
snapshots; and again when its last snapshot is completed, so that a disk attached in between is not
overlooked. While snapshots progress, only they are read, 100 per call.

For a release without snapshots, one listing shows which disks are lost, and which survive and are
still billed.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence

import msgspec

from shared.base.errors import AccessDenied, Unavailable
from shared.domain.instance import Disk, Instance, Snapshot, SnapshotStatus, Status
from shared.domain.steps import DiskLook
from shared.ecs.client import CALLS_AT_ONCE
from shared.ecs.fields import (
    RELEASE_TAG,
    Json,
    is_attached_to,
    is_ours,
    owner_of,
    read_disk,
    read_snapshot,
)
from shared.ecs.inventory import PAGE, Inventory, chunks

DISKS_PAGE = "500"
"""Most rows per call of DescribeDisks (API reference)."""


EARLIER = 20
"""For how many instances that are left alone the snapshots are read, one call each."""


class DiskReader(msgspec.Struct, frozen=True):
    """Adds disks to looks at instances of one region.

    Attributes:
        inventory: The region.
        wanted: Which disks.
        seeing_snapshots: Filled once an empty list of snapshots is known to be true.
    """

    inventory: Inventory
    wanted: DiskLook
    seeing_snapshots: list[bool] = msgspec.field(default_factory=list)

    def first(self, instances: Sequence[Instance]) -> list[Instance]:
        """These instances with their disks, before anything is done to them.

        Raises:
            AccessDenied: RAM does not allow DescribeDisks or DescribeSnapshots.
            Unavailable: ECS did not answer.
        """
        there = [one for one in instances if one.status is not Status.GONE]
        if self.wanted is DiskLook.NAMES and there:
            disks = self._of_all(there)
            return [msgspec.structs.replace(one, disks=tuple(disks[one.id])) for one in instances]
        if self.wanted is DiskLook.ALL:
            read = self.inventory.side_by_side(self._read, there, at_once=CALLS_AT_ONCE)
            by_id = {one.id: one for one in read}
            for released in self._released(read):
                by_id[released] = by_id[released].gone(self.inventory.client.clock.now())
            return [by_id.get(one.id, one) for one in instances]
        return list(instances)

    def earlier(self, instances: Sequence[Instance]) -> list[Instance]:
        """Stopped instances that are left alone, with the snapshots that an earlier release took.

        For information only: of at most ``EARLIER``, and of none if ECS does not say.
        """
        if self.wanted is not DiskLook.ALL:
            return []
        stopped = [one for one in instances if one.status is Status.STOPPED][:EARLIER]
        return self.inventory.side_by_side(self._with_earlier, stopped, at_once=CALLS_AT_ONCE)

    def add(
        self, looked: Mapping[str, Instance], before: Mapping[str, Instance]
    ) -> dict[str, Instance]:
        """These instances with their disks; for stopped ones, their current state.

        An instance that is released while its disks are read is omitted. One whose turn does not
        come in time has no disks, or its snapshots as last known; see ``Inventory.in_turn_by``.

        Args:
            looked: Instances as just read, without disks.
            before: The same as known before, perhaps with disks.

        Raises:
            AccessDenied: RAM does not allow DescribeDisks or DescribeSnapshots.
            Unavailable: ECS did not answer.
        """
        result = {key: one.with_disks_of(before[key]) for key, one in looked.items()}
        if self.wanted is not DiskLook.ALL:
            return result
        stopped = [one for one in result.values() if one.status is Status.STOPPED]
        states = self._in_progress([before[one.id] for one in stopped])
        to_read = []
        for one in stopped:
            disks = result[one.id].disks
            if states is not None:
                disks = _updated(one, before[one.id], states)
            if _progressing(disks):
                result[one.id] = msgspec.structs.replace(one, disks=disks)
            else:
                to_read.append(one)
        read = self.inventory.side_by_side(self._read, to_read, at_once=CALLS_AT_ONCE)
        for one in read:
            del result[one.id]
        still = self._still_as_they_were(read)
        released = self._released(still)
        return result | {one.id: one for one in still if one.id not in released}

    def _still_as_they_were(self, read: Sequence[Instance]) -> list[Instance]:
        """The instances read again after their disks, which may have taken long.

        Those no longer shown are omitted. Those started in between have no disks: what was read is
        outdated.
        """
        now = self.inventory.in_turn_by(None).look_twice([one.id for one in read]) if read else {}
        return [
            newer.with_disks_of(one)
            if (newer.status, newer.last_start) == (one.status, one.last_start)
            else newer
            for one in read
            if one.id in now
            for newer in (_as_seen_first(now[one.id], one),)
        ]

    def _released(self, read: Sequence[Instance]) -> set[str]:
        """Those of them that show no disk because they were released in the meantime."""
        bare = [one.id for one in read if one.disks == () and not one.unreadable]
        return (
            set(bare).difference(self.inventory.in_turn_by(None).look_twice(bare))
            if bare
            else set()
        )

    def _of_all(self, there: Sequence[Instance]) -> Mapping[str, list[Disk]]:
        """The disks by instance, for the region or a single instance.

        For information only, so one whose row cannot be parsed is omitted.
        """
        one = {"InstanceId": there[0].id} if len(there) == 1 else {}
        parameters = {**one, "MaxResults": DISKS_PAGE}
        disks: dict[str, list[Disk]] = defaultdict(list)
        for row, _ in self.inventory.pages("DescribeDisks", parameters, "Disks", "Disk"):
            if found := _disk_if_readable(row):
                disks[found[0]].append(found[1])
        if not disks:
            self.inventory.check_permission("DescribeDisks")
        return disks

    def _read(self, instance: Instance) -> Instance:
        """With its disks; a row that cannot be parsed makes this one instance unreadable.

        Without them, if its turn does not come in time.
        """
        try:
            return self._read_disks(instance)
        except Unavailable as error:
            if error.late:
                return msgspec.structs.replace(instance, disks=None)
            if not error.unreadable:
                raise
            return msgspec.structs.replace(instance, unreadable=str(error))

    def _read_disks(self, instance: Instance) -> Instance:
        """With all its disks and, if it is stopped, with our snapshots of them."""
        parameters = {"InstanceId": instance.id, "MaxResults": DISKS_PAGE}
        pages = self.inventory.pages("DescribeDisks", parameters, "Disks", "Disk")
        disks = [read_disk(row) for row, _ in pages if is_attached_to(row, instance.id)]
        if not disks:
            self.inventory.check_permission("DescribeDisks")
        snapshots = self._snapshots(instance) if instance.status is Status.STOPPED else []
        return msgspec.structs.replace(
            instance,
            disks=tuple(
                msgspec.structs.replace(
                    disk, snapshots=tuple(one for one in snapshots if one.disk_id == disk.id)
                )
                for disk in disks
            ),
        )

    def _with_earlier(self, instance: Instance) -> Instance:
        try:
            snapshots = self._ours(instance)
        except (AccessDenied, Unavailable):
            return instance
        disks = {one.disk_id for one in snapshots}
        return msgspec.structs.replace(
            instance,
            disks=tuple(
                Disk(each, "", True, tuple(one for one in snapshots if one.disk_id == each))  # noqa: FBT003  # what is not known matters to nobody
                for each in sorted(disks)
            ),
        )

    def _ours(self, instance: Instance) -> list[Snapshot]:
        parameters = {
            "InstanceId": instance.id,
            "MaxResults": str(PAGE),
            "Tag.1.Key": RELEASE_TAG,
            "Tag.1.Value": instance.id,
        }
        pages = self.inventory.pages("DescribeSnapshots", parameters, "Snapshots", "Snapshot")
        return [read_snapshot(row) for row, _ in pages if is_ours(row, instance.id)]

    def _snapshots(self, instance: Instance) -> list[Snapshot]:
        snapshots = self._ours(instance)
        if not snapshots and not self.seeing_snapshots:
            self.inventory.check_permission("DescribeSnapshots")
        self.seeing_snapshots.append(True)
        return snapshots

    def _in_progress(self, known: Sequence[Instance]) -> dict[str, Snapshot] | None:
        """The current state of their snapshots in progress; None: not known in time."""
        ids = [snapshot.id for one in known for snapshot in _progressing(one.disks)]
        parts = list(chunks(ids, PAGE))
        try:
            answers = self.inventory.side_by_side(self._by_id, parts, at_once=CALLS_AT_ONCE)
        except Unavailable as error:
            if not error.late:
                raise
            return None
        return {snapshot.id: snapshot for answer in answers for snapshot in answer}

    def _by_id(self, ids: Sequence[str]) -> list[Snapshot]:
        parameters = {
            "SnapshotIds": json.dumps(list(ids), separators=(",", ":")),
            "MaxResults": str(PAGE),
        }
        pages = self.inventory.pages("DescribeSnapshots", parameters, "Snapshots", "Snapshot")
        return [one for row, _ in pages if (one := _snapshot_if_readable(row))]


def _disk_if_readable(row: Json) -> tuple[str, Disk] | None:
    """A disk, keyed by its instance's id."""
    try:
        return owner_of(row), read_disk(row)
    except Unavailable:
        return None


def _snapshot_if_readable(row: Json) -> Snapshot | None:
    """None: its disk is then read again, and says what cannot be parsed."""
    try:
        return read_snapshot(row)
    except Unavailable:
        return None


def _as_seen_first(newer: Instance, one: Instance) -> Instance:
    """A newer look, no fresher than its disks, and with what could not be parsed of them."""
    return msgspec.structs.replace(
        newer, seen_at=one.seen_at, unreadable=newer.unreadable or one.unreadable
    )


def _progressing(disks: Sequence[Disk] | None) -> list[Snapshot]:
    return [
        snapshot
        for disk in disks or ()
        for snapshot in disk.snapshots
        if snapshot.status is SnapshotStatus.PROGRESSING
    ]


def _updated(
    instance: Instance, before: Instance, states: Mapping[str, Snapshot]
) -> tuple[Disk, ...] | None:
    """The disks known before, with the current state of their snapshots; None: read them again."""
    if before.disks is None or before.last_start != instance.last_start:
        return None
    if not all(snapshot.id in states for snapshot in _progressing(before.disks)):
        return None
    return tuple(
        msgspec.structs.replace(
            disk, snapshots=tuple(states.get(one.id, one) for one in disk.snapshots)
        )
        for disk in before.disks
    )
