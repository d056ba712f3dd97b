"""The rule of release: from what an instance is now to the next step towards being gone."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import product
from typing import Any

import pytest
from msgspec.structs import replace

from functions.release import ReleaseRule
from shared.domain.instance import Disk, Instance, Snapshot, SnapshotStatus, Status
from shared.domain.steps import (
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
from shared.domain.steps import Snapshot as TakeSnapshots
from shared.times import CHINA

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)
STARTED = datetime(2026, 11, 24, 9, 0, tzinfo=timezone.utc)
SURE_START = STARTED + timedelta(minutes=1)
BOOLS = (False, True)
CHARGE_TYPES = ("PostPaid", "PrePaid", "")
BASE = Instance("i-1", "cn-hangzhou", NOW, Status.RUNNING, started_at=STARTED)


MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)


def rule_of(
    *, force: bool = False, snapshot: bool = True, days: int = 7, asked_at: datetime = NOW
) -> ReleaseRule:
    return ReleaseRule(
        force=force,
        snapshot=snapshot,
        retention_days=days,
        kept_until=asked_at + timedelta(days=days),
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
    return f"d-{number} 2026-11-24T09:01Z {len(SHOTS[shots])} 7 2026-12-01"


def expected_of_stopped(shots: tuple[str, ...] | None) -> Step:
    """What release with snapshots answers of a stopped instance whose disks are so."""
    if shots is None:
        return Wait("its disks have not been read yet")
    if not shots:
        return Impossible("ECS shows no disks for it, so nothing proves that its data is kept")
    to_do = [(n, one) for n, one in enumerate(shots) if one in TO_DO]
    if to_do:
        return TakeSnapshots(tuple(DiskSnapshot(f"d-{n}", token(n, one)) for n, one in to_do), 7)
    underway = sum(one in UNDERWAY for one in shots)
    if underway:
        return Wait(f"{underway} of {len(shots)} snapshots in progress")
    return Delete(force=False)


def expected_of_gone(shots: tuple[str, ...] | None, *, with_snapshot: bool) -> Step:
    """A snapshot that is accomplished goes on costing, whether it counted or not."""
    left = [
        f"snapshot s-1 (until {in_china(one.ends_at)})"
        for name in shots or ()
        for one in SHOTS[name]
        if one.status is SnapshotStatus.ACCOMPLISHED
    ]
    ids = [f"d-{number}" for number in range(len(shots or ()))]
    disks = f"{len(ids)} disk{'' if len(ids) == 1 else 's'} is lost: {', '.join(ids)}"
    lost = f"the data of {disks}" if shots else "the data of its disks is lost"
    told = (
        "gone",
        "" if with_snapshot or shots is None else lost,
        f"still billed: {', '.join(left)}" if left else "",
    )
    return Done("; ".join(part for part in told if part))


def in_china(moment: datetime | None) -> str:
    assert moment is not None
    return moment.astimezone(CHINA).isoformat()


@pytest.mark.parametrize(("force", "with_snapshot"), [(f, s) for f in BOOLS for s in BOOLS])
def test_release_goes_step_by_step(
    force: bool,  # noqa: FBT001  # a column of the table
    with_snapshot: bool,  # noqa: FBT001  # likewise
) -> None:
    rule = rule_of(force=force, snapshot=with_snapshot)

    for status, charge_type, shots in product(Status, CHARGE_TYPES, DISKS):
        one = replace(BASE, status=status, charge_type=charge_type, disks=disks_of(shots))
        expected: dict[Status, Step] = {
            Status.PENDING: Wait("Pending"),
            Status.STARTING: Wait("Starting"),
            Status.RUNNING: Delete(force=True) if force and not with_snapshot else Stop(force),
            Status.STOPPING: Wait("Stopping"),
            Status.STOPPED: expected_of_stopped(shots) if with_snapshot else Delete(force),
            Status.GONE: expected_of_gone(shots, with_snapshot=with_snapshot),
            Status.UNKNOWN: Wait("Unknown"),
        }
        assert rule.next_step(one, NOW) == expected[status]


def minute_after(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0) + MINUTE


STARTS = (None, STARTED, NOW - MINUTE, NOW - timedelta(seconds=30), NOW, NOW + timedelta(hours=1))


@pytest.mark.parametrize("force", BOOLS)
@pytest.mark.parametrize("started_at", STARTS)
def test_release_with_snapshots_deletes_only_what_is_saved(
    force: bool,  # noqa: FBT001  # a column of the table
    started_at: datetime | None,
) -> None:
    rule = rule_of(force=force)

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
            assert minute_after(started_at) <= NOW
        if step == Delete(force=False):
            assert started_at is not None
            assert one.disks
            assert all(
                any(
                    shot.status is SnapshotStatus.ACCOMPLISHED
                    and shot.created_at >= minute_after(started_at)
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
            Wait(
                "a snapshot must begin in a later minute than the instance's start and the disk's "
                "attachment"
            ),
            id="this-minute",
        ),
        pytest.param(
            NOW - MINUTE,
            TakeSnapshots((DiskSnapshot("d-0", "d-0 2026-11-24T12:00Z 0 7 2026-12-01"),), 7),
            id="the-minute-before",
        ),
    ],
)
def test_a_snapshot_begins_in_a_later_minute_than_the_start(
    started_at: datetime | None, expected: Step
) -> None:
    one = replace(BASE, status=Status.STOPPED, started_at=started_at, disks=(disk(0, "none"),))

    assert rule_of().next_step(one, NOW) == expected


def test_a_snapshots_token_is_the_same_until_the_work_is_another() -> None:
    rule = rule_of()
    stopped = replace(BASE, status=Status.STOPPED, disks=(disk(0, "none"),))

    first = rule.next_step(stopped, NOW)
    again = rule.next_step(replace(stopped, seen_at=NOW + MINUTE), NOW + timedelta(hours=5))
    after_a_start = rule.next_step(replace(stopped, started_at=STARTED + MINUTE), NOW)
    after_a_failure = rule.next_step(replace(stopped, disks=(disk(0, "failed"),)), NOW)
    for_longer = rule_of(days=8).next_step(stopped, NOW)
    by_another_event = rule_of(asked_at=NOW + HOUR).next_step(stopped, NOW)
    once_it_has_expired = rule_of(asked_at=NOW + WEEK).next_step(stopped, NOW + WEEK)

    assert again == by_another_event == first
    others = (after_a_start, after_a_failure, for_longer, once_it_has_expired)
    assert len({token_in(one) for one in (first, *others)}) == 5


def token_in(step: Step) -> str:
    assert isinstance(step, TakeSnapshots)
    (wanted,) = step.disks
    return wanted.token


@pytest.mark.promise("S28")
@pytest.mark.parametrize(
    ("days", "counts"),
    [
        pytest.param(7, True, id="as-asked"),
        pytest.param(8, True, id="longer"),
        pytest.param(None, True, id="for-ever"),
        pytest.param(6, False, id="a-day-less"),
        pytest.param(1, False, id="a-day"),
    ],
)
def test_a_snapshot_counts_only_if_it_is_kept_for_as_long_as_asked(
    days: int | None,
    counts: bool,  # noqa: FBT001  # a column of the table
) -> None:
    ends_at = None if days is None else NOW + timedelta(days=days)
    taken = Snapshot("s-1", "d-0", SnapshotStatus.ACCOMPLISHED, SURE_START, ends_at)
    one = replace(
        BASE, status=Status.STOPPED, disks=(replace(disk(0, "none"), snapshots=(taken,)),)
    )

    step = rule_of().next_step(one, NOW)

    assert step == (
        Delete(force=False)
        if counts
        else TakeSnapshots((DiskSnapshot("d-0", "d-0 2026-11-24T09:01Z 1 7 2026-12-01"),), 7)
    )


@pytest.mark.parametrize(
    ("sooner", "counts"),
    [(timedelta(0), True), (6 * HOUR, True), (6 * HOUR + timedelta(seconds=1), False)],
    ids=str,
)
@pytest.mark.parametrize("status", [SnapshotStatus.ACCOMPLISHED, SnapshotStatus.PROGRESSING])
def test_a_snapshot_may_end_six_hours_before_the_time_asked_and_no_sooner(
    sooner: timedelta,
    counts: bool,  # noqa: FBT001  # a column of the table
    status: SnapshotStatus,
) -> None:
    taken = Snapshot("s-1", "d-0", status, SURE_START, NOW + WEEK - sooner)
    one = replace(
        BASE, status=Status.STOPPED, disks=(replace(disk(0, "none"), snapshots=(taken,)),)
    )

    assert isinstance(rule_of().next_step(one, NOW + 5 * HOUR), TakeSnapshots) is not counts


@pytest.mark.promise("S28")
@pytest.mark.parametrize(
    ("attached_at", "since"),
    [
        pytest.param(None, SURE_START, id="ecs-does-not-say"),
        pytest.param(STARTED - timedelta(days=9), SURE_START, id="before-the-start"),
        pytest.param(STARTED + timedelta(seconds=12), SURE_START, id="with-a-new-machine"),
        pytest.param(STARTED + MINUTE, SURE_START + MINUTE, id="the-next-minute"),
        pytest.param(NOW - HOUR, NOW - HOUR + MINUTE, id="away-and-back"),
        pytest.param(
            NOW - HOUR + timedelta(seconds=59), NOW - HOUR + MINUTE, id="late-in-a-minute"
        ),
    ],
)
def test_a_snapshot_of_before_the_disk_was_attached_does_not_count(
    attached_at: datetime | None, since: datetime
) -> None:
    def step(created_at: datetime) -> Step:
        shot = snapshot(SnapshotStatus.ACCOMPLISHED, created_at)
        away = replace(disk(0, "none"), attached_at=attached_at, snapshots=(shot,))
        other = disk(1, "accomplished")
        return rule_of().next_step(replace(BASE, status=Status.STOPPED, disks=(away, other)), NOW)

    assert step(since) == Delete(force=False)
    assert step(since - timedelta(seconds=1)) == TakeSnapshots(
        (DiskSnapshot("d-0", f"d-0 {since:%Y-%m-%dT%H:%MZ} 1 7 2026-12-01"),), 7
    )


def test_a_disk_that_was_attached_in_this_minute_is_waited_for() -> None:
    new = replace(disk(0, "none"), attached_at=NOW + timedelta(seconds=20))
    one = replace(BASE, status=Status.STOPPED, disks=(new, disk(1, "none")))

    assert isinstance(rule_of().next_step(one, NOW + timedelta(seconds=59)), Wait)
    assert isinstance(rule_of().next_step(one, NOW + MINUTE), TakeSnapshots)


KEPT_DISK = Disk("d-9", "cloud_essd", deleted_with_instance=False)
TWO_DISKS = (disk(0, "none"), disk(1, "none"))


@pytest.mark.parametrize(
    ("fields", "rule", "way"),
    [
        pytest.param(
            {"disks": TWO_DISKS},
            rule_of(),
            "stop, snapshot 2 disks (7 days), release",
            id="running",
        ),
        pytest.param(
            {"disks": (disk(0, "accomplished"),)},
            rule_of(force=True, days=1),
            "power off, snapshot 1 disk (1 day), release",
            id="by-force-and-snapshots-of-before-do-not-count",
        ),
        pytest.param(
            {"disks": (*TWO_DISKS, KEPT_DISK)},
            rule_of(snapshot=False),
            "stop, release; the data of 2 disks is lost: d-0, d-1; disk d-9 stays and is billed",
            id="without-snapshot",
        ),
        pytest.param(
            {"disks": ()},
            rule_of(force=True, snapshot=False),
            "release by force; the data of its disks is lost",
            id="by-force-without-snapshot",
        ),
        pytest.param(
            {"disks": (), "status": Status.STOPPED},
            rule_of(force=True, snapshot=False),
            "release by force; the data of its disks is lost",
            id="stopped-by-force-without-snapshot",
        ),
        pytest.param(
            {"disks": (*TWO_DISKS, KEPT_DISK), "elastic_ip": "eip-1", "eip": "203.0.113.7"},
            rule_of(),
            "stop, snapshot 3 disks (7 days), release; disk d-9, EIP 203.0.113.7 stay and are "
            "billed",
            id="what-stays-is-billed",
        ),
        pytest.param(
            {"disks": (KEPT_DISK,), "status": Status.STOPPED},
            rule_of(snapshot=False),
            "release; disk d-9 stays and is billed",
            id="what-stays-without-snapshot",
        ),
        pytest.param(
            {"disks": (), "elastic_ip": "eip-1"},
            rule_of(snapshot=False),
            "stop, release; the data of its disks is lost; EIP eip-1 stays and is billed",
            id="an-eip-whose-address-is-not-shown",
        ),
        pytest.param(
            {"disks": (), "eip": "203.0.113.7"},
            rule_of(snapshot=False),
            "stop, release; the data of its disks is lost; EIP 203.0.113.7 stays and is billed",
            id="an-eip-whose-id-is-not-shown",
        ),
        pytest.param(
            {"disks": TWO_DISKS, "status": Status.STARTING},
            rule_of(),
            "wait: Starting, stop, snapshot 2 disks (7 days), release",
            id="starting",
        ),
        pytest.param(
            {"disks": TWO_DISKS, "status": Status.STOPPING},
            rule_of(force=True),
            "wait: Stopping, snapshot 2 disks (7 days), release",
            id="stopping",
        ),
        pytest.param(
            {"disks": TWO_DISKS, "status": Status.STOPPED},
            rule_of(),
            "snapshot 2 disks (7 days), release",
            id="stopped",
        ),
        pytest.param(
            {"disks": (disk(0, "accomplished"), disk(1, "none")), "status": Status.STOPPED},
            rule_of(),
            "snapshot 1 disk (7 days), release",
            id="one-is-saved",
        ),
        pytest.param(
            {"disks": TWO_DISKS, "status": Status.STOPPED, "started_at": NOW},
            rule_of(),
            "snapshot 2 disks (7 days), release",
            id="started-in-this-minute",
        ),
        pytest.param(
            {"disks": (disk(0, "accomplished"), disk(1, "progressing")), "status": Status.STOPPED},
            rule_of(),
            "wait for its snapshots, release",
            id="in-progress",
        ),
        pytest.param(
            {"disks": (disk(0, "accomplished"),), "status": Status.STOPPED},
            rule_of(),
            "release",
            id="all-is-saved",
        ),
        pytest.param({"status": Status.GONE}, rule_of(), "gone", id="gone"),
    ],
)
def test_a_dry_run_tells_the_whole_way(fields: dict[str, Any], rule: ReleaseRule, way: str) -> None:
    assert rule.way(replace(BASE, **fields), NOW) == way


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
        f"disk d-1 ({category}) cannot be snapshotted; set snapshot to false to release it without "
        "one"
    )

    for status in set(Status) - {Status.GONE}:
        one = replace(BASE, status=status, disks=disks)
        kept = rule_of(force=force).next_step(one, NOW)
        lost = rule_of(force=force, snapshot=False).next_step(one, NOW)
        assert (kept == skip) is is_local
        assert not isinstance(lost, Skip)


def test_what_a_released_instance_leaves_behind_is_told() -> None:
    for_ever = Snapshot("s-4", "d-3", SnapshotStatus.ACCOMPLISHED, NOW, None)
    gone = replace(
        BASE,
        status=Status.GONE,
        elastic_ip="eip-1",
        eip="203.0.113.7",
        disks=(
            KEPT_DISK,
            disk(0, "accomplished"),
            disk(1, "failed"),
            disk(2, "progressing"),
            replace(disk(3, "none"), snapshots=(for_ever,)),
        ),
    )

    assert rule_of(days=30).next_step(gone, NOW) == Done(
        "gone; still billed: disk d-9, EIP 203.0.113.7, "
        "snapshot s-1 (until 2026-12-01T17:01:00+08:00), "
        "snapshot s-4 (kept until somebody deletes it)"
    )
