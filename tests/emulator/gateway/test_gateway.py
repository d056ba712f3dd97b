"""What stands between a request and the engine."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from local.ecs.account.model import Status
from local.ecs.clock import ManualClock
from local.ecs.emulator import default_engine
from local.ecs.errors import EcsError
from local.ecs.gateway.faults import (
    AnyFault,
    BrokenBody,
    ClockSkew,
    Cut,
    Delay,
    Faults,
    LostPermission,
    ProxyPage,
    Refuse,
    SlowBody,
)
from local.ecs.gateway.gateway import PLAIN, Answer, Delivery, Gateway
from local.ecs.gateway.request_log import Effect, Entry, RequestLog
from local.ecs.gateway.throttle import Limits, Throttle
from tests.emulator.gateway.asking import CALLER, REGION, ask, stop


def running(gateway: Gateway) -> str:
    """The id of an instance that can be stopped."""
    return next(
        each.instance_id
        for each in gateway.engine.instances("cn-hangzhou")
        if each.status is Status.RUNNING and not each.locks
    )


def test_a_success_carries_its_request_id_in_body_and_header(gateway: Gateway) -> None:
    answer = stop(gateway, running(gateway))

    request_id = answer.body["RequestId"]
    assert re.fullmatch(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", request_id)
    trace_id = answer.headers["x-acs-trace-id"]
    assert re.fullmatch(r"[0-9a-f]{32}", trace_id)
    headers = {"x-acs-request-id": request_id, "x-acs-trace-id": trace_id}
    assert answer == Answer("StopInstance", 200, "", {"RequestId": request_id}, headers)


def test_an_error_has_the_form_of_ecs(gateway: Gateway) -> None:
    answer = stop(gateway, "i-unknown")

    request_id = answer.headers["x-acs-request-id"]
    assert (answer.status, answer.code) == (404, "InvalidInstanceId.NotFound")
    assert answer.body == {
        "RequestId": request_id,
        "HostId": "ecs.cn-hangzhou.aliyuncs.com",
        "Code": "InvalidInstanceId.NotFound",
        "Message": "The specified InstanceId does not exist.",
        "Recommend": "https://api.aliyun.com/troubleshoot"
        f"?q=InvalidInstanceId.NotFound&product=Ecs&requestId={request_id}",
    }


def test_a_request_without_a_region_is_answered_by_the_central_host(gateway: Gateway) -> None:
    answer = gateway.call("StopInstance", {"InstanceId": "i-unknown"}, CALLER)

    assert answer.body["HostId"] == "ecs.aliyuncs.com"


def test_request_ids_are_the_same_under_the_same_seed() -> None:
    def some_ids(seed: int) -> list[str]:
        gateway = Gateway(default_engine(ManualClock()), seed=seed)
        return [ask(gateway, "DescribeRegions").body["RequestId"] for _ in range(3)]

    assert some_ids(1) == some_ids(1)
    assert some_ids(1) != some_ids(2)
    assert len(set(some_ids(1))) == 3


def test_the_log_tells_what_became_of_each_request(gateway: Gateway) -> None:
    instance_id = running(gateway)

    answers = [
        stop(gateway, instance_id),
        stop(gateway, instance_id),
        ask(gateway, "DescribeRegions"),
    ]

    assert [(each.status, each.code, each.effect) for each in gateway.log] == [
        (200, "", Effect.CHANGED),
        (403, "IncorrectInstanceStatus", Effect.NONE),
        (200, "", Effect.READ),
    ]
    assert gateway.log.entries()[0] == Entry(
        at=gateway.engine.clock.now(),
        account_id=CALLER.account_id,
        action="StopInstance",
        region="cn-hangzhou",
        parameters={"RegionId": "cn-hangzhou", "InstanceId": instance_id},
        status=200,
        code="",
        effect=Effect.CHANGED,
        request_id=answers[0].body["RequestId"],
    )


def test_a_dry_run_has_no_effect(gateway: Gateway) -> None:
    instance_id = running(gateway)

    answer = ask(gateway, "StopInstance", InstanceId=instance_id, DryRun="true")

    assert answer.code == "DryRunOperation"
    assert gateway.log.entries()[0].effect is Effect.NONE
    assert gateway.log.touched(instance_id) == ()


def test_a_throttled_request_does_not_reach_the_engine() -> None:
    clock = ManualClock()
    limits = Limits(calls={"StopInstance": 0}, retry_after=True)
    gateway = Gateway(default_engine(clock), throttle=Throttle(limits))
    clock.advance(timedelta(seconds=20))
    instance_id = running(gateway)

    answer = stop(gateway, instance_id)

    assert (answer.status, answer.code) == (400, "Throttling.User")
    assert answer.headers["x-acs-retry-after"] == "40000"
    assert answer.body["Recommend"].partition("?")[2] == "q=Throttling.User&product=Ecs"
    assert gateway.engine.instance(instance_id).status is Status.RUNNING
    assert gateway.log.entries()[0].effect is Effect.NONE


def test_what_was_refused_before_is_logged_all_the_same(gateway: Gateway) -> None:
    error = EcsError(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")

    answer = gateway.refuse("StopInstance", REGION, error)

    assert (answer.status, answer.code) == (404, "InvalidAccessKeyId.NotFound")
    entry = gateway.log.entries()[0]
    assert (entry.account_id, entry.action, entry.effect) == ("", "StopInstance", Effect.NONE)
    assert answer.body["Recommend"].partition("?")[2] == "q=InvalidAccessKeyId.NotFound"


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("IncorrectInstanceStatus", "The current status of the resource does not support this"),
        ("Throttling.User", "Request was denied due to user flow control."),
        ("OperationDenied.NoStock", "The requested resource is sold out"),
        ("InvalidInstanceId.NotFound", "The specified InstanceId does not exist."),
        ("InvalidAction.NotFound", "Specified api is not found, please check your url and method."),
        ("Odd", "The request processing has failed due to some unknown error."),
    ],
)
def test_a_fault_that_names_a_code_alone_has_the_platforms_text(
    gateway: Gateway, code: str, text: str
) -> None:
    gateway.faults.add(Refuse(status=400, code=code))

    answer = ask(gateway, "DescribeRegions")

    assert answer.body["Message"].startswith(text)


@pytest.mark.parametrize(
    ("fault", "status", "code", "is_done"),
    [
        pytest.param(Refuse(), 500, "InternalError", False, id="error before"),
        pytest.param(Refuse(after_write=True), 500, "InternalError", True, id="error after"),
        pytest.param(Cut(), 0, "", False, id="cut before"),
        pytest.param(Cut(after_write=True), 200, "", True, id="cut after"),
        pytest.param(ProxyPage(status=504), 504, "", False, id="proxy"),
        pytest.param(ClockSkew(), 400, "InvalidTimeStamp.Expired", False, id="clock"),
        pytest.param(LostPermission(), 403, "Forbidden.RAM", False, id="permission"),
        pytest.param(Delay(seconds=1), 200, "", True, id="late"),
        pytest.param(SlowBody(seconds=1), 200, "", True, id="slow"),
        pytest.param(BrokenBody(), 200, "", True, id="broken"),
    ],
)
def test_a_fault_comes_before_the_write_or_after_it(
    gateway: Gateway,
    fault: AnyFault,
    status: int,
    code: str,
    is_done: bool,  # noqa: FBT001  # a table's column
) -> None:
    instance_id = running(gateway)
    gateway.faults.add(fault)

    answer = stop(gateway, instance_id)

    assert (answer.status, answer.code) == (status, code)
    now = gateway.engine.instance(instance_id).status
    assert now is (Status.STOPPING if is_done else Status.RUNNING)
    entry = gateway.log.entries()[0]
    assert entry.effect is (Effect.CHANGED if is_done else Effect.NONE)
    assert (entry.status, entry.faults) == (0 if isinstance(fault, Cut) else status, (fault.kind,))


def test_an_error_after_the_write_covers_what_ecs_said(gateway: Gateway) -> None:
    gateway.faults.add(Refuse(after_write=True))

    assert stop(gateway, "i-unknown").code == "InternalError"
    assert gateway.log.entries()[0].effect is Effect.NONE


@pytest.mark.parametrize(
    ("faults", "delivery"),
    [
        pytest.param((Cut(),), Delivery(cut=True), id="cut"),
        pytest.param((Delay(seconds=1), Delay(seconds=2)), Delivery(delay_s=3), id="late twice"),
        pytest.param((SlowBody(seconds=2),), Delivery(pause_s=2), id="slow"),
        pytest.param((BrokenBody(),), Delivery(truncated=True), id="broken"),
        pytest.param((ProxyPage(),), Delivery(proxy_page=True), id="proxy"),
        pytest.param((ClockSkew(),), PLAIN, id="no other"),
    ],
)
def test_some_faults_are_of_the_delivery(
    gateway: Gateway, faults: tuple[AnyFault, ...], delivery: Delivery
) -> None:
    for fault in faults:
        gateway.faults.add(fault)

    assert ask(gateway, "DescribeRegions").delivery == delivery


def test_a_region_can_be_out_of_reach_while_others_answer(gateway: Gateway) -> None:
    gateway.faults.add(Cut(region="cn-shanghai"))

    assert ask(gateway, "DescribeInstances", RegionId="cn-shanghai").delivery.cut
    assert not ask(gateway, "DescribeInstances").delivery.cut


def test_a_deletion_can_be_refused_as_initializing(gateway: Gateway) -> None:
    stopped = next(one for one in gateway.engine.instances() if one.status is Status.STOPPED)
    refuse = Refuse(
        action="DeleteInstance*", status=403, code="IncorrectInstanceStatus.Initializing", times=2
    )
    gateway.faults.add(refuse)

    codes = [
        ask(gateway, "DeleteInstances", **{"InstanceId.1": stopped.instance_id}).code,
        ask(gateway, "DeleteInstance", InstanceId=stopped.instance_id).code,
        ask(gateway, "DeleteInstance", InstanceId=stopped.instance_id).code,
    ]

    assert codes == [refuse.code, refuse.code, ""]


def test_a_reset_begins_anew_with_another_engine() -> None:
    gateway = Gateway(
        default_engine(ManualClock()),
        throttle=Throttle(Limits(otherwise=1)),
        faults=Faults([Delay(seconds=1)]),
        log=RequestLog(),
    )
    ask(gateway, "DescribeRegions")
    other = default_engine(ManualClock())

    gateway.reset(other)

    assert gateway.engine is other
    assert gateway.log.entries() == ()
    assert gateway.faults.snapshot() == ()
    assert ask(gateway, "DescribeRegions").status == 200


def test_threads_get_different_request_ids(gateway: Gateway) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: ask(gateway, "DescribeRegions"), range(200)))

    assert len({each.body["RequestId"] for each in answers}) == len(gateway.log) == 200
