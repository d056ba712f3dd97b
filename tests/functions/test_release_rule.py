"""The rule of release: from what an instance is now to the next step towards being gone."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import product

import pytest
from msgspec.structs import replace

from shared.base.times import CHINA
from shared.domain.instance import Disk, Snapshot, SnapshotStatus, Status
from shared.domain.steps import (
    ClearAutoRelease,
    Delete,
    DiskSnapshot,
    Done,
    Impossible,
    SetAutoRelease,
    Start,
    Step,
    Stop,
    Wait,
)
from shared.domain.steps import Snapshot as TakeSnapshots
from tests.functions.release_rule_cases import (
    BASE,
    BOOLS,
    NOW,
    SHOTS,
    STARTED,
    SURE_START,
    disk,
    rule_of,
    snapshot,
)

CHARGE_TYPES = ("PostPaid", "PrePaid", "")
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)
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
    lost = (
        f"the data of {disks}"
        if shots
        else "ECS shows none of its disks: their data is lost, but for those that outlive it"
    )
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
        if status is Status.RUNNING and with_snapshot and shots == ():
            expected[status] = expected_of_stopped(shots)  # not stopped in vain
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


@pytest.mark.parametrize(
    ("left", "counts"),
    [
        pytest.param(WEEK - 12 * HOUR, True, id="twelve-hours-less"),
        pytest.param(WEEK - 12 * HOUR - timedelta(seconds=1), False, id="a-second-less-than-that"),
        pytest.param(timedelta(minutes=5), False, id="lost-in-minutes"),
    ],
)
def test_by_an_old_event_a_snapshot_that_ends_soon_does_not_count(
    left: timedelta,
    counts: bool,  # noqa: FBT001  # a column of the table
) -> None:
    now = NOW + WEEK + HOUR
    taken = Snapshot("s-1", "d-0", SnapshotStatus.ACCOMPLISHED, SURE_START, now + left)
    one = replace(
        BASE, status=Status.STOPPED, disks=(replace(disk(0, "none"), snapshots=(taken,)),)
    )

    assert isinstance(rule_of().next_step(one, now), Delete) is counts


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


@pytest.mark.promise("S28")
def test_who_shows_no_start_is_saved_by_snapshots_of_this_run_alone() -> None:
    """It was created long ago, and nobody knows that it was never started since."""
    stopped = replace(BASE, status=Status.STOPPED, started_at=None, created_at=STARTED - WEEK)

    def step(created_at: datetime) -> Step:
        shot = snapshot(SnapshotStatus.ACCOMPLISHED, created_at)
        one = replace(stopped, disks=(replace(disk(0, "none"), snapshots=(shot,)),))
        begun_at = NOW + timedelta(microseconds=7)
        return rule_of(asked_at=begun_at).next_step(one, NOW + HOUR)

    since = minute_after(NOW)
    assert step(since) == Delete(force=False)
    assert isinstance(step(since - timedelta(seconds=1)), TakeSnapshots)


def test_a_disk_that_was_attached_in_this_minute_is_waited_for() -> None:
    new = replace(disk(0, "none"), attached_at=NOW + timedelta(seconds=20))
    one = replace(BASE, status=Status.STOPPED, disks=(new, disk(1, "none")))

    assert isinstance(rule_of().next_step(one, NOW + timedelta(seconds=59)), Wait)
    assert isinstance(rule_of().next_step(one, NOW + MINUTE), TakeSnapshots)
