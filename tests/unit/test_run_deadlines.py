"""Every run ends in time, whatever ECS does, and the next one goes on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from functions import stop
from local.ecs.account.durations import Durations
from local.ecs.account.model import Status
from local.ecs.clock import MANUAL_START
from local.ecs.fleet.fleet import InstanceSpec
from local.ecs.gateway.faults import Cut, Delay, Refuse
from shared.base.errors import Incomplete, Unavailable
from tests.harness.call import Call
from tests.harness.reports import in_error

DEV = {"tags": {"team": "dev"}}
FOREVER = Durations(stopping=timedelta(days=3), starting=timedelta(days=3))


@pytest.fixture
def call(call: Call) -> Call:
    """Without the SDK: it is not what these tests are about."""
    call.by_sdk = False
    return call


def fleet(count: int, status: Status = Status.RUNNING) -> list[InstanceSpec]:
    return [
        InstanceSpec(
            f"name of i-{number:04}",
            instance_id=f"i-{number:04}",
            tags={"team": "dev"},
            status=status,
            created_at=MANUAL_START - timedelta(days=1),
        )
        for number in range(count)
    ]


@pytest.mark.promise("S37")
@pytest.mark.parametrize("timeout_s", [3, 10, 60, 600])
@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(None, id="nothing-ever-stops"),
        pytest.param(Delay(seconds=0.9), id="slow"),
        pytest.param(Delay(seconds=9.5), id="very-slow"),
        pytest.param(Delay(seconds=3600), id="no-answer"),
        pytest.param(Cut(action="Stop*"), id="no-write-is-answered"),
        pytest.param(Refuse(action="Stop*", status=400, code="Throttling.User"), id="throttled"),
        pytest.param(Refuse(skip=1, status=400, code="Throttling"), id="all-is-throttled"),
        pytest.param(Refuse(status=409, code="OperationConflict"), id="busy"),
    ],
)
def test_every_run_ends_before_it_is_killed_and_accounts_for_all(
    call: Call,
    timeout_s: int,
    fault: Any,  # noqa: ANN401  # any fault
) -> None:
    call.fleet(*fleet(3), durations=FOREVER)
    if fault:
        call.ecs.faults.add(fault)
    begun = call.ecs.clock.now()

    with pytest.raises((Incomplete, Unavailable)) as caught:
        call(stop.handler, DEV, timeout_s=timeout_s)

    assert call.ecs.clock.now() - begun < timedelta(seconds=timeout_s)
    if isinstance(caught.value, Incomplete):
        _, report = in_error(caught.value)
        assert report["counts"]["pending"] + report["counts"]["failed"] == 3
        assert report["api_calls"] == len(call.ecs.log)
        assert len(report["instances"]) == 3


def test_a_day_is_not_too_long_to_wait(call: Call) -> None:
    """On the last minutes of a day, that is: all of it would be looking, and nothing new."""
    call.fleet(*fleet(1), durations=FOREVER)
    begun, day = call.ecs.clock.now(), timedelta(days=1)
    call.meanwhile("StopInstances", lambda: call.ecs.clock.advance(day - timedelta(minutes=2)))

    with pytest.raises(Incomplete) as caught:
        call(stop.handler, DEV, timeout_s=day.total_seconds())

    _, report = in_error(caught.value)
    assert report["instances"][0]["reason"] == "ran out of time; Stopping; already done: stop"
    assert timedelta(seconds=5) <= begun + day - call.ecs.clock.now() <= timedelta(seconds=6)


def test_the_next_run_goes_on_where_time_ran_out(call: Call) -> None:
    call.fleet(*fleet(2), durations=Durations(stopping=timedelta(minutes=5)))

    with pytest.raises(Incomplete) as caught:
        call(stop.handler, DEV, timeout_s=60)
    _, first = in_error(caught.value)
    call.ecs.clock.advance(timedelta(minutes=4))
    second = call(stop.handler, DEV, timeout_s=60)

    assert first["instances"][0]["reason"] == "ran out of time; Stopping; already done: stop"
    assert second["counts"]["unchanged"] == 2
    assert call.actions().count("StopInstances") == 1
