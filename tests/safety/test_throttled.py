"""Where ECS throttles what is read, a run gets on all the same, on looks that are fresh."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

import pytest

from local.ecs.fleet.fleet import InstanceSpec
from local.ecs.gateway.throttle import Limits
from local.fc.trigger_events import ENVELOPES
from shared.base.errors import Incomplete, Unavailable
from shared.domain.guards import FRESH_FOR
from shared.ecs.inventory import Inventory
from shared.ecs.transport import ErrorResponse
from tests.harness.reports import report_of, table
from tests.harness.stage import DEV, MANY_ALLOWED, Stage

HOUR_S = 3600
RELEASE = {"tags": DEV, "dry_run": False}
LEASE = {"name": "ci-*", "release_after": "12h"}


def stage_of(count: int, limits: Mapping[str, int], tags: Mapping[str, str] = DEV) -> Stage:
    """So many instances, and so many calls of these operations a minute."""
    specs = [InstanceSpec(f"ci-{number}", tags=tags) for number in range(count)]
    stage = Stage(specs, environ=dict(MANY_ALLOWED))
    stage.gateway.throttle.limits = Limits(limits)
    return stage


def deliver(stage: Stage, function: str, request: Mapping[str, object], timeout_s: float) -> object:
    event = ENVELOPES["direct"](request, stage.clock.now())
    return stage.deliver(function, event, timeout_s=timeout_s)


def passed(stage: Stage) -> Counter[str]:
    """How many calls of each operation ECS answered."""
    return Counter(one.action for one in stage.gateway.log if not one.code)


def oldest_reading(stage: Stage, reads: str, write: str) -> timedelta:
    """How old what was read of an instance was, at the worst, when it was written to."""
    log = stage.gateway.log.entries()
    return max(
        entry.at - max(one.at for one in log[:number] if one.action == reads and one.names(key))
        for number, entry in enumerate(log)
        if entry.action == write and not entry.code
        for name, key in entry.parameters.items()
        if name.startswith("InstanceId")
    )


@pytest.mark.promise("S40")
@pytest.mark.parametrize(
    ("count", "limits"),
    [
        (100, {"DescribeDisks": 50}),
        (25, {"DescribeDisks": 24}),
        (30, {"DescribeDisks": 8}),
        (3, {"DescribeDisks": 1}),
        (100, {"DescribeSnapshots": 10}),
        (3, {"DescribeSnapshots": 1}),
        (3, {"DescribeDisks": 1, "DescribeSnapshots": 1}),
        (60, {"DescribeInstances": 2}),
    ],
    ids=str,
)
def test_a_release_gets_to_its_end_however_few_disks_may_be_read(
    count: int, limits: Mapping[str, int]
) -> None:
    stage = stage_of(count, limits)

    deliver(stage, "release", RELEASE, HOUR_S)

    calls = passed(stage)
    assert stage.engine.instances() == ()
    assert len(stage.engine.snapshots()) == calls["CreateSnapshot"] == count
    assert calls["StopInstances"] <= -(-count // 25)
    if [*limits] == ["DescribeDisks"]:
        assert calls["DescribeDisks"] <= 3 * count
    assert oldest_reading(stage, "DescribeDisks", "DeleteInstances") <= FRESH_FOR


@pytest.mark.promise("S40")
@pytest.mark.parametrize(
    "limit", [1, *(pytest.param(one, marks=pytest.mark.slow) for one in (2, 5))]
)
def test_a_lease_gets_to_its_end_however_few_tags_may_be_read(limit: int) -> None:
    stage = stage_of(300, {"ListTagResources": limit}, tags={})

    deliver(stage, "set_auto_release", LEASE, HOUR_S)

    assert all(one.auto_release_at for one in stage.engine.instances())
    # Six pages for the plan and six before the writes, and the dry runs that each may need.
    assert 12 <= passed(stage)["ListTagResources"] <= 24
    oldest = oldest_reading(stage, "ListTagResources", "ModifyInstanceAutoReleaseTime")
    assert oldest <= FRESH_FOR


def test_who_looks_without_tags_is_asked_about_before_each_write_though_that_is_throttled() -> None:
    stage = stage_of(120, {"ListTagResources": 1}, tags={})
    begun = stage.clock.now()

    def somebody(operation: str, _: object) -> None:
        if operation == "ModifyInstanceAutoReleaseTime" and stage.clock.now() > begun:
            stage.engine.tag(stage.id_of("ci-99"), {"curfew:protect": ""})

    stage.transport.before = somebody

    deliver(stage, "set_auto_release", LEASE, HOUR_S)

    left = {one.name for one in stage.engine.instances() if not one.auto_release_at}
    assert left == {"ci-99"}


@pytest.mark.parametrize("operation", ["DescribeDisks", "DescribeSnapshots"])
def test_what_is_slow_and_not_throttled_is_read_for_some_and_those_get_on(operation: str) -> None:
    stage = stage_of(10, {})

    def slowly(called: str, _: object) -> None:
        if called == operation:
            stage.clock.advance(timedelta(seconds=8))

    stage.transport.before = slowly

    deliver(stage, "release", RELEASE, HOUR_S)

    assert stage.engine.instances() == ()
    assert len(stage.engine.snapshots()) == 10
    assert oldest_reading(stage, "DescribeInstances", "DeleteInstances") <= FRESH_FOR


@pytest.mark.promise("S40")
@pytest.mark.parametrize(
    ("function", "request_", "operation", "first_write", "tags"),
    [
        ("release", RELEASE, "DescribeDisks", "StopInstances", DEV),
        ("release", RELEASE, "DescribeSnapshots", "CreateSnapshot", DEV),
        ("set_auto_release", LEASE, "ListTagResources", "ModifyInstanceAutoReleaseTime", {}),
        ("release", RELEASE, "CreateSnapshot", "StopInstances", DEV),
    ],
)
def test_who_time_did_not_suffice_for_is_pending_and_told_what_ecs_throttles(
    function: str,
    request_: Mapping[str, object],
    operation: str,
    first_write: str,
    tags: Mapping[str, str],
) -> None:
    """From the first write on somebody else uses up all calls."""
    stage = stage_of(300, {"ListTagResources": 4}, tags)

    def somebody(called: str, _: object) -> None:
        if called == first_write:
            stage.gateway.throttle.limits = Limits({operation: 0})

    stage.transport.before = somebody

    with pytest.raises(Incomplete) as caught:
        deliver(stage, function, request_, 300)

    results = table(report_of(caught.value)).values()
    pending = [reason for result, reason in results if result == "pending"]
    assert pending
    assert [one for one in pending if "throttles" not in one or operation not in one] == []


def test_who_is_never_confirmed_is_asked_about_once_a_second_at_most(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage = stage_of(3, {}, tags={})
    monkeypatch.setattr(Inventory, "with_tags_checked", lambda _, instances: list(instances))

    with pytest.raises(Incomplete) as caught:
        deliver(stage, "set_auto_release", LEASE, 60)

    assert report_of(caught.value)["counts"]["pending"] == 3
    assert stage.writes() == ()
    assert passed(stage)["DescribeInstances"] <= 60


def test_a_plan_that_reading_never_ends_for_says_what_ecs_throttles() -> None:
    stage = stage_of(50, {"DescribeDisks": 1})

    with pytest.raises(Unavailable, match="DescribeDisks in cn-hangzhou: ECS throttles it"):
        deliver(stage, "release", RELEASE, 600)

    assert stage.writes() == ()


def test_ecss_refusal_by_http_429_alone_is_waited_out() -> None:
    stage = stage_of(3, {})
    refusals = iter([429, 429])
    send = stage.transport.send

    def throttled(operation: str, parameters: Mapping[str, str], *, timeout_s: float) -> object:
        if operation == "StopInstances" and next(refusals, None):
            raise ErrorResponse(429, "HTTP 429", "")
        return send(operation, parameters, timeout_s=timeout_s)

    stage.transport.send = throttled  # type: ignore[method-assign,assignment]

    report = stage.ask("stop", {"tags": DEV})

    assert report["counts"]["changed"] == 3
