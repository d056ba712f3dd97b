"""What an instance, its disks and their snapshots can be when it is released."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from functions.release import ReleaseRule
from shared.base.times import CHINA
from shared.domain.instance import Disk, Instance, Snapshot, SnapshotStatus, Status

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)
STARTED = datetime(2026, 11, 24, 9, 0, tzinfo=timezone.utc)
SURE_START = STARTED + timedelta(minutes=1)
BOOLS = (False, True)
BASE = Instance("i-1", "cn-hangzhou", NOW, Status.RUNNING, started_at=STARTED)


def rule_of(
    *, force: bool = False, snapshot: bool = True, days: int = 7, asked_at: datetime = NOW
) -> ReleaseRule:
    return ReleaseRule(
        force=force,
        snapshot=snapshot,
        retention_days=days,
        kept_until=asked_at + timedelta(days=days),
        begun_at=asked_at,
        zone=CHINA,
    )


def snapshot(status: SnapshotStatus, created_at: datetime) -> Snapshot:
    return Snapshot("s-1", "d-1", status, created_at, created_at + timedelta(days=7))


BEFORE_START = SURE_START - timedelta(seconds=1)
SHOTS = {
    "none": (),
    "failed": (snapshot(SnapshotStatus.FAILED, NOW),),
    "progressing": (snapshot(SnapshotStatus.PROGRESSING, SURE_START),),
    "accomplished": (snapshot(SnapshotStatus.ACCOMPLISHED, SURE_START),),
    "old-progressing": (snapshot(SnapshotStatus.PROGRESSING, BEFORE_START),),
    "old-accomplished": (snapshot(SnapshotStatus.ACCOMPLISHED, BEFORE_START),),
    "old-accomplished-then-progressing": (
        snapshot(SnapshotStatus.ACCOMPLISHED, BEFORE_START),
        snapshot(SnapshotStatus.PROGRESSING, NOW),
    ),
    "failed-then-accomplished": (
        snapshot(SnapshotStatus.FAILED, NOW),
        snapshot(SnapshotStatus.ACCOMPLISHED, NOW),
    ),
    "accomplished-then-failed": (
        snapshot(SnapshotStatus.ACCOMPLISHED, NOW),
        snapshot(SnapshotStatus.FAILED, NOW),
    ),
}


def disk(number: int, shots: str, category: str = "cloud_essd") -> Disk:
    return Disk(f"d-{number}", category, deleted_with_instance=True, snapshots=SHOTS[shots])
