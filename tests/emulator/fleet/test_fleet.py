"""Fleets: the default one, generated ones, and what an account may be edited to."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from types import FrameType
from typing import Any

import pytest

from local.ecs.account.durations import Durations
from local.ecs.account.model import (
    ChargeType,
    Instance,
    LockReason,
    SpotStrategy,
    Status,
    StoppedMode,
)
from local.ecs.clock import MANUAL_START, ManualClock, RealClock
from local.ecs.engine import ACTIONS, Caller, Ecs
from local.ecs.fleet.fleet import (
    HANGZHOU,
    SHANGHAI,
    DiskSpec,
    Fleet,
    InstanceSpec,
    default_fleet,
    generated_fleet,
)
from tests.harness.desk import Desk


@pytest.fixture(scope="module")
def account() -> tuple[Instance, ...]:
    return Ecs(default_fleet(MANUAL_START), ManualClock()).instances()


def is_dev(instance: Instance) -> bool:
    return dict(instance.tags) == {"team": "dev", "env": "dev"}


@pytest.mark.parametrize(
    ("least", "found"),
    [
        (8, is_dev),
        (4, lambda each: each.tags.get("purpose") == "ci-runner"),
        (4, lambda each: each.tags.get("env") == "prod"),
        (2, lambda each: each.charge_type is ChargeType.PRE_PAID),
        (2, lambda each: each.deletion_protection),
        (1, lambda each: "curfew:protect" in each.tags),
        (1, lambda each: each.tags.get("curfew:keep-until", "") > "2026-11-23"),
        (1, lambda each: "acs:autoscaling:scalingGroupId" in each.tags),
        (1, lambda each: "ack.aliyun.com" in each.tags),
        (1, lambda each: each.is_locked(LockReason.FINANCIAL)),
        (1, lambda each: each.is_locked(LockReason.SECURITY)),
        (1, lambda each: each.shown_stopped_mode is StoppedMode.STOP_CHARGING),
        (1, lambda each: each.shown_stopped_mode is StoppedMode.KEEP_CHARGING),
        (1, lambda each: each.status is Status.STOPPED and each.expires_at is not None),
        (1, lambda each: each.auto_release_at == MANUAL_START + timedelta(hours=2)),
        (2, lambda each: len(each.disk_ids) == 2),
        (1, lambda each: each.spot_strategy is not SpotStrategy.NO_SPOT),
        (1, lambda each: each.eip.startswith("203.0.113.")),
        (20, lambda each: each.created_at == MANUAL_START - timedelta(days=30)),
        (15, lambda each: each.region == HANGZHOU),
        (5, lambda each: each.region == SHANGHAI),
    ],
)
def test_the_default_fleet_has_one_of_everything(
    account: tuple[Instance, ...], least: int, found: Callable[[Instance], bool]
) -> None:
    assert sum(map(found, account)) >= least


def test_the_default_fleet_has_25_instances_with_the_same_ids_every_time(
    account: tuple[Instance, ...],
) -> None:
    later = ManualClock(MANUAL_START + timedelta(days=99))
    again = Ecs(default_fleet(later.now()), later, seed=7)

    ids = [each.instance_id for each in account]
    assert ids == [each.instance_id for each in again.instances()]
    assert len(set(ids)) == 25
    assert {each[:5] for each in ids} == {"i-bp1", "i-uf6"}
    assert {len(each) for each in ids} == {22}


def test_a_generated_fleet_repeats_under_the_same_seed() -> None:
    assert generated_fleet(50, seed=3) == generated_fleet(50, seed=3)
    assert generated_fleet(50, seed=3) != generated_fleet(50, seed=4)


def test_a_generated_fleet_is_mixed_as_it_says() -> None:
    fleet = generated_fleet(2000, seed=1, regions=(HANGZHOU, SHANGHAI, "cn-beijing"))

    regions = Counter(each.region for each in fleet.instances)
    stopped = sum(each.status is Status.STOPPED for each in fleet.instances)
    pre_paid = sum(each.charge_type is ChargeType.PRE_PAID for each in fleet.instances)
    assert sorted(regions.values()) == [666, 667, 667]
    assert (150 < stopped < 250, 60 < pre_paid < 140) == (True, True)


def test_a_page_of_a_large_fleet_costs_hardly_more_than_one_of_a_small() -> None:
    def steps(count: int) -> int:
        """How many steps the interpreter takes, which is the same on every machine."""
        ecs = Ecs(generated_fleet(count, regions=(HANGZHOU,)), ManualClock())
        page = {"RegionId": HANGZHOU, "MaxResults": "100"}
        ecs.call("DescribeInstances", page, Caller())  # puts the fleet in order, once
        taken = 0

        def trace(frame: FrameType, event: str, _: object) -> Any:  # noqa: ANN401  # itself
            nonlocal taken
            frame.f_trace_opcodes = True
            taken += event == "opcode"
            return trace

        before = sys.gettrace()
        sys.settrace(trace)
        try:
            ecs.call("DescribeInstances", page, Caller())
        finally:
            sys.settrace(before)
        return taken

    assert steps(10_000) < 2 * steps(200)


def test_instances_of_one_name_have_ids_of_their_own() -> None:
    desk = Desk(InstanceSpec("namesake"), InstanceSpec("namesake"))

    assert len(set(desk.ids())) == 2


def test_a_fleet_may_name_the_ids() -> None:
    desk = Desk(InstanceSpec("web", instance_id="i-mine"))

    assert desk.ids() == ("i-mine",)
    with pytest.raises(ValueError, match="i-mine exists already"):
        desk.ecs.add(InstanceSpec("other", instance_id="i-mine"))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: InstanceSpec(region="cn-atlantis"), "region 'cn-atlantis' is not known"),
        (lambda: InstanceSpec(zone="cn-shanghai-b"), "zone 'cn-shanghai-b' is not one of"),
        (lambda: InstanceSpec(instance_type="ecs.x"), "instance type 'ecs.x' is not known"),
        (lambda: DiskSpec(category="tape"), "disk category 'tape' is not one of"),
        (
            lambda: InstanceSpec(charge_type=ChargeType.PRE_PAID, auto_release_at=MANUAL_START),
            "cannot have an auto-release time",
        ),
        (
            lambda: InstanceSpec(charge_type=ChargeType.PRE_PAID, deletion_protection=True),
            "cannot have DeletionProtection",
        ),
        (
            lambda: InstanceSpec(
                spot_strategy=SpotStrategy.AS_PRICE_GOES, deletion_protection=True
            ),
            "cannot have DeletionProtection",
        ),
        (lambda: Durations(starting=timedelta(seconds=-1)), "duration starting must be at least 0"),
        (lambda: Durations(jitter=1.5), "jitter must be from 0 to 1"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_typing_error_in_a_fleet_is_told(wrong: Callable[[], object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        wrong()


def test_a_subscription_without_an_end_lasts_a_year() -> None:
    desk = Desk(InstanceSpec("yearly", charge_type=ChargeType.PRE_PAID))

    assert desk.instance.expires_at == desk.clock.now() + timedelta(days=365)


def test_the_account_decides_how_a_fleet_was_stopped() -> None:
    desk = Desk(
        InstanceSpec("web", status=Status.STOPPED),
        default_stopped_mode=StoppedMode.STOP_CHARGING,
    )

    assert desk.instance.stopped_mode is StoppedMode.STOP_CHARGING


def test_locks_and_protection_are_put_on_and_off() -> None:
    desk = Desk(InstanceSpec("web"))
    seen = []

    desk.ecs.lock(desk.instance_id, LockReason.SECURITY)
    desk.ecs.protect(desk.instance_id)
    seen.append((desk.instance.locks, desk.instance.deletion_protection))
    desk.ecs.lock(desk.instance_id)
    desk.ecs.protect(desk.instance_id, on=False)
    seen.append((desk.instance.locks, desk.instance.deletion_protection))

    assert seen == [((LockReason.SECURITY,), True), ((), False)]


def test_an_instance_may_be_edited_but_not_moved() -> None:
    desk = Desk(InstanceSpec("web"))
    edited = replace(desk.instance, name="renamed", eip="203.0.113.9")

    desk.ecs.put(edited)

    assert desk.instance == edited
    with pytest.raises(ValueError, match="not changed by put"):
        desk.ecs.put(replace(edited, status=Status.STOPPED))


def test_an_instance_that_is_gone_is_a_key_error() -> None:
    desk = Desk(InstanceSpec("web"))
    gone = desk.instance
    desk.ecs.release(gone.instance_id)

    with pytest.raises(KeyError):
        desk.ecs.instance(gone.instance_id)
    with pytest.raises(KeyError):
        desk.ecs.put(gone)


def test_a_region_has_its_own_instances() -> None:
    ecs = Ecs(Fleet((InstanceSpec("a"), InstanceSpec("b", region=SHANGHAI))), ManualClock())

    assert [each.name for each in ecs.instances(SHANGHAI)] == ["b"]


def test_the_operations_are_these() -> None:
    assert {"DescribeInstances", "DeleteInstances", "ModifyInstanceAutoReleaseTime"} <= ACTIONS


def test_several_threads_may_call_at_once() -> None:
    ecs = Ecs(Fleet(), RealClock(speed=3600))
    request = {"RegionId": HANGZHOU, "ImageId": "x.vhd", "InstanceType": "ecs.c7.large"}

    def run(_: int) -> list[str]:
        answer = ecs.call("RunInstances", request, Caller())
        ecs.call("DescribeInstances", {"RegionId": HANGZHOU, "MaxResults": "100"}, Caller())
        made: list[str] = answer["InstanceIdSets"]["InstanceIdSet"]
        return made

    with ThreadPoolExecutor(8) as pool:
        made = [each for ids in pool.map(run, range(100)) for each in ids]

    assert len(set(made)) == 100
    assert {each.instance_id for each in ecs.instances()} == set(made)
