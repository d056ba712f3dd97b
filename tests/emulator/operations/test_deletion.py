"""Releasing by hand: what is refused, what goes, what stays."""

from __future__ import annotations

from datetime import timedelta

import pytest

from local.ecs.account.model import ChargeType, LockReason, Status, StoppedMode
from local.ecs.account.quirks import Quirks
from local.ecs.clock import MANUAL_START
from local.ecs.fleet.fleet import DiskSpec, InstanceSpec
from tests.harness.desk import RUNNING, STOPPED, Desk

PROTECTED = InstanceSpec("protected", status=Status.STOPPED, deletion_protection=True)
KEPT = DiskSpec(size_gib=100, delete_with_instance=False, name="kept")


def test_a_stopped_instance_is_gone_after_a_while() -> None:
    desk = Desk(STOPPED)

    answer = desk.ask("DeleteInstance", InstanceId=desk.instance_id)

    meanwhile = desk.instance
    desk.pass_time(2)
    assert answer == {}
    assert (meanwhile.status, meanwhile.deleting) == (Status.STOPPED, True)
    assert desk.ecs.instances() == ()


def test_an_instance_that_is_being_deleted_refuses_everything_else() -> None:
    desk = Desk(STOPPED)
    doomed = desk.instance_id
    disk_id = desk.ecs.disks()[0].disk_id
    desk.ask("DeleteInstance", InstanceId=doomed)

    codes = [
        desk.refusal("StartInstance", InstanceId=doomed),
        desk.refusal("DeleteInstance", InstanceId=doomed),
        desk.refusal("ModifyInstanceAttribute", InstanceId=doomed, DeletionProtection="true"),
        desk.refusal("ModifyInstanceAutoReleaseTime", InstanceId=doomed),
        desk.refusal("CreateSnapshot", DiskId=disk_id),
    ]
    desk.ecs.start(doomed)

    assert codes == [
        (403, "IncorrectInstanceStatus"),
        (403, "IncorrectInstanceStatus"),
        (403, "IncorrectInstanceStatus"),
        (404, "NoSuchResource"),
        (400, "IncorrectInstanceStatus"),
    ]
    assert desk.instance.status is Status.STOPPED


def test_a_repeated_deletion_may_succeed_and_changes_nothing() -> None:
    desk = Desk(STOPPED, quirks=Quirks(repeated_deletion_succeeds=True))
    doomed = desk.instance_id
    desk.ask("DeleteInstance", InstanceId=doomed)
    desk.pass_time(1)

    desk.ask("DeleteInstance", InstanceId=doomed)

    desk.pass_time(1)
    assert desk.ecs.instances() == ()


def test_a_repeated_deletion_does_not_hurry_a_graceful_stop() -> None:
    desk = Desk(RUNNING, quirks=Quirks(repeated_deletion_succeeds=True))
    doomed = desk.instance_id
    desk.ask("DeleteInstance", InstanceId=doomed, Force="true", ForceStop="false")

    desk.ask("DeleteInstance", InstanceId=doomed, Force="true", ForceStop="true")
    desk.pass_time(4)

    assert desk.instance.status is Status.STOPPING


@pytest.mark.parametrize("status", Status, ids=lambda status: status.value)
@pytest.mark.parametrize("force", ["", "true"], ids=["plain", "force"])
def test_deletion_depends_on_the_status(status: Status, force: str) -> None:
    desk = Desk(InstanceSpec("web", status=status))
    possible = {Status.STOPPED, Status.RUNNING} if force else {Status.STOPPED}

    if status in possible:
        desk.ask("DeleteInstance", InstanceId=desk.instance_id, Force=force)
        desk.pass_time(60)
        assert desk.ecs.instances() == ()
    else:
        refusal = desk.refusal("DeleteInstance", InstanceId=desk.instance_id, Force=force)
        initializing = ".Initializing" if status is Status.PENDING else ""
        assert refusal == (403, f"IncorrectInstanceStatus{initializing}")


@pytest.mark.parametrize(
    ("force_stop", "stops_after_s"), [("", 1), ("true", 1), ("false", 5)], ids=str
)
def test_force_stops_the_instance_first(force_stop: str, stops_after_s: int) -> None:
    desk = Desk(RUNNING)
    desk.ask("DeleteInstance", InstanceId=desk.instance_id, Force="true", ForceStop=force_stop)
    seen = [desk.instance.status]

    desk.pass_time(stops_after_s)
    seen.append(desk.instance.status)
    desk.pass_time(2)

    assert seen == [Status.STOPPING, Status.STOPPED]
    assert desk.ecs.instances() == ()


@pytest.mark.parametrize("force", ["", "true"], ids=["plain", "force"])
def test_deletion_protection_holds_against_deletion(force: str) -> None:
    desk = Desk(PROTECTED)

    codes = [
        desk.refusal("DeleteInstance", InstanceId=desk.instance_id, Force=force),
        desk.refusal("DeleteInstances", InstanceId=desk.ids(), Force=force),
    ]

    assert codes == [(403, "InvalidOperation.DeletionProtection")] * 2


@pytest.mark.parametrize(
    ("ended", "terminate", "deleted"),
    [(False, "", False), (False, "true", False), (True, "", False), (True, "true", True)],
    ids=["running", "terminate-too-early", "ended", "ended-and-terminated"],
)
def test_a_subscription_is_deleted_only_when_over_and_asked_for(
    *, ended: bool, terminate: str, deleted: bool
) -> None:
    expires_at = MANUAL_START + timedelta(days=-1 if ended else 1)
    desk = Desk(
        InstanceSpec(
            "yearly",
            status=Status.STOPPED,
            charge_type=ChargeType.PRE_PAID,
            expires_at=expires_at,
        )
    )
    parameters = {"InstanceId": desk.instance_id, "TerminateSubscription": terminate}

    if deleted:
        desk.ask("DeleteInstance", **parameters)
        assert desk.instance.deleting
    else:
        assert desk.refusal("DeleteInstance", **parameters) == (403, "ChargeTypeViolation")


@pytest.mark.parametrize("denies", [False, True], ids=["default", "quirk"])
def test_a_lock_for_security_allows_deletion_unless_the_quirk_denies_it(*, denies: bool) -> None:
    desk = Desk(
        InstanceSpec("seized", status=Status.STOPPED, locks=(LockReason.SECURITY,)),
        quirks=Quirks(security_lock_denies_deletion=denies),
    )

    if denies:
        refusal = desk.refusal("DeleteInstance", InstanceId=desk.instance_id)
        assert refusal == (403, "InstanceLockedForSecurity")
    else:
        desk.ask("DeleteInstance", InstanceId=desk.instance_id)
        assert desk.instance.deleting


def test_disks_go_or_stay_as_they_are_set() -> None:
    desk = Desk(InstanceSpec("db", status=Status.STOPPED, data_disks=(DiskSpec(), KEPT)))

    desk.ask("DeleteInstance", InstanceId=desk.instance_id)
    desk.pass_time(2)

    left = desk.ecs.disks()
    assert [(each.name, each.status, each.instance_id) for each in left] == [
        ("kept", "Available", "")
    ]
    assert left[0].detached_at == desk.clock.now()


def test_a_disk_of_a_subscription_that_stays_is_paid_by_the_hour() -> None:
    over = MANUAL_START - timedelta(days=1)
    desk = Desk(
        InstanceSpec(
            "yearly",
            charge_type=ChargeType.PRE_PAID,
            status=Status.STOPPED,
            expires_at=over,
            data_disks=(KEPT,),
        )
    )

    desk.ask("DeleteInstance", InstanceId=desk.instance_id, TerminateSubscription="true")
    desk.pass_time(2)

    assert [each.charge_type for each in desk.ecs.disks()] == [ChargeType.POST_PAID]


def test_no_disk_stays_of_an_instance_locked_for_security() -> None:
    locks = (LockReason.SECURITY,)
    desk = Desk(InstanceSpec("db", status=Status.STOPPED, data_disks=(KEPT,), locks=locks))

    desk.ask("DeleteInstance", InstanceId=desk.instance_id)
    desk.pass_time(2)

    assert desk.ecs.disks() == ()


def test_snapshots_survive_and_those_in_progress_fail() -> None:
    desk = Desk(InstanceSpec("db", status=Status.STOPPED, data_disks=(DiskSpec(),)))
    system, data = (disk.disk_id for disk in desk.ecs.disks())
    desk.ask("CreateSnapshot", DiskId=system)
    desk.pass_time(10)
    desk.ask("CreateSnapshot", DiskId=data)

    desk.ask("DeleteInstance", InstanceId=desk.instance_id)
    desk.pass_time(2)

    states = [(each.disk_id, each.status.value) for each in desk.ecs.snapshots()]
    assert states == [(system, "accomplished"), (data, "failed")]


def test_a_refused_batch_deletes_nobody() -> None:
    desk = Desk(STOPPED, PROTECTED)

    refusal = desk.refusal("DeleteInstances", InstanceId=desk.ids())

    desk.pass_time(60)
    assert refusal == (403, "InvalidOperation.DeletionProtection")
    assert len(desk.ids()) == 2


def test_a_refused_batch_may_delete_the_good_ones_all_the_same() -> None:
    desk = Desk(STOPPED, PROTECTED, quirks=Quirks(delete_batch_is_atomic=False))
    ids = (*desk.ids(), "i-gone")

    dry = desk.refusal("DeleteInstances", InstanceId=ids, DryRun="true")
    untouched = [each.deleting for each in desk.ecs.instances()]
    refusal = desk.refusal("DeleteInstances", InstanceId=ids)

    desk.pass_time(60)
    assert dry == refusal == (403, "InvalidOperation.DeletionProtection")
    assert untouched == [False, False]
    assert [each.name for each in desk.ecs.instances()] == ["protected"]


def test_a_batch_is_gone_together() -> None:
    desk = Desk(STOPPED, RUNNING)

    answer = desk.ask("DeleteInstances", InstanceId=desk.ids(), Force="true")

    desk.pass_time(3)
    assert answer == {}
    assert desk.ids() == ()


@pytest.mark.parametrize(
    ("ids", "code"),
    [
        ((), (403, "InvalidInstanceId.NotFound")),
        (tuple(f"i-{n}" for n in range(101)), (403, "InvalidParameter.TooManyInstanceIds")),
        (("web-1",), (403, "InvalidInstanceIds.ValueNotSupported")),
        (("i-gone",), (404, "InvalidInstanceIds.NotFound")),
    ],
    ids=["none", "101", "a-name", "unknown"],
)
def test_a_batch_takes_1_to_100_ids_that_exist(ids: tuple[str, ...], code: tuple[int, str]) -> None:
    assert Desk(STOPPED).refusal("DeleteInstances", InstanceId=ids) == code


def test_a_batch_is_of_one_region() -> None:
    desk = Desk(STOPPED, InstanceSpec("far", region="cn-shanghai", status=Status.STOPPED))

    refusal = desk.refusal("DeleteInstances", InstanceId=desk.ids())

    assert refusal == (400, "InvalidParameter.CrossRegionNotSupport")


def test_a_dry_run_deletes_nothing() -> None:
    desk = Desk(STOPPED)

    codes = [
        desk.refusal("DeleteInstance", InstanceId=desk.instance_id, DryRun="true"),
        desk.refusal("DeleteInstances", InstanceId=desk.ids(), DryRun="true"),
    ]

    desk.pass_time(60)
    assert codes == [(400, "DryRunOperation"), (400, "DRYRUN.SUCCESS")]
    assert len(desk.ids()) == 1


def test_a_repeated_token_is_answered_and_not_done_again() -> None:
    desk = Desk(STOPPED, quirks=Quirks(repeated_deletion_succeeds=False))
    ids = desk.ids()
    first = desk.ask("DeleteInstances", InstanceId=ids, ClientToken="night-1")
    desk.pass_time(60)

    again = desk.ask("DeleteInstances", InstanceId=ids, ClientToken="night-1")

    assert first == again == {}
    assert desk.refusal("DeleteInstances", InstanceId=ids, ClientToken="night-2") == (
        404,
        "InvalidInstanceIds.NotFound",
    )


def test_a_token_with_other_parameters_is_refused() -> None:
    desk = Desk(STOPPED, RUNNING)
    ids = desk.ids()
    desk.ask("DeleteInstances", InstanceId=ids[:1], ClientToken="night-1")

    codes = [
        desk.refusal("DeleteInstances", InstanceId=ids, ClientToken="night-1"),
        desk.refusal("DeleteInstances", InstanceId=ids[:1], Force="true", ClientToken="night-1"),
        desk.refusal("DeleteInstances", InstanceId=ids, ClientToken="n" * 65),
        desk.refusal("DeleteInstances", InstanceId=ids, ClientToken="夜"),
    ]

    assert codes == [
        (403, "IdempotentParameterMismatch"),
        (403, "IdempotentParameterMismatch"),
        (403, "InvalidClientToken.Malformed"),
        (403, "InvalidClientToken.Malformed"),
    ]


def test_a_refusal_uses_no_token_up() -> None:
    desk = Desk(RUNNING)
    ids = desk.ids()
    first = desk.refusal("DeleteInstances", InstanceId=ids, ClientToken="night-1")
    desk.ecs.stop(desk.instance_id, StoppedMode.KEEP_CHARGING)
    desk.pass_time(5)

    desk.ask("DeleteInstances", InstanceId=ids, ClientToken="night-1")

    assert first == (403, "IncorrectInstanceStatus")
    assert desk.instance.deleting


def test_a_release_by_somebody_else_asks_nobody() -> None:
    desk = Desk(PROTECTED)

    desk.ecs.release(desk.instance_id)

    assert desk.ids() == ()


def test_an_instance_released_in_passing_goes_nowhere() -> None:
    desk = Desk(RUNNING)
    desk.ask("StopInstance", InstanceId=desk.instance_id)

    desk.ecs.release(desk.instance_id)
    desk.pass_time(60)

    assert desk.ids() == ()
