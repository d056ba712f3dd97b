"""The rule of release: from what an instance is now to the next step towards being gone."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import product

import pytest
from msgspec.structs import replace

from functions.release import ReleaseRule
from shared.model import Disk, Instance, Snapshot, SnapshotStatus, Status
from shared.steps import (
    ClearAutoRelease,
    Delete,
    DiskSnapshot,
    Done,
    Impossible,
    SetAutoRelease,
    Skip,
    Start,
    Step,
    Stop,
    Wait,
)
from shared.steps import Snapshot as TakeSnapshots

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)
STARTED = datetime(2026, 11, 24, 9, 0, tzinfo=timezone.utc)
SURE_START = STARTED + timedelta(minutes=1)
BOOLS = (False, True)
CHARGE_TYPES = ("PostPaid", "PrePaid", "")
BASE = Instance("i-1", "cn-hangzhou", NOW, Status.RUNNING, started_at=STARTED)


MINUTE = timedelta(minutes=1)


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
SAVED = {"accomplished", "failed-then-accomplished", "accomplished-then-failed"}
UNDERWAY = {"progressing", "old-accomplished-then-progressing"}
TO_DO = set(SHOTS) - SAVED - UNDERWAY

# The names of each disk's snapshots; None: the disks have not been read.
DISKS: tuple[tuple[str, ...] | None, ...] = (
    None,
    (),
    *((one,) for one in SHOTS),
    *product(SHOTS, SHOTS),
)


def disk(number: int, shots: str, category: str = "cloud_essd") -> Disk:
    return Disk(f"d-{number}", category, deleted_with_instance=True, snapshots=SHOTS[shots])


def disks_of(shots: tuple[str, ...] | None) -> tuple[Disk, ...] | None:
    return None if shots is None else tuple(disk(n, one) for n, one in enumerate(shots))


def token(number: int, shots: str) -> str:
    return f"d-{number} 2026-11-24T09:01Z {len(SHOTS[shots])}"


def expected_of_stopped(shots: tuple[str, ...] | None) -> Step:
    """What release with snapshots answers of a stopped instance whose disks are so."""
    if shots is None:
        return Wait("its disks are to be read")
    if not shots:
        return Impossible("ECS shows no disk of it, so nothing proves that its data is kept")
    to_do = [(n, one) for n, one in enumerate(shots) if one in TO_DO]
    if to_do:
        return TakeSnapshots(tuple(DiskSnapshot(f"d-{n}", token(n, one)) for n, one in to_do), 7)
    underway = sum(one in UNDERWAY for one in shots)
    if underway:
        return Wait(f"{underway} of {len(shots)} snapshots in progress")
    return Delete(force=False)


def expected_of_gone(shots: tuple[str, ...] | None) -> Step:
    """A snapshot that is accomplished goes on costing, whether it counted or not."""
    left = [
        "snapshot s-1 (7 days)"
        for name in shots or ()
        for one in SHOTS[name]
        if one.status is SnapshotStatus.ACCOMPLISHED
    ]
    return Done(f"gone; left over, and goes on costing: {', '.join(left)}" if left else "gone")


@pytest.mark.parametrize(("force", "with_snapshot"), [(f, s) for f in BOOLS for s in BOOLS])
def test_release_goes_step_by_step(
    force: bool,  # noqa: FBT001  # a column of the table
    with_snapshot: bool,  # noqa: FBT001  # likewise
) -> None:
    rule = ReleaseRule(force=force, snapshot=with_snapshot, retention_days=7)

    for status, charge_type, shots in product(Status, CHARGE_TYPES, DISKS):
        one = replace(BASE, status=status, charge_type=charge_type, disks=disks_of(shots))
        expected: dict[Status, Step] = {
            Status.PENDING: Wait("Pending"),
            Status.STARTING: Wait("Starting"),
            Status.RUNNING: Delete(force=True) if force and not with_snapshot else Stop(force),
            Status.STOPPING: Wait("Stopping"),
            Status.STOPPED: expected_of_stopped(shots) if with_snapshot else Delete(force),
            Status.GONE: expected_of_gone(shots),
            Status.UNKNOWN: Wait("Unknown"),
        }
        assert rule.next_step(one, NOW) == expected[status]


STARTS = (None, STARTED, NOW - MINUTE, NOW - timedelta(seconds=30), NOW, NOW + timedelta(hours=1))


@pytest.mark.parametrize("force", BOOLS)
@pytest.mark.parametrize("started_at", STARTS)
def test_release_with_snapshots_deletes_only_what_is_saved(
    force: bool,  # noqa: FBT001  # a column of the table
    started_at: datetime | None,
) -> None:
    rule = ReleaseRule(force=force, snapshot=True, retention_days=7)

    for status, shots in product(Status, DISKS):
        one = replace(BASE, status=status, started_at=started_at, disks=disks_of(shots))
        step = rule.next_step(one, NOW)

        assert not isinstance(step, SetAutoRelease | ClearAutoRelease | Start)
        assert step != Delete(force=True)
        if isinstance(step, Stop):
            assert (status, step) == (Status.RUNNING, Stop(force))
        if isinstance(step, TakeSnapshots | Delete):
            assert status is Status.STOPPED
            assert started_at is not None
            assert started_at + MINUTE <= NOW
        if step == Delete(force=False):
            assert started_at is not None
            assert one.disks
            assert all(
                any(
                    shot.status is SnapshotStatus.ACCOMPLISHED
                    and shot.created_at >= started_at + MINUTE
                    for shot in one_disk.snapshots
                )
                for one_disk in one.disks
            )


@pytest.mark.parametrize(
    ("started_at", "expected"),
    [
        pytest.param(
            None,
            Impossible("ECS does not say when it started, so no snapshot can be trusted"),
            id="unknown",
        ),
        pytest.param(
            NOW,
            Wait("a snapshot must begin in a later minute than the instance's start"),
            id="this-minute",
        ),
        pytest.param(
            NOW - MINUTE,
            TakeSnapshots((DiskSnapshot("d-0", "d-0 2026-11-24T12:00Z 0"),), 7),
            id="the-minute-before",
        ),
    ],
)
def test_a_snapshot_begins_in_a_later_minute_than_the_start(
    started_at: datetime | None, expected: Step
) -> None:
    one = replace(BASE, status=Status.STOPPED, started_at=started_at, disks=(disk(0, "none"),))

    assert ReleaseRule(force=False, snapshot=True, retention_days=7).next_step(one, NOW) == expected


def test_a_snapshots_token_is_the_same_until_the_work_is_another() -> None:
    rule = ReleaseRule(force=False, snapshot=True, retention_days=7)
    stopped = replace(BASE, status=Status.STOPPED, disks=(disk(0, "none"),))

    first = rule.next_step(stopped, NOW)
    again = rule.next_step(replace(stopped, seen_at=NOW + MINUTE), NOW + timedelta(hours=5))
    after_a_start = rule.next_step(replace(stopped, started_at=STARTED + MINUTE), NOW)
    after_a_failure = rule.next_step(replace(stopped, disks=(disk(0, "failed"),)), NOW)

    assert again == first
    assert len({first, after_a_start, after_a_failure}) == 3


@pytest.mark.parametrize(
    ("category", "is_local"),
    [
        ("cloud", False),
        ("cloud_efficiency", False),
        ("cloud_essd_entry", False),
        ("", False),
        ("local_ssd_pro", True),
        ("ephemeral_ssd", True),
    ],
)
@pytest.mark.parametrize("force", BOOLS)
def test_what_cannot_be_snapshotted_is_not_even_stopped(
    category: str,
    is_local: bool,  # noqa: FBT001  # a column of the table
    force: bool,  # noqa: FBT001  # likewise
) -> None:
    disks = (disk(0, "accomplished"), disk(1, "accomplished", category))
    skip = Skip(
        f"disk d-1 ({category}) cannot be snapshotted; state snapshot: false to release it without"
    )

    for status in set(Status) - {Status.GONE}:
        one = replace(BASE, status=status, disks=disks)
        kept = ReleaseRule(force=force, snapshot=True, retention_days=7).next_step(one, NOW)
        lost = ReleaseRule(force=force, snapshot=False, retention_days=7).next_step(one, NOW)
        assert (kept == skip) is is_local
        assert not isinstance(lost, Skip)


def test_what_a_released_instance_leaves_behind_is_told() -> None:
    kept_disk = Disk("d-9", "cloud_essd", deleted_with_instance=False)
    gone = replace(
        BASE,
        status=Status.GONE,
        elastic_ip="eip-1",
        disks=(kept_disk, disk(0, "accomplished"), disk(1, "failed"), disk(2, "progressing")),
    )

    assert ReleaseRule(force=False, snapshot=True, retention_days=30).next_step(gone, NOW) == Done(
        "gone; left over, and goes on costing: disk d-9, EIP eip-1, snapshot s-1 (30 days)"
    )
