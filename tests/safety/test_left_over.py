"""What a release took and did not get to its end with: it is named, and taken up by the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from local.ecs.account.durations import Durations
from local.ecs.account.model import LockReason
from local.ecs.engine import Ecs
from local.ecs.fleet.fleet import DiskSpec, Fleet, InstanceSpec
from local.fc.trigger_events import ENVELOPES
from shared.base.errors import Incomplete
from shared.domain.plan import VANISHED
from shared.ecs.transport import ErrorResponse
from tests.harness.reports import report_of, table
from tests.harness.stage import DEV, Stage
from tests.harness.transport import Direct

RELEASE = {"tags": DEV, "dry_run": False}
SPENT = ErrorResponse(400, "IdempotentFailed", "The previous idempotent request has failed.")


@dataclass
class Refusing(Direct):
    """Refuses some calls.

    Attributes:
        answer: What it refuses a call with, by its operation and parameters; None: it does not.
        sent: The operations and parameters of all calls.
    """

    answer: Callable[[str, Mapping[str, str]], ErrorResponse | None] = (
        lambda _operation, _parameters: None
    )
    sent: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)

    def send(
        self, operation: str, parameters: Mapping[str, str], *, timeout_s: float
    ) -> Mapping[str, Any]:
        self.sent.append((operation, parameters))
        if (refusal := self.answer(operation, parameters)) is not None:
            raise refusal
        return super().send(operation, parameters, timeout_s=timeout_s)


def two_disks() -> tuple[Stage, str, str]:
    """An instance with two disks, and these."""
    stage = Stage([InstanceSpec("dev-0", tags=DEV, data_disks=(DiskSpec(),))])
    (instance,) = stage.engine.instances()
    first, second = instance.disk_ids
    return stage, first, second


def ask(stage: Stage, *, timeout_s: float = 600) -> tuple[str, str]:
    """What the report says of the one instance."""
    event = ENVELOPES["direct"](RELEASE, stage.clock.now())
    try:
        report = stage.deliver("release", event, timeout_s=timeout_s)
    except Incomplete as error:
        report = report_of(error)
    return table(report)["dev-0"]


@pytest.mark.promise("S30")
def test_a_failed_release_names_the_snapshots_that_it_took() -> None:
    stage, first, second = two_disks()
    quota = ErrorResponse(403, "QuotaExceed.Snapshot", "The snapshot quota exceeds.")
    stage.transport = Refusing(
        stage.gateway, answer=lambda _, sent: quota if second in sent.values() else None
    )

    result, reason = ask(stage)

    (snapshot,) = stage.engine.snapshots()
    assert snapshot.disk_id == first
    assert result == "failed"
    assert reason == (
        f"snapshot 1 disk: disk {second}: The snapshot quota exceeds.; already done: stop, "
        f"snapshot {snapshot.snapshot_id} of disk {first}"
    )


def lock(stage: Stage) -> None:
    (instance,) = stage.engine.instances()
    stage.engine.lock(instance.instance_id, LockReason.SECURITY)


def release(stage: Stage) -> None:
    (instance,) = stage.engine.instances()
    stage.engine.release(instance.instance_id)
    stage.clock.advance(timedelta(seconds=10))


@pytest.mark.promise("S30")
@pytest.mark.parametrize(
    ("somebody", "result", "reason"),
    [
        (lock, "skipped", "security lock; already done: stop, {}"),
        (release, "changed", f"stop, {{}}; {VANISHED}"),
    ],
)
def test_a_snapshot_of_the_first_disk_is_told_whatever_becomes_of_the_second(
    somebody: Callable[[Stage], None], result: str, reason: str
) -> None:
    stage, first, second = two_disks()

    def refuse(operation: str, parameters: Mapping[str, str]) -> ErrorResponse | None:
        if operation != "CreateSnapshot" or second not in parameters.values():
            return None
        if stage.engine.instances():
            somebody(stage)
        return ErrorResponse(503, "ServiceUnavailable", "")

    stage.transport = Refusing(stage.gateway, answer=refuse)

    told = ask(stage)

    (snapshot,) = stage.engine.snapshots()
    named = f"snapshot {snapshot.snapshot_id} of disk {first}"
    assert told[0] == result
    assert told[1].partition("; possibly done")[0] == reason.format(named)


def slow(deleting: timedelta) -> Stage:
    """An account where a deletion takes long."""
    stage = Stage(())
    old = stage.clock.now() - timedelta(days=30)
    spec = InstanceSpec("dev-0", tags=DEV, created_at=old)
    stage.gateway.engine = Ecs(
        Fleet((spec,)), stage.clock, durations=Durations(deleting=deleting), quirks=stage.quirks
    )
    return stage


def test_a_deletion_that_takes_long_is_waited_for_and_asked_for_three_times_at_most() -> None:
    stage = slow(timedelta(minutes=20))

    result, reason = ask(stage, timeout_s=3600)

    (snapshot,) = stage.engine.snapshots()
    assert result == "changed"
    assert snapshot.snapshot_id in reason
    assert stage.operations().count("DeleteInstances") <= 3


@pytest.mark.promise("S30")
def test_a_deletion_that_outlasts_the_deadline_is_pending_and_names_its_snapshot() -> None:
    stage = slow(timedelta(minutes=20))

    result, reason = ask(stage, timeout_s=600)

    (snapshot,) = stage.engine.snapshots()
    named = f"snapshot {snapshot.snapshot_id} of disk {snapshot.disk_id}"
    assert result == "pending"
    assert reason.startswith("ran out of time; its deletion was accepted; ECS still shows it; ")
    assert f"already done: stop, {named}, release" in reason
    stage.clock.advance(timedelta(minutes=20))
    assert stage.engine.instances() == ()


def test_what_is_left_is_named_though_flow_control_hides_it_while_the_deletion_lasts() -> None:
    """Once the deletion takes long the disks are read again, if their turn comes."""
    stage = slow(timedelta(minutes=3))
    throttled = ErrorResponse(
        400, "Throttling.User", "Request was denied due to user flow control."
    )

    def refuse(operation: str, _: object) -> ErrorResponse | None:
        deleting = "DeleteInstances" in stage.operations()
        return throttled if deleting and operation == "DescribeSnapshots" else None

    stage.transport = Refusing(stage.gateway, answer=refuse)

    result, reason = ask(stage)

    (snapshot,) = stage.engine.snapshots()
    assert result == "changed"
    assert reason.startswith(f"gone; still billed: snapshot {snapshot.snapshot_id} (until ")


def test_a_snapshot_that_has_expired_since_keeps_no_later_release_from_its_own() -> None:
    stage, _, _ = two_disks()
    denied = ErrorResponse(403, "OperationDenied", "Not now.")
    stage.transport = Refusing(
        stage.gateway, answer=lambda called, _: denied if called == "DeleteInstances" else None
    )
    assert ask(stage)[0] == "failed"
    before = {one.snapshot_id for one in stage.engine.snapshots()}
    stage.transport = Direct(stage.gateway)
    stage.clock.advance(timedelta(days=8))
    stage.engine.settle()
    expired = before - {one.snapshot_id for one in stage.engine.snapshots()}

    result, _ = ask(stage)

    assert expired == before
    assert result == "changed"
    assert len(stage.engine.snapshots()) == 2


@pytest.mark.parametrize("operation", ["CreateSnapshot", "DeleteInstances"])
@pytest.mark.parametrize(
    "first",
    [
        ErrorResponse(500, "InternalError", "unknown"),
        ErrorResponse(403, "IncorrectInstanceStatus.Initializing", "wait"),
    ],
    ids=["server-error", "busy"],
)
def test_a_token_whose_first_call_failed_keeps_no_instance(
    operation: str, first: ErrorResponse
) -> None:
    """ECS remembers what became of a token, a failure too."""
    stage = Stage([InstanceSpec("dev-0", tags=DEV)])
    failed: set[str] = set()

    def remember(called: str, parameters: Mapping[str, str]) -> ErrorResponse | None:
        token = parameters.get("ClientToken", "")
        if called != operation or (failed and token not in failed):
            return None
        refusal = SPENT if token in failed else first
        failed.add(token)
        return refusal

    transport = Refusing(stage.gateway, answer=remember)
    stage.transport = transport

    result, _ = ask(stage)

    assert result == "changed"
    assert stage.engine.instances() == ()
    assert len(stage.engine.snapshots()) == 1
    tokens = [sent["ClientToken"] for called, sent in transport.sent if called == operation]
    assert len(tokens) == 3
    assert len(set(tokens)) == 2


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ("DeleteInstances", "TaskConflict"),
        ("CreateSnapshot", "IncorrectDiskStatus.Initializing"),
    ],
)
def test_a_refusal_that_passes_is_waited_out(operation: str, code: str) -> None:
    stage = Stage([InstanceSpec("dev-0", tags=DEV)])
    refusals = [ErrorResponse(400, code, "wait")] * 8

    def busy(called: str, _: object) -> ErrorResponse | None:
        return refusals.pop() if called == operation and refusals else None

    stage.transport = Refusing(stage.gateway, answer=busy)

    assert ask(stage)[0] == "changed"
    assert stage.engine.instances() == ()
