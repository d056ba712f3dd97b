"""release, over the emulator, when ECS or RAM refuses, and when time does not suffice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from functions.release import handler
from local.ecs.account.durations import Durations
from local.ecs.account.model import Status, StoppedMode
from local.ecs.account.quirks import Quirks
from local.ecs.engine import Ecs
from local.ecs.fleet.fleet import Fleet
from local.ecs.gateway.faults import (
    LostPermission,
    Refuse,
)
from local.ecs.gateway.gateway import Answer
from local.ecs.ram.caller import Caller
from shared.base.errors import AccessDenied, Incomplete
from tests.functions.runners import runner
from tests.harness.call import Body, Call
from tests.harness.reports import in_error, row


@pytest.fixture
def call(call: Call) -> Call:
    """Without the SDK: it is not what these tests are about."""
    call.by_sdk = False
    return call


@pytest.mark.parametrize("denied", ["DescribeDisks", "DescribeSnapshots", "CreateSnapshot"])
def test_a_missing_permission_is_named_and_nothing_is_deleted(call: Call, denied: str) -> None:
    call.by_sdk = True
    call.fleet(runner("i-1"))
    call.ecs.restrict(
        {
            "Version": "1",
            "Statement": [
                {"Effect": "Allow", "Action": "ecs:*", "Resource": "*"},
                {"Effect": "Deny", "Action": f"ecs:{denied}", "Resource": "*"},
            ],
        }
    )

    with pytest.raises(AccessDenied, match=f"ecs:{denied}"):
        call(handler, {"instance_ids": ["i-1"]})

    assert list(call.statuses()) == ["i-1"]


@pytest.mark.parametrize("is_empty", [True, False], ids=["empty", "refused"])
def test_permission_that_is_lost_after_the_deletion_is_no_proof_of_it(
    call: Call, *, is_empty: bool
) -> None:
    call.fleet(runner("i-1", status=Status.STOPPED))
    lost = LostPermission(action="Describe*", empty=is_empty)
    call.meanwhile("DeleteInstances", lambda: call.ecs.faults.add(lost))

    with pytest.raises(AccessDenied) as caught:
        call(handler, {"instance_ids": ["i-1"], "snapshot": False})

    _, report = in_error(caught.value)
    assert report["counts"] == {
        "changed": 0,
        "unchanged": 0,
        "skipped": 0,
        "failed": 1,
        "pending": 0,
        "would_change": 0,
    }


def without_protection(_: object, body: Body) -> Body:
    """A listing that does not tell of it."""
    rows = [{**one, "DeletionProtection": False} for one in body["Instances"]["Instance"]]
    return {**body, "Instances": {"Instance": rows}}


@pytest.mark.parametrize("atomic", [True, False])
def test_three_bad_of_three_hundred_do_not_keep_the_others(
    call: Call,
    atomic: bool,  # noqa: FBT001  # a table's column
) -> None:
    """Bad in a way that no look shows: only DeleteInstances itself tells."""
    bad = {"i-007", "i-150", "i-299"}
    call.fleet(
        *(runner(f"i-{number:03}", status=Status.STOPPED) for number in range(300)),
        quirks=Quirks(delete_batch_is_atomic=atomic),
    )
    call.environ["CURFEW_MAX_INSTANCES"] = "300"
    for one in bad:
        call.ecs.engine.protect(one)
    call.shown("DescribeInstances", without_protection)
    request = {
        "tags": {"team": "ci"},
        "snapshot": False,
        "dry_run": False,
        "max_instances": 300,
    }

    with pytest.raises(Incomplete) as caught:
        call(handler, request)

    assert set(call.statuses()) == bad
    _, report = in_error(caught.value)
    assert {one["id"]: one["code"] for one in report["instances"] if one["result"] == "failed"} == (
        dict.fromkeys(bad, "InvalidOperation.DeletionProtection")
    )
    assert report["counts"]["changed"] == 297
    assert call.ecs.log.count("DeleteInstances") <= 60


@pytest.mark.parametrize(
    ("code", "status"), [("Throttling.User", 400), ("Forbidden.RAM", 403), ("InternalError", 500)]
)
def test_a_batch_is_never_halved_for_what_no_member_can_help(
    call: Call, code: str, status: int
) -> None:
    call.fleet(*(runner(f"i-{number:03}", status=Status.STOPPED) for number in range(100)))
    call.ecs.faults.add(Refuse(action="DeleteInstances", status=status, code=code))

    with pytest.raises((Incomplete, AccessDenied)):
        call(
            handler,
            {"tags": {"team": "ci"}, "snapshot": False, "dry_run": False},
            timeout_s=120,
        )

    sizes = {
        sum(name.startswith("InstanceId.") for name in one.parameters)
        for one in call.ecs.log
        if one.action == "DeleteInstances"
    }
    assert sizes == {100}
    assert len(call.statuses()) == 100


def test_a_batch_refused_for_a_gone_member_goes_on_without_it(call: Call) -> None:
    call.fleet(*(runner(f"i-{number}", status=Status.STOPPED) for number in range(9)))
    call.meanwhile("DeleteInstances", lambda: call.ecs.engine.release("i-4"), first=True)

    report = call(handler, {"tags": {"team": "ci"}, "snapshot": False, "dry_run": False})

    assert call.statuses() == {}
    assert report["counts"]["changed"] + report["counts"]["unchanged"] == 9


INITIALIZING = "IncorrectInstanceStatus.Initializing"


def test_an_instance_that_initializes_for_minutes_is_waited_for(call: Call) -> None:
    call.fleet(runner("i-1", status=Status.STOPPED))
    call.ecs.faults.add(Refuse(action="DeleteInstances", status=403, code=INITIALIZING, times=19))
    began = call.ecs.clock.now()

    report = call(handler, {"instance_ids": ["i-1"], "snapshot": False}, timeout_s=900)

    assert report["counts"]["changed"] == 1
    assert call.ecs.clock.now() - began > timedelta(minutes=6)


def test_an_instance_that_initializes_beyond_the_deadline_is_pending(call: Call) -> None:
    call.fleet(runner("i-1", status=Status.STOPPED))
    call.ecs.faults.add(Refuse(action="DeleteInstances", status=403, code=INITIALIZING))

    with pytest.raises(Incomplete) as caught:
        call(handler, {"instance_ids": ["i-1"], "snapshot": False})

    _, report = in_error(caught.value)
    assert [(one["result"], one["code"]) for one in report["instances"]] == [
        ("pending", INITIALIZING)
    ]
    assert call.ecs.log.count("DeleteInstances") < 30


def test_one_that_initializes_does_not_keep_the_others_of_its_batch(call: Call) -> None:
    call.fleet(*(runner(f"i-{number}", status=Status.STOPPED) for number in range(9)))
    service, answer = call.ecs.gateway, call.ecs.gateway.call

    def answering(action: str, parameters: Mapping[str, str], caller: Caller) -> Answer:
        if action == "DeleteInstances" and "i-4" in parameters.values():
            return Answer(action, 403, INITIALIZING, {"Code": INITIALIZING, "Message": "wait"})
        return answer(action, parameters, caller)

    call.monkeypatch.setattr(service, "call", answering)

    with pytest.raises(Incomplete) as caught:
        call(handler, {"tags": {"team": "ci"}, "snapshot": False, "dry_run": False})

    _, report = in_error(caught.value)
    assert list(call.statuses()) == ["i-4"]
    assert (report["counts"]["changed"], report["counts"]["pending"]) == (8, 1)


def test_an_instance_that_ecs_forbids_as_not_found_is_gone(call: Call) -> None:
    call.fleet(runner("i-1", status=Status.STOPPED), runner("i-2", status=Status.STOPPED))
    call.ecs.faults.add(
        Refuse(action="DeleteInstances", status=404, code="Forbidden.InstanceNotFound", times=1)
    )
    call.meanwhile("DeleteInstances", lambda: call.ecs.engine.release("i-1"))

    report = call(handler, {"instance_ids": ["i-1", "i-2"], "snapshot": False})

    assert call.statuses() == {}
    assert report["counts"]["failed"] == 0


def test_a_conflict_of_operations_passes(call: Call) -> None:
    call.fleet(runner("i-1", status=Status.STOPPED))
    call.ecs.faults.add(
        Refuse(action="DeleteInstances", status=409, code="Operation.Conflict", times=9)
    )

    report = call(handler, {"instance_ids": ["i-1"], "snapshot": False})

    assert report["counts"]["changed"] == 1


def test_slow_snapshots_leave_it_pending_and_the_next_run_goes_on(call: Call) -> None:
    call.fleet(runner("i-1"), durations=Durations(snapshot=timedelta(hours=1)))

    with pytest.raises(Incomplete) as caught:
        call(handler, {"instance_ids": ["i-1"]}, timeout_s=60)

    (snapshot,) = call.ecs.engine.snapshots()
    _, report = in_error(caught.value)
    assert report["instances"] == [
        row(
            "i-1",
            "pending",
            "ran out of time; 1 of 1 snapshots in progress; already done: stop, snapshot "
            f"{snapshot.snapshot_id} of disk {snapshot.disk_id}",
            status="Stopped",
        )
    ]
    call.ecs.clock.advance(timedelta(hours=1))
    call(handler, {"instance_ids": ["i-1"]}, timeout_s=60)
    assert call.statuses() == {}
    assert len(call.ecs.engine.snapshots()) == 1


@pytest.mark.promise("S31")
@pytest.mark.parametrize(
    ("mode", "lost"),
    [
        (StoppedMode.KEEP_CHARGING, ""),
        (StoppedMode.STOP_CHARGING, "; gave up its public address {}"),
    ],
)
def test_a_release_that_ends_after_its_stop_says_what_the_stop_took(
    call: Call, mode: StoppedMode, lost: str
) -> None:
    """Which mode a release stops in is the account's default."""
    fleet = Fleet((runner("i-1", has_public_ip=True),), default_stopped_mode=mode)
    call.ecs.gateway.engine = Ecs(fleet, call.ecs.clock)
    address = call.ecs.engine.instance("i-1").public_ip
    call.ecs.faults.add(Refuse(action="CreateSnapshot", status=403, code="QuotaExceed.Snapshot"))

    with pytest.raises(Incomplete) as caught:
        call(handler, {"instance_ids": ["i-1"]})

    _, report = in_error(caught.value)
    assert report["instances"][0]["reason"].endswith(f"already done: stop{lost.format(address)}")


@pytest.mark.parametrize("snapshot", [True, False])
@pytest.mark.parametrize(
    ("force", "said"),
    [
        (False, "Stopping already, not by this run"),
        (True, "it was already stopping when this run first read it (ECS does not say since when)"),
    ],
)
def test_one_that_hangs_on_its_way_down_is_told_and_what_can_be_done(
    call: Call,
    force: bool,  # noqa: FBT001  # a column of the table
    snapshot: bool,  # noqa: FBT001  # likewise
    said: str,
) -> None:
    call.fleet(runner("i-1", status=Status.STOPPING), durations=Durations(stopping=timedelta(1)))

    with pytest.raises(Incomplete) as caught:
        call(handler, {"instance_ids": ["i-1"], "force": force, "snapshot": snapshot})

    _, report = in_error(caught.value)
    assert report["instances"][0]["result"] == "pending"
    assert report["instances"][0]["reason"].startswith(f"ran out of time; {said}")
