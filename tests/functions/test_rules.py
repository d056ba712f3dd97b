"""Every rule over the full cross product of what an instance can be and what can be asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from itertools import product
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec
import pytest
from msgspec.structs import replace

from functions import clear_auto_release, describe, release, start, stop
from functions.clear_auto_release import ClearAutoReleaseRule
from functions.describe import DescribeRule
from functions.release import ReleaseRule
from functions.set_auto_release import SetAutoReleaseRule
from shared.action import RequestTime
from shared.domain.guards import Harm
from shared.domain.instance import Instance, Status, StoppedMode
from shared.domain.power import StartRule, StopRule
from shared.domain.steps import (
    ClearAutoRelease,
    DiskLook,
    Done,
    Impossible,
    SetAutoRelease,
    Start,
    Step,
    Stop,
    Wait,
    in_words,
)
from shared.errors import InvalidEvent
from shared.request.request import decode
from shared.settings import Settings
from shared.times import CHINA
from tests.harness.actions import ACTIONS

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
        expected: dict[Status, Step] = {
            Status.PENDING: Wait("Pending"),
            Status.STARTING: Wait("Starting"),
            Status.RUNNING: Stop(force, mode),
            Status.STOPPING: Wait("Stopping") if wait else Done("accepted by ECS; it is stopping"),
            Status.STOPPED: Done(in_mode(one, mode)),
            Status.GONE: NOT_KNOWN,
            Status.UNKNOWN: Wait("Unknown"),
        }
        assert rule.next_step(one, NOW) == expected[one.status]


KEEP, STOP, NONE = StoppedMode.KEEP_CHARGING, StoppedMode.STOP_CHARGING, StoppedMode.NOT_APPLICABLE
AGAIN = "to change that, start it and stop it again"


def in_mode(one: Instance, asked: StoppedMode | None) -> str:
    no_effect = "StopCharging has no effect: it is a subscription"
    told = {
        (KEEP, None): "stopped in KeepCharging: still billed",
        (STOP, None): "stopped in StopCharging",
        (KEEP, STOP): f"stopped in KeepCharging, not StopCharging: still billed; {AGAIN}",
        (STOP, KEEP): f"stopped in StopCharging, not KeepCharging; {AGAIN}",
        (NONE, STOP): f"stopped in Not-applicable, not StopCharging; {AGAIN}",
        (NONE, KEEP): f"stopped in Not-applicable, not KeepCharging; {AGAIN}",
    }
    if one.charge_type == "PrePaid":
        told |= {
            (KEEP, STOP): f"stopped in KeepCharging: still billed; {no_effect}",
            (NONE, STOP): no_effect,
            (STOP, KEEP): "",
            (NONE, KEEP): "",
        }
    return told.get((one.stopped_mode, asked), "")


@pytest.mark.parametrize("wait", BOOLS)
def test_start_starts_what_is_stopped_and_nothing_else(
    wait: bool,  # noqa: FBT001  # a column of the table
) -> None:
    rule = StartRule(wait=wait)
    expected: dict[Status, Step] = {
        Status.PENDING: Wait("Pending"),
        Status.STARTING: Wait("Starting") if wait else Done("accepted by ECS; it is starting"),
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
        ("keep", AT - MINUTE, Done("keeps 2026-11-25T03:59:00+08:00, because if_set is keep")),
        (
            "earlier",
            AT - MINUTE,
            Done("keeps 2026-11-25T03:59:00+08:00, because if_set is earlier"),
        ),
        ("later", AT - MINUTE, SET),
        ("replace", AT + MINUTE, SET),
        ("keep", AT + MINUTE, Done("keeps 2026-11-25T04:01:00+08:00, because if_set is keep")),
        ("earlier", AT + MINUTE, SET),
        ("later", AT + MINUTE, Done("keeps 2026-11-25T04:01:00+08:00, because if_set is later")),
    ],
)
def test_set_auto_release_minds_a_time_that_is_set(
    if_set: Literal["replace", "keep", "earlier", "later"],
    is_set: datetime | None,
    expected: Step,
) -> None:
    for one, may_move in product(instances(), BOOLS):
        rule = SetAutoReleaseRule(AT, if_set, may_move=may_move, zone=CHINA)
        step = rule.next_step(replace(one, auto_release_at=is_set), NOW)
        assert step == (NOT_KNOWN if one.status is Status.GONE else expected)


NEAR = AT - timedelta(minutes=30)
"""From when on a release time of AT is refused by ECS, exclusive."""

MOVED = (
    "2026-11-25T04:00:00+08:00 is now too close: ECS accepts only times at least 30 minutes ahead"
)
MOST_IF_SET: tuple[Literal["replace", "keep", "earlier", "later"], ...] = (
    "replace",
    "keep",
    "earlier",
    "later",
)


@pytest.mark.parametrize("if_set", MOST_IF_SET)
@pytest.mark.parametrize("may_move", BOOLS)
def test_a_time_half_an_hour_ahead_is_set_as_asked(
    if_set: Literal["replace", "keep", "earlier", "later"],
    may_move: bool,  # noqa: FBT001  # a column of the table
) -> None:
    rule = SetAutoReleaseRule(AT, if_set, may_move=may_move, zone=CHINA)

    assert rule.next_step(BASE, NEAR) == SET
    assert rule.way(BASE, NEAR) == "set release time 2026-11-25T04:00:00+08:00"


@pytest.mark.promise("S35")
@pytest.mark.parametrize("if_set", MOST_IF_SET)
@pytest.mark.parametrize(
    ("now", "nearest"),
    [
        (NEAR + timedelta(microseconds=1), AT + 2 * MINUTE),
        (NEAR + MINUTE, AT + 2 * MINUTE),
        (NEAR + timedelta(seconds=61), AT + 3 * MINUTE),
        (AT, AT + timedelta(minutes=31)),
        (AT + timedelta(hours=4, seconds=1), AT + timedelta(hours=4, minutes=32)),
    ],
    ids=str,
)
def test_a_lease_that_has_come_too_near_is_set_31_minutes_ahead(
    if_set: Literal["replace", "keep", "earlier", "later"], now: datetime, nearest: datetime
) -> None:
    rule = SetAutoReleaseRule(AT, if_set, may_move=True, zone=CHINA)
    local = nearest.astimezone(CHINA).isoformat()

    assert rule.next_step(BASE, now) == SetAutoRelease(nearest)
    assert rule.way(BASE, now) == f"set release time {local}; {MOVED}"
    assert timedelta(minutes=31) <= nearest - now < timedelta(minutes=32)


@pytest.mark.promise("S35")
@pytest.mark.parametrize("if_set", MOST_IF_SET)
@pytest.mark.parametrize("is_set", [AT - MINUTE, AT + MINUTE, AT + timedelta(days=9)], ids=str)
def test_a_lease_that_has_come_too_near_moves_nothing_that_is_set(
    if_set: Literal["replace", "keep", "earlier", "later"], is_set: datetime
) -> None:
    rule = SetAutoReleaseRule(AT, if_set, may_move=True, zone=CHINA)

    for now in (NEAR + MINUTE, AT, AT + timedelta(hours=4)):
        assert isinstance(rule.next_step(replace(BASE, auto_release_at=is_set), now), Done)
    assert SetAutoReleaseRule(AT, "replace", may_move=True, zone=CHINA).next_step(
        replace(BASE, auto_release_at=AT + MINUTE), AT
    ) == Done(f"release time 2026-11-25T04:01:00+08:00; {MOVED}")


@pytest.mark.parametrize("if_set", MOST_IF_SET)
@pytest.mark.parametrize("may_move", BOOLS)
def test_what_stands_already_stands_however_little_is_left(
    if_set: Literal["replace", "keep", "earlier", "later"],
    may_move: bool,  # noqa: FBT001  # a column of the table
) -> None:
    rule = SetAutoReleaseRule(AT, if_set, may_move=may_move, zone=CHINA)

    for now in (NEAR, NEAR + MINUTE, AT, AT + MINUTE):
        assert rule.next_step(replace(BASE, auto_release_at=AT), now) == Done()


@pytest.mark.parametrize(
    ("if_set", "is_set", "fails"),
    [
        ("replace", None, True),
        ("keep", None, True),
        ("replace", AT + MINUTE, True),
        ("keep", AT + MINUTE, False),
        ("earlier", AT + MINUTE, True),
        ("earlier", AT - MINUTE, False),
        ("later", AT + MINUTE, False),
        ("later", AT - MINUTE, True),
    ],
)
def test_a_fixed_time_that_is_too_near_fails_where_it_would_be_set(
    if_set: Literal["replace", "keep", "earlier", "later"],
    is_set: datetime | None,
    fails: bool,  # noqa: FBT001  # a column of the table
) -> None:
    rule = SetAutoReleaseRule(AT, if_set, may_move=False, zone=CHINA)
    too_early = Impossible(
        "2026-11-25T04:00:00+08:00 is too early: ECS accepts only times at least 30 minutes ahead"
    )

    for now in (NEAR + timedelta(microseconds=1), AT + timedelta(days=999)):
        step = rule.next_step(replace(BASE, auto_release_at=is_set), now)
        assert (step == too_early) is fails
        assert isinstance(step, Impossible if fails else Done)


def test_release_times_are_compared_as_instants_when_clocks_go_back() -> None:
    paris = ZoneInfo("Europe/Paris")
    doubled = datetime(2026, 10, 25, 0, 30, tzinfo=timezone.utc)  # 02:30, twice
    rule = SetAutoReleaseRule(doubled, "replace", may_move=False, zone=paris)

    step = rule.next_step(BASE, doubled - timedelta(days=1))

    assert step == SetAutoRelease(doubled)
    assert in_words(step) == "set release time 2026-10-25T02:30:00+02:00"
    later = msgspec.structs.replace(rule, at=doubled + timedelta(hours=1))
    assert in_words(later.next_step(BASE, doubled)) == "set release time 2026-10-25T02:30:00+01:00"


ADDRESS = "its public address 203.0.113.8"
DEFAULT_MODE = f"may give up {ADDRESS}, if the account's default is economical mode"
PLAIN = replace(BASE, charge_type="PostPaid")
PUBLIC = replace(PLAIN, public_ip="203.0.113.8")


@pytest.mark.promise("S31")
@pytest.mark.parametrize(
    ("mode", "one", "way"),
    [
        (None, PLAIN, "stop (the account's default mode)"),
        (None, PUBLIC, f"stop (the account's default mode); {DEFAULT_MODE}"),
        (None, replace(PUBLIC, charge_type="PrePaid"), "stop"),
        (None, replace(PUBLIC, has_local_disks=True), "stop"),
        (StoppedMode.STOP_CHARGING, PLAIN, "stop (StopCharging)"),
        (StoppedMode.STOP_CHARGING, PUBLIC, f"stop (StopCharging); gives up {ADDRESS}"),
        (
            StoppedMode.STOP_CHARGING,
            replace(PUBLIC, charge_type="PrePaid"),
            "stop (StopCharging); StopCharging will have no effect: it is a subscription",
        ),
        (
            StoppedMode.STOP_CHARGING,
            replace(PLAIN, has_local_disks=True),
            "stop (StopCharging); StopCharging will have no effect: it has local disks",
        ),
        (StoppedMode.KEEP_CHARGING, PUBLIC, "stop (KeepCharging)"),
        (
            StoppedMode.KEEP_CHARGING,
            replace(PUBLIC, charge_type="PrePaid", has_local_disks=True),
            "stop (KeepCharging)",
        ),
        (
            StoppedMode.STOP_CHARGING,
            replace(PUBLIC, status=Status.STARTING),
            f"wait: Starting, stop (StopCharging); gives up {ADDRESS}",
        ),
        (
            None,
            replace(PLAIN, status=Status.PENDING),
            "wait: Pending, stop (the account's default mode)",
        ),
    ],
)
def test_a_stops_dry_run_says_what_the_stopped_mode_takes_or_cannot_do(
    mode: StoppedMode | None, one: Instance, way: str
) -> None:
    rule = StopRule(force=False, stopped_mode=mode, wait=True)

    assert rule.way(one, NOW) == way
    assert replace(rule, force=True).way(one, NOW) == way.replace("stop", "power off", 1)


ECONOMICAL = {"status": Status.STOPPED, "stopped_mode": StoppedMode.STOP_CHARGING}
STANDARD = {"status": Status.STOPPED, "stopped_mode": StoppedMode.KEEP_CHARGING}


@pytest.mark.promise("S31")
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (PUBLIC, replace(PUBLIC, **ECONOMICAL), f"gave up {ADDRESS}"),
        (PUBLIC, replace(PUBLIC, public_ip="", **ECONOMICAL), f"gave up {ADDRESS}"),
        (PUBLIC, replace(PUBLIC, public_ip="", **STANDARD), f"gave up {ADDRESS}"),
        (PUBLIC, replace(PUBLIC, **STANDARD), ""),
        (PLAIN, replace(PLAIN, **ECONOMICAL), ""),
        (PLAIN, replace(PLAIN, **STANDARD), ""),
    ],
)
def test_what_became_of_the_address_is_read_from_ecs(
    mode: StoppedMode | None, before: Instance, after: Instance, said: str
) -> None:
    rule = StopRule(force=False, stopped_mode=mode, wait=True)

    assert rule.changed(before, after) == said


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        (None, DEFAULT_MODE),
        (StoppedMode.STOP_CHARGING, f"gives up {ADDRESS}"),
        (StoppedMode.KEEP_CHARGING, ""),
    ],
)
def test_of_what_is_not_waited_for_the_report_says_what_the_plan_says(
    mode: StoppedMode | None, said: str
) -> None:
    rule = StopRule(force=False, stopped_mode=mode, wait=False)

    assert rule.changed(PUBLIC, replace(PUBLIC, status=Status.STOPPING)) == said


def test_one_that_hangs_on_its_way_down_cannot_be_powered_off() -> None:
    stopping = replace(BASE, status=Status.STOPPING)
    graceful = StopRule(force=False, stopped_mode=None, wait=True)
    forced = replace(graceful, force=True)

    assert graceful.awaited(stopping) == "Stopping already, by someone else"
    assert forced.awaited(stopping) == (
        "it was already stopping when this run first read it (ECS does not say since when), and "
        "ECS powers off only running instances: wait; if it hangs, try Force Stop in the ECS "
        "console or ask Alibaba Cloud support"
    )
    assert StartRule(wait=True).awaited(replace(BASE, status=Status.STARTING)) == (
        "Starting already, by someone else"
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, ""),
        ({"deletion_protection": True}, "guarded against release: deletion protection"),
        (
            {"tags": {"curfew:protect": ""}},
            "guarded against stop, release and start: tag curfew:protect",
        ),
        (
            {"tags": {"curfew:keep-until": "2027-01-01"}},
            "guarded against stop and release: tag curfew:keep-until 2027-01-01",
        ),
        (
            {"tags": {"curfew:keep-off-until": "2027-01-01"}},
            "guarded against start: tag curfew:keep-off-until 2027-01-01",
        ),
        (
            {"tags": {"curfew:protekt": ""}},
            "guarded against stop, release and start: tag curfew:protekt is not understood",
        ),
        (
            {"tags": {"curfew:protect": ""}, "deletion_protection": True},
            (
                "guarded against stop and start: tag curfew:protect; "
                "guarded against release: tag curfew:protect; deletion protection"
            ),
        ),
        ({"locks": ("financial",)}, "guarded against release: financial lock"),
    ],
    ids=[
        "free",
        "release-only",
        "all-alike",
        "kept-on",
        "kept-off",
        "misspelt",
        "differently",
        "financial-lock",
    ],
)
def test_describe_is_always_done_and_tells_the_guards(
    changes: dict[str, object], reason: str
) -> None:
    rule = DescribeRule(Settings())

    for one in instances():
        seen = replace(one, charge_type="PostPaid", **changes)
        step = rule.next_step(seen, NOW)
        told = "; ".join(part for part in (reason, in_mode(seen, None)) if part)
        stopped = one.status is Status.STOPPED
        expected = Done(told if stopped else reason)
        assert step == (NOT_KNOWN if one.status is Status.GONE else expected)


def test_describe_reads_plain_dates_in_the_zone_that_is_set() -> None:
    kept = replace(BASE, charge_type="PostPaid", tags={"curfew:keep-until": "2026-11-24"})
    evening = datetime(2026, 11, 24, 20, 0, tzinfo=timezone.utc)

    assert DescribeRule(Settings()).next_step(kept, evening) == Done()
    assert DescribeRule(Settings(zone=timezone.utc)).next_step(kept, evening) == Done(
        "guarded against stop and release: tag curfew:keep-until 2026-11-24"
    )


ASKED = RequestTime(NOW, NOW, Settings())
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


def release_rule(*, force: bool, snapshot: bool, days: int) -> ReleaseRule:
    return ReleaseRule(
        force=force,
        snapshot=snapshot,
        retention_days=days,
        kept_until=NOW + timedelta(days=days),
        zone=CHINA,
    )


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        (
            {**BY_TAG, "plan_id": "confirmed"},
            release_rule(force=False, snapshot=True, days=7),
        ),
        (BY_ID, release_rule(force=False, snapshot=True, days=7)),
        (
            {**BY_ID, "force": True, "snapshot": False, "snapshot_retention_days": 1},
            release_rule(force=True, snapshot=False, days=1),
        ),
        (
            {**BY_TAG, "dry_run": False},
            release_rule(force=False, snapshot=True, days=7),
        ),
        (
            {**BY_TAG, "dry_run": True},
            release_rule(force=False, snapshot=True, days=7),
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
        "dry_run is missing; a release by anything but instance_ids must set it, to true or false"
    )


@pytest.mark.parametrize(
    ("fields", "disks"),
    [
        ({}, DiskLook.ALL),
        ({"snapshot": True}, DiskLook.ALL),
        ({"snapshot": False}, DiskLook.NAMES),
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
    assert {name: (action.harm, action.only_looks) for name, action in ACTIONS.items()} == {
        "stop": (Harm.OUTAGE, False),
        "start": (Harm.COST, False),
        "apply_schedule": (Harm.OUTAGE, False),
        "release": (Harm.LOSS, False),
        "set_auto_release": (Harm.LOSS, False),
        "clear_auto_release": (Harm.NONE, False),
        "describe": (Harm.NONE, True),
    }
