"""set_auto_release, over the emulator: one instant for every delivery, read back from ECS."""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions.set_auto_release import handler
from local.ecs.clock import MANUAL_START
from local.ecs.faults import Cut
from local.ecs.fleet import InstanceSpec
from local.ecs.model import ChargeType, Status
from local.envelopes import timer
from local.fc_context import Runtime
from shared.errors import InvalidEvent
from tests.calling import RUNTIMES, Call, row

CI = {"team": "ci"}
OPERATION = "ModifyInstanceAutoReleaseTime"


def runner(instance_id: str, hours: int = 0, tag: str = "team") -> InstanceSpec:
    return InstanceSpec(
        f"name of {instance_id}",
        instance_id=instance_id,
        tags={**CI, tag: "ci"},
        auto_release_at=MANUAL_START + timedelta(hours=hours) if hours else None,
    )


def times(call: Call) -> dict[str, float | None]:
    """The release time of every instance, in hours from the start."""
    return {
        one.instance_id: (
            (one.auto_release_at - MANUAL_START) / timedelta(hours=1)
            if one.auto_release_at
            else None
        )
        for one in call.ecs.engine.instances()
    }


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_each_instance_gets_the_time_and_what_is_guarded_keeps_its_own(
    call: Call, runtime: Runtime
) -> None:
    call.fleet(
        runner("i-1"),
        runner("i-2", hours=9),
        runner("i-3", hours=2),
        runner("i-kept", tag="curfew:protect"),
        InstanceSpec(
            "name of i-sub", instance_id="i-sub", tags=CI, charge_type=ChargeType.PRE_PAID
        ),
        InstanceSpec("name of i-off", instance_id="i-off", tags=CI, status=Status.STOPPED),
        InstanceSpec("name of i-safe", instance_id="i-safe", tags=CI, deletion_protection=True),
    )

    report = call(handler, {"tags": CI, "release_after": "2h"}, runtime=runtime)

    at = "2026-11-23T12:00:00Z"
    reason = f"set release time {at}"
    assert report == {
        "action": "set_auto_release",
        "request_id": "1-66aa",
        "dry_run": False,
        "outcome": "complete",
        "counts": {
            "changed": 3,
            "unchanged": 1,
            "skipped": 3,
            "failed": 0,
            "pending": 0,
            "would_change": 0,
        },
        "api_calls": 5,
        "seconds": 0.0,
        "instances": [
            row("i-kept", "skipped", "tag curfew:protect"),
            row("i-safe", "skipped", "deletion protection"),
            row("i-sub", "skipped", "charge type PrePaid", charge_type="PrePaid"),
            row("i-1", "changed", reason, auto_release_at=at),
            row("i-2", "changed", reason, auto_release_at=at),
            row("i-off", "changed", reason, auto_release_at=at, status="Stopped"),
            row("i-3", "unchanged", "", auto_release_at=at),
        ],
    }
    assert times(call) == {
        "i-1": 2,
        "i-2": 2,
        "i-3": 2,
        "i-kept": None,
        "i-sub": None,
        "i-off": 2,
        "i-safe": None,
    }
    assert len(call.ecs.log) == 5


@pytest.mark.parametrize(
    ("if_set", "hours", "reason"),
    [
        ("replace", {"i-none": 3, "i-early": 3, "i-late": 3}, ""),
        ("keep", {"i-none": 3, "i-early": 1, "i-late": 9}, "keeps"),
        ("earlier", {"i-none": 3, "i-early": 1, "i-late": 3}, "keeps"),
        ("later", {"i-none": 3, "i-early": 3, "i-late": 9}, "keeps"),
    ],
)
def test_a_time_that_is_set_already_is_treated_as_asked(
    call: Call, if_set: str, hours: dict[str, float], reason: str
) -> None:
    call.fleet(runner("i-none"), runner("i-early", hours=1), runner("i-late", hours=9))

    report = call(handler, {"tags": CI, "release_after": "3h", "if_set": if_set})

    assert times(call) == hours
    kept = [one["reason"] for one in report["instances"] if one["result"] == "unchanged"]
    assert all(one.startswith(reason) and if_set in one for one in kept)


def test_every_delivery_of_an_event_means_the_same_instant(call: Call) -> None:
    call.fleet(runner("i-1"))
    event = timer({"tags": CI, "release_after": "2h"}, MANUAL_START)
    call.ecs.clock.advance(timedelta(minutes=40))

    call(handler, event)
    again = call(handler, event)

    assert times(call) == {"i-1": 2}
    assert again["counts"]["unchanged"] == 1
    assert call.actions().count(OPERATION) == 1


def test_a_time_that_grew_too_near_meanwhile_is_refused_before_any_call(call: Call) -> None:
    event = timer({"tags": CI, "release_after": "40m"}, MANUAL_START)
    call.ecs.clock.advance(timedelta(minutes=11))

    with pytest.raises(InvalidEvent, match="at least 30 minutes ahead"):
        call(handler, event)

    assert call.actions() == []


@pytest.mark.parametrize(
    "time",
    [{}, {"release_at": None}, {"release_at": ""}, {"release_after": None}, {"release_after": ""}],
    ids=str,
)
def test_no_time_never_clears_one(call: Call, time: dict[str, object]) -> None:
    call.fleet(runner("i-1", hours=2))

    with pytest.raises(InvalidEvent):
        call(handler, {"instance_ids": ["i-1"], **time})

    assert call.actions() == []
    assert times(call) == {"i-1": 2}


@pytest.mark.parametrize("after_deed", [False, True])
def test_a_lost_answer_is_settled_by_looking(
    call: Call,
    after_deed: bool,  # noqa: FBT001  # a table's column
) -> None:
    call.fleet(runner("i-1"))
    call.ecs.faults.add(Cut(action=OPERATION, times=1, after_deed=after_deed))

    report = call(handler, {"tags": CI, "release_after": "2h"})

    assert report["counts"]["changed"] == 1
    assert times(call) == {"i-1": 2}
    assert call.actions().count(OPERATION) == (1 if after_deed else 2)


def test_the_seconds_of_a_time_are_dropped_as_ecs_does(call: Call) -> None:
    call.fleet(runner("i-1"))

    report = call(handler, {"instance_ids": ["i-1"], "release_at": "2026-11-23T20:00:59+08:00"})

    assert report["instances"][0]["auto_release_at"] == "2026-11-23T12:00:00Z"
    assert call(handler, {"instance_ids": ["i-1"], "release_at": "2026-11-23T12:00:00Z"})["counts"][
        "unchanged"
    ]
