"""set_auto_release, over the emulator: one instant for every delivery, read back from ECS."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest

from functions.set_auto_release import handler
from local.ecs.account.model import ChargeType, Status
from local.ecs.clock import MANUAL_START
from local.ecs.fleet.fleet import InstanceSpec
from local.ecs.gateway.faults import Cut
from local.fc.context import Runtime
from local.fc.trigger_events import timer
from shared.base.errors import Incomplete, InvalidEvent
from shared.base.version import VERSION
from tests.harness.call import Body, Call
from tests.harness.invocation import RUNTIMES
from tests.harness.reports import in_error, row

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

    at = "2026-11-23T20:00:00+08:00"
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
        "warnings": [],
        "api_calls": 5,
        "seconds": 0.0,
        "ended_at": "2026-11-23T18:00:00+08:00",
        "version": VERSION,
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


def minutes_ahead(call: Call) -> float | None:
    """How far ahead of MANUAL_START the release time of i-1 is."""
    hours = times(call)["i-1"]
    return None if hours is None else round(hours * 60, 3)


TOO_NEAR = "is now too close: ECS accepts only times at least 30 minutes ahead"


@pytest.mark.parametrize("late", [timedelta(seconds=2), timedelta(seconds=59)], ids=str)
def test_a_lease_of_half_an_hour_by_a_timer_is_set_as_near_as_ecs_takes_it(
    call: Call, late: timedelta
) -> None:
    call.fleet(runner("i-1"))
    event = timer({"tags": CI, "release_after": "30m"}, MANUAL_START)
    call.ecs.clock.advance(late)

    report = call(handler, event)

    assert minutes_ahead(call) == 32
    assert report["counts"]["changed"] == 1
    assert report["instances"][0]["reason"] == (
        f"set release time 2026-11-23T18:32:00+08:00; 2026-11-23T18:30:00+08:00 {TOO_NEAR}"
    )


@pytest.mark.parametrize("if_set", ["replace", "keep", "earlier", "later"])
def test_a_lease_that_is_set_later_than_asked_says_so_whatever_if_set(
    call: Call, if_set: str
) -> None:
    """It is not a time that was kept: this run has set it."""
    call.fleet(runner("i-1"))
    event = timer({"tags": CI, "release_after": "2h", "if_set": if_set}, MANUAL_START)
    call.ecs.clock.advance(timedelta(minutes=91))

    (row_,) = call(handler, event)["instances"]

    assert (row_["result"], row_["reason"]) == (
        "changed",
        f"set release time 2026-11-23T20:02:00+08:00; 2026-11-23T20:00:00+08:00 {TOO_NEAR}",
    )


def test_a_lease_that_arrives_late_is_set_all_the_same_and_only_once(call: Call) -> None:
    call.fleet(runner("i-1"))
    event = timer({"tags": CI, "release_after": "2h"}, MANUAL_START)
    call.ecs.clock.advance(timedelta(minutes=91))

    call(handler, event)
    assert minutes_ahead(call) == 91 + 31
    for minutes in (1, 29, 5):
        call.ecs.clock.advance(timedelta(minutes=minutes) - timedelta(seconds=1))
        again = call(handler, event)
        assert again["counts"]["unchanged"] + (call.statuses() == {}) == 1

    assert call.actions().count(OPERATION) == 1


@pytest.mark.parametrize("if_set", ["replace", "keep", "earlier", "later"])
@pytest.mark.parametrize("hours", [2, 5, 9])
def test_a_lease_that_arrives_late_moves_nothing_that_is_set(
    call: Call, if_set: str, hours: int
) -> None:
    call.fleet(runner("i-1", hours=hours))
    event = timer({"tags": CI, "release_after": "2h", "if_set": if_set}, MANUAL_START)
    call.ecs.clock.advance(timedelta(minutes=91))

    report = call(handler, event)

    assert report["counts"]["unchanged"] == 1
    assert times(call) == {"i-1": hours}
    assert OPERATION not in call.actions()


def test_a_dry_run_says_that_a_lease_is_set_later_than_asked(call: Call) -> None:
    call.fleet(runner("i-1"))
    event = timer({"tags": CI, "release_after": "30m", "dry_run": True}, MANUAL_START)
    call.ecs.clock.advance(timedelta(seconds=2))

    (row_,) = call(handler, event)["instances"]

    assert (row_["result"], row_["reason"]) == (
        "would_change",
        f"set release time 2026-11-23T18:32:00+08:00; 2026-11-23T18:30:00+08:00 {TOO_NEAR}",
    )


@pytest.mark.parametrize("seconds", [10, 40, 55], ids=str)
def test_a_time_that_ecs_shows_late_is_not_moved_on_meanwhile(call: Call, seconds: int) -> None:
    """The nearest time that ECS takes moves on each minute; what was accepted stands."""
    call.fleet(runner("i-1"))
    event = timer({"tags": CI, "release_after": "30m"}, MANUAL_START)
    call.ecs.clock.advance(timedelta(seconds=50))
    shown_from: list[datetime] = []

    def late(_: Mapping[str, str], body: Body) -> Body:
        now = call.ecs.clock.now()
        if call.actions().count(OPERATION) and not shown_from:
            shown_from.append(now + timedelta(seconds=seconds))
        if not shown_from or now >= shown_from[0]:
            return body
        rows = [{**one, "AutoReleaseTime": ""} for one in body["Instances"]["Instance"]]
        return {**body, "Instances": {"Instance": rows}}

    call.shown("DescribeInstances", late)

    report = call(handler, event)

    assert report["counts"]["changed"] == 1
    assert minutes_ahead(call) == 32
    assert call.actions().count(OPERATION) == 1

    assert report["counts"]["changed"] == 1
    assert minutes_ahead(call) == 32
    assert call.actions().count(OPERATION) == 1


def test_a_time_that_comes_too_near_on_the_way_is_set_later(call: Call) -> None:
    """Sent with half an hour left, refused by ECS since it arrives a moment later."""
    call.fleet(runner("i-1"))
    call.meanwhile(
        OPERATION, lambda: call.ecs.clock.advance(timedelta(seconds=1)), first=True, times=1
    )

    report = call(handler, {"tags": CI, "release_after": "30m"})

    assert report["counts"]["changed"] == 1
    assert minutes_ahead(call) == 32
    assert call.actions().count(OPERATION) == 2


def test_a_fixed_time_that_is_too_near_fails_where_it_does_not_stand(call: Call) -> None:
    call.fleet(runner("i-1"), runner("i-2", hours=1), runner("i-kept", tag="curfew:protect"))
    call.ecs.clock.advance(timedelta(minutes=31))

    with pytest.raises(Incomplete) as failure:
        call(handler, {"tags": CI, "release_at": "2026-11-23T19:00:00+08:00"})

    sentence, report = in_error(failure.value)
    assert [(one["id"], one["result"]) for one in report["instances"]] == [
        ("i-1", "failed"),
        ("i-kept", "skipped"),
        ("i-2", "unchanged"),
    ]
    assert "2026-11-23T19:00:00+08:00 is too early" in sentence
    assert OPERATION not in call.actions()


@pytest.mark.parametrize("after", ["29m", "1m"])
def test_a_lease_shorter_than_half_an_hour_is_refused_before_any_call(
    call: Call, after: str
) -> None:
    with pytest.raises(InvalidEvent, match="at least 30m"):
        call(handler, {"tags": CI, "release_after": after})

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


@pytest.mark.parametrize("after_write", [False, True])
def test_a_lost_answer_is_settled_by_looking(
    call: Call,
    after_write: bool,  # noqa: FBT001  # a table's column
) -> None:
    call.fleet(runner("i-1"))
    call.ecs.faults.add(Cut(action=OPERATION, times=1, after_write=after_write))

    report = call(handler, {"tags": CI, "release_after": "2h"})

    assert report["counts"]["changed"] == 1
    assert times(call) == {"i-1": 2}
    assert call.actions().count(OPERATION) == (1 if after_write else 2)


def test_the_seconds_of_a_time_are_dropped_as_ecs_does(call: Call) -> None:
    call.fleet(runner("i-1"))

    report = call(handler, {"instance_ids": ["i-1"], "release_at": "2026-11-23T20:00:59+08:00"})

    assert report["instances"][0]["auto_release_at"] == "2026-11-23T20:00:00+08:00"
    assert call(handler, {"instance_ids": ["i-1"], "release_at": "2026-11-23T12:00:00Z"})["counts"][
        "unchanged"
    ]
