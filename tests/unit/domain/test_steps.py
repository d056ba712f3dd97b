"""Steps as people read them."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import get_args

import pytest

from shared.domain.instance import Instance, Status, StoppedMode
from shared.domain.power import StartRule, StopRule
from shared.domain.steps import (
    ClearAutoRelease,
    Delete,
    DiskSnapshot,
    Done,
    Impossible,
    SetAutoRelease,
    Skip,
    Snapshot,
    Start,
    Step,
    Stop,
    Wait,
    in_words,
)

AT = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)
DISK = DiskSnapshot("d-1", "token")
SAID: list[tuple[Step, str]] = [
    (Stop(force=False), "stop"),
    (Stop(force=True), "power off"),
    (Stop(force=False, stopped_mode=StoppedMode.STOP_CHARGING), "stop (StopCharging)"),
    (Stop(force=True, stopped_mode=StoppedMode.KEEP_CHARGING), "power off (KeepCharging)"),
    (Start(), "start"),
    (Snapshot((DISK,), 7), "snapshot 1 disk"),
    (Snapshot((DISK, DISK), 7), "snapshot 2 disks"),
    (Delete(force=False), "release"),
    (Delete(force=True), "release by force"),
    (SetAutoRelease(AT), "set release time 2026-11-24T12:00:00+00:00"),
    (ClearAutoRelease(), "clear release time"),
    (Wait("Stopping"), "wait: Stopping"),
    (Done(), ""),
    (Done("gone"), "gone"),
    (Skip("a local disk"), "a local disk"),
    (Impossible("not known", "InvalidInstanceId.NotFound"), "not known"),
]


@pytest.mark.parametrize(("step", "said"), SAID, ids=[repr(step)[:60] for step, _ in SAID])
def test_a_step_reads_as_people_say_it(step: Step, said: str) -> None:
    assert in_words(step) == said


def test_no_kind_of_step_is_without_words() -> None:
    assert {type(step) for step, _ in SAID} == set(get_args(Step)), "say in SAID how it reads"


def test_a_plan_of_who_is_on_the_way_to_the_goal_says_that_alone() -> None:
    stopping, starting = (
        Instance("i-1", "cn-hangzhou", AT, status) for status in (Status.STOPPING, Status.STARTING)
    )

    assert StartRule(wait=True).way(starting, AT) == "wait: Starting"
    assert StopRule(force=False, stopped_mode=None, wait=True).way(stopping, AT) == "wait: Stopping"
