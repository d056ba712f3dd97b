"""The loop: all or an honest account of what is left, on looks that are fresh, in time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from functions import describe, release, set_auto_release, start, stop
from local.ecs.account.durations import Durations
from local.ecs.account.model import LockReason, Status
from local.ecs.fleet.fleet import InstanceSpec
from local.ecs.gateway.faults import Cut, Delay, LostPermission, ProxyPage, Refuse
from shared.base.errors import AccessDenied, Incomplete, Unavailable
from tests.harness.call import Body, Call
from tests.harness.looks import DEV, FRESH, fleet, ids_in, oldest_look_at_a_write
from tests.harness.reports import in_error, row

FOREVER = Durations(stopping=timedelta(days=3), starting=timedelta(days=3))


@pytest.fixture
def call(call: Call) -> Call:
    """Without the SDK and with a high ceiling: they are not what these tests are about."""
    call.by_sdk = False
    call.environ["CURFEW_MAX_INSTANCES"] = "10000"
    return call


def test_one_failure_does_not_stop_the_others(call: Call) -> None:
    call.fleet(*fleet(3))
    call.meanwhile(
        "StopInstances",
        lambda: call.ecs.engine.lock("i-0001", LockReason.SECURITY),
        first=True,
        times=99,
    )
    call.shown("DescribeInstances", without_locks)

    with pytest.raises(Incomplete) as caught:
        call(stop.handler, DEV)

    sentence, report = in_error(caught.value)
    assert sentence == (
        "stop: 1 failed, 0 pending, 2 changed of 3 instances; i-0001: stop: The specified "
        "operation is denied as your instance is locked for security reasons"
    )
    assert report["instances"][0] == row(
        "i-0001",
        "failed",
        "stop: The specified operation is denied as your instance is locked for security reasons.",
        code="InstanceLockedForSecurity",
    )
    assert call.statuses() == {"i-0000": "Stopped", "i-0001": "Running", "i-0002": "Stopped"}


def without_locks(_: object, body: Body) -> Body:
    rows = [{**one, "OperationLocks": {"LockReason": []}} for one in body["Instances"]["Instance"]]
    return {**body, "Instances": {"Instance": rows}}


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Cut(action="StopInstances", times=1), id="cut-before"),
        pytest.param(Cut(action="StopInstances", times=1, after_write=True), id="cut-after"),
        pytest.param(Refuse(action="StopInstances", times=1), id="error-before"),
        pytest.param(Refuse(action="StopInstances", times=1, after_write=True), id="error-after"),
        pytest.param(ProxyPage(action="StopInstances", times=1), id="proxy"),
        pytest.param(Delay(action="StopInstances", times=1, seconds=60), id="late"),
        pytest.param(Refuse(action="Describe*", skip=1, times=4), id="a-look-fails-four-times"),
        pytest.param(
            Refuse(action="StopInstances", times=3, status=409, code="InvalidOperation.Conflict"),
            id="conflict",
        ),
        pytest.param(
            Refuse(action="StopInstances", times=4, status=403, code="IncorrectInstanceStatus"),
            id="wrong-status-for-a-while",
        ),
    ],
)
def test_what_passes_is_got_over(call: Call, fault: Any) -> None:  # noqa: ANN401  # any fault
    call.fleet(*fleet(5))
    call.ecs.faults.add(fault)

    report = call(stop.handler, DEV)

    assert report["counts"]["changed"] == 5
    assert set(call.statuses().values()) == {"Stopped"}
    assert report["api_calls"] == len(call.ecs.log)


@pytest.mark.parametrize("after_write", [False, True])
def test_a_write_whose_answer_never_comes_is_tried_five_times_at_most(
    call: Call,
    after_write: bool,  # noqa: FBT001  # a table's column
) -> None:
    call.fleet(*fleet(1), durations=FOREVER)
    call.ecs.faults.add(Cut(action="StopInstances", after_write=after_write))

    with pytest.raises(Incomplete) as caught:
        call(stop.handler, DEV)

    _, report = in_error(caught.value)
    assert report["counts"]["pending" if after_write else "failed"] == 1
    assert call.actions().count("StopInstances") == (1 if after_write else 5)


def test_what_is_accepted_without_effect_is_given_up_after_three_times(call: Call) -> None:
    call.fleet(*fleet(1))

    def undo() -> None:
        call.ecs.clock.advance(timedelta(seconds=20))
        call.ecs.engine.start("i-0000")

    call.meanwhile("StopInstances", undo, times=99)

    with pytest.raises(Incomplete) as caught:
        call(stop.handler, DEV, timeout_s=3600)

    _, report = in_error(caught.value)
    assert report["instances"][0]["reason"] == (
        "stop: accepted 3 times without lasting effect; already done: stop, stop, stop"
    )
    assert call.actions().count("StopInstances") == 3


def test_a_look_that_fails_midway_leaves_everything_pending(call: Call) -> None:
    call.fleet(*fleet(2))
    call.ecs.faults.add(Refuse(action="Describe*", skip=1))

    with pytest.raises(Incomplete) as caught:
        call(stop.handler, DEV)

    _, report = in_error(caught.value)
    assert report["counts"]["pending"] == 2
    assert report["api_calls"] == len(call.ecs.log)
    assert (
        "DescribeInstances in cn-hangzhou: ECS returns InternalError, 5 times"
        in (report["instances"][0]["reason"])
    )
    assert report["instances"][0]["code"] == ""


def test_permission_lost_midway_is_denied_with_the_report(call: Call) -> None:
    call.fleet(*fleet(2))
    call.ecs.faults.add(LostPermission(action="Describe*", skip=1, empty=True))

    with pytest.raises(AccessDenied, match="ecs:DescribeInstances") as caught:
        call(stop.handler, DEV)

    _, report = in_error(caught.value)
    assert report["counts"]["failed"] == 2


def test_a_denied_write_is_named_and_tried_once(call: Call) -> None:
    call.by_sdk = True
    call.fleet(*fleet(2))
    call.ecs.restrict(
        {
            "Version": "1",
            "Statement": [{"Effect": "Allow", "Action": "ecs:Describe*", "Resource": "*"}],
        }
    )

    with pytest.raises(AccessDenied) as caught:
        call(stop.handler, DEV)

    _, report = in_error(caught.value)
    assert {one["reason"] for one in report["instances"]} == {
        (
            "RAM denies ecs:StopInstances to role emulated-role (implicit deny, account-level "
            "policy); add ecs:StopInstances to the policy of the function's role"
        )
    }
    assert call.actions() == ["DescribeInstances", "StopInstances"]


def test_nothing_is_done_when_ecs_cannot_be_looked_at(call: Call) -> None:
    call.fleet(*fleet(2))
    call.ecs.faults.add(Cut())

    with pytest.raises(Unavailable):
        call(stop.handler, DEV)

    assert call.ecs.log.mutating() == ()


@pytest.mark.parametrize("seconds", [0.5, 4.0, 9.0])
@pytest.mark.parametrize("count", [50, 250])
@pytest.mark.parametrize("handler", [stop.handler, start.handler])
def test_nothing_is_acted_on_that_was_not_seen_within_30_seconds(
    call: Call,
    seconds: float,
    count: int,
    handler: Any,  # noqa: ANN401  # a handler
) -> None:
    status = Status.RUNNING if handler is stop.handler else Status.STOPPED
    call.fleet(*fleet(count, status))
    call.ecs.faults.add(Delay(seconds=seconds))

    report = call(handler, {**DEV, "max_instances": count}, timeout_s=3600)

    assert report["counts"]["changed"] == count
    assert oldest_look_at_a_write(call) <= FRESH


def test_a_look_that_grew_old_on_the_way_to_the_write_is_not_acted_on(call: Call) -> None:
    """The 100 calls of a wave take 1 s each: from the 30th on the look is too old."""
    call.fleet(*fleet(100))
    call.ecs.faults.add(Delay(seconds=1, action="Modify*"))

    report = call(set_auto_release.handler, {**DEV, "release_after": "2h", "max_instances": 100})

    assert report["counts"]["changed"] == 100
    assert oldest_look_at_a_write(call) <= FRESH
    assert call.actions().count("ModifyInstanceAutoReleaseTime") == 100


def test_a_protection_that_appears_while_a_wave_is_under_way_holds(call: Call) -> None:
    call.fleet(*fleet(100))
    call.ecs.faults.add(Delay(seconds=1, action="Modify*"))
    call.meanwhile(
        "ModifyInstanceAutoReleaseTime",
        lambda: call.ecs.engine.tag("i-0099", {"curfew:protect": ""}),
    )

    report = call(set_auto_release.handler, {**DEV, "release_after": "2h", "max_instances": 100})

    assert report["counts"]["changed"] == 99
    assert report["instances"][0] == row("i-0099", "skipped", "tag curfew:protect")
    assert call.ecs.log.touched("i-0099") == ()


def test_what_changes_already_is_watched_and_not_taken_for_ours(call: Call) -> None:
    call.fleet(*fleet(2))
    call.ecs.engine.stop("i-0000")

    report = call(stop.handler, DEV)

    assert report["instances"] == [
        row("i-0001", "changed", "stop; stopped in KeepCharging: still billed", status="Stopped"),
        row("i-0000", "unchanged", "stopped in KeepCharging: still billed", status="Stopped"),
    ]
    assert [ids_in(one) for one in call.writes()] == [{"i-0001"}]


def test_what_was_not_in_the_plan_is_not_touched_when_it_turns_round(call: Call) -> None:
    call.fleet(*fleet(1), durations=Durations(stopping=timedelta(seconds=20)))
    call.ecs.engine.stop("i-0000")

    def turn_round() -> None:
        call.ecs.clock.advance(timedelta(seconds=21))
        call.ecs.engine.start("i-0000")
        call.ecs.clock.advance(timedelta(seconds=6))

    call.meanwhile("DescribeInstances", turn_round)

    with pytest.raises(Incomplete) as caught:
        call(stop.handler, DEV)

    _, report = in_error(caught.value)
    assert report["instances"][0]["reason"] == "Running again, not by this run; not in the plan"
    assert call.ecs.log.mutating() == ()


def test_what_appears_after_the_plan_is_not_touched(call: Call) -> None:
    call.fleet(*fleet(2))
    newcomer = InstanceSpec(instance_id="i-new", tags={"team": "dev"})
    call.meanwhile("StopInstances", lambda: call.ecs.engine.add(newcomer), first=True)

    report = call(stop.handler, DEV)

    assert {one["id"] for one in report["instances"]} == {"i-0000", "i-0001"}
    assert call.ecs.log.touched("i-new") == ()


def test_an_instance_that_vanishes_is_no_success_of_stop_by_its_id(call: Call) -> None:
    call.fleet(*fleet(2))
    call.meanwhile("StopInstances", lambda: call.ecs.engine.release("i-0000"), first=True)

    with pytest.raises(Incomplete) as caught:
        call(stop.handler, {"instance_ids": ["i-0000", "i-0001"]})

    _, report = in_error(caught.value)
    assert report["instances"] == [
        row(
            "i-0000",
            "failed",
            "no longer shown by ECS; not deleted by this run",
            code="InvalidInstanceId.NotFound",
            status="Gone",
        ),
        row("i-0001", "changed", "stop; stopped in KeepCharging: still billed", status="Stopped"),
    ]


@pytest.mark.parametrize("handler", [stop.handler, start.handler, release.handler])
def test_credentials_that_expire_midway_leave_the_rest_pending(call: Call, handler: Any) -> None:  # noqa: ANN401  # a handler
    status = Status.STOPPED if handler is start.handler else Status.RUNNING
    call.fleet(*fleet(2, status))
    call.ecs.faults.add(Refuse(status=400, code="InvalidSecurityToken.Expired", skip=3))

    with pytest.raises(Incomplete, match="rejects the credentials") as caught:
        call(handler, {"instance_ids": ["i-0000", "i-0001"]})

    _, report = in_error(caught.value)
    assert report["counts"]["pending"] == 2


def test_describing_changes_nothing_and_needs_no_second_look(call: Call) -> None:
    call.fleet(*fleet(101))

    report = call(describe.handler, {"all": True})

    assert call.actions() == ["DescribeInstances"] * 2
    assert report["counts"]["unchanged"] == 101
