"""Every rule over the full cross product of what an instance can be and what can be asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from itertools import product
from typing import Literal

import pytest
from msgspec.structs import replace

from functions import clear_auto_release, describe, release, set_auto_release, start, stop
from functions.clear_auto_release import ClearAutoReleaseRule
from functions.describe import DescribeRule
from functions.release import ReleaseRule
from functions.set_auto_release import SetAutoReleaseRule
from functions.start import StartRule
from functions.stop import StopRule
from shared.action import Asked
from shared.disks import DiskLook
from shared.errors import InvalidEvent
from shared.guards import CHINA, Harm
from shared.model import Disk, Instance, Snapshot, SnapshotStatus, Status, StoppedMode
from shared.requests import decode
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
NOT_KNOWN = Impossible("ECS does not know this id", "InvalidInstanceId.NotFound")
BOOLS = (False, True)
CHARGE_TYPES = ("PostPaid", "PrePaid", "")
MODES = (None, StoppedMode.STOP_CHARGING, StoppedMode.KEEP_CHARGING)
BASE = Instance("i-1", "cn-hangzhou", NOW, Status.RUNNING, started_at=STARTED)


def instances() -> Iterator[Instance]:
    """Every status, charge type and stopped mode."""
    for status, charge_type, mode in product(Status, CHARGE_TYPES, StoppedMode):
        yield replace(BASE, status=status, charge_type=charge_type, stopped_mode=mode)


@pytest.mark.parametrize(
    ("force", "mode", "wait"), [(f, m, w) for f in BOOLS for m in MODES for w in BOOLS]
)
def test_stop_stops_what_runs_and_nothing_else(
    force: bool,  # noqa: FBT001  # a column of the table
    mode: StoppedMode | None,
    wait: bool,  # noqa: FBT001  # a column of the table
) -> None:
    rule = StopRule(force=force, stopped_mode=mode, wait=wait)

    for one in instances():
        other_mode = (
            f"stopped in mode {one.stopped_mode.value}, not {mode.value}"
            if mode is not None and one.stopped_mode is not mode
            else ""
        )
        expected: dict[Status, Step] = {
            Status.PENDING: Wait("Pending"),
            Status.STARTING: Wait("Starting"),
            Status.RUNNING: Stop(force, mode),
            Status.STOPPING: Wait("Stopping") if wait else Done("ECS has accepted; it is stopping"),
            Status.STOPPED: Done(other_mode),
            Status.GONE: NOT_KNOWN,
            Status.UNKNOWN: Wait("Unknown"),
        }
        assert rule.next_step(one, NOW) == expected[one.status]


@pytest.mark.parametrize("wait", BOOLS)
def test_start_starts_what_is_stopped_and_nothing_else(
    wait: bool,  # noqa: FBT001  # a column of the table
) -> None:
    rule = StartRule(wait=wait)
    expected: dict[Status, Step] = {
        Status.PENDING: Wait("Pending"),
        Status.STARTING: Wait("Starting") if wait else Done("ECS has accepted; it is starting"),
        Status.RUNNING: Done(),
        Status.STOPPING: Wait("Stopping"),
        Status.STOPPED: Start(),
        Status.GONE: NOT_KNOWN,
        Status.UNKNOWN: Wait("Unknown"),
    }

    for one in instances():
        assert rule.next_step(one, NOW) == expected[one.status]


@pytest.mark.parametrize("is_set", [None, NOW, NOW + timedelta(days=9)])
def test_clear_auto_release_clears_what_is_set_and_nothing_else(is_set: datetime | None) -> None:
    for one in instances():
        expected = (
            NOT_KNOWN
            if one.status is Status.GONE
            else Done("no release time")
            if is_set is None
            else ClearAutoRelease()
        )
        assert (
            ClearAutoReleaseRule().next_step(replace(one, auto_release_at=is_set), NOW) == expected
        )


AT = datetime(2026, 11, 24, 20, 0, tzinfo=timezone.utc)
MINUTE = timedelta(minutes=1)
SET = SetAutoRelease(AT)


@pytest.mark.parametrize(
    ("if_set", "is_set", "expected"),
    [
        ("replace", None, SET),
        ("keep", None, SET),
        ("earlier", None, SET),
        ("later", None, SET),
        ("replace", AT, Done()),
        ("keep", AT, Done()),
        ("earlier", AT, Done()),
        ("later", AT, Done()),
        ("replace", AT - MINUTE, SET),
        ("keep", AT - MINUTE, Done("keeps 2026-11-24T19:59:00Z, if_set is keep")),
        ("earlier", AT - MINUTE, Done("keeps 2026-11-24T19:59:00Z, if_set is earlier")),
        ("later", AT - MINUTE, SET),
        ("replace", AT + MINUTE, SET),
        ("keep", AT + MINUTE, Done("keeps 2026-11-24T20:01:00Z, if_set is keep")),
        ("earlier", AT + MINUTE, SET),
        ("later", AT + MINUTE, Done("keeps 2026-11-24T20:01:00Z, if_set is later")),
    ],
)
def test_set_auto_release_minds_a_time_that_is_set(
    if_set: Literal["replace", "keep", "earlier", "later"],
    is_set: datetime | None,
    expected: Step,
) -> None:
    rule = SetAutoReleaseRule(AT, if_set)

    for one in instances():
        step = rule.next_step(replace(one, auto_release_at=is_set), NOW)
        assert step == (NOT_KNOWN if one.status is Status.GONE else expected)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, ""),
        ({"deletion_protection": True}, "guarded against release: deletion protection"),
        (
            {"tags": {"curfew:protect": ""}},
            "guarded against stop and release: tag curfew:protect",
        ),
        (
            {"tags": {"curfew:protect": ""}, "deletion_protection": True},
            (
                "guarded against stop: tag curfew:protect; "
                "guarded against release: tag curfew:protect; deletion protection"
            ),
        ),
        ({"locks": ("financial",)}, "guarded against release: financial lock"),
    ],
    ids=["free", "release-only", "both-alike", "both-differently", "financial-lock"],
)
def test_describe_is_always_done_and_tells_the_guards(
    changes: dict[str, object], reason: str
) -> None:
    rule = DescribeRule(CHINA)

    for one in instances():
        seen = replace(one, charge_type="PostPaid", **changes)
        step = rule.next_step(seen, NOW)
        assert step == (NOT_KNOWN if one.status is Status.GONE else Done(reason))


def test_describe_reads_plain_dates_in_the_zone_that_is_set() -> None:
    kept = replace(BASE, charge_type="PostPaid", tags={"curfew:keep-until": "2026-11-24"})
    evening = datetime(2026, 11, 24, 20, 0, tzinfo=timezone.utc)

    assert DescribeRule(CHINA).next_step(kept, evening) == Done()
    assert DescribeRule(timezone.utc).next_step(kept, evening) == Done(
        "guarded against stop and release: tag curfew:keep-until 2026-11-24"
    )


def snapshot(status: SnapshotStatus, created_at: datetime) -> Snapshot:
    return Snapshot("s-1", "d-1", status, created_at)


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


ASKED = Asked(NOW, NOW, CHINA)
BY_ID: dict[str, object] = {"instance_ids": ["i-1"]}
BY_TAG: dict[str, object] = {"tags": {"team": "dev"}}


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({}, StopRule(force=False, stopped_mode=None, wait=True)),
        ({"force": True, "wait": False}, StopRule(force=True, stopped_mode=None, wait=False)),
        (
            {"stopped_mode": "KeepCharging"},
            StopRule(force=False, stopped_mode=StoppedMode.KEEP_CHARGING, wait=True),
        ),
    ],
)
def test_a_request_makes_stops_rule(fields: dict[str, object], rule: StopRule) -> None:
    request = decode(stop.ACTION.request, {**BY_ID, **fields}, "stop")

    assert stop.ACTION.rule(request, ASKED) == rule


@pytest.mark.parametrize("wait", BOOLS)
def test_a_request_makes_starts_rule(
    wait: bool,  # noqa: FBT001  # a column of the table
) -> None:
    request = decode(start.ACTION.request, {**BY_ID, "wait": wait}, "start")

    assert start.ACTION.rule(request, ASKED) == StartRule(wait=wait)
    assert start.ACTION.rule(decode(start.ACTION.request, BY_ID, "start"), ASKED) == StartRule(
        wait=True
    )


def test_a_request_makes_the_rules_that_take_nothing() -> None:
    clear = decode(clear_auto_release.ACTION.request, BY_ID, "clear_auto_release")
    look = decode(describe.ACTION.request, BY_ID, "describe")

    assert clear_auto_release.ACTION.rule(clear, ASKED) == ClearAutoReleaseRule()
    assert describe.ACTION.rule(look, ASKED) == DescribeRule(CHINA)


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        (BY_ID, ReleaseRule(force=False, snapshot=True, retention_days=7)),
        (
            {**BY_ID, "force": True, "snapshot": False, "snapshot_retention_days": 1},
            ReleaseRule(force=True, snapshot=False, retention_days=1),
        ),
        (
            {**BY_TAG, "dry_run": False},
            ReleaseRule(force=False, snapshot=True, retention_days=7),
        ),
        (
            {**BY_TAG, "dry_run": True},
            ReleaseRule(force=False, snapshot=True, retention_days=7),
        ),
    ],
)
def test_a_request_makes_releases_rule(fields: dict[str, object], rule: ReleaseRule) -> None:
    request = decode(release.ACTION.request, fields, "release")

    assert release.ACTION.rule(request, ASKED) == rule


@pytest.mark.parametrize(
    "fields", [BY_TAG, {"name": "ci-*"}, {"all": True, "max_instances": 5}], ids=str
)
def test_a_release_of_unnamed_instances_must_state_dry_run(fields: dict[str, object]) -> None:
    request = decode(release.ACTION.request, fields, "release")

    with pytest.raises(InvalidEvent) as caught:
        release.ACTION.rule(request, ASKED)

    assert str(caught.value) == (
        "dry_run is missing; a release by anything but instance_ids must state it, true or false"
    )


@pytest.mark.parametrize(
    ("fields", "disks"),
    [
        ({}, DiskLook.ALL),
        ({"snapshot": True}, DiskLook.ALL),
        ({"snapshot": False}, DiskLook.KEPT),
    ],
)
def test_release_looks_at_every_disk_unless_no_snapshot_is_wanted(
    fields: dict[str, object], disks: DiskLook
) -> None:
    request = decode(release.ACTION.request, {**BY_ID, **fields}, "release")

    assert release.ACTION.disks(request) is disks


def test_only_release_looks_at_disks() -> None:
    request = decode(start.ACTION.request, BY_ID, "start")

    assert start.ACTION.disks(request) is DiskLook.NONE


def test_each_action_says_the_harm_that_it_can_do() -> None:
    actions = (
        stop.ACTION,
        start.ACTION,
        release.ACTION,
        set_auto_release.ACTION,
        clear_auto_release.ACTION,
        describe.ACTION,
    )

    assert {action.name: (action.harm, action.only_looks) for action in actions} == {
        "stop": (Harm.OUTAGE, False),
        "start": (Harm.NONE, False),
        "release": (Harm.LOSS, False),
        "set_auto_release": (Harm.LOSS, False),
        "clear_auto_release": (Harm.NONE, False),
        "describe": (Harm.NONE, True),
    }
