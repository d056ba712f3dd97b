"""Every rule over the full cross product of what an instance can be and what can be asked."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from msgspec.structs import replace

from functions.clear_auto_release import ClearAutoReleaseRule
from functions.describe import describe_rule
from shared.domain.instance import Bought, Instance, Status, StoppedMode
from shared.domain.power import StartRule, StopRule
from shared.domain.steps import (
    ClearAutoRelease,
    Done,
    Start,
    Step,
    Stop,
    Wait,
)
from shared.settings.settings import Settings
from tests.functions.rule_cases import BASE, BOOLS, NOT_KNOWN, NOW, instances

MODES = (None, StoppedMode.STOP_CHARGING, StoppedMode.KEEP_CHARGING)


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
        (
            StoppedMode.STOP_CHARGING,
            replace(PUBLIC, bought=Bought(network="classic")),
            "stop (StopCharging); StopCharging will have no effect: it is in a classic network",
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

    assert graceful.awaited(stopping) == "Stopping already, not by this run"
    assert forced.awaited(stopping) == (
        "it was already stopping when this run first read it (ECS does not say since when), and "
        "ECS powers off only running instances: wait; if it hangs, try Force Stop in the ECS "
        "console or ask Alibaba Cloud support"
    )
    assert StartRule(wait=True).awaited(replace(BASE, status=Status.STARTING)) == (
        "Starting already, not by this run"
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
    rule = describe_rule(Settings())

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

    assert describe_rule(Settings()).next_step(kept, evening) == Done()
    assert describe_rule(Settings(zone=timezone.utc)).next_step(kept, evening) == Done(
        "guarded against stop and release: tag curfew:keep-until 2026-11-24"
    )
