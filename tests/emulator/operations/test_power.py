"""Stopping, starting and rebooting, and what is seen in between."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from local.ecs.account.model import ChargeType, LockReason, NetworkType, Status, StoppedMode
from local.ecs.account.quirks import Quirks
from local.ecs.clock import MANUAL_START
from local.ecs.engine import Caller
from local.ecs.fleet.fleet import InstanceSpec
from tests.harness.desk import RUNNING, STOPPED, Desk

ACTIONS = ("Stop", "Start", "Reboot")
FROM = {"Stop": Status.RUNNING, "Start": Status.STOPPED, "Reboot": Status.RUNNING}
TO = {"Stop": Status.STOPPING, "Start": Status.STARTING, "Reboot": Status.STARTING}


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("status", Status, ids=lambda status: status.value)
def test_each_action_needs_one_status(action: str, status: Status) -> None:
    desk = Desk(InstanceSpec("web", status=status))

    if status is FROM[action]:
        desk.ask(f"{action}Instance", InstanceId=desk.instance_id)
        assert desk.instance.status is TO[action]
    else:
        refusal = desk.refusal(f"{action}Instance", InstanceId=desk.instance_id)
        assert refusal == (403, "IncorrectInstanceStatus")
        assert desk.instance.status is status


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("batch", ["", "s"], ids=["single", "batch"])
def test_a_lock_for_security_denies_all_power(action: str, batch: str) -> None:
    spec = InstanceSpec("web", status=FROM[action], locks=(LockReason.SECURITY,))
    desk = Desk(spec)

    parameter = (desk.instance_id,) if batch else desk.instance_id
    refusal = desk.refusal(f"{action}Instance{batch}", InstanceId=parameter)

    assert refusal == (403, "InstanceLockedForSecurity")


def test_a_financial_lock_hinders_starting_and_not_stopping() -> None:
    locked = (LockReason.FINANCIAL,)
    running = Desk(InstanceSpec("running", locks=locked))
    stopped = Desk(InstanceSpec("stopped", status=Status.STOPPED, locks=locked))

    running.ask("StopInstance", InstanceId=running.instance_id)

    refusal = stopped.refusal("StartInstance", InstanceId=stopped.instance_id)
    assert running.instance.status is Status.STOPPING
    assert refusal == (403, "InstanceExpiredOrInArrears")


@pytest.mark.parametrize(
    ("spec", "asked", "default", "granted"),
    [
        (RUNNING, "StopCharging", "KeepCharging", "StopCharging"),
        (RUNNING, "KeepCharging", "StopCharging", "KeepCharging"),
        (RUNNING, "", "StopCharging", "StopCharging"),
        (RUNNING, "", "KeepCharging", "KeepCharging"),
        (
            InstanceSpec("local-disk", instance_type="ecs.i3.xlarge"),
            "StopCharging",
            "KeepCharging",
            "KeepCharging",
        ),
        (
            InstanceSpec("classic", network=NetworkType.CLASSIC),
            "StopCharging",
            "StopCharging",
            "KeepCharging",
        ),
        (
            InstanceSpec("subscription", charge_type=ChargeType.PRE_PAID),
            "StopCharging",
            "StopCharging",
            "Not-applicable",
        ),
    ],
    ids=["asked", "kept", "default", "plain", "local-disk", "classic", "prepaid"],
)
def test_stopped_mode_is_granted_only_where_supported(
    spec: InstanceSpec, asked: str, default: str, granted: str
) -> None:
    desk = Desk(spec, default_stopped_mode=StoppedMode(default))

    desk.ask("StopInstance", InstanceId=desk.instance_id, StoppedMode=asked)

    while_stopping = desk.instance.shown_stopped_mode
    desk.pass_time(5)
    assert while_stopping is StoppedMode.NOT_APPLICABLE
    assert desk.instance.shown_stopped_mode.value == granted


@pytest.mark.parametrize(
    ("spec", "shown"),
    [
        pytest.param(STOPPED, "StopCharging", id="supported"),
        pytest.param(replace(STOPPED, instance_type="ecs.d1.2xlarge"), "KeepCharging", id="local"),
        pytest.param(replace(STOPPED, network=NetworkType.CLASSIC), "KeepCharging", id="classic"),
        pytest.param(
            replace(STOPPED, charge_type=ChargeType.PRE_PAID), "Not-applicable", id="prepaid"
        ),
    ],
)
@pytest.mark.parametrize("by_default", [True, False], ids=["by default", "stated"])
def test_a_fleet_was_stopped_as_ecs_would_have_stopped_it(
    spec: InstanceSpec, shown: str, *, by_default: bool
) -> None:
    mode = StoppedMode.NOT_APPLICABLE if by_default else StoppedMode.STOP_CHARGING
    default = StoppedMode.STOP_CHARGING if by_default else StoppedMode.KEEP_CHARGING

    desk = Desk(replace(spec, stopped_mode=mode), default_stopped_mode=default)

    assert desk.instance.shown_stopped_mode.value == shown


def test_a_stopped_mode_ends_with_the_next_start() -> None:
    desk = Desk(STOPPED)

    desk.ask("StartInstance", InstanceId=desk.instance_id)

    assert desk.instance.stopped_mode is StoppedMode.NOT_APPLICABLE


@pytest.mark.parametrize(
    "spec",
    [
        InstanceSpec("local-disk", instance_type="ecs.i3.xlarge"),
        InstanceSpec("classic", network=NetworkType.CLASSIC),
        InstanceSpec("subscription", charge_type=ChargeType.PRE_PAID),
    ],
    ids=lambda spec: spec.name,
)
def test_unsupported_stop_charging_is_ignored_or_by_the_quirk_refused(spec: InstanceSpec) -> None:
    kind, strict = Desk(spec), Desk(spec, quirks=Quirks(unsupported_stop_charging_is_refused=True))

    kind.ask("StopInstance", InstanceId=kind.instance_id, StoppedMode="StopCharging")
    refusal = strict.refusal("StopInstances", InstanceId=strict.ids(), StoppedMode="StopCharging")

    assert kind.instance.status is Status.STOPPING
    assert refusal == (403, "InvalidInstanceId.NotSupport")
    strict.ask("StopInstances", InstanceId=strict.ids(), StoppedMode="KeepCharging")


def test_the_quirk_refuses_stop_charging_only_where_it_is_not_supported() -> None:
    desk = Desk(RUNNING, quirks=Quirks(unsupported_stop_charging_is_refused=True))

    desk.ask("StopInstance", InstanceId=desk.instance_id, StoppedMode="StopCharging")

    assert desk.instance.status is Status.STOPPING


@pytest.mark.parametrize(("strict", "stops"), [(False, True), (True, False)])
def test_who_does_not_pay_is_stopped_or_by_the_quirk_refused(*, strict: bool, stops: bool) -> None:
    over = InstanceSpec(
        "over", charge_type=ChargeType.PRE_PAID, expires_at=MANUAL_START - timedelta(days=1)
    )
    locked = InstanceSpec("unpaid", locks=(LockReason.FINANCIAL,))
    desk = Desk(over, locked, quirks=Quirks(unpaid_instance_refuses_stop=strict))

    answer = desk.ask("StopInstances", InstanceId=desk.ids(), BatchOptimization="SuccessFirst")

    codes = {each["Code"] for each in answer["InstanceResponses"]["InstanceResponse"]}
    assert codes == ({200} if stops else {"InstanceExpiredOrInArrears"})


def test_a_subscription_that_is_over_does_not_reboot() -> None:
    over = MANUAL_START - timedelta(days=1)
    desk = Desk(InstanceSpec("over", charge_type=ChargeType.PRE_PAID, expires_at=over))

    refusal = desk.refusal("RebootInstance", InstanceId=desk.instance_id)

    assert refusal == (403, "InstanceExpiredOrInArrears")


def test_all_together_does_nothing_when_one_cannot() -> None:
    desk = Desk(RUNNING, STOPPED)

    refusal = desk.refusal("StopInstances", InstanceId=desk.ids())

    assert refusal == (403, "IncorrectInstanceStatus")
    assert [each.status for each in desk.ecs.instances()] == [Status.RUNNING, Status.STOPPED]


def test_all_together_names_no_unknown_instance() -> None:
    desk = Desk(RUNNING)

    refusal = desk.refusal("StopInstances", InstanceId=(desk.instance_id, "i-gone"))

    assert refusal == (404, "InvalidInstanceIds.NotFound")
    assert desk.instance.status is Status.RUNNING


def test_one_failure_does_not_stop_the_others_in_success_first() -> None:
    desk = Desk(RUNNING, STOPPED)
    running, stopped = desk.ids()

    answer = desk.ask(
        "StopInstances",
        InstanceId=(stopped, "i-gone", running),
        BatchOptimization="SuccessFirst",
    )

    assert answer["InstanceResponses"]["InstanceResponse"] == [
        {
            "Code": "IncorrectInstanceStatus",
            "Message": (
                "The specified instance is in an incorrect status for the requested action; Status"
                " of the specified instance is Stopped but the expected status is in (Running)."
            ),
            "InstanceId": stopped,
            "CurrentStatus": "Stopped",
            "PreviousStatus": "Stopped",
        },
        {
            "Code": "InvalidInstanceId.NotFound",
            "Message": "The specified InstanceId does not exist.",
            "InstanceId": "i-gone",
            "CurrentStatus": "",
            "PreviousStatus": "",
        },
        {
            "Code": 200,
            "Message": "success",
            "InstanceId": running,
            "CurrentStatus": "Stopping",
            "PreviousStatus": "Running",
        },
    ]


@pytest.mark.parametrize(("text", "code"), [(True, "200"), (False, 200)], ids=["text", "number"])
def test_a_batch_tells_success_as_text_or_number(*, text: bool, code: str | int) -> None:
    desk = Desk(STOPPED, quirks=Quirks(code_is_text=text))

    answer = desk.ask("StartInstances", InstanceId=desk.ids())

    assert [each["Code"] for each in answer["InstanceResponses"]["InstanceResponse"]] == [code]


def test_reboots_come_in_batches_too() -> None:
    desk = Desk(RUNNING)

    answer = desk.ask("RebootInstances", InstanceId=desk.ids(), ForceReboot="true")

    entry = answer["InstanceResponses"]["InstanceResponse"][0]
    assert (entry["PreviousStatus"], entry["CurrentStatus"]) == ("Running", "Starting")


@pytest.mark.parametrize("action", ACTIONS)
def test_a_dry_run_checks_everything_and_does_nothing(action: str) -> None:
    good, bad = (
        Desk(InstanceSpec("web", status=FROM[action])),
        Desk(InstanceSpec("web", status=Status.PENDING)),
    )

    codes = [
        good.refusal(f"{action}Instance", InstanceId=good.instance_id, DryRun="true"),
        good.refusal(f"{action}Instances", InstanceId=good.ids(), DryRun="true"),
        bad.refusal(f"{action}Instance", InstanceId=bad.instance_id, DryRun="true"),
        bad.refusal(f"{action}Instances", InstanceId=bad.ids(), DryRun="true"),
        bad.refusal(
            f"{action}Instances",
            InstanceId=bad.ids(),
            DryRun="true",
            BatchOptimization="SuccessFirst",
        ),
    ]

    assert codes == [
        (400, "DryRunOperation"),
        (400, "DRYRUN.SUCCESS"),
        (403, "IncorrectInstanceStatus"),
        (403, "IncorrectInstanceStatus"),
        (400, "DRYRUN.SUCCESS"),
    ]
    assert (good.instance.status, bad.instance.status) == (FROM[action], Status.PENDING)


@pytest.mark.parametrize(
    ("ids", "code"),
    [
        ((), "InvalidInstanceId.NotFound"),
        (tuple(f"i-{n}" for n in range(101)), "InvalidParameter.TooManyInstanceIds"),
        (("web-1",), "Abs.InvalidInstanceIds.MalFormed"),
    ],
    ids=["none", "101", "a-name"],
)
def test_a_batch_takes_1_to_100_ids(ids: tuple[str, ...], code: str) -> None:
    desk = Desk(RUNNING)

    assert desk.refusal("StopInstances", InstanceId=ids) == (403, code)


def test_a_batch_goes_by_the_numbers_of_its_parameters() -> None:
    desk = Desk(*(InstanceSpec(f"web-{number}") for number in range(3)))
    first, second, third = desk.ids()

    answer = desk.ask(
        "StopInstances", InstanceId__10=third, InstanceId__2=second, InstanceId__1=first
    )

    entries = answer["InstanceResponses"]["InstanceResponse"]
    assert [each["InstanceId"] for each in entries] == [first, second, third]


def test_an_id_given_twice_counts_once_unless_the_quirk_refuses_it() -> None:
    lenient = Desk(RUNNING)
    strict = Desk(RUNNING, quirks=Quirks(duplicate_ids_are_refused=True))
    twice = (lenient.instance_id, lenient.instance_id)

    answer = lenient.ask("StopInstances", InstanceId=twice)

    assert len(answer["InstanceResponses"]["InstanceResponse"]) == 1
    assert strict.refusal("StopInstances", InstanceId=twice) == (
        403,
        "Abs.InvalidInstanceIds.MalFormed",
    )


def test_an_instance_of_another_region_is_not_found() -> None:
    desk = Desk(InstanceSpec("web", region="cn-shanghai"))

    codes = [
        desk.refusal("StopInstance", InstanceId=desk.instance_id),
        desk.refusal("StopInstances", InstanceId=desk.ids()),
    ]

    assert codes == [(404, "InvalidInstanceId.NotFound"), (404, "InvalidInstanceIds.NotFound")]


def test_a_single_instance_is_found_without_a_region() -> None:
    desk = Desk(InstanceSpec("web", region="cn-shanghai"))

    desk.ecs.call("StopInstance", {"InstanceId": desk.instance_id}, Caller())

    assert desk.instance.status is Status.STOPPING
