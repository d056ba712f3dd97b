"""How many calls the loop makes, how many at once, and when it looks again."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from functions import release, set_auto_release, start, stop
from local.ecs.account.durations import Durations
from local.ecs.account.model import Status
from local.ecs.clock import MANUAL_START
from local.ecs.gateway.faults import Refuse
from local.ecs.gateway.throttle import Denial, Limits
from tests.harness.actions import Handler
from tests.harness.call import Call
from tests.harness.invocation import make_context, one_by_one
from tests.harness.looks import DEV, FRESH, fleet, ids_in, oldest_look_at_a_write


@pytest.fixture
def call(call: Call) -> Call:
    """Without the SDK and with a high ceiling: they are not what these tests are about."""
    call.by_sdk = False
    call.environ["CURFEW_MAX_INSTANCES"] = "10000"
    return call


@pytest.mark.parametrize("count", [1, 100, 101, 250])
def test_a_fleet_is_done_with_one_call_a_hundred(call: Call, count: int) -> None:
    call.fleet(*fleet(count), durations=Durations(stopping=timedelta(0)))

    report = call(stop.handler, {**DEV, "max_instances": count})

    pages = -(-count // 100)
    assert call.actions().count("StopInstances") == pages
    assert report["api_calls"] == len(call.ecs.log) <= 3 * pages
    assert report["counts"]["changed"] == count
    assert set(call.statuses().values()) == {"Stopped"}


AT_ONCE = Durations(
    stopping=timedelta(0),
    stopping_by_force=timedelta(0),
    starting=timedelta(0),
    deleting=timedelta(0),
)
VAIN_PAGES = 10
"""After so many a filter by tags has shown that it does not show all."""


@pytest.mark.parametrize("count", [2_000, pytest.param(10_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    ("handler", "request_", "status"),
    [
        pytest.param(stop.handler, {}, Status.RUNNING, id="stop"),
        pytest.param(start.handler, {}, Status.STOPPED, id="start", marks=pytest.mark.slow),
        pytest.param(
            release.handler,
            {"dry_run": False, "snapshot": False, "force": True},
            Status.RUNNING,
            id="release-by-force",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_large_fleet_takes_a_tenth_more_calls_than_the_least_possible(
    call: Call, handler: Handler, request_: dict[str, Any], status: Status, count: int
) -> None:
    call.fleet(*fleet(count, status), durations=AT_ONCE)

    report = call(handler, {**DEV, **request_, "max_instances": count}, timeout_s=3600)

    least = 3 * count // 100
    assert report["counts"]["changed"] == count
    assert report["api_calls"] == len(call.ecs.log) <= 1.1 * least + VAIN_PAGES


def test_without_any_tag_a_release_asks_fifty_a_call_whether_that_is_so(call: Call) -> None:
    bare = [replace(one, tags={}) for one in fleet(2_000)]
    call.fleet(*bare, durations=AT_ONCE)
    request = {"all": True, "dry_run": False, "snapshot": False, "force": True}

    report = call(release.handler, {**request, "max_instances": 2_000}, timeout_s=3600)

    least = 3 * 2_000 // 100
    assert report["counts"]["changed"] == 2_000
    assert report["api_calls"] <= 1.1 * least + 2_000 // 50 + 2_000 // 500


def test_release_times_of_a_large_fleet_take_one_call_each_and_no_more(call: Call) -> None:
    call.fleet(*fleet(2_000))
    request = {**DEV, "release_after": "2h", "max_instances": 2_000}

    first = call(set_auto_release.handler, request, timeout_s=3600)
    again = call(set_auto_release.handler, request, timeout_s=3600)

    least = 2_000 + 2 * 2_000 // 100
    assert first["counts"]["changed"] == again["counts"]["unchanged"] == 2_000
    assert first["api_calls"] <= least + 2 + VAIN_PAGES
    assert again["api_calls"] == 2_000 // 100 + VAIN_PAGES


@pytest.mark.parametrize(
    "limits",
    [
        pytest.param({"denial": Denial(400, "Throttling", "")}, id="Throttling"),
        pytest.param({"denial": Denial(403, "Throttling.User", "")}, id="Throttling.User"),
        pytest.param({"denial": Denial(503, "Rejected.Throttling", "")}, id="Rejected"),
        pytest.param({"retry_after": True}, id="ECS-says-when-to-come-back"),
    ],
)
def test_a_throttled_fleet_is_done_with_hardly_a_call_more(
    call: Call, limits: dict[str, Any]
) -> None:
    call.fleet(*fleet(150))
    call.ecs.gateway.throttle.limits = Limits({"ModifyInstanceAutoReleaseTime": 50}, **limits)

    report = call(set_auto_release.handler, {**DEV, "release_after": "2h", "max_instances": 150})

    assert report["counts"]["changed"] == 150
    assert call.actions().count("ModifyInstanceAutoReleaseTime") <= 165
    assert oldest_look_at_a_write(call) <= FRESH


def looks(call: Call) -> list[tuple[float, int]]:
    """When instances were looked at by id, in seconds, and how many."""
    return [
        ((one.at - MANUAL_START).total_seconds(), len(ids_in(one)))
        for one in call.ecs.log
        if one.action == "DescribeInstances" and "InstanceIds" in one.parameters
    ]


def test_of_many_that_wait_for_the_same_a_hundred_are_looked_at(call: Call) -> None:
    call.fleet(*fleet(250), durations=Durations(stopping=timedelta(seconds=40)))

    report = call(stop.handler, {**DEV, "max_instances": 250})

    assert report["counts"]["changed"] == 250
    assert looks(call)[:2] == [(1.0, 100), (2.5, 100)]
    assert len(looks(call)) <= 22
    assert looks(call)[-1][0] <= 43


def test_where_disks_are_read_too_no_more_than_25_are_looked_at_together(call: Call) -> None:
    call.fleet(*fleet(60), durations=Durations(stopping=timedelta(seconds=5)))

    report = call(release.handler, {**DEV, "dry_run": False})

    assert report["counts"]["changed"] == 60
    assert max(count for _, count in looks(call)) == 25


def test_a_minutes_looks_are_all_used_and_each_minute_costs_one_refusal(call: Call) -> None:
    call.fleet(*fleet(450), durations=Durations(stopping=timedelta(seconds=5)))
    call.ecs.gateway.throttle.limits = Limits({"DescribeInstances": 3})

    report = call(stop.handler, {**DEV, "max_instances": 450}, timeout_s=3600)

    assert report["counts"]["changed"] == 450
    assert looks(call) == [
        (60.2, 100),
        *[(60.2, 100), (120.2, 100), (120.2, 100), (120.2, 100)],
        *[(120.2, 100), (180.2, 100), (180.2, 100), (180.2, 100)],
        *[(180.2, 50), (240.2, 50)],
    ]
    assert [one.action for one in call.writes()] == ["StopInstances"] * 5
    assert oldest_look_at_a_write(call) <= FRESH


def test_an_instance_whose_call_is_throttled_is_looked_at_again_before_it_is_made(
    call: Call,
) -> None:
    call.fleet(*fleet(1), durations=Durations(stopping=timedelta(0)))
    call.ecs.faults.add(Refuse(action="StopInstances", times=3, status=400, code="Throttling.User"))

    report = call(stop.handler, DEV)

    assert report["counts"]["changed"] == 1
    assert call.actions() == [
        "DescribeInstances",
        *["StopInstances"] * 3,
        *["DescribeInstances", "StopInstances", "DescribeInstances"],
    ]
    assert oldest_look_at_a_write(call) == timedelta(seconds=5)


def test_a_conflict_is_tried_again_half_a_second_later(call: Call) -> None:
    call.fleet(*fleet(1), durations=Durations(stopping=timedelta(0)))
    call.ecs.faults.add(
        Refuse(action="StopInstances", times=1, status=409, code="InvalidOperation.Conflict")
    )

    call(stop.handler, DEV)

    tries = [one.at - MANUAL_START for one in call.ecs.log if one.action == "StopInstances"]
    assert tries == [timedelta(0), timedelta(seconds=0.5)]


@pytest.mark.parametrize(
    ("handler", "fields", "most"),
    [
        pytest.param(stop.handler, {}, 8, id="batches"),
        pytest.param(set_auto_release.handler, {"release_after": "2h"}, 16, id="single-calls"),
    ],
)
def test_so_many_calls_are_in_flight_at_most(
    call: Call,
    handler: Any,  # noqa: ANN401  # a handler
    fields: dict[str, str],
    most: int,
) -> None:
    call.fleet(*fleet(20))
    bounds: set[int] = set()

    def noting(work: Any, items: Any, /, *, at_once: int) -> Any:  # noqa: ANN401  # a Runner
        bounds.update([at_once] * len(items))
        return one_by_one(work, items, at_once=at_once)

    world = msgspec.structs.replace(call.world, side_by_side=noting)
    handler(json.dumps({**DEV, **fields}).encode(), make_context(), world=world)

    assert max(bounds) == most
