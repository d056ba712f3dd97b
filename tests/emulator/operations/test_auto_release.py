"""Setting and clearing the auto-release time, and the minute when it comes."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from local.ecs.account.model import ChargeType, LockReason, SpotStrategy, Status
from local.ecs.account.quirks import Quirks
from local.ecs.clock import ManualClock
from local.ecs.engine import Caller, Ecs
from local.ecs.errors import EcsError
from local.ecs.fleet.fleet import DiskSpec, Fleet, InstanceSpec
from tests.harness.desk import REGION, RUNNING, Desk, iso

ACTION = "ModifyInstanceAutoReleaseTime"
WEB = InstanceSpec("web")
MALFORMED = (400, "InvalidAutoReleaseTime.Malformed")


def test_an_instance_is_released_when_its_minute_comes() -> None:
    desk = Desk(WEB)

    answer = desk.ask(ACTION, InstanceId=desk.instance_id, AutoReleaseTime=iso(desk, minutes=45))

    desk.pass_time(45 * 60 - 1)
    before = desk.ids()
    desk.pass_time(1)
    assert answer == {}
    assert len(before) == 1
    assert desk.ids() == ()


@pytest.mark.parametrize("status", Status, ids=lambda status: status.value)
def test_auto_release_asks_neither_status_nor_protection_nor_locks(status: Status) -> None:
    desk = Desk(
        InstanceSpec("web", status=status, deletion_protection=True, locks=(LockReason.FINANCIAL,))
    )

    desk.ask(ACTION, InstanceId=desk.instance_id, AutoReleaseTime=iso(desk, minutes=30))
    desk.pass_time(30 * 60)

    assert desk.ids() == ()


def test_a_time_left_out_clears_the_one_that_was_set() -> None:
    desk = Desk(WEB)
    desk.ask(ACTION, InstanceId=desk.instance_id, AutoReleaseTime=iso(desk, hours=1))

    desk.ask(ACTION, InstanceId=desk.instance_id)

    desk.pass_time(7200)
    assert desk.instance.auto_release_at is None


def test_the_last_time_set_counts() -> None:
    desk = Desk(WEB)
    for hours in (1, 3, 2):
        desk.ask(ACTION, InstanceId=desk.instance_id, AutoReleaseTime=iso(desk, hours=hours))

    desk.pass_time(2 * 3600 - 1)
    before = desk.ids()
    desk.pass_time(1)

    assert len(before) == 1
    assert desk.ids() == ()


@pytest.mark.parametrize(
    ("rounded", "seconds", "kept"),
    [(False, 0, 0), (False, 59, 0), (True, 29, 0), (True, 30, 1), (True, 59, 1)],
)
def test_seconds_are_dropped_or_by_the_quirk_rounded(
    *, rounded: bool, seconds: int, kept: int
) -> None:
    desk = Desk(WEB, quirks=Quirks(auto_release_time_is_rounded=rounded))
    asked = iso(desk, hours=1, seconds=seconds)

    desk.ask(ACTION, InstanceId=desk.instance_id, AutoReleaseTime=asked)

    expected = desk.clock.now() + timedelta(hours=1, minutes=kept)
    assert desk.instance.auto_release_at == expected


@pytest.mark.parametrize(
    ("ahead", "taken"),
    [
        (timedelta(minutes=-30), False),
        (timedelta(minutes=29, seconds=59), False),
        (timedelta(minutes=30), True),
        (timedelta(days=3 * 365 + 1), True),
        (timedelta(days=3 * 365 + 1, minutes=1), False),
    ],
    ids=["past", "29:59", "30:00", "three-years", "three-years-and-a-minute"],
)
def test_a_time_is_30_minutes_to_3_years_ahead(ahead: timedelta, *, taken: bool) -> None:
    desk = Desk(WEB)
    asked = iso(desk, seconds=ahead.total_seconds())

    if taken:
        desk.ask(ACTION, InstanceId=desk.instance_id, AutoReleaseTime=asked)
        assert desk.instance.auto_release_at == desk.clock.now() + ahead
    else:
        refusal = desk.refusal(ACTION, InstanceId=desk.instance_id, AutoReleaseTime=asked)
        assert refusal == MALFORMED


def test_three_years_after_a_leap_day_is_the_28th() -> None:
    clock = ManualClock(datetime(2028, 2, 29, 12, 0, tzinfo=timezone.utc))
    ecs = Ecs(Fleet((WEB,)), clock)
    parameters = {"RegionId": REGION, "InstanceId": ecs.instances()[0].instance_id}

    ecs.call(ACTION, {**parameters, "AutoReleaseTime": "2031-02-28T12:00:00Z"}, Caller())

    with pytest.raises(EcsError, match=r"InvalidAutoReleaseTime\.Malformed"):
        ecs.call(ACTION, {**parameters, "AutoReleaseTime": "2031-02-28T12:01:00Z"}, Caller())


def test_30_minutes_and_some_seconds_may_be_too_soon_once_the_seconds_are_dropped() -> None:
    desk = Desk(WEB)
    desk.pass_time(20)

    refusal = desk.refusal(
        ACTION, InstanceId=desk.instance_id, AutoReleaseTime=iso(desk, minutes=30, seconds=30)
    )

    assert refusal == MALFORMED


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-24",
        "2026-11-24T12:00Z",
        "2026-11-24T12:00:00",
        "2026-11-24T12:00:00+08:00",
        "2026-11-24 12:00:00Z",
        "2026-13-24T12:00:00Z",
        "tomorrow",
    ],
)
def test_a_time_has_one_form_only(text: str) -> None:
    desk = Desk(WEB)

    refusal = desk.refusal(ACTION, InstanceId=desk.instance_id, AutoReleaseTime=text)

    assert refusal == MALFORMED


@pytest.mark.parametrize("clears", [True, False], ids=["clears", "malformed"])
def test_an_empty_time_clears_or_by_the_quirk_is_malformed(*, clears: bool) -> None:
    desk = Desk(WEB, quirks=Quirks(empty_auto_release_time_clears=clears))
    desk.ask(ACTION, InstanceId=desk.instance_id, AutoReleaseTime=iso(desk, hours=1))

    if clears:
        desk.ask(ACTION, InstanceId=desk.instance_id, AutoReleaseTime="")
        assert desk.instance.auto_release_at is None
    else:
        refusal = desk.refusal(ACTION, InstanceId=desk.instance_id, AutoReleaseTime="")
        assert refusal == MALFORMED
        assert desk.instance.auto_release_at is not None


def test_a_subscription_has_no_auto_release() -> None:
    desk = Desk(InstanceSpec("yearly", charge_type=ChargeType.PRE_PAID))

    codes = [
        desk.refusal(ACTION, InstanceId=desk.instance_id, AutoReleaseTime=iso(desk, hours=1)),
        desk.refusal(ACTION, InstanceId=desk.instance_id),
    ]

    assert codes == [(403, "ChargeTypeViolation")] * 2


def test_a_spot_instance_has_auto_release() -> None:
    desk = Desk(InstanceSpec("spot", spot_strategy=SpotStrategy.AS_PRICE_GOES))

    desk.ask(ACTION, InstanceId=desk.instance_id, AutoReleaseTime=iso(desk, hours=1))

    assert desk.instance.auto_release_at is not None


def test_an_instance_that_is_not_there_has_its_own_code_here() -> None:
    desk = Desk(WEB)

    codes = [desk.refusal(ACTION, InstanceId="i-gone"), desk.refusal(ACTION)]

    assert codes == [(404, "NoSuchResource"), (400, "MissingParameter")]


def test_a_release_may_be_late_by_the_quirk() -> None:
    desk = Desk(WEB, quirks=Quirks(auto_release_delay=timedelta(minutes=2)))
    desk.ask(ACTION, InstanceId=desk.instance_id, AutoReleaseTime=iso(desk, hours=1))

    desk.pass_time(3600 + 119)
    before = desk.ids()
    desk.pass_time(1)

    assert len(before) == 1
    assert desk.ids() == ()


def test_disks_stay_or_go_as_with_a_deletion() -> None:
    kept = DiskSpec(delete_with_instance=False, name="kept")
    desk = Desk(InstanceSpec("db", data_disks=(DiskSpec(), kept)))
    desk.ask(ACTION, InstanceId=desk.instance_id, AutoReleaseTime=iso(desk, hours=1))

    desk.pass_time(7200)

    left = desk.ecs.disks()
    assert [(each.name, each.status) for each in left] == [("kept", "Available")]
    assert left[0].detached_at == desk.clock.now() - timedelta(hours=1)


def test_an_instance_released_by_hand_is_not_released_again() -> None:
    desk = Desk(WEB)
    desk.ask(ACTION, InstanceId=desk.instance_id, AutoReleaseTime=iso(desk, hours=1))

    desk.ecs.release(desk.instance_id)
    desk.pass_time(7200)

    assert desk.ids() == ()


def test_a_fleet_brings_its_release_times_along() -> None:
    clock = ManualClock()
    spec = InstanceSpec("runner", auto_release_at=clock.now() + timedelta(hours=1, seconds=40))
    desk = Desk(spec)

    shown = desk.instance.auto_release_at
    desk.pass_time(3600)

    assert shown == clock.now() + timedelta(hours=1)
    assert desk.ids() == ()


def test_a_time_at_the_end_of_all_time_is_refused_when_rounded_too() -> None:
    desk = Desk(RUNNING, quirks=Quirks(auto_release_time_is_rounded=True))

    assert desk.refusal(
        "ModifyInstanceAutoReleaseTime",
        InstanceId=desk.instance_id,
        AutoReleaseTime="9999-12-31T23:59:59Z",
    ) == (400, "InvalidAutoReleaseTime.Malformed")
