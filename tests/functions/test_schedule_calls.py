"""apply_schedule for a large fleet: one listing, and no call more than a plain stop needs."""

from __future__ import annotations

from collections import Counter
from datetime import timezone
from typing import Any

import pytest

from local.ecs.clock import ManualClock
from local.ecs.fleet.fleet import InstanceSpec
from local.fc.trigger_events import ENVELOPES, Request
from tests.harness.stage import Stage
from tests.unit.domain.schedules import local

SPECS = (
    "workdays 08:30-20:00",
    "mon-fri 9:00-20:00 Asia/Tokyo",
    "daily 8:00-20:00",
    "workdays -20:00",
)
SCHEDULED: Request = {"tags": {"curfew:schedule": "*"}}
PAGE = 100
COUNTS = pytest.mark.parametrize("count", [2_000, pytest.param(20_000, marks=pytest.mark.slow)])


def staged(count: int, now: str) -> Stage:
    """So many running instances of four schedules, started in the morning."""
    started_at = local("2026-11-26 08:33").astimezone(timezone.utc)
    specs = (
        InstanceSpec(
            f"dev-{number}",
            tags={"curfew:schedule": SPECS[number % len(SPECS)]},
            started_at=started_at,
        )
        for number in range(count)
    )
    stage = Stage(specs, clock=ManualClock(local(f"2026-11-26 {now}")))
    stage.environ["CURFEW_MAX_INSTANCES"] = str(count)
    return stage


def calls(stage: Stage, function: str) -> tuple[dict[str, int], Counter[str]]:
    """The counts of a run, and how often it called what."""
    event = ENVELOPES["timer"](SCHEDULED, stage.clock.now())
    report: dict[str, Any] = stage.deliver(function, event, timeout_s=3600)
    counts = {result: number for result, number in report["counts"].items() if number}
    return counts, Counter(one.action for one in stage.gateway.log)


@COUNTS
@pytest.mark.slow
def test_a_close_for_all_needs_no_call_more_than_a_stop(count: int) -> None:
    scheduled = calls(staged(count, "20:02"), "apply_schedule")
    stopped = calls(staged(count, "20:02"), "stop")

    assert scheduled == stopped
    assert scheduled[0] == {"changed": count}


@COUNTS
def test_a_quarter_in_which_nothing_changes_needs_the_listing_alone(count: int) -> None:
    """The pages read through the filter by tags show 1,000, so they are read again without."""
    counts, made = calls(staged(count, "12:02"), "apply_schedule")

    assert counts == {"unchanged": count}
    assert made == {"DescribeInstances": count // PAGE + 10}
