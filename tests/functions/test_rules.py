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
from shared.guards import Harm
from shared.model import Instance, Status, StoppedMode
from shared.requests import decode
from shared.settings import Settings
from shared.steps import (
    ClearAutoRelease,
    Done,
    Impossible,
    SetAutoRelease,
    Start,
    Step,
    Stop,
    Wait,
)

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)
STARTED = datetime(2026, 11, 24, 9, 0, tzinfo=timezone.utc)
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
    rule = DescribeRule(Settings())

    for one in instances():
        seen = replace(one, charge_type="PostPaid", **changes)
        step = rule.next_step(seen, NOW)
        assert step == (NOT_KNOWN if one.status is Status.GONE else Done(reason))


def test_describe_reads_plain_dates_in_the_zone_that_is_set() -> None:
    kept = replace(BASE, charge_type="PostPaid", tags={"curfew:keep-until": "2026-11-24"})
    evening = datetime(2026, 11, 24, 20, 0, tzinfo=timezone.utc)

    assert DescribeRule(Settings()).next_step(kept, evening) == Done()
    assert DescribeRule(Settings(zone=timezone.utc)).next_step(kept, evening) == Done(
        "guarded against stop and release: tag curfew:keep-until 2026-11-24"
    )


ASKED = Asked(NOW, NOW, Settings())
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
    assert describe.ACTION.rule(look, ASKED) == DescribeRule(Settings())


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
        "start": (Harm.COST, False),
        "release": (Harm.LOSS, False),
        "set_auto_release": (Harm.LOSS, False),
        "clear_auto_release": (Harm.NONE, False),
        "describe": (Harm.NONE, True),
    }
