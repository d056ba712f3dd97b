"""From status to status as time passes, by itself or by somebody's hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from local.ecs.account import lifecycle
from local.ecs.account.durations import NO_TIME, Durations
from local.ecs.account.model import ChargeType, Status, StoppedMode
from local.ecs.account.quirks import Quirks
from local.ecs.account.state import Settings, State
from local.ecs.clock import MANUAL_START
from local.ecs.fleet.creation import create
from local.ecs.fleet.fleet import InstanceSpec
from tests.harness.desk import RUNNING, STOPPED, Desk


def test_a_stop_is_seen_in_between() -> None:
    desk = Desk(RUNNING)

    answer = desk.ask("StopInstance", InstanceId=desk.instance_id)

    seen = [desk.instance.status]
    for seconds in (4.9, 0.1):
        desk.pass_time(seconds)
        seen.append(desk.instance.status)
    assert answer == {}
    assert seen == [Status.STOPPING, Status.STOPPING, Status.STOPPED]


def test_a_start_is_seen_in_between() -> None:
    desk = Desk(STOPPED)

    desk.ask("StartInstance", InstanceId=desk.instance_id)

    started_at = desk.clock.now()
    seen = [desk.instance.status]
    desk.pass_time(5)
    seen.append(desk.instance.status)
    assert seen == [Status.STARTING, Status.RUNNING]
    assert desk.instance.started_at == started_at


@pytest.mark.parametrize("moves", [True, False])
def test_a_reboot_is_a_new_start_unless_the_quirk_leaves_the_time(
    moves: bool,  # noqa: FBT001  # a table's column
) -> None:
    desk = Desk(RUNNING, quirks=Quirks(reboot_moves_start_time=moves))
    before = desk.instance.started_at
    desk.pass_time(3600)

    desk.ask("RebootInstance", InstanceId=desk.instance_id)

    assert desk.instance.started_at - before == timedelta(hours=1 if moves else 0)


def test_a_reboot_is_shown_as_starting() -> None:
    desk = Desk(RUNNING)

    desk.ask("RebootInstance", InstanceId=desk.instance_id, ForceStop="true")

    seen = [desk.instance.status]
    desk.pass_time(6)
    seen.append(desk.instance.status)
    assert seen == [Status.STARTING, Status.RUNNING]


def test_cutting_the_power_is_faster() -> None:
    desk = Desk(RUNNING)

    desk.ask("StopInstance", InstanceId=desk.instance_id, ForceStop="True")
    desk.pass_time(1)

    assert desk.instance.status is Status.STOPPED


def test_a_new_instance_passes_every_status_in_order() -> None:
    desk = Desk(InstanceSpec("new", status=Status.PENDING))
    seen = []

    for _ in range(9):
        seen.append(desk.instance.status)
        desk.pass_time(1)

    assert seen == [Status.PENDING] * 2 + [Status.STARTING] * 5 + [Status.RUNNING] * 2


def test_a_long_wait_applies_each_change_at_its_own_time() -> None:
    desk = Desk(InstanceSpec("new", status=Status.PENDING))

    desk.pass_time(3600)

    assert (desk.instance.status, desk.instance.moves_at) == (Status.RUNNING, None)


def test_an_instance_that_was_stopping_at_the_start_stops() -> None:
    desk = Desk(InstanceSpec("stopping", status=Status.STOPPING))

    desk.pass_time(5)

    assert desk.instance.status is Status.STOPPED


def test_no_time_means_that_the_next_look_sees_the_end() -> None:
    desk = Desk(RUNNING, durations=NO_TIME)

    desk.ask("StopInstance", InstanceId=desk.instance_id)

    assert desk.instance.status is Status.STOPPED


def test_jitter_moves_each_end_and_repeats_under_the_same_seed() -> None:
    def ends() -> list[timedelta]:
        jittery = Durations(jitter=0.5)
        desk = Desk(*(InstanceSpec(f"web-{n}") for n in range(20)), durations=jittery)
        now = desk.clock.now()
        desk.ask("StopInstances", InstanceId=desk.ids())
        return [each.moves_at - now for each in desk.ecs.instances() if each.moves_at]

    first, again = ends(), ends()

    assert first == again
    assert len(set(first)) == 20
    assert timedelta(seconds=2.5) <= min(first) < max(first) <= timedelta(seconds=7.5)


@pytest.mark.parametrize(
    ("mode", "changes", "keeps"),
    [
        ("StopCharging", True, False),
        ("StopCharging", False, True),
        ("KeepCharging", True, True),
    ],
)
def test_stop_charging_costs_the_public_address(mode: str, *, changes: bool, keeps: bool) -> None:
    desk = Desk(
        InstanceSpec("web", has_public_ip=True, has_eip=True),
        quirks=Quirks(stop_charging_changes_public_ip=changes),
    )
    before = desk.instance

    desk.ask("StopInstance", InstanceId=desk.instance_id, StoppedMode=mode)
    while_stopping = shown_addresses(desk)
    desk.pass_time(5)
    stopped = shown_addresses(desk)
    desk.ask("StartInstance", InstanceId=desk.instance_id)
    (started,) = shown_addresses(desk)

    assert while_stopping == [before.public_ip]
    assert stopped == ([before.public_ip] if keeps else [])
    assert (started == before.public_ip) is keeps
    assert desk.instance.eip == before.eip


def shown_addresses(desk: Desk) -> list[str]:
    """The public addresses that DescribeInstances shows of the first instance."""
    entry = desk.ask("DescribeInstances")["Instances"]["Instance"][0]
    addresses: list[str] = entry["PublicIpAddress"]["IpAddress"]
    return addresses


@pytest.mark.parametrize(("mode", "shown"), [("StopCharging", 0), ("KeepCharging", 1)])
def test_what_was_stopped_before_shows_its_address_only_if_it_pays_for_it(
    mode: str, shown: int
) -> None:
    desk = Desk(replace(STOPPED, has_public_ip=True, stopped_mode=StoppedMode(mode)))

    stopped = shown_addresses(desk)
    desk.ask("StartInstance", InstanceId=desk.instance_id)

    assert (len(stopped), len(shown_addresses(desk))) == (shown, 1)


def test_a_subscription_stops_at_its_end_and_starts_no_more() -> None:
    end = MANUAL_START + timedelta(hours=1)
    desk = Desk(InstanceSpec("yearly", charge_type=ChargeType.PRE_PAID, expires_at=end))

    desk.pass_time(3599)
    before = desk.instance.status
    desk.pass_time(1)
    at_the_end = desk.instance.status
    desk.pass_time(5)

    refusal = desk.refusal("StartInstance", InstanceId=desk.instance_id)
    assert (before, at_the_end) == (Status.RUNNING, Status.STOPPING)
    assert desk.instance.status is Status.STOPPED
    assert refusal == (403, "InstanceExpired")


def test_a_renewed_subscription_goes_on() -> None:
    hour = timedelta(hours=1)
    desk = Desk(
        InstanceSpec("yearly", charge_type=ChargeType.PRE_PAID, expires_at=MANUAL_START + hour)
    )

    desk.ecs.put(replace(desk.instance, expires_at=MANUAL_START + 2 * hour))
    desk.pass_time(3600)
    then = desk.instance.status
    desk.pass_time(3600)

    assert then is Status.RUNNING
    assert desk.instance.status is Status.STOPPING


def test_somebody_else_may_start_and_stop_by_hand() -> None:
    desk = Desk(RUNNING, STOPPED)
    running, stopped = desk.ids()

    desk.ecs.stop(running, StoppedMode.STOP_CHARGING)
    desk.ecs.stop(stopped)
    desk.ecs.start(stopped)
    desk.ecs.start(running)

    statuses = [each.status for each in desk.ecs.instances()]
    assert statuses == [Status.STOPPING, Status.STARTING]
    assert desk.ecs.instance(running).stopped_mode is StoppedMode.STOP_CHARGING


def test_an_illegal_change_of_status_is_a_defect_and_raised() -> None:
    settings = Settings(NO_TIME, Quirks(), StoppedMode.KEEP_CHARGING)
    state = State(settings, MANUAL_START, seed=0)
    running = create(state, RUNNING, "i-web")
    lifecycle.stop(state, running, None, by_force=False)

    with pytest.raises(AssertionError, match="i-web: Stopping to Stopping"):
        lifecycle.stop(state, state.instances.find("i-web") or running, None, by_force=False)


def test_a_subscription_that_ends_during_a_reboot_stops_after_it() -> None:
    desk = Desk(InstanceSpec("old", charge_type=ChargeType.PRE_PAID))
    ends_at = desk.instance.expires_at
    assert ends_at is not None
    desk.pass_time((ends_at - desk.clock.now()).total_seconds() - 1)

    desk.ask("RebootInstance", InstanceId=desk.instance_id)
    desk.pass_time(600)

    assert desk.instance.status is Status.STOPPED
